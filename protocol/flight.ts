// What is sealed and not yet acknowledged: the retained window and the resume point. How much that may be is the path's to say.
import { assert, ProtocolError } from './errors.ts'
import { RETAINED_RECORDS_MAX } from './limits.ts'
import { Path } from './path.ts'
import { letGo, type SealedRecord, sealedBytes } from './record.ts'

interface Retained {
  readonly record: SealedRecord
  sentMs: number
  /** What had been delivered, and when, as this record left: the rate sample starts there. */
  deliveredBytes: number
  deliveredMs: number
}

export class Flight {
  #retained: Retained[] = []
  #head = 0
  /** Index into #retained of the next record to send again after a resume; at the end when nothing is to be repeated. */
  #cursor = 0
  #nextUnacked = 0
  #bytes = 0
  #deliveredBytes = 0
  #deliveredMs = 0
  readonly #path = new Path()

  get bytes(): number {
    return this.#bytes
  }

  get records(): number {
    return this.#retained.length - this.#head
  }

  /** The oldest record that the peer has not acknowledged. */
  get nextUnacked(): number {
    return this.#nextUnacked
  }

  get smoothedRttMs(): number | undefined {
    return this.#path.smoothedRttMs
  }

  /** When the oldest unacknowledged record was last sent; undefined when all are acknowledged. */
  get oldestSentMs(): number | undefined {
    return this.#retained[this.#head]?.sentMs
  }

  /** Whether a record with stream data may be sealed; acknowledgements always may, up to the retained window's own bound. */
  get hasRoom(): boolean {
    return this.#path.hasRoom(this.#bytes) && this.records < RETAINED_RECORDS_MAX / 2
  }

  get isFull(): boolean {
    return this.records >= RETAINED_RECORDS_MAX
  }

  add(record: SealedRecord, nowMs: number): void {
    assert(!this.isFull && !this.isRepeating, 'a new record is sealed only behind all others')
    if (this.records === 0) this.#deliveredMs = nowMs
    this.#path.sent(record.number, this.#bytes)
    this.#retained.push({ record, sentMs: nowMs, deliveredBytes: this.#deliveredBytes, deliveredMs: this.#deliveredMs })
    this.#cursor = this.#retained.length
    this.#bytes += sealedBytes(record)
  }

  /** The peer has everything before `next`. Throws ProtocolError('bad-ack') for what was never sent; an older ack changes nothing. */
  acknowledge(next: number, sealedNext: number, nowMs: number): void {
    if (next > sealedNext) throw new ProtocolError('bad-ack', 'a record was acknowledged that was never sent')
    if (next <= this.#nextUnacked) return
    let last: Retained | undefined
    const before = this.#deliveredBytes
    while (this.#nextUnacked < next) {
      last = this.#retained[this.#head++] as Retained
      const bytes = sealedBytes(last.record)
      this.#bytes -= bytes
      letGo(last.record)
      this.#deliveredBytes += bytes
      this.#nextUnacked++
    }
    if (this.#cursor < this.#head) this.#cursor = this.#head
    if (last !== undefined) this.#measure(last, this.#deliveredBytes - before, sealedNext, nowMs)
    if (this.#head > 64 && this.#head * 2 > this.#retained.length) {
      this.#retained = this.#retained.slice(this.#head)
      this.#cursor -= this.#head
      this.#head = 0
    }
  }

  /** A new carrier lives and the peer expects `next`: everything from there on is to be sent again. Throws ProtocolError('bad-ack'). */
  resume(next: number, sealedNext: number, nowMs: number): void {
    if (next < this.#nextUnacked) throw new ProtocolError('bad-ack', 'the peer wants a record that is no longer kept')
    this.acknowledge(next, sealedNext, nowMs)
    this.#cursor = this.#head
    this.#deliveredMs = nowMs
    this.#path.reset()
  }

  get isRepeating(): boolean {
    return this.#cursor < this.#retained.length
  }

  /** The next record to send again, the same sealed bytes as before. */
  repeat(nowMs: number): SealedRecord {
    const retained = this.#retained[this.#cursor++]
    assert(retained !== undefined, 'there is a record to repeat')
    retained.sentMs = nowMs
    retained.deliveredBytes = this.#deliveredBytes
    retained.deliveredMs = this.#deliveredMs
    return retained.record
  }

  #measure(last: Retained, bytes: number, sealedNext: number, nowMs: number): void {
    const roundTripMs = Math.max(0.05, nowMs - last.sentMs)
    const bytesPerMs = (this.#deliveredBytes - last.deliveredBytes) / Math.max(0.05, nowMs - last.deliveredMs)
    this.#deliveredMs = nowMs
    this.#path.acknowledged({ roundTripMs, bytesPerMs, bytes, next: this.#nextUnacked, sealedNext }, nowMs)
  }
}
