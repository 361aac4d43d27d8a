// What is sealed and not yet acknowledged: the retained window, the resume point, and how much may be under way at once.
//
// The bound on bytes in flight follows what the path delivers (twice bandwidth × least round trip, as BBR has it), so that a download fills
// the path but not the queues behind which a click would wait.
import { assert, ProtocolError } from './errors.ts'
import { IN_FLIGHT_BYTES_MIN, RETAINED_BYTES_MAX, RETAINED_RECORDS_MAX } from './limits.ts'
import { letGo, type SealedRecord, sealedBytes } from './record.ts'

/** Round trips and rates older than this no longer say what the path can do. */
const SAMPLE_AGE_MS = 10_000
const GAIN = 2
/** Room for late acknowledgements and busy event loops, in time at the measured rate. */
const MARGIN_MS = 4

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
  #rttMs: number | undefined
  #rttAtMs = 0
  #smoothedRttMs: number | undefined
  #bytesPerMs = 0
  #rateAtMs = 0

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

  /** Least round trip of the last ten seconds, if any was measured. */
  get leastRttMs(): number | undefined {
    return this.#rttMs
  }

  get smoothedRttMs(): number | undefined {
    return this.#smoothedRttMs
  }

  /** When the oldest unacknowledged record was last sent; undefined when all are acknowledged. */
  get oldestSentMs(): number | undefined {
    return this.#retained[this.#head]?.sentMs
  }

  /** Bytes that may be in flight now. */
  get limitBytes(): number {
    const product = this.#rttMs === undefined ? 0 : this.#bytesPerMs * (GAIN * this.#rttMs + MARGIN_MS)
    return Math.min(RETAINED_BYTES_MAX, IN_FLIGHT_BYTES_MIN + product)
  }

  /** Whether a record with stream data may be sealed; acknowledgements always may, up to the retained window's own bound. */
  get hasRoom(): boolean {
    return this.#bytes < this.limitBytes && this.records < RETAINED_RECORDS_MAX / 2
  }

  get isFull(): boolean {
    return this.records >= RETAINED_RECORDS_MAX
  }

  add(record: SealedRecord, nowMs: number): void {
    assert(!this.isFull && !this.isRepeating, 'a new record is sealed only behind all others')
    if (this.records === 0) this.#deliveredMs = nowMs
    this.#retained.push({ record, sentMs: nowMs, deliveredBytes: this.#deliveredBytes, deliveredMs: this.#deliveredMs })
    this.#cursor = this.#retained.length
    this.#bytes += sealedBytes(record)
  }

  /** The peer has everything before `next`. Throws ProtocolError('bad-ack') for what was never sent; an older ack changes nothing. */
  acknowledge(next: number, sealedNext: number, nowMs: number): void {
    if (next > sealedNext) throw new ProtocolError('bad-ack', 'a record was acknowledged that was never sent')
    if (next <= this.#nextUnacked) return
    let last: Retained | undefined
    while (this.#nextUnacked < next) {
      last = this.#retained[this.#head++] as Retained
      const bytes = sealedBytes(last.record)
      this.#bytes -= bytes
      letGo(last.record)
      this.#deliveredBytes += bytes
      this.#nextUnacked++
    }
    if (this.#cursor < this.#head) this.#cursor = this.#head
    if (last !== undefined) this.#measure(last, nowMs)
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

  #measure(last: Retained, nowMs: number): void {
    const rtt = Math.max(0.05, nowMs - last.sentMs)
    this.#smoothedRttMs = this.#smoothedRttMs === undefined ? rtt : this.#smoothedRttMs * 0.875 + rtt * 0.125
    if (this.#rttMs === undefined || rtt <= this.#rttMs || nowMs - this.#rttAtMs > SAMPLE_AGE_MS) {
      this.#rttMs = rtt
      this.#rttAtMs = nowMs
    }
    const bytesPerMs = (this.#deliveredBytes - last.deliveredBytes) / Math.max(0.05, nowMs - last.deliveredMs)
    if (bytesPerMs >= this.#bytesPerMs || nowMs - this.#rateAtMs > SAMPLE_AGE_MS) {
      this.#bytesPerMs = bytesPerMs
      this.#rateAtMs = nowMs
    }
    this.#deliveredMs = nowMs
  }
}
