// What a person says with their name under it: events, costs, decisions. The signature is of the very text that is kept and published.
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export type RecordKind = 'event' | 'cost' | 'decision' | 'order'

/** JSON with its names in order, so that one thing has one text. What is undefined is left out. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** The object, or list, that a text of JSON is; undefined: it is none. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** base64url. The kind is signed too: a cost is never taken for a decision. */
export function signRecord(kind: RecordKind, body: string, key: KeyObject): string {
  return sign(undefined, signedBytes(kind, body), key).toString('base64url')
}

export function isSignedBy(kind: RecordKind, body: string, signature: string, publicKey: string): boolean {
  const key = importPublicKey(publicKey)
  return key !== undefined && verify(undefined, signedBytes(kind, body), key, Buffer.from(signature, 'base64url'))
}

/** A raw Ed25519 key as base64url; undefined where the text is none. */
export function importPublicKey(text: string): KeyObject | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return undefined
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' })
  } catch {
    return undefined
  }
}

export function exportPublicKey(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x as string
}

function signedBytes(kind: RecordKind, body: string): Buffer {
  return Buffer.from(`culvert observatory ${kind} v1\n${body}`)
}
