// Records: one sealed unit each. The number is nonce, order, acknowledgement and resume point at once (SPEC.md §6).
//
// sealed = number (8, masked) ‖ AEAD(plaintext) ‖ tag (16)
// nonce  = 0 (4) ‖ number (8);  mask = first 8 bytes of AES-256(mask key, tag)
// key n+1 = HKDF-Expand(secret n+1), secret n+1 = HKDF-Expand(secret n, "next"), every REKEY_RECORDS records.
import { freeBytes, utf8, type Writer } from './bytes.ts'
import { type Aead, type Cipher, type Crypto, expand32 } from './crypto.ts'
import { assert, ProtocolError } from './errors.ts'
import {
  AHEAD_BYTES_MAX,
  RECORD_BYTES_MAX,
  RECORD_OVERHEAD_BYTES,
  RECORD_PLAINTEXT_BYTES_MAX,
  REKEY_RECORDS,
  RETAINED_RECORDS_MAX,
} from './limits.ts'

const NUMBER_BYTES = 8
const TAG_BYTES = 16
const INFO_KEY = utf8('culvert v1 record key')
const INFO_MASK = utf8('culvert v1 record mask')
const INFO_NEXT = utf8('culvert v1 record next')
const EMPTY = new Uint8Array()

/** A sealed record in the three pieces that a carrier sends in one go. All are owned by the record and never written again, and valid while it is held. */
export interface SealedRecord {
  readonly number: number
  readonly header: Uint8Array
  readonly body: Uint8Array
  readonly tag: Uint8Array
  /** How many hold it: the retained window, and sockets that have not taken all of it. */
  holds: number
}

/** Gives a record's memory back when nobody holds it any more. A peer can acknowledge what our own socket has still to send: an ack alone frees nothing. */
export function letGo(record: SealedRecord): void {
  record.holds--
  assert(record.holds >= 0, 'a record is let go as often as it is held')
  if (record.holds === 0) freeBytes(record.body)
}

/** Writes bytes of a sealed record, as they go out. */
export function putSealed(writer: Writer, { header, body, tag }: SealedRecord, start: number, end: number): void {
  let at = 0
  for (const piece of [header, body, tag]) {
    writer.put(piece.subarray(Math.max(0, start - at), Math.max(0, end - at)))
    at += piece.length
  }
}

export function sealedBytes(record: SealedRecord): number {
  return record.body.length + RECORD_OVERHEAD_BYTES
}

/** The keys of one direction, ratcheted forward and never back. Those of the epoch before stay until they are forgotten, for records that come late. */
class RecordKeys {
  readonly #crypto: Crypto
  readonly #cipher: Cipher
  readonly #nonce = new Uint8Array(12)
  readonly mask: (sample: Uint8Array) => Uint8Array
  #secret: Uint8Array
  #epoch = 0
  #aead: Aead
  #previous: Aead | undefined

  constructor(crypto: Crypto, cipher: Cipher, secret: Uint8Array) {
    this.#crypto = crypto
    this.#cipher = cipher
    this.#secret = secret
    this.mask = crypto.blockMask(expand32(crypto, secret, INFO_MASK))
    this.#aead = crypto.aead(cipher, expand32(crypto, secret, INFO_KEY))
  }

  /** The key for a record of this epoch, the one before or the one after. */
  of(number: number): Aead {
    const epoch = Math.floor(number / REKEY_RECORDS)
    if (epoch > this.#epoch) this.#advance()
    if (epoch === this.#epoch) return this.#aead
    assert(epoch === this.#epoch - 1 && this.#previous !== undefined, 'a record lies in the epochs that have keys')
    return this.#previous
  }

  /** Valid until the next call. */
  nonce(number: number): Uint8Array {
    writeNumber(this.#nonce, 4, number)
    return this.#nonce
  }

  /** Nothing before this number will be asked for. */
  forgetBefore(number: number): void {
    if (this.#previous !== undefined && number >= this.#epoch * REKEY_RECORDS) this.#previous = undefined
  }

  #advance(): void {
    this.#secret = expand32(this.#crypto, this.#secret, INFO_NEXT)
    this.#previous = this.#aead
    this.#aead = this.#crypto.aead(this.#cipher, expand32(this.#crypto, this.#secret, INFO_KEY))
    this.#epoch++
  }
}

/** Seals one direction's records, each once. */
export class RecordSealer {
  readonly #keys: RecordKeys
  #next = 0

  constructor(crypto: Crypto, cipher: Cipher, secret: Uint8Array) {
    this.#keys = new RecordKeys(crypto, cipher, secret)
  }

  /** The number that the next record gets. */
  get next(): number {
    return this.#next
  }

  /** `plaintext` is not kept. */
  seal(plaintext: Uint8Array): SealedRecord {
    assert(plaintext.length <= RECORD_PLAINTEXT_BYTES_MAX, 'a record has its largest size')
    const number = this.#next++
    const aead = this.#keys.of(number)
    this.#keys.forgetBefore(number)
    const { body, tag } = aead.seal(this.#keys.nonce(number), plaintext)
    const header = new Uint8Array(NUMBER_BYTES)
    writeNumber(header, 0, number)
    applyMask(header, this.#keys.mask(tag))
    return { number, header, body, tag, holds: 1 }
  }
}

/** What was in a record, by its number. */
export interface Opened {
  readonly number: number
  readonly plaintext: Uint8Array
}

/** Opens one direction's records, each once, and hands them out in order. */
export class RecordOpener {
  readonly #keys: RecordKeys
  readonly #number = new Uint8Array(NUMBER_BYTES)
  /** Opened before their turn, by number. */
  readonly #ahead = new Map<number, Uint8Array>()
  #aheadBytes = 0
  #expected = 0

  constructor(crypto: Crypto, cipher: Cipher, secret: Uint8Array) {
    this.#keys = new RecordKeys(crypto, cipher, secret)
  }

  /** The number of the next record: the cumulative acknowledgement and the resume point. */
  get expected(): number {
    return this.#expected
  }

  /** Plaintext that waits for records before it. */
  get aheadBytes(): number {
    return this.#aheadBytes
  }

  hasCome(number: number): boolean {
    return number < this.#expected || this.#ahead.has(number)
  }

  /** Takes a record, which is not kept, and gives it to look at; `take` hands out what is due now. undefined: it had come before.
   *  Throws ProtocolError: 'bad-record' (not sealed by the peer), 'record-gap' (too far ahead). Both end the carrier. */
  open(sealed: Uint8Array): Opened | undefined {
    if (sealed.length < RECORD_OVERHEAD_BYTES || sealed.length > RECORD_BYTES_MAX)
      throw new ProtocolError('bad-record', 'a record has an impossible size')
    const tag = sealed.subarray(sealed.length - TAG_BYTES)
    this.#number.set(sealed.subarray(0, NUMBER_BYTES))
    applyMask(this.#number, this.#keys.mask(tag))
    const number = readNumber(this.#number)
    if (this.hasCome(number)) return undefined
    const distance = number - this.#expected
    if (distance >= RETAINED_RECORDS_MAX || this.#aheadBytes + (distance > 0 ? sealed.length : 0) > AHEAD_BYTES_MAX)
      throw new ProtocolError(
        Number.isSafeInteger(number) && distance < 2 ** 32 ? 'record-gap' : 'bad-record',
        'a record is far out of order',
      )
    const aead = this.#keys.of(number)
    const plaintext = aead.open(this.#keys.nonce(number), sealed.subarray(NUMBER_BYTES, sealed.length - TAG_BYTES), tag)
    if (plaintext === undefined) throw new ProtocolError('bad-record', 'a record is not authentic')
    this.#ahead.set(number, plaintext)
    this.#aheadBytes += plaintext.length
    return { number, plaintext }
  }

  /** Of a record whose turn has not come, nothing more is needed than that it has come. */
  empty(number: number): void {
    this.#aheadBytes -= this.#ahead.get(number)?.length ?? 0
    this.#ahead.set(number, EMPTY)
  }

  /** The plaintext of the next record in order (fresh, the caller's), if it is there. */
  take(): Uint8Array | undefined {
    const plaintext = this.#ahead.get(this.#expected)
    if (plaintext === undefined) return undefined
    this.#ahead.delete(this.#expected)
    this.#aheadBytes -= plaintext.length
    this.#expected++
    this.#keys.forgetBefore(this.#expected)
    return plaintext
  }

  /** Which records after the expected one have come: bit i of the bitmap is record expected + 1 + i. undefined: none. */
  aheadBitmap(): Uint8Array | undefined {
    if (this.#ahead.size === 0) return undefined
    let last = 0
    for (const number of this.#ahead.keys()) last = Math.max(last, number - this.#expected - 1)
    const bitmap = new Uint8Array((last >> 3) + 1)
    for (const number of this.#ahead.keys()) {
      const bit = number - this.#expected - 1
      bitmap[bit >> 3] = (bitmap[bit >> 3] as number) | (1 << (bit & 7))
    }
    return bitmap
  }
}

function applyMask(number: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < NUMBER_BYTES; i++) number[i] = (number[i] as number) ^ (mask[i] as number)
}

function writeNumber(bytes: Uint8Array, offset: number, number: number): void {
  let high = Math.floor(number / 0x100000000)
  let low = number >>> 0
  for (let i = 3; i >= 0; i--) {
    bytes[offset + i] = high & 0xff
    bytes[offset + 4 + i] = low & 0xff
    high >>>= 8
    low >>>= 8
  }
}

function readNumber(bytes: Uint8Array): number {
  let number = 0
  for (const byte of bytes) number = number * 256 + byte
  return number
}
