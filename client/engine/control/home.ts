// The way back: while traffic goes by a fallback, better ways are tried now and then, and traffic moves back by itself once one has worked for a while.
//
// 1. a better way is due for a trial: link attaches it, looks whether it answers, retires it          due → 'try'
// 2. several trials in a row over some minutes were well: link attaches it and moves                  due → 'move'
// 3. it dies soon after the move: the next move needs twice the time, so that nothing flaps            failed
import type { Random } from '#protocol'
import { between } from './draw.ts'
import { homeLimits } from './limits.ts'
import type { Way } from './way.ts'

interface Candidate {
  wins: number
  firstWinMs: number
  lastWinMs: number
  /** How long trials must go well. */
  spanMs: number
  movedMs: number
}

/** What to attach for the way back: to see whether it answers, or to move to. */
export interface Trip {
  readonly way: Way
  readonly purpose: 'try' | 'move'
}

export class Home {
  readonly #random: Random
  readonly #candidates = new Map<string, Candidate>()
  /** Undefined while at home. */
  #nextMs: number | undefined
  #gapMs: number = homeLimits.gapMsMin

  constructor(random: Random) {
    this.#random = random
  }

  /** The network is open again: no need to wait as long as a wall made us. */
  hurry(nowMs: number): void {
    this.#gapMs = homeLimits.gapMsMin
    if (this.#nextMs !== undefined) this.#nextMs = Math.min(this.#nextMs, nowMs + this.#drawGap())
  }

  /** `best`: the most promising of the ways that are worth more than what is used now; undefined when there is none. Each trip is handed out once. */
  due(best: Way | undefined, nowMs: number): Trip | undefined {
    if (best === undefined) {
      this.#nextMs = undefined
      this.#gapMs = homeLimits.gapMsMin
      return undefined
    }
    this.#nextMs ??= nowMs + this.#drawGap()
    if (nowMs < this.#nextMs) return undefined
    this.#nextMs = nowMs + this.#drawGap()
    const candidate = this.#candidateOf(best)
    if (nowMs - candidate.lastWinMs > homeLimits.winMs) candidate.wins = 0
    const isReady = candidate.wins >= homeLimits.wins && nowMs - candidate.firstWinMs >= candidate.spanMs
    if (isReady) Object.assign(candidate, { movedMs: nowMs, wins: 0 })
    return { way: best, purpose: isReady ? 'move' : 'try' }
  }

  won(way: Way, nowMs: number): void {
    const candidate = this.#candidates.get(way.id)
    if (candidate === undefined) return
    if (candidate.wins++ === 0) candidate.firstWinMs = nowMs
    candidate.lastWinMs = nowMs
    this.#gapMs = homeLimits.gapMsMin
  }

  failed(way: Way, nowMs: number): void {
    const candidate = this.#candidates.get(way.id)
    if (candidate === undefined) return
    if (nowMs - candidate.movedMs < homeLimits.relapseMs) candidate.spanMs = Math.min(candidate.spanMs * 2, homeLimits.spanMsMax)
    candidate.wins = 0
    this.#gapMs = Math.min(this.#gapMs * 2, homeLimits.gapMsMax)
    if (this.#nextMs !== undefined) this.#nextMs = nowMs + this.#drawGap()
  }

  #candidateOf(way: Way): Candidate {
    const known = this.#candidates.get(way.id)
    if (known !== undefined) return known
    const never = Number.NEGATIVE_INFINITY
    const fresh: Candidate = { wins: 0, firstWinMs: never, lastWinMs: never, spanMs: homeLimits.spanMsMin, movedMs: never }
    this.#candidates.set(way.id, fresh)
    if (this.#candidates.size > homeLimits.waysMax) this.#candidates.delete(this.#candidates.keys().next().value as string)
    return fresh
  }

  #drawGap(): number {
    return this.#gapMs * between(this.#random, 0.75, 1.25)
  }
}
