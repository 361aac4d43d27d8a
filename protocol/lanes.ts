// The lanes of one session: which there are, when each is asked whether it still answers, and which do not.
import type { Random } from './crypto.ts'
import { assert } from './errors.ts'
import { Lane } from './lane.ts'
import {
  ACK_DELAY_MS,
  ACK_DELAY_MS_MIN,
  CARRIERS_MAX,
  PING_AFTER_MS_MAX,
  PING_AFTER_MS_MIN,
  PROBE_AFTER_MS_MAX,
  PROBE_AFTER_MS_MIN,
} from './limits.ts'

/** Until the first answer has come. */
const ASSUMED_ROUND_TRIP_MS = 100
/** How many times longer each question of a row waits than the one before: drawn, as all of its times are. A fixed row would be seen from outside. */
const LONGER = [1.5, 2.5] as const

/** Lanes that the driver has to look at. */
export interface Tick {
  /** An answer is overdue: another carrier had better be attached. Told once, until the lane is heard again. */
  readonly late: readonly Lane[]
  /** Nothing came for so long that the carrier is to be taken for dead. */
  readonly dead: readonly Lane[]
}

const NOTHING_LATE: Tick = { late: [], dead: [] }

export class Lanes {
  readonly #isClient: boolean
  readonly #random: Random
  readonly #all: Lane[] = []
  readonly #late = new Set<Lane>()

  constructor(isClient: boolean, random: Random) {
    this.#isClient = isClient
    this.#random = random
  }

  [Symbol.iterator](): Iterator<Lane> {
    return this.#all[Symbol.iterator]()
  }

  get count(): number {
    return this.#all.length
  }

  /** Shortest round trip first, those that are late last: the order in which they are to be given something. */
  get byPreference(): readonly Lane[] {
    if (this.#all.length > 1) this.#all.sort((a, b) => this.#costMs(a) - this.#costMs(b))
    return this.#all
  }

  /** Of the best lane, or a guess. */
  get roundTripMs(): number {
    return this.byPreference[0]?.smoothedRttMs ?? ASSUMED_ROUND_TRIP_MS
  }

  /** Where an answer to what came on this lane goes out: there, or by the best that lives, if any does, where nothing more goes out. */
  answering(lane: Lane): Lane {
    return lane.state === 'live' ? lane : (this.byPreference.find(({ state }) => state === 'live') ?? lane)
  }

  find(counter: number): Lane | undefined {
    return this.#all.find((lane) => lane.counter === counter)
  }

  add(counter: number, nowMs: number): Lane {
    assert(this.#all.length < CARRIERS_MAX && this.find(counter) === undefined, 'a session has room for one more carrier')
    const lane = new Lane(counter, nowMs, this.#drawPingAfterMs(), () => this.#between(ACK_DELAY_MS_MIN, ACK_DELAY_MS))
    this.#all.push(lane)
    return lane
  }

  /** False: it was not here. */
  remove(lane: Lane): boolean {
    const at = this.#all.indexOf(lane)
    if (at < 0) return false
    this.#all.splice(at, 1)
    this.#late.delete(lane)
    lane.state = 'gone'
    // The client dials another, and has said that this one is to end.
    if (!this.#isClient && this.#all.every(({ state }) => state !== 'live')) for (const last of this.#all) last.revive()
    return true
  }

  isLate(lane: Lane): boolean {
    return this.#late.has(lane)
  }

  /** Bytes came, if only a part of a record. */
  heard(lane: Lane, nowMs: number): void {
    lane.heard(nowMs)
    this.#late.delete(lane)
  }

  /** A lane joins a session, perhaps in the place of one that failed: both sides begin with an ack there, and await that of the other.
   *  `isBusy`: streams are open, so that more is to be expected. */
  prove(lane: Lane, isBusy: boolean, nowMs: number): void {
    lane.asked(nowMs)
    if (isBusy) this.expectMore(lane)
  }

  /** A transfer is under way: should the lane fall silent now, that is asked after soon. */
  expectMore(lane: Lane): void {
    if (lane.pingAfterMs > PROBE_AFTER_MS_MAX) lane.pingAfterMs = this.#between(PROBE_AFTER_MS_MIN, PROBE_AFTER_MS_MAX)
  }

  deadlineMs(): number {
    let deadlineMs = Number.POSITIVE_INFINITY
    for (const lane of this.#all) {
      const ackAtMs = lane.state === 'live' ? (lane.acks.deadlineMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
      deadlineMs = Math.min(deadlineMs, this.#late.has(lane) ? lane.deadAtMs : lane.lateAtMs, this.#pingAtMs(lane), ackAtMs)
    }
    return deadlineMs
  }

  /** True: pings or acks are due now. */
  ask(nowMs: number): boolean {
    let isDue = false
    for (const lane of this.#all) {
      if (nowMs >= this.#pingAtMs(lane)) this.#ask(lane, nowMs)
      isDue ||= lane.state === 'live' && (lane.pingDue || lane.acks.isDue(nowMs))
    }
    return isDue
  }

  /** Asks every lane now that is not asked yet. */
  askAll(nowMs: number): void {
    for (const lane of this.#all) if (lane.state === 'live' && !lane.isAsked) this.#ask(lane, nowMs)
  }

  tick(nowMs: number): Tick {
    if (this.#all.every((lane) => nowMs < lane.lateAtMs)) return NOTHING_LATE
    const dead = this.#all.filter((lane) => nowMs >= lane.deadAtMs)
    const late = this.#all.filter((lane) => nowMs >= lane.lateAtMs && !this.#late.has(lane) && !dead.includes(lane))
    for (const lane of late) this.#late.add(lane)
    return { late, dead }
  }

  #ask(lane: Lane, nowMs: number): void {
    lane.pingDue = true
    // Where the carrier takes nothing more, the question counts all the same.
    lane.asked(nowMs)
    lane.pingedMs = nowMs
    lane.pingAfterMs = Math.min(lane.pingAfterMs * this.#between(...LONGER), this.#drawPingAfterMs())
  }

  #costMs(lane: Lane): number {
    return (lane.smoothedRttMs ?? ASSUMED_ROUND_TRIP_MS) + (this.#late.has(lane) ? 1e6 : 0)
  }

  /** Who awaits an ack asks soon whether the lane lives. The client also keeps an idle carrier alive. */
  #pingAtMs(lane: Lane): number {
    if (lane.state !== 'live' || lane.isAsked || !(this.#isClient || lane.isAwaited)) return Number.POSITIVE_INFINITY
    return Math.max(lane.heardMs, lane.pingedMs) + lane.pingAfterMs
  }

  #drawPingAfterMs(): number {
    return this.#between(PING_AFTER_MS_MIN, PING_AFTER_MS_MAX)
  }

  #between(min: number, max: number): number {
    return min + ((max - min) * (this.#random(1)[0] as number)) / 255
  }
}
