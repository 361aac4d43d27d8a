// The relay's long-lived secrets: an X25519 key pair and the psk that every invite of this relay shares.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'

/** Raw keys, 32 bytes each. Whoever holds privateKey is the relay; whoever holds psk may ask to be admitted. */
export interface RelayKeys {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
  readonly psk: Uint8Array
}

/** PKCS #8 wrapping of a raw X25519 private key (RFC 8410 §7): this prefix and the 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

export function createRelayKeys(): RelayKeys {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const psk = new Uint8Array(randomBytes(32))
  return { privateKey: rawPart(privateKey.export({ format: 'jwk' }).d), publicKey: rawPart(publicKey.export({ format: 'jwk' }).x), psk }
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
  return Buffer.from(publicKey).equals(publicKeyOf(privateKey)) ? { privateKey, publicKey, psk } : undefined
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

function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, privateKey]), format: 'der', type: 'pkcs8' })
  return rawPart(createPublicKey(key).export({ format: 'jwk' }).x)
}

function rawPart(part: string | undefined): Uint8Array {
  if (part === undefined) throw new Error('assertion failed: node:crypto exports raw X25519 parts as JWK')
  return new Uint8Array(Buffer.from(part, 'base64url'))
}
