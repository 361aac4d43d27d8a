// One certificate from a public authority: account, order, proof that the name is ours (http-01), request, certificate.
import { createHash } from 'node:crypto'
import { acmeLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import type { AcmeSettings } from './settings.ts'

export interface Wanted {
  readonly settings: AcmeSettings
  readonly domain: string
  /** PEM. The same for every certificate of a relay, so that a pin holds. */
  readonly keyPem: string
  readonly accountKeyPem: string
}

/** What is shown to the authority under `/.well-known/acme-challenge/TOKEN`. */
export type Proofs = Map<string, string>

/** The certificate with its chain, PEM. Throws OperatorError with the authority's own words where it refuses. */
export async function obtainCertificate({ settings, domain, keyPem, accountKeyPem }: Wanted, proofs: Proofs): Promise<string> {
  await knock(settings.directoryUrl)
  const { default: acme } = await import('acme-client')
  const inTime = AbortSignal.timeout(acmeLimits.orderMs)
  Object.assign(acme.axios.defaults, { timeout: acmeLimits.answerMs, maxContentLength: acmeLimits.answerBytesMax, signal: inTime })
  await usable('The account’s key', () => acme.crypto.getJwk(accountKeyPem))
  const client = new acme.Client({ directoryUrl: settings.directoryUrl, accountKey: accountKeyPem, backoffAttempts: 10 })
  const [, request] = await usable('The certificate’s key', () => acme.crypto.createCsr({ altNames: [domain] }, keyPem))
  const tokens: string[] = []
  try {
    return await client.auto({
      csr: request,
      termsOfServiceAgreed: true,
      challengePriority: ['http-01'],
      // Many a router does not let a machine reach itself by its public name; the authority looks from outside anyway.
      skipChallengeVerification: true,
      challengeCreateFn: async (_authorization, { token }, keyAuthorization) => {
        tokens.push(token)
        proofs.set(token, keyAuthorization)
      },
      challengeRemoveFn: async (_authorization, { token }) => void proofs.delete(token),
      ...(settings.email !== undefined && { email: settings.email }),
    })
  } catch (error) {
    // Where no answer came whole, the library fails by looking into it.
    const words = inTime.aborted ? 'it took too long.' : error instanceof TypeError ? 'it gave no answer of use.' : wordsOf(error)
    throw new OperatorError(`The authority gave no certificate: ${words}`, { cause: error })
  } finally {
    for (const token of tokens) proofs.delete(token)
  }
}

/** What a library says of a key is for its makers, and may hold a part of it. Rejects with an OperatorError. */
async function usable<T>(key: string, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    throw new OperatorError(`${key} can’t be used to ask for a certificate: it is damaged, or neither RSA nor ECDSA.`, { cause: error })
  }
}

/** The library tries five times before it says that nobody is there, and then not in words. */
async function knock(directoryUrl: string): Promise<void> {
  try {
    const response = await fetch(directoryUrl, { signal: AbortSignal.timeout(acmeLimits.answerMs) })
    await response.body?.cancel()
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    throw new OperatorError(`The certificate authority can’t be reached (${code ?? 'no answer'}).`, { cause: error })
  }
}

/** A new account's key, PEM. */
export async function createAccountKey(): Promise<string> {
  const { default: acme } = await import('acme-client')
  return String(await acme.crypto.createPrivateEcdsaKey())
}

/** A number from 0 to 1 that is drawn once for a certificate and stays: from its own bytes. */
export function drawnOf(certificatePem: string): number {
  return createHash('sha256').update('renewal').update(certificatePem).digest().readUInt32BE(0) / 0xffff_ffff
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  // An operator's terminal shows them.
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 300)
}
