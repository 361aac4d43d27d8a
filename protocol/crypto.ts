// What the protocol asks of a cipher library. Implemented by node:crypto (protocol/node/crypto.ts) and by plain JS (protocol/pure/crypto.ts).

/** Ciphers for records, by their bit in the handshake's offer (SPEC.md §5.3). */
export const Cipher = { aes256gcm: 1, chacha20poly1305: 2 } as const
export type Cipher = (typeof Cipher)[keyof typeof Cipher]

export interface KeyPair {
  readonly secretKey: Uint8Array
  readonly publicKey: Uint8Array
}

/** What an AEAD makes of a plaintext; the body, with the whole of its buffer, is the caller's. */
export interface SealedBody {
  readonly body: Uint8Array
  /** 16 bytes. */
  readonly tag: Uint8Array
}

/** One key. `nonce` is 12 bytes and may be reused by the caller after the call. Inputs are not kept. */
export interface Aead {
  seal(nonce: Uint8Array, plaintext: Uint8Array, additional?: Uint8Array): SealedBody
  /** undefined when the tag is wrong. The result is fresh and owned by the caller. */
  open(nonce: Uint8Array, body: Uint8Array, tag: Uint8Array, additional?: Uint8Array): Uint8Array | undefined
}

export interface Crypto {
  /** Which record ciphers this implementation has, best first. */
  readonly ciphers: readonly Cipher[]
  sha256(...parts: readonly Uint8Array[]): Uint8Array
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array
  /** AES-256-CTR over `bytes` with a 16-byte initial counter block. */
  aes256ctr(key: Uint8Array, counter: Uint8Array, bytes: Uint8Array): Uint8Array
  /** Pseudorandom permutation of one 16-byte block: AES-256. The result may be reused by the next call. */
  blockMask(key: Uint8Array): (sample: Uint8Array) => Uint8Array
  aead(cipher: Cipher, key: Uint8Array): Aead
  /** The key pair of a 32-byte secret. */
  x25519KeyPair(secretKey: Uint8Array): KeyPair
  /** undefined when the result would be all zeros (a point of low order, RFC 7748 §6.1). */
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined
  /** ML-KEM-768 (FIPS 203) from a 64-byte seed d ‖ z. The secret is opaque to the protocol: only decapsulate reads it. */
  mlkemKeyPair(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secret: unknown }
  /** undefined when the public key is malformed. `seed` is 32 random bytes; an implementation with randomness of its own ignores it. */
  mlkemEncapsulate(publicKey: Uint8Array, seed: Uint8Array): { readonly ciphertext: Uint8Array; readonly shared: Uint8Array } | undefined
  mlkemDecapsulate(secret: unknown, ciphertext: Uint8Array): Uint8Array
  /** Whether this is the holder's Ed25519 signature (64 bytes) of `bytes`; false for whatever is none. */
  ed25519Verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean
}

/** Fresh random bytes, from outside: a CSPRNG in production, seeded in the simulator. */
export type Random = (length: number) => Uint8Array

/** HKDF-SHA256 (RFC 5869) with one block of output: 32 bytes. */
export function hkdf32(crypto: Crypto, salt: Uint8Array, secret: Uint8Array, info: Uint8Array): Uint8Array {
  return expand32(crypto, crypto.hmacSha256(salt, secret), info)
}

/** HKDF-Expand of a 32-byte pseudorandom key, one block. */
export function expand32(crypto: Crypto, key: Uint8Array, info: Uint8Array): Uint8Array {
  return crypto.hmacSha256(key, info, Uint8Array.of(1))
}
