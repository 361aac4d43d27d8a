// When a relay asks a public authority for its next certificate, and what it does when that fails.
//
// 1. every hour, and soon after the start: is there one yet, and how long is it good for?     #look
// 2. in its last third, at a moment drawn for each certificate, the next is asked for          isDue
// 3. a failure waits twice as long as the one before it: authorities count them                #failed
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { certificateFault } from '../certificate.ts'
import type { CertificateFiles } from '../config.ts'
import { codeOf } from '../fault-code.ts'
import { acmeLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { replaceFile } from '../replace-file.ts'
import { createAccountKey, drawnOf, obtainCertificate, type Proofs } from './obtain.ts'
import type { AcmeSettings } from './settings.ts'

export interface RenewalOptions {
  readonly domain: string
  readonly files: CertificateFiles
  readonly settings: AcmeSettings
  readonly accountKeyFile: string
  readonly nowMs: () => number
  /** A new certificate is in its file. */
  onRenewed(): void
  onFailed(words: string): void
}

export class Renewal {
  readonly #options: RenewalOptions
  readonly #timer: NodeJS.Timeout
  #failureCount = 0
  #nextTryMs = 0
  #isTrying = false
  /** Why there is no new certificate yet; undefined: none is wanted, or the last try went well. */
  failure: string | undefined

  constructor(options: RenewalOptions, proofs: Proofs) {
    this.#options = options
    this.#timer = setInterval(() => void this.look(proofs), acmeLimits.lookMs).unref()
  }

  /** Gets a certificate where one is due. Never rejects. */
  async look(proofs: Proofs): Promise<void> {
    const { domain, files, settings, accountKeyFile, nowMs } = this.#options
    const leftMs = this.#nextTryMs - nowMs()
    // What would last longer than after any failure was set by a clock that was ahead.
    if (this.#isTrying || (leftMs > 0 && leftMs <= acmeLimits.retryMsMax)) return
    this.#isTrying = true
    try {
      const certificate = readFileSync(files.certificateFile, 'utf8')
      if (!isDue(certificate, nowMs())) return
      if (!existsSync(accountKeyFile)) replaceFile(accountKeyFile, await createAccountKey())
      const accountKeyPem = readFileSync(accountKeyFile, 'utf8')
      const keyPem = readFileSync(files.keyFile, 'utf8')
      const chain = await obtainCertificate({ settings, domain, keyPem, accountKeyPem }, proofs)
      // Whatever came takes the place of one that works: a relay with a file that it can't show would not start again.
      const fault = certificateFault({ certificate: chain, key: keyPem }, domain, nowMs())
      if (fault !== undefined) throw new OperatorError(`The authority gave what can’t be used: ${fault}.`)
      replaceFile(files.certificateFile, chain)
      this.#failureCount = 0
      this.failure = undefined
      this.#options.onRenewed()
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#isTrying = false
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #failed(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException
    const { retryMs, retryMsMax } = acmeLimits
    this.#nextTryMs = this.#options.nowMs() + Math.min(retryMs * 2 ** this.#failureCount++, retryMsMax)
    // A relay serves on with the certificate that it has, whatever keeps it from the next.
    const words =
      code === undefined ? `No certificate could be asked for (${codeOf(error)}).` : `The certificate’s files can’t be read (${code}).`
    this.failure = error instanceof OperatorError ? error.message : words
    this.#options.onFailed(this.failure)
  }
}

/** One that is signed by its own key was made by init and is only there until the first comes. Others are renewed in the last third of their life. */
export function isDue(certificatePem: string, nowMs: number): boolean {
  const certificate = new X509Certificate(certificatePem)
  if (certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey)) return true
  const endMs = Date.parse(certificate.validTo)
  const lifeMs = endMs - Date.parse(certificate.validFrom)
  return nowMs >= endMs - lifeMs * (acmeLimits.lastPart - acmeLimits.drawnPart * drawnOf(certificatePem))
}
