// Keeps a certificate of our own making fresh. Those of others are theirs to renew.
import { readFileSync } from 'node:fs'
import { CERTIFICATE_RENEW_DAYS, certificateDaysLeft, renewCertificate } from './certificate.ts'
import type { RelayConfig } from './config.ts'
import { OperatorError } from './operator-error.ts'
import { replaceFile } from './replace-file.ts'

/**
 * Writes a new certificate over the same key when the old one nears its end; true when it did. Whoever serves TLS must then read it again.
 * Throws OperatorError when the files are not there or not what they should be.
 */
export function renewOwnCertificate({ domain, tls }: RelayConfig, nowMs: number): boolean {
  if (!tls?.made || tls.acme !== undefined) return false
  try {
    if (certificateDaysLeft(readFileSync(tls.certificateFile, 'utf8'), nowMs) > CERTIFICATE_RENEW_DAYS) return false
    const renewed = renewCertificate(domain, readFileSync(tls.keyFile, 'utf8'), nowMs)
    replaceFile(tls.certificateFile, renewed.certificate)
    return true
  } catch (error) {
    throw new OperatorError('The certificate or its key is missing or damaged, or can’t be written; culvert-relay check says which.', {
      cause: error,
    })
  }
}
