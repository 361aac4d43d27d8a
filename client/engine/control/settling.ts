// The verdict that stands: a worse one holds at once; a better one must be the case for a calm while, longer for each time that it became worse lately.
import type { Verdict } from '../../contract/verdict.ts'
import { reachLimits } from './limits.ts'

const RANK: readonly Verdict[] = ['open', 'throttled', 'interfered', 'cutoff', 'offline']

export class Settling {
  #verdict: Verdict = 'open'
  #betterSinceMs: number | undefined
  /** When the verdict became worse, lately. */
  #falls: readonly number[] = []

  get verdict(): Verdict {
    return this.#verdict
  }

  /** Takes what is the case now; returns the verdict that stood before. */
  settle(now: Verdict, nowMs: number): Verdict {
    const before = this.#verdict
    if (RANK.indexOf(now) > RANK.indexOf(before)) {
      this.#falls = [...this.#falls.filter((atMs) => nowMs - atMs < reachLimits.flipsMs), nowMs].slice(-reachLimits.flipsMax)
      this.#verdict = now
    } else if (now !== before) {
      this.#betterSinceMs ??= nowMs
      // Whoever is offline need not wait: the first answer proves that it is over.
      if (before !== 'offline' && nowMs - this.#betterSinceMs < this.#calmMs()) return before
      this.#verdict = now
    }
    this.#betterSinceMs = undefined
    return before
  }

  #calmMs(): number {
    return Math.min(reachLimits.calmMsMin * 2 ** Math.max(0, this.#falls.length - 1), reachLimits.calmMsMax)
  }
}
