// Whether flows begin fast and are then held back, one after the other: what a censor does who lets the first bytes of each flow pass. Where every way is
// throttled like that, none is left to compare with; but a fresh flow is its own control. A slow path starts slow, what a provider lends for a while it
// lends to a person and not to each of their flows, and loss holds no two flows to the same rate.
import { rateLimits, startLimits } from './limits.ts'
import type { Way } from './way.ts'

/** What was reported of one carrier. */
interface Course {
  readonly wayId: string
  readonly bornMs: number
  /** While it had carried little, the best. */
  startBytesPerS: number
  later: readonly number[]
}

export class Starts {
  /** The latest heard of last. */
  readonly #courses: Course[] = []
  /** Carriers in a row, of any way, that were held back to the same rate. */
  #heldBack = 0
  #heldToBytesPerS = 0

  /** One more carrier that is held back alike makes it certain. */
  get isNearlySure(): boolean {
    return this.#heldBack === startLimits.alike - 1
  }

  /** One report of link; `bytes` is what the carrier has carried in all. Gives the rate that flows are held to, at each carrier from the one on that makes
   *  it certain. */
  note(way: Way, bytesPerS: number, bytes: number, livedMs: number, nowMs: number): number | undefined {
    const course = this.#courseOf(way, nowMs - livedMs)
    if (bytes <= startLimits.bytes) {
      course.startBytesPerS = Math.max(course.startBytesPerS, bytesPerS)
      return undefined
    }
    if (course.later.length === startLimits.samples) return undefined
    course.later = [...course.later, bytesPerS]
    return course.later.length === startLimits.samples ? this.#judge(course) : undefined
  }

  #judge({ startBytesPerS, later }: Course): number | undefined {
    const bytesPerS = meanOf(later)
    const half = later.length / 2
    const isEven = isAlike(meanOf(later.slice(0, half)), meanOf(later.slice(half)))
    const isHeld = isEven && bytesPerS < rateLimits.slowBytesPerS && startBytesPerS >= bytesPerS * rateLimits.timesMin
    this.#heldBack = !isHeld ? 0 : isAlike(bytesPerS, this.#heldToBytesPerS) ? this.#heldBack + 1 : 1
    this.#heldToBytesPerS = bytesPerS
    return this.#heldBack >= startLimits.alike ? bytesPerS : undefined
  }

  /** Reports of one carrier agree about when it was born. */
  #courseOf(way: Way, bornMs: number): Course {
    const at = this.#courses.findIndex((one) => one.wayId === way.id && Math.abs(one.bornMs - bornMs) < startLimits.bornSlackMs)
    const course = this.#courses[at] ?? { wayId: way.id, bornMs, startBytesPerS: 0, later: [] }
    if (at >= 0) this.#courses.splice(at, 1)
    this.#courses.push(course)
    if (this.#courses.length > startLimits.carriersMax) this.#courses.shift()
    return course
  }
}

function meanOf(rates: readonly number[]): number {
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}

function isAlike(one: number, other: number): boolean {
  return Math.max(one, other) <= Math.min(one, other) * startLimits.spread
}
