// An Ed25519 key pair that depends on a seed only, to sign policies in tests and fuzzers; node:crypto signs, so that two implementations meet.
import { createHash, createPrivateKey, createPublicKey, sign as signBytes } from 'node:crypto'

/** DER in front of a raw Ed25519 secret (RFC 8410). */
const ED25519_PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex')

export function drawPolicyKeys(seed: string): { readonly policyKey: Uint8Array; readonly sign: (bytes: Uint8Array) => Uint8Array } {
  const secret = createHash('sha256').update(seed).digest()
  const key = createPrivateKey({ key: Buffer.concat([ED25519_PRIVATE, secret]), format: 'der', type: 'pkcs8' })
  const policyKey = Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32))
  return { policyKey, sign: (bytes) => signBytes(null, bytes, key) }
}
