// Whether a host lets new flows wait, or leaves them unanswered, while what lives there goes on as before: a limit on how many may begin. TCP repeats its
// first packet after 1, 3, 7 and 15 s, and where the limit counts by time, one of these may get through, so that nothing fails and all is late. A path that
// is slow makes the answers of living carriers late as well; one that loses packets hardly keeps a flow waiting so long five times in a row.
import { waitLimits } from './limits.ts'

/** What a new flow met: an answer at once, one that it had to wait for, or one where another flow had just got none. */
export type Welcome = 'quick' | 'kept' | 'after-refusal' | 'unclear'

interface Host {
  /** The least that a dial took. */
  leastMs: number
  /** When a carrier that lives last carried something. */
  carriedMs: number
  /** When a new flow was last given up without an answer, while a carrier that lives carried; and whether that was told. */
  refusedMs: number
  isTold: boolean
}

const NEVER = Number.POSITIVE_INFINITY

export class Waits {
  readonly #hosts = new Map<string, Host>()

  /** A carrier to a host carries. */
  carried(host: string, nowMs: number): void {
    this.#of(host).carriedMs = nowMs
  }

  /** A new flow was given up, since nothing answered it for so long. */
  unanswered(host: string, afterMs: number, nowMs: number): void {
    const known = this.#of(host)
    if (known.carriedMs >= nowMs - afterMs) Object.assign(known, { refusedMs: nowMs, isTold: false })
  }

  /** A new flow was answered. A dial took `ms`; `roundTripMs` is that of carriers to the same host, where there are any. */
  answered(host: string, ms: number | undefined, roundTripMs: number | undefined, nowMs: number): Welcome {
    const known = this.#of(host)
    const moreMs = (ms ?? 0) - known.leastMs
    known.leastMs = Math.min(known.leastMs, ms ?? Number.POSITIVE_INFINITY)
    if (nowMs - known.refusedMs < waitLimits.afterRefusalMs) {
      const isNews = !known.isTold
      known.isTold = true
      return isNews ? 'after-refusal' : 'unclear'
    }
    if (ms === undefined || moreMs < waitLimits.quickMs) return 'quick'
    const isPathSlow = roundTripMs === undefined || ms < roundTripMs * waitLimits.roundTrips
    const isIdle = known.carriedMs < nowMs - ms
    return isPathSlow || isIdle || moreMs < waitLimits.keptMs ? 'unclear' : 'kept'
  }

  #of(host: string): Host {
    const known = this.#hosts.get(host) ?? { leastMs: NEVER, carriedMs: -NEVER, refusedMs: -NEVER, isTold: true }
    this.#hosts.delete(host)
    this.#hosts.set(host, known)
    if (this.#hosts.size > waitLimits.hostsMax) this.#hosts.delete(this.#hosts.keys().next().value as string)
    return known
  }
}
