// What a session knows of one of its carriers: the path below it, what is under way on it, and whether it still answers.
import { Acks } from './acks.ts'
import {
  ACK_DELAY_MS,
  LATE_MS_MIN,
  LATE_ROUND_TRIPS,
  RECORD_BYTES_MAX,
  RECORD_BYTES_SLOW,
  RECORD_SHARE,
  SILENCE_MS_MAX,
  SLOW_BYTES_PER_MS,
} from './limits.ts'
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
  /** … and when the newest of that had left: how fast it was sent is known too. */
  deliveredSentMs: number
  /** Its place among all that went out on the lane. */
  turn: number
  /** It went out before, on a lane that is lost: the peer may have it from there. */
  isRepeated: boolean
}

/** While records come in and are acknowledged, no lane is silent for longer than an ack is held back, some times over. */
const HEARD_MS_MAX = 4 * ACK_DELAY_MS
/** What would come so many times sooner by another lane is held up. */
const INSTEAD_TIMES = 4
/** … if that lane has carried so much: a throttle lets the first of each flow pass (100 KB: facts). */
const PROVEN_BYTES = 524_288
/** Until what was found missing is acted upon: in a turn of its own. */
const GAP_MS = 1

/** Nothing of the session's own goes out on a lane that is not live. `relieved`: it held all up, and is live again where it is the last. */
export type LaneState = 'live' | 'relieved' | 'retiring' | 'gone'

export class Lane {
  /** The carrier's number in its session (SPEC.md §12). */
  readonly counter: number
  state: LaneState = 'live'
  /** Of what comes here: answered here, so that each side hears whether both ways live. */
  readonly acks: Acks
  /** Sent here and not acknowledged. */
  bytes = 0
  pingDue = false
  /** What went out here is awaited while what went out much later elsewhere has come, or would come much sooner: it holds all up. */
  isOutrun = false
  /** … though it comes: the lane lives. */
  isSlow = false
  retireDue = false
  /** When the client asks next, and how long it waits for that. */
  pingedMs: number = Number.NEGATIVE_INFINITY
  pingAfterMs: number
  heardMs: number
  /** Something came here. Both sides begin with an ack. */
  isHeard = false
  readonly #path = new Path()
  #elicitingCount = 0
  /** Since when an ack is awaited of something that went out here, whichever way that comes. */
  #awaitedSinceMs: number | undefined
  /** Since when anything at all is awaited here. */
  #askedSinceMs: number | undefined
  /** The largest record since the lane was last empty. */
  #largestBytes = 0
  /** Records that went out here, those of them that are not acknowledged, and the place behind the last that surely came by this lane. */
  #sentCount = 0
  #awaitedCount = 0
  #ackedTurns = 0
  /** Since when it is known that a message was lost on the way, as on an ordered pipe none is. */
  #gapMs: number | undefined
  /** Something that went out here was acknowledged. The first lane of all has nothing to take over. */
  #isProven: boolean
  #deliveredBytes = 0
  #deliveredMs: number
  /** When the newest left of what was delivered. */
  #deliveredSentMs: number
  #newest: Retained | undefined
  /** The shortest round trip that was ever seen here: without any queue. */
  #leastMs = Number.POSITIVE_INFINITY
  /** Of what was acknowledged last: over the time in which it came, and over that in which it was sent, if longer. */
  #cameBytesPerMs = 0
  #sentBytesPerMs = 0
  /** Something was acknowledged that `measure` has not seen. */
  #hasNews = false
  #ackedBytes = 0

  constructor(counter: number, nowMs: number, pingAfterMs: number, drawAckDelayMs: () => number) {
    this.counter = counter
    this.acks = new Acks(drawAckDelayMs)
    this.#isProven = counter === 0
    this.heardMs = nowMs
    this.#deliveredMs = nowMs
    this.#deliveredSentMs = nowMs
    this.pingAfterMs = pingAfterMs
  }

  get smoothedRttMs(): number | undefined {
    return this.#path.smoothedRttMs
  }

  /** Of a record, so that it takes no longer than it should, and small while the lane has carried little: a censor may let no more through. */
  get recordBytesMax(): number {
    const { recordBytesMax } = this.#path
    return Math.min(recordBytesMax, Math.max(RECORD_BYTES_SLOW, Math.floor(this.#deliveredBytes / RECORD_SHARE)))
  }

  /** Whether stream data may go out here. */
  get hasRoom(): boolean {
    if (this.state !== 'live' || this.isOutrun) return false
    // One that joined a session shows first that it carries anything at all.
    if (!this.#isProven && this.bytes >= RECORD_BYTES_MAX) return false
    return this.#path.hasRoom(this.bytes)
  }

  /** Whether something that went out here is still to be acknowledged. */
  get isAwaited(): boolean {
    return this.#awaitedSinceMs !== undefined
  }

  /** Whether something went out here that asks for an answer, and nothing came here since. */
  get isAsked(): boolean {
    return this.#askedSinceMs !== undefined
  }

  /** When an answer will be late, by this path's measure; heard of late, or not at all, the lane is better doubted. */
  get lateAtMs(): number {
    if (this.#gapMs !== undefined) return this.deadAtMs
    if (this.isOutrun && this.state === 'live') return Number.NEGATIVE_INFINITY
    const recordMs = (this.smoothedRttMs ?? 0) + this.#largestBytes / Math.max(SLOW_BYTES_PER_MS, this.#path.bytesPerMs)
    return this.#silentSinceMs + Math.min(SILENCE_MS_MAX, Math.max(this.patienceMs, recordMs))
  }

  /** How much later something else may go out, and come, before what went out here is taken for stuck. All that is under way here may be before it;
   *  where the rate is not known, what joined to take over is better left. */
  get outrunMs(): number {
    const { bytesPerMs } = this.#path
    return this.patienceMs + (bytesPerMs === 0 ? 0 : this.bytes / Math.max(SLOW_BYTES_PER_MS, bytesPerMs))
  }

  /** Whether all that is under way here would come much sooner by another lane, behind what is under way there: as where a censor slows this one down.
   *  By what came here since the oldest of it left, until then, since the path's rate falls only later. */
  isSlowBeside(lanes: Iterable<Lane>, oldest: Retained, untilMs: number): boolean {
    const overMs = untilMs - oldest.sentMs
    const patientMs = patienceMs(this.#leastMs)
    const restMs = (this.bytes * overMs) / (this.#deliveredBytes - oldest.deliveredBytes)
    if (overMs < patientMs || restMs === Number.POSITIVE_INFINITY) return false
    let insteadMs = Number.POSITIVE_INFINITY
    for (const lane of lanes) {
      if (lane === this || lane.state !== 'live' || lane.#deliveredBytes < PROVEN_BYTES) continue
      insteadMs = Math.min(insteadMs, lane.#leastMs + (lane.bytes + this.bytes) / lane.#sentBytesPerMs)
    }
    return restMs > patientMs + INSTEAD_TIMES * insteadMs
  }

  /** It holds all up from now on: stuck, or slow and alive. */
  outrun(): void {
    this.isOutrun = true
    this.isSlow = this.#restMs > patienceMs(this.#leastMs)
  }

  /** Until what is under way here has come. */
  get #restMs(): number {
    return this.bytes / this.#cameBytesPerMs
  }

  /** How long an answer may take here before it is late, by the round trip alone. */
  get patienceMs(): number {
    return patienceMs(this.smoothedRttMs ?? 0)
  }

  /** When it is to be taken for dead. */
  get deadAtMs(): number {
    return this.#gapMs === undefined ? this.#silentSinceMs + SILENCE_MS_MAX : this.#gapMs + GAP_MS
  }

  /** It is the last: better than none. */
  revive(): void {
    if (this.state !== 'relieved') return
    this.state = 'live'
    this.isOutrun = false
    this.isSlow = false
  }

  /** Bytes came here, if only a part of a record. */
  heard(nowMs: number): void {
    this.heardMs = nowMs
    this.isHeard = true
    this.#askedSinceMs = undefined
  }

  /** An answer is awaited here from now on, unless one was before. */
  asked(nowMs: number): void {
    this.#askedSinceMs ??= nowMs
  }

  /** A record goes out here, for the first time or again. */
  sent(retained: Retained, record: SealedRecord, nowMs: number): void {
    if (this.bytes === 0) {
      this.#deliveredMs = nowMs
      this.#deliveredSentMs = nowMs
      this.#largestBytes = 0
    }
    this.#path.sent(record.number, this.bytes, nowMs)
    this.bytes += sealedBytes(record)
    this.#largestBytes = Math.max(this.#largestBytes, sealedBytes(record))
    if (retained.elicits) {
      this.#elicitingCount++
      this.#awaitedSinceMs ??= nowMs
      // The other side is silent on a carrier that is retired.
      if (this.state === 'live') this.asked(nowMs)
    }
    retained.lane = this
    retained.sentMs = nowMs
    retained.deliveredBytes = this.#deliveredBytes
    retained.deliveredMs = this.#deliveredMs
    retained.deliveredSentMs = this.#deliveredSentMs
    retained.turn = this.#sentCount++
    this.#awaitedCount++
  }

  /** The peer has a record that went out here last. `measure` follows when all of an ack has been told. */
  acknowledged(retained: Retained, record: SealedRecord): void {
    const bytes = sealedBytes(record)
    this.#take(retained, bytes)
    this.#hasNews = true
    this.#isProven = true
    // It may have come by the lane before: it tells nothing of this one.
    if (retained.isRepeated) return
    this.#deliveredBytes += bytes
    this.#ackedBytes += bytes
    this.#ackedTurns = Math.max(this.#ackedTurns, retained.turn + 1)
    if (this.#newest === undefined || retained.sentMs >= this.#newest.sentMs) this.#newest = retained
  }

  /** A record that went out here goes out elsewhere. */
  lost(retained: Retained, record: SealedRecord): void {
    this.#take(retained, sealedBytes(record))
    if (this.#elicitingCount === 0) this.#awaitedSinceMs = undefined
    retained.lane = undefined
  }

  /** Draws from what one ack told. `next` is the number after the newest record it names, `sealedNext` the next one to be sealed. */
  measure(next: number, sealedNext: number, nowMs: number): void {
    if (!this.#hasNews) return
    this.#hasNews = false
    this.#sample(next, sealedNext, nowMs)
    this.#awaitedSinceMs = this.#elicitingCount === 0 ? undefined : nowMs
    if (this.#awaitedCount > this.#sentCount - this.#ackedTurns) this.#gapMs ??= nowMs
  }

  #sample(next: number, sealedNext: number, nowMs: number): void {
    const newest = this.#newest
    if (newest === undefined) return
    this.#newest = undefined
    // An ack that another lane brought, long after this one fell silent, tells nothing of this one.
    if (nowMs - this.heardMs > HEARD_MS_MAX) return
    const roundTripMs = Math.max(0.05, nowMs - newest.sentMs)
    this.#leastMs = Math.min(this.#leastMs, roundTripMs)
    // What a loss held back comes at once, but was delivered no faster than it was sent.
    const sendingMs = this.#path.isShort ? 0 : newest.sentMs - newest.deliveredSentMs
    const overMs = Math.max(0.05, nowMs - newest.deliveredMs)
    const bytes = this.#deliveredBytes - newest.deliveredBytes
    const bytesPerMs = bytes / Math.max(overMs, sendingMs)
    this.#cameBytesPerMs = bytes / overMs
    this.#sentBytesPerMs = bytesPerMs
    this.#path.acknowledged({ roundTripMs, bytesPerMs, bytes: this.#ackedBytes, next, sealedNext }, nowMs)
    this.#deliveredMs = nowMs
    this.#deliveredSentMs = newest.sentMs
    this.#ackedBytes = 0
  }

  /** Infinite while nothing is awaited. An ack may wait inside a record that overtook others; that the lane is heard at all tells that it lives. */
  get #silentSinceMs(): number {
    const sinceMs = this.state === 'live' ? this.#askedSinceMs : this.#awaitedSinceMs
    return sinceMs === undefined ? Number.POSITIVE_INFINITY : Math.max(sinceMs, this.heardMs)
  }

  #take(retained: Retained, bytes: number): void {
    this.bytes -= bytes
    this.#awaitedCount--
    if (retained.elicits) this.#elicitingCount--
  }
}

function patienceMs(roundTripMs: number): number {
  return Math.max(LATE_MS_MIN, LATE_ROUND_TRIPS * roundTripMs)
}
