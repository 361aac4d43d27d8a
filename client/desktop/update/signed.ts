// Documents that k of n maintainers sign with Ed25519. What is signed is a text, byte for byte, behind a line that says what kind of text it is, so that a
// signature of one kind is none of another and no two readers can take the same document differently.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Check, fields, list, text } from '../../contract/check.ts'
import { updateLimits } from '../limits.ts'

export type Kind = 'keys' | 'release'

export interface Signed {
  readonly text: string
  readonly signatures: readonly Signature[]
}

export interface Signature {
  /** 32 and 64 bytes in Base64 for URLs. */
  readonly key: string
  readonly signature: string
}

/** Who may sign, and how many of them must. */
export interface KeySet {
  /** Counts up with each change. */
  readonly number: number
  readonly threshold: number
  readonly keys: readonly string[]
}

export const KEY_TEXT: RegExp = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const SIGNATURE_TEXT = /^[A-Za-z0-9_-]{85}[AQgw]$/

const signature = fields({ key: text(43, KEY_TEXT), signature: text(86, SIGNATURE_TEXT) })
export const checkSigned: Check<Signed> = fields({
  text: text(updateLimits.documentBytesMax),
  signatures: list(signature, updateLimits.signaturesMax),
})

/** What is signed for a text of a kind. */
export function bytesToSign(kind: Kind, signedText: string): Uint8Array {
  return Buffer.from(`culvert update 1 ${kind}\n${signedText}`, 'utf8')
}

/** Whether as many different keys of the set as it asks for have signed. Signatures of other keys are nothing. */
export function isSignedBy({ keys, threshold }: KeySet, kind: Kind, signed: Signed): boolean {
  const bytes = bytesToSign(kind, signed.text)
  const signers = new Set<string>()
  for (const { key, signature } of signed.signatures) {
    if (!keys.includes(key) || signers.has(key)) continue
    if (verify(undefined, bytes, publicKeyOf(key), Buffer.from(signature, 'base64url'))) signers.add(key)
  }
  return signers.size >= threshold
}

/** DER of an Ed25519 public key (RFC 8410 §4): this prefix and the 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

function publicKeyOf(key: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, Buffer.from(key, 'base64url')]), format: 'der', type: 'spki' })
}
