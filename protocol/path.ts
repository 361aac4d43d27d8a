// What the path carries, measured by acknowledgements, and so how much may be under way at once: enough to fill the path, too little to fill the
// queues behind which a click would wait. After BBR (draft-ietf-ccwg-bbr): bandwidth × least round trip, found by growing until the rate grows no
// more, and measured again by draining now and then.
import { IN_FLIGHT_BYTES_MIN, RECORD_BYTES_MAX, RECORD_BYTES_SLOW, RECORD_MS_MAX, RETAINED_BYTES_MAX } from './limits.ts'
import { Spare } from './spare.ts'

/** Round trips and rates older than this no longer say what the path can do. */
const SAMPLE_AGE_MS = 10_000
/** While the rate still grows: double it each round trip. */
const GROWING_GAIN = 2
/** Above 1, so that a path that becomes faster is noticed. */
const STEADY_GAIN = 1.1
/** To see the round trip without our own queue. */
const DRAINING_GAIN = 0.5
/** Room for busy event loops, in time at the measured rate. */
const MARGIN_MS = 0.5
/** A shorter round trip is of a busy machine more than of a path: what comes late and at once there was not lost, but waited for its turn. */
const SHORT_MS = 2
/** A least round trip so many times longer is of another path, or of one that is slower now: the rate is measured anew as well. */
const OTHER_TIMES = 2
/** The longest that acknowledgements are apart by design. */
const ACK_INTERVAL_MS_MAX = 25
/** Steady when the rate has not grown by a quarter in so many rounds that the limit held back. */
const FULL_ROUNDS = 3
const FULL_GROWTH = 1.25

/** What one acknowledgement tells. */
export interface PathSample {
  /** Of the newest record that it acknowledges. */
  readonly roundTripMs: number
  /** Delivered since that record was sent, over that time, or that in which it was sent if longer. */
  readonly bytesPerMs: number
  /** Newly acknowledged. */
  readonly bytes: number
  /** The peer's next record, and ours. */
  readonly next: number
  readonly sealedNext: number
}

export class Path {
  #leastMs: number | undefined
  #leastAtMs = 0
  #smoothedMs: number | undefined
  #bytesPerMs = 0
  #rateAtMs = 0
  /** Acknowledged at once, lately: while that is awaited, as much must be under way. */
  #ackedBytes = 0
  readonly #spare = new Spare()
  #state: 'growing' | 'steady' = 'growing'
  #fullBytesPerMs = 0
  #fullRounds = 0
  /** The round ends when this record is acknowledged. */
  #roundEnd = 0
  /** Since when it counts, and what came in it. */
  #roundMs = 0
  #roundBytes = 0
  #wasLimited = false
  /** The least round trip seen while draining; undefined while not. */
  #drainingMs: number | undefined
  /** The first record that was sent into a drained path. */
  #drainedAt: number | undefined

  /** As measured; 0 until then. */
  get bytesPerMs(): number {
    return this.#bytesPerMs
  }

  get smoothedRttMs(): number | undefined {
    return this.#smoothedMs
  }

  /** Bytes that may be in flight now. */
  get limitBytes(): number {
    const leastMs = this.#leastMs
    if (leastMs === undefined) return IN_FLIGHT_BYTES_MIN
    const product = this.#bytesPerMs * leastMs
    // Never less than a record: what is in flight may be acks that nobody acknowledges for themselves.
    if (this.#drainingMs !== undefined) return Math.max(RECORD_BYTES_MAX, product * DRAINING_GAIN)
    const margin = this.#bytesPerMs * MARGIN_MS
    if (this.#state === 'growing') return Math.min(RETAINED_BYTES_MAX, IN_FLIGHT_BYTES_MIN + product * GROWING_GAIN + margin)
    const acked = Math.min(this.#ackedBytes, this.#ackedBytesMax)
    const whole = product * (STEADY_GAIN + this.#spare.products) + Math.max(margin, acked)
    return Math.min(RETAINED_BYTES_MAX, Math.max(2 * this.recordBytesMax, whole))
  }

  /** By design no ack tells of more. */
  get #ackedBytesMax(): number {
    return this.recordBytesMax + this.#bytesPerMs * ACK_INTERVAL_MS_MAX
  }

  /** Whether repairs would take no time, and rates are best read as they come. */
  get isShort(): boolean {
    return (this.#leastMs ?? 0) < SHORT_MS
  }

  /** The largest record's sealed size that the path carries in time. */
  get recordBytesMax(): number {
    return Math.floor(Math.min(RECORD_BYTES_MAX, Math.max(RECORD_BYTES_SLOW, this.#bytesPerMs * RECORD_MS_MAX)))
  }

  /** Whether so much in flight leaves room for more. */
  hasRoom(inFlightBytes: number): boolean {
    if (inFlightBytes < this.limitBytes) return true
    this.#wasLimited = true
    return false
  }

  /** A record is sent while so much is in flight. */
  sent(number: number, inFlightBytes: number, nowMs: number): void {
    if (inFlightBytes === 0) this.#beginRound(nowMs)
    if (this.#drainingMs !== undefined && inFlightBytes <= this.limitBytes) this.#drainedAt ??= number
  }

  acknowledged(sample: PathSample, nowMs: number): void {
    const { roundTripMs, bytes } = sample
    this.#smoothedMs = this.#smoothedMs === undefined ? roundTripMs : this.#smoothedMs * 0.875 + roundTripMs * 0.125
    this.#ackedBytes = Math.max(bytes, this.#ackedBytes * 0.875)
    this.#measureRoundTrip(sample, nowMs)
    this.#measureRate(sample, nowMs)
    this.#roundBytes += bytes
    if (sample.next > this.#roundEnd) this.#endRound(sample, nowMs)
  }

  #measureRoundTrip({ roundTripMs, next }: PathSample, nowMs: number): void {
    if (this.#leastMs === undefined || roundTripMs <= this.#leastMs) {
      this.#leastMs = roundTripMs
      this.#leastAtMs = nowMs
      this.#drainingMs = undefined
    } else if (this.#drainingMs !== undefined) {
      this.#drainingMs = Math.min(this.#drainingMs, roundTripMs)
      if (this.#drainedAt === undefined || next <= this.#drainedAt) return
      if (this.#drainingMs > OTHER_TIMES * this.#leastMs) this.#bytesPerMs = 0
      this.#leastMs = this.#drainingMs
      this.#leastAtMs = nowMs
      this.#drainingMs = undefined
    } else if (nowMs - this.#leastAtMs > SAMPLE_AGE_MS) {
      this.#drainingMs = Number.POSITIVE_INFINITY
      this.#drainedAt = undefined
    }
  }

  /** A lower rate counts when the path was the reason, not a lack of things to send. */
  #measureRate({ bytesPerMs }: PathSample, nowMs: number): void {
    const isOld = this.#wasLimited && nowMs - this.#rateAtMs > SAMPLE_AGE_MS && this.#drainingMs === undefined
    if (bytesPerMs < this.#bytesPerMs && !isOld) return
    this.#bytesPerMs = bytesPerMs
    this.#rateAtMs = nowMs
  }

  /** What came before was not held back, or is told. */
  #beginRound(nowMs: number): void {
    this.#roundMs = nowMs
    this.#roundBytes = 0
  }

  #endRound({ roundTripMs, sealedNext }: PathSample, nowMs: number): void {
    this.#roundEnd = sealedNext
    const wasLimited = this.#wasLimited
    this.#wasLimited = false
    if (this.#state === 'steady' && !this.isShort && wasLimited && this.#drainingMs === undefined)
      this.#spare.round(this.#roundBytes, nowMs - this.#roundMs, this.#bytesPerMs, nowMs)
    this.#beginRound(nowMs)
    if (this.#state === 'steady' || !wasLimited) return
    const isQueueing = roundTripMs > 2 * (this.#leastMs ?? roundTripMs) + ACK_INTERVAL_MS_MAX
    if (isQueueing) this.#state = 'steady'
    else if (this.#bytesPerMs >= this.#fullBytesPerMs * FULL_GROWTH) {
      this.#fullBytesPerMs = this.#bytesPerMs
      this.#fullRounds = 0
    } else if (++this.#fullRounds >= FULL_ROUNDS) this.#state = 'steady'
  }
}
