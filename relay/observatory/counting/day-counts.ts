// What a relay counts, in memory only: by country and way, how many sessions, hours, bytes and broken carriers, each session clamped to what one may add on a
// day. No row is of one session: what it had is added to its place when it ends, or when the day does.

import type { PlaceCounts } from '../collect/relay-day.ts'
import { SESSION_CLAMP } from '../privacy/parameters.ts'
import type { WaySlice } from '../published.ts'
import { dayOf } from '../spans.ts'

export interface CountedDay {
  readonly day: string
  readonly places: readonly PlaceCounts[]
}

const SECONDS_MAX = SESSION_CLAMP.hours * 3_600
const BYTES_MAX = SESSION_CLAMP.gigabytes * 1e9

export class DayCounts {
  readonly #nowMs: () => number
  readonly #visits = new Set<Visit>()
  readonly #places = new Map<string, PlaceCounts>()
  #day: string

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#day = dayOf(nowMs())
  }

  /** A session began. */
  enter(country: string): Visit {
    const visit = new Visit(country, this.#nowMs, (settled) => {
      this.#visits.delete(visit)
      this.#add(settled)
    })
    this.#visits.add(visit)
    return visit
  }

  /** The day that is over, once; undefined while it goes on. Sessions that live on begin the new day with nothing. */
  takeFinished(): CountedDay | undefined {
    return dayOf(this.#nowMs()) === this.#day ? undefined : this.take()
  }

  /** All that was counted since the last time. */
  take(): CountedDay {
    for (const visit of this.#visits) this.#add(visit.settle())
    const counted = { day: this.#day, places: [...this.#places.values()] }
    this.#places.clear()
    this.#day = dayOf(this.#nowMs())
    return counted
  }

  #add(settled: PlaceCounts | undefined): void {
    if (settled === undefined) return
    const key = `${settled.country} ${settled.way}`
    const before = this.#places.get(key)
    if (before === undefined) return void this.#places.set(key, settled)
    this.#places.set(key, {
      ...before,
      sessions: before.sessions + settled.sessions,
      seconds: before.seconds + settled.seconds,
      bytes: before.bytes + settled.bytes,
      failures: before.failures + settled.failures,
    })
  }
}

/** One session's part, for as long as it lives: numbers, and the country. */
export class Visit {
  readonly country: string
  readonly #nowMs: () => number
  readonly #onEnd: (settled: PlaceCounts | undefined) => void
  #way: WaySlice | undefined
  #carriers = 0
  #sinceMs = 0
  #servedMs = 0
  #bytes = 0
  #failures = 0
  /** Counted on this day already, in a part that was taken before the day was over. */
  #isCounted = false
  #isOver = false
  #day: string

  constructor(country: string, nowMs: () => number, onEnd: (settled: PlaceCounts | undefined) => void) {
    this.country = country
    this.#nowMs = nowMs
    this.#onEnd = onEnd
    this.#day = dayOf(nowMs())
  }

  /** A carrier took part in it. The last one names the way under which the session is counted. */
  carrierBegan(way: WaySlice): void {
    if (this.#carriers++ === 0) this.#sinceMs = this.#nowMs()
    this.#way = way
  }

  carried(bytes: number): void {
    this.#bytes += bytes
  }

  carrierEnded(isBroken: boolean): void {
    if (isBroken) this.#failures++
    if (--this.#carriers === 0) this.#servedMs += this.#nowMs() - this.#sinceMs
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd(this.settle())
  }

  /** What it adds since it was last asked; undefined where nothing was carried since. */
  settle(): PlaceCounts | undefined {
    const nowMs = this.#nowMs()
    if (this.#carriers > 0) this.#servedMs += nowMs - this.#sinceMs
    this.#sinceMs = nowMs
    if (this.#way === undefined || (this.#servedMs === 0 && this.#bytes === 0 && this.#failures === 0)) return undefined
    const settled = {
      country: this.country,
      way: this.#way,
      sessions: this.#isCounted ? 0 : SESSION_CLAMP.sessions,
      seconds: this.#isCounted ? 0 : Math.min(SECONDS_MAX, Math.round(this.#servedMs / 1_000)),
      bytes: this.#isCounted ? 0 : Math.min(BYTES_MAX, this.#bytes),
      failures: this.#isCounted ? 0 : Math.min(SESSION_CLAMP.failures, this.#failures),
    }
    this.#isCounted = dayOf(nowMs) === this.#day
    this.#day = dayOf(nowMs)
    this.#servedMs = this.#bytes = this.#failures = 0
    return settled.sessions === 0 ? undefined : settled
  }
}
