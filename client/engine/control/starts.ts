// Whether flows begin fast and are then held back, one after the other: what a censor does who lets the first bytes of each flow pass. Where every way is
// throttled like that, none is left to compare with; but a fresh flow is its own control. A slow path starts slow, what a provider lends for a while it
// lends to a person and not to each of their flows, and loss holds no two flows to the same rate.
import { rateLimits, startLimits } from './limits.ts'
import type { Way } from './way.ts'

interface Course {
  livedMs: number
  /** Of the carrier's first moments, the best. */
  startBytesPerS: number
  later: readonly number[]
}

export class Starts {
  readonly #courses = new Map<string, Course>()
  /** Carriers in a row, of any way, that were held back to the same rate. */
  #heldBack = 0
  #heldToBytesPerS = 0

  /** One report of link. Gives the rate that flows are held to, at each carrier from the one on that makes it certain. */
  note(way: Way, bytesPerS: number, livedMs: number): number | undefined {
    const course = this.#courseOf(way, livedMs)
    if (livedMs <= startLimits.youngMs) {
      course.startBytesPerS = Math.max(course.startBytesPerS, bytesPerS)
      return undefined
    }
    if (course.later.length === startLimits.samples) return undefined
    course.later = [...course.later, bytesPerS]
    if (course.later.length < startLimits.samples) return undefined
    return this.#judge(course)
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

  /** The carrier's own: one that is younger than what was reported last is another. */
  #courseOf(way: Way, livedMs: number): Course {
    const known = this.#courses.get(way.id)
    const course = known === undefined || livedMs < known.livedMs ? { livedMs, startBytesPerS: 0, later: [] } : known
    course.livedMs = livedMs
    this.#courses.delete(way.id)
    this.#courses.set(way.id, course)
    if (this.#courses.size > rateLimits.waysMax) this.#courses.delete(this.#courses.keys().next().value as string)
    return course
  }
}

function meanOf(rates: readonly number[]): number {
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}

function isAlike(one: number, other: number): boolean {
  return Math.max(one, other) <= Math.min(one, other) * startLimits.spread
}
