// Which certificate an endpoint may show: the pinned one and no other (SPEC.md §2.1), or, without a pin, one that Chromium's authorities vouch for.
import { createHash, X509Certificate } from 'node:crypto'
import type { Certificate } from 'electron'
import type { CertificateFault } from '../../contract/dialer-messages.ts'

/** What setCertificateVerifyProc's callback takes. */
const ACCEPT = 0
const REFUSE = -2
const AS_CHROMIUM_FINDS = -3

/** What Chromium tells of a certificate, as far as it is looked at. */
export interface Shown {
  readonly certificate: Pick<Certificate, 'data' | 'validStart' | 'validExpiry'>
  readonly errorCode: number
  readonly verificationResult: string
}

export class CertificateCheck {
  readonly #pin: Uint8Array | undefined
  /** The last one's; undefined: it was good, or none was shown. */
  fault: CertificateFault | undefined

  constructor(pin: Uint8Array | undefined) {
    this.#pin = pin
  }

  verify({ certificate, errorCode, verificationResult }: Shown): number {
    if (this.#pin === undefined) {
      this.fault = errorCode === 0 ? undefined : (faultOfTime(verificationResult, certificate) ?? 'wrong')
      return AS_CHROMIUM_FINDS
    }
    const isPinned = digestOf(certificate.data)?.equals(this.#pin) === true
    this.fault = isPinned ? undefined : 'wrong'
    return isPinned ? ACCEPT : REFUSE
  }
}

/** An authority certifies no future: what is not valid yet means that this clock is behind; what has expired, that it is ahead, or the site's keeper asleep. */
function faultOfTime(verificationResult: string, { validStart, validExpiry }: Shown['certificate']): CertificateFault | undefined {
  if (!verificationResult.includes('CERT_DATE_INVALID')) return undefined
  const nowS = Date.now() / 1_000
  return validStart > nowS ? 'not-yet-valid' : validExpiry < nowS ? 'expired' : undefined
}

/** SHA-256 of the SubjectPublicKeyInfo; undefined for what is no certificate. */
function digestOf(pem: string): Buffer | undefined {
  try {
    return createHash('sha256')
      .update(new X509Certificate(pem).publicKey.export({ format: 'der', type: 'spki' }))
      .digest()
  } catch {
    return undefined
  }
}
