// Crypto by node:crypto: native speed for relay and engine.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  type KeyObject,
  randomFillSync,
  verify,
} from 'node:crypto'
import { type Aead, Cipher, type Crypto, type Random } from '../crypto.ts'

/** DER in front of raw keys (RFC 8410, RFC 9935): how raw bytes become key objects. */
const X25519_PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex')
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex')
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex')
const MLKEM768_PRIVATE = Buffer.from('3054020100300b060960864801650304040204428040', 'hex')
const MLKEM768_PUBLIC = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex')
const MLKEM768_PUBLIC_BYTES = 1184
const TAG_LENGTH = { authTagLength: 16 }

/** Importing a key costs more than using it; the relay's own is used for every handshake. */
const x25519Keys = new WeakMap<Uint8Array, KeyObject>()

/** What is no longer decides a time, and hides nothing. */
const DRAW_BYTES_MAX = 4
const draws = new Uint8Array(1_024)
let drawnBytes = draws.length

/** Bytes from the operating system's generator; draws of times many at once: by itself each takes 7 µs, and every ack has one (Node 24.21, November 2026). */
export const nodeRandom: Random = (length) => {
  if (length > DRAW_BYTES_MAX) return randomFillSync(new Uint8Array(length))
  if (drawnBytes + length > draws.length) {
    randomFillSync(draws)
    drawnBytes = 0
  }
  drawnBytes += length
  return draws.slice(drawnBytes - length, drawnBytes)
}

/** Secret keys are always made KeyObjects: 3 µs once, and each use then costs 7 µs instead of 25 to 40 (Node 24.21, November 2026). */
export const nodeCrypto: Crypto = {
  ciphers: [Cipher.aes256gcm, Cipher.chacha20poly1305],

  sha256(...parts) {
    const hash = createHash('sha256')
    for (const part of parts) hash.update(part)
    return hash.digest()
  },

  hmacSha256(key, ...parts) {
    const hmac = createHmac('sha256', createSecretKey(key))
    for (const part of parts) hmac.update(part)
    return hmac.digest()
  },

  aes256ctr: (key, counter, bytes) => createCipheriv('aes-256-ctr', createSecretKey(key), counter).update(bytes),

  /** One cipher object for the key's life: ECB of one block keeps no state between calls. */
  blockMask(key) {
    const cipher = createCipheriv('aes-256-ecb', createSecretKey(key), null).setAutoPadding(false)
    return (sample) => cipher.update(sample)
  },

  aead: (cipher, key) => (cipher === Cipher.aes256gcm ? aesGcm(createSecretKey(key)) : chacha20(createSecretKey(key))),

  x25519KeyPair(secretKey) {
    const spki = createPublicKey(x25519PrivateKey(secretKey)).export({ format: 'der', type: 'spki' })
    return { secretKey, publicKey: spki.subarray(X25519_PUBLIC.length) }
  },

  x25519(secretKey, publicKey) {
    const peer = createPublicKey({ key: Buffer.concat([X25519_PUBLIC, publicKey]), format: 'der', type: 'spki' })
    try {
      return diffieHellman({ privateKey: x25519PrivateKey(secretKey), publicKey: peer })
    } catch {
      return undefined
    }
  },

  mlkemKeyPair(seed) {
    const secret = createPrivateKey({ key: Buffer.concat([MLKEM768_PRIVATE, seed]), format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
    return { publicKey: spki.subarray(MLKEM768_PUBLIC.length), secret }
  },

  mlkemEncapsulate(publicKey) {
    // The DER in front says how long the key is, and OpenSSL leaves unread what comes behind.
    if (publicKey.length !== MLKEM768_PUBLIC_BYTES) return undefined
    try {
      const key = createPublicKey({ key: Buffer.concat([MLKEM768_PUBLIC, publicKey]), format: 'der', type: 'spki' })
      const { ciphertext, sharedKey } = encapsulate(key)
      return { ciphertext, shared: sharedKey }
    } catch {
      return undefined
    }
  },

  mlkemDecapsulate: (secret, ciphertext) => decapsulate(secret as KeyObject, ciphertext),

  ed25519Verify(publicKey, bytes, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    const key = createPublicKey({ key: Buffer.concat([ED25519_PUBLIC, publicKey]), format: 'der', type: 'spki' })
    return verify(null, bytes, key, signature)
  },
}

function aesGcm(key: KeyObject): Aead {
  return {
    seal(nonce, plaintext, additional) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce, TAG_LENGTH)
      if (additional !== undefined) cipher.setAAD(additional)
      const body = cipher.update(plaintext)
      cipher.final()
      return { body, tag: cipher.getAuthTag() }
    },
    open(nonce, body, tag, additional) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, TAG_LENGTH)
      decipher.setAuthTag(tag)
      if (additional !== undefined) decipher.setAAD(additional)
      const plaintext = decipher.update(body)
      return finalises(decipher) ? plaintext : undefined
    },
  }
}

function chacha20(key: KeyObject): Aead {
  return {
    seal(nonce, plaintext, additional) {
      const cipher = createCipheriv('chacha20-poly1305', key, nonce, TAG_LENGTH)
      if (additional !== undefined) cipher.setAAD(additional, { plaintextLength: plaintext.length })
      const body = cipher.update(plaintext)
      cipher.final()
      return { body, tag: cipher.getAuthTag() }
    },
    open(nonce, body, tag, additional) {
      const decipher = createDecipheriv('chacha20-poly1305', key, nonce, TAG_LENGTH)
      decipher.setAuthTag(tag)
      if (additional !== undefined) decipher.setAAD(additional, { plaintextLength: body.length })
      const plaintext = decipher.update(body)
      return finalises(decipher) ? plaintext : undefined
    },
  }
}

function finalises(decipher: { final(): Uint8Array }): boolean {
  try {
    decipher.final()
    return true
  } catch {
    return false
  }
}

function x25519PrivateKey(secretKey: Uint8Array): KeyObject {
  let key = x25519Keys.get(secretKey)
  if (key === undefined) {
    key = createPrivateKey({ key: Buffer.concat([X25519_PRIVATE, secretKey]), format: 'der', type: 'pkcs8' })
    x25519Keys.set(secretKey, key)
  }
  return key
}
