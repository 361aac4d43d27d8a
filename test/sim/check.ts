// What must hold at every moment, and the error that says what did not.
import type { Crypto, Session } from '#protocol'
import { RECORD_BYTES_MAX, RETAINED_BYTES_MAX, RETAINED_RECORDS_MAX, SESSION_UNCONSUMED_BYTES_MAX } from '../../protocol/limits.ts'

/** A claim about the protocol that this run refutes. */
export class Refuted extends Error {}

export function claim(condition: boolean, words: string): asserts condition {
  if (!condition) throw new Refuted(words)
}

/** Acknowledgements may be sealed when data may not; each is a small record. */
const ACK_RECORD_BYTES_MAX = 1_500
const RETAINED_MAX = RETAINED_BYTES_MAX + RECORD_BYTES_MAX + RETAINED_RECORDS_MAX * ACK_RECORD_BYTES_MAX

export function checkBounds(session: Session): void {
  claim(session.unconsumedBytes >= 0 && session.unconsumedBytes <= SESSION_UNCONSUMED_BYTES_MAX, 'unconsumed bytes are within their limit')
  claim(session.retainedBytes >= 0 && session.retainedBytes <= RETAINED_MAX, 'retained bytes are within their limit')
}

/** A session whose streams are over holds nothing of them. */
export function checkEmpty(session: Session): void {
  claim(session.streamCount === 0, 'no stream is left')
  claim(session.unconsumedBytes === 0, 'no unconsumed byte is left')
}

/** The same ciphers, and a refutation when a nonce of a key is used twice: a record is sealed once, however often it is sent. */
export function watchNonces(crypto: Crypto): Crypto {
  return {
    ...crypto,
    aead(cipher, key) {
      const aead = crypto.aead(cipher, key)
      let last = -1
      return {
        open: (nonce, body, tag, additional) => aead.open(nonce, body, tag, additional),
        seal(nonce, plaintext, additional) {
          const number = nonce.subarray(4).reduce((sum, byte) => sum * 256 + byte, 0)
          claim(number > last, 'every nonce is used once')
          last = number
          return aead.seal(nonce, plaintext, additional)
        },
      }
    },
  }
}

// What streams carry: at each offset the bytes are known, so that a lost, doubled or misplaced one shows.

/** A prime, so that no offset that a bug would confuse (a power of two) looks the same. */
const PERIOD = 65_521
const PIECE_BYTES_MAX = 131_072
const pattern = makePattern()

/** The bytes that stream `key` carries from `offset`; a view. `length` is at most 128 KiB. */
export function patternBytes(key: number, offset: number, length: number): Uint8Array {
  const start = (key * 7_919 + offset) % PERIOD
  return pattern.subarray(start, start + length)
}

export function isPattern(key: number, offset: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
    const piece = bytes.subarray(at, at + PIECE_BYTES_MAX)
    if (Buffer.compare(patternBytes(key, offset + at, piece.length), piece) !== 0) return false
  }
  return true
}

function makePattern(): Uint8Array {
  const bytes = new Uint8Array(PERIOD + PIECE_BYTES_MAX)
  for (let i = 0, state = 1; i < PERIOD; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = state >>> 16
  }
  for (let i = PERIOD; i < bytes.length; i++) bytes[i] = bytes[i - PERIOD] as number
  return bytes
}
