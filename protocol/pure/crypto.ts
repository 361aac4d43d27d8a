// Crypto in plain JS, for runtimes without native ciphers: tweetnacl's curve, the noble libraries for the rest.
import { ctr, ecb, gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import nacl from 'tweetnacl'
import { concatBytes } from '../bytes.ts'
import { type Aead, Cipher, type Crypto } from '../crypto.ts'

const TAG_BYTES = 16
const NO_BYTES = new Uint8Array()

/** ChaCha20-Poly1305 comes first: in plain JS it is several times faster than AES. */
export const pureCrypto: Crypto = {
  ciphers: [Cipher.chacha20poly1305, Cipher.aes256gcm],

  sha256: (...parts) => sha256(concatBytes(...parts)),

  hmacSha256: (key, ...parts) => hmac(sha256, key, concatBytes(...parts)),

  aes256ctr: (key, counter, bytes) => ctr(key, counter).encrypt(bytes),

  blockMask: (key) => (sample) => ecb(key, { disablePadding: true }).encrypt(sample),

  aead(cipher, key): Aead {
    const make = cipher === Cipher.aes256gcm ? gcm : chacha20poly1305
    return {
      seal(nonce, plaintext, additional = NO_BYTES) {
        const sealed = make(key, nonce, additional).encrypt(plaintext)
        const cut = sealed.length - TAG_BYTES
        return { body: sealed.subarray(0, cut), tag: sealed.subarray(cut) }
      },
      open(nonce, body, tag, additional = NO_BYTES) {
        try {
          return make(key, nonce, additional).decrypt(concatBytes(body, tag))
        } catch {
          return undefined
        }
      },
    }
  },

  x25519KeyPair: (secretKey) => ({ secretKey, publicKey: nacl.scalarMult.base(secretKey) }),

  x25519(secretKey, publicKey) {
    const shared = nacl.scalarMult(secretKey, publicKey)
    return shared.every((byte) => byte === 0) ? undefined : shared
  },

  mlkemKeyPair(seed) {
    const { publicKey, secretKey } = ml_kem768.keygen(seed)
    return { publicKey, secret: secretKey }
  },

  mlkemEncapsulate(publicKey, seed) {
    try {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, seed)
      return { ciphertext: cipherText, shared: sharedSecret }
    } catch {
      return undefined
    }
  },

  mlkemDecapsulate: (secret, ciphertext) => ml_kem768.decapsulate(ciphertext, secret as Uint8Array),

  ed25519Verify: (publicKey, bytes, signature) =>
    publicKey.length === 32 && signature.length === 64 && nacl.sign.detached.verify(bytes, signature, publicKey),
}
