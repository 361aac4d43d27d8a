// The relay's long-lived secrets: an X25519 key pair, the psk that every invite of this relay shares, and the key that signs its policy.
import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** Raw keys, 32 bytes each. Whoever holds privateKey is the relay; whoever holds psk may ask to be admitted. */
export interface RelayKeys {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
  readonly psk: Uint8Array
  /** Ed25519. Signs policies; its private half follows from privateKey, so that a key file has one secret to keep and older ones have it as well. */
  readonly policyKey: Uint8Array
}

/** PKCS #8 wrapping of a raw private key (RFC 8410 §7): this prefix and the 32 bytes. */
const PKCS8_PREFIX = {
  x25519: Buffer.from('302e020100300506032b656e04220420', 'hex'),
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
} as const

const POLICY_KEY_INFO = 'culvert v1 relay policy key'

export function createRelayKeys(): RelayKeys {
  const privateKey = rawPart(generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' }).d)
  return relayKeys(privateKey, new Uint8Array(randomBytes(32)))
}

/** The Ed25519 signature of `bytes`, 64 bytes. */
export function signPolicy({ privateKey }: RelayKeys, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(undefined, bytes, policyPrivateKey(privateKey)))
}

/** Who the relay is to others: its signing key, for what says by its first bytes that it is no policy. */
export function relayIdentity(keys: RelayKeys): { readonly publicKey: string; sign(bytes: Uint8Array): Uint8Array } {
  return { publicKey: Buffer.from(keys.policyKey).toString('base64url'), sign: (bytes) => signPolicy(keys, bytes) }
}

/** The text of keys.json. */
export function encodeRelayKeys(keys: RelayKeys): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  return `${JSON.stringify({ version: 1, private: text(keys.privateKey), public: text(keys.publicKey), psk: text(keys.psk) }, undefined, 2)}\n`
}

/** undefined when the text is not the key file of one relay: damaged, of another version, or halves of two pairs. */
export function decodeRelayKeys(text: string): RelayKeys | undefined {
  const fields = parseObject(text)
  if (fields?.['version'] !== 1) return undefined
  const privateKey = decodeKey(fields['private'])
  const publicKey = decodeKey(fields['public'])
  const psk = decodeKey(fields['psk'])
  if (!privateKey || !publicKey || !psk) return undefined
  const keys = relayKeys(privateKey, psk)
  return Buffer.from(publicKey).equals(keys.publicKey) ? keys : undefined
}

function relayKeys(privateKey: Uint8Array, psk: Uint8Array): RelayKeys {
  return {
    privateKey,
    publicKey: publicPart(importPrivate('x25519', privateKey)),
    psk,
    policyKey: publicPart(policyPrivateKey(privateKey)),
  }
}

function policyPrivateKey(privateKey: Uint8Array): KeyObject {
  return importPrivate('ed25519', new Uint8Array(hkdfSync('sha256', privateKey, new Uint8Array(), POLICY_KEY_INFO, 32)))
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function decodeKey(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(value)) return undefined
  return new Uint8Array(Buffer.from(value, 'base64url'))
}

function importPrivate(kind: keyof typeof PKCS8_PREFIX, raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX[kind], raw]), format: 'der', type: 'pkcs8' })
}

function publicPart(privateKey: KeyObject): Uint8Array {
  return rawPart(createPublicKey(privateKey).export({ format: 'jwk' }).x)
}

function rawPart(part: string | undefined): Uint8Array {
  if (part === undefined) throw new Error('assertion failed: node:crypto exports raw parts as JWK')
  return new Uint8Array(Buffer.from(part, 'base64url'))
}
