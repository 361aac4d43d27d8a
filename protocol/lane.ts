// What a session knows of one of its carriers: the path below it, what is under way on it, and whether it still answers.
import { LATE_MS_MIN, LATE_ROUND_TRIPS, SILENCE_MS_MAX } from './limits.ts'
import { Path } from './path.ts'
import { type SealedRecord, sealedBytes } from './record.ts'

/** A sealed record that the peer has not acknowledged. */
export interface Retained {
  /** undefined: acknowledged ahead of others. */
  record: SealedRecord | undefined
  readonly elicits: boolean
  /** Where it went out last; undefined: nowhere that lives. */
  lane: Lane | undefined
  sentMs: number
  /** What the lane had delivered, and when, as this record left: the rate sample starts there. */
  deliveredBytes: number
  deliveredMs: number
}

/** Nothing of the session's own goes out on a lane that is retiring or gone. */
export type LaneState = 'live' | 'retiring' | 'gone'

export class Lane {
  /** The carrier's number in its session (SPEC.md §12). */
  readonly counter: number
  state: LaneState = 'live'
  /** Sent here and not acknowledged. */
  bytes = 0
  pingDue = false
  retireDue = false
  /** When the client asks next, and how long it waits for that. */
  pingedMs: number = Number.NEGATIVE_INFINITY
  pingAfterMs: number
  heardMs: number
  readonly #path = new Path()
  #elicitingCount = 0
  #awaitedSinceMs: number | undefined
  #deliveredBytes = 0
  #deliveredMs: number
  #newest: Retained | undefined
  #ackedBytes = 0

  constructor(counter: number, nowMs: number, pingAfterMs: number) {
    this.counter = counter
    this.heardMs = nowMs
    this.#deliveredMs = nowMs
    this.pingAfterMs = pingAfterMs
  }

  get smoothedRttMs(): number | undefined {
    return this.#path.smoothedRttMs
  }

  /** Of a record's plaintext, so that it takes no longer than it should. */
  get recordBytesMax(): number {
    return this.#path.recordBytesMax
  }

  /** Whether stream data may go out here. */
  get hasRoom(): boolean {
    return this.state === 'live' && this.#path.hasRoom(this.bytes)
  }

  /** Since when an answer is awaited that something sent here asks for; undefined: none is. */
  get awaitedSinceMs(): number | undefined {
    return this.#awaitedSinceMs
  }

  /** When an answer will be late, by this path's measure; heard of late, or not at all, the lane is better doubted. */
  get lateAtMs(): number {
    const since = this.#awaitedSinceMs
    if (since === undefined) return Number.POSITIVE_INFINITY
    return Math.max(since, this.heardMs) + Math.min(SILENCE_MS_MAX, Math.max(LATE_MS_MIN, LATE_ROUND_TRIPS * (this.smoothedRttMs ?? 0)))
  }

  /** When it is to be taken for dead. */
  get deadAtMs(): number {
    const since = this.#awaitedSinceMs
    return since === undefined ? Number.POSITIVE_INFINITY : Math.max(since, this.heardMs) + SILENCE_MS_MAX
  }

  /** A record goes out here, for the first time or again. */
  sent(retained: Retained, record: SealedRecord, nowMs: number): void {
    if (this.bytes === 0) this.#deliveredMs = nowMs
    this.#path.sent(record.number, this.bytes)
    this.bytes += sealedBytes(record)
    if (retained.elicits) {
      this.#elicitingCount++
      this.#awaitedSinceMs ??= nowMs
    }
    retained.lane = this
    retained.sentMs = nowMs
    retained.deliveredBytes = this.#deliveredBytes
    retained.deliveredMs = this.#deliveredMs
  }

  /** The peer has a record that went out here last. `measure` follows when all of an ack has been told. */
  acknowledged(retained: Retained, record: SealedRecord): void {
    const bytes = sealedBytes(record)
    this.#take(retained, bytes)
    this.#deliveredBytes += bytes
    this.#ackedBytes += bytes
    if (this.#newest === undefined || retained.sentMs >= this.#newest.sentMs) this.#newest = retained
  }

  /** A record that went out here goes out elsewhere. */
  lost(retained: Retained, record: SealedRecord): void {
    this.#take(retained, sealedBytes(record))
    retained.lane = undefined
  }

  /** Draws from what one ack told. `next` is the number after the newest record it names, `sealedNext` the next one to be sealed. */
  measure(next: number, sealedNext: number, nowMs: number): void {
    const newest = this.#newest
    if (newest === undefined) return
    const roundTripMs = Math.max(0.05, nowMs - newest.sentMs)
    const bytesPerMs = (this.#deliveredBytes - newest.deliveredBytes) / Math.max(0.05, nowMs - newest.deliveredMs)
    this.#path.acknowledged({ roundTripMs, bytesPerMs, bytes: this.#ackedBytes, next, sealedNext }, nowMs)
    this.#deliveredMs = nowMs
    this.#newest = undefined
    this.#ackedBytes = 0
    this.#awaitedSinceMs = this.#elicitingCount === 0 ? undefined : nowMs
  }

  #take(retained: Retained, bytes: number): void {
    this.bytes -= bytes
    if (retained.elicits) this.#elicitingCount--
  }
}
