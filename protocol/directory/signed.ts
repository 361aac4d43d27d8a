// What the directory's documents share: a purpose before what is signed, and lists of signatures by several keys.
import { concatBytes, type Reader, utf8, type Writer } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { AUTHORITIES_MAX } from '../limits.ts'

/** Makes an Ed25519 signature of 64 bytes. */
export type Sign = (bytes: Uint8Array) => Uint8Array

export interface KeySignature {
  readonly key: Uint8Array
  readonly signature: Uint8Array
}

export const SIGNATURE_BYTES = 64

/** What a signature is over: no signature for one purpose can be taken for one of another. */
export function purposeBytes(purpose: string, body: Uint8Array): Uint8Array {
  return concatBytes(utf8(purpose), body)
}

export function isSigned(crypto: Crypto, purpose: string, body: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  return crypto.ed25519Verify(key, purposeBytes(purpose, body), signature)
}

export function encodeSignatures(writer: Writer, signatures: readonly KeySignature[]): void {
  writer.u8(signatures.length)
  for (const { key, signature } of [...signatures].sort((a, b) => compareBytes(a.key, b.key))) writer.put(key).put(signature)
}

/** In the order of their keys, each once. */
export function decodeSignatures(reader: Reader): KeySignature[] {
  const signatures = decodeCount(reader, 2 * AUTHORITIES_MAX, () => ({ key: take(reader, 32), signature: take(reader, SIGNATURE_BYTES) }))
  refuseDisorder(
    reader,
    signatures.map(({ key }) => key),
  )
  return signatures
}

/** A list with a count of one byte. */
export function decodeCount<T>(reader: Reader, countMax: number, decode: () => T): T[] {
  const count = reader.u8()
  if (count > countMax) throw reader.error('a list that is too long')
  return Array.from({ length: count }, decode)
}

/** A copy, which outlives what it was read from. */
export function take(reader: Reader, length: number): Uint8Array {
  return new Uint8Array(reader.take(length))
}

/** So that what means the same is written the same. */
export function refuseDisorder(reader: Reader, keys: readonly Uint8Array[]): void {
  if (keys.some((key, at) => at > 0 && compareBytes(keys[at - 1] as Uint8Array, key) >= 0))
    throw reader.error('a list that is out of order, or names something twice')
}

/** Below, equal to or above zero: as numbers of one length would be, the shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const difference = (a[at] as number) - (b[at] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
