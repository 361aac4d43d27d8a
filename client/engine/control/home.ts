// The way back: while traffic goes by a fallback, better ways are tried now and then, and traffic moves back by itself once one has worked for a while.
//
// 1. a better way is due for a trial: link attaches it, looks whether it answers, retires it          due → 'try'
// 2. several trials in a row over some minutes were well: link attaches it and moves                  due → 'move'
// 3. it dies soon after the move: the next move needs twice the time, so that nothing flaps            failed
import type { Random } from '#protocol'
import { homeLimits } from '../limits.ts'
import { between } from './draw.ts'
import type { Way } from './way.ts'

interface Candidate {
  wins: number
  sinceMs: number
  nextMs: number
  gapMs: number
  /** How long trials must go well. */
  spanMs: number
  movedMs: number
}

export interface Trip {
  readonly way: Way
  readonly purpose: 'try' | 'move'
}

export class Home {
  readonly #random: Random
  readonly #candidates = new Map<string, Candidate>()

  constructor(random: Random) {
    this.#random = random
  }

  /** `better`: ways that are worth more than what is used now, the best first. Each trip is handed out once. */
  due(better: readonly Way[], nowMs: number): Trip | undefined {
    for (const way of better) {
      const candidate = this.#candidate(way, nowMs)
      if (nowMs < candidate.nextMs) continue
      candidate.nextMs = nowMs + this.#drawn(candidate.gapMs)
      const isReady = candidate.wins >= homeLimits.wins && nowMs - candidate.sinceMs >= candidate.spanMs
      if (isReady) {
        candidate.movedMs = nowMs
        candidate.wins = 0
      }
      return { way, purpose: isReady ? 'move' : 'try' }
    }
    return undefined
  }

  won(way: Way, nowMs: number): void {
    const candidate = this.#candidates.get(way.id)
    if (candidate === undefined) return
    if (candidate.wins++ === 0) candidate.sinceMs = nowMs
    candidate.gapMs = homeLimits.gapMsMin
  }

  failed(way: Way, nowMs: number): void {
    const candidate = this.#candidates.get(way.id)
    if (candidate === undefined) return
    if (nowMs - candidate.movedMs < homeLimits.relapseMs) candidate.spanMs = Math.min(candidate.spanMs * 2, homeLimits.spanMsMax)
    candidate.wins = 0
    candidate.movedMs = Number.NEGATIVE_INFINITY
    candidate.gapMs = Math.min(candidate.gapMs * 2, homeLimits.gapMsMax)
    candidate.nextMs = nowMs + this.#drawn(candidate.gapMs)
  }

  #candidate(way: Way, nowMs: number): Candidate {
    const known = this.#candidates.get(way.id)
    if (known !== undefined) return known
    const fresh: Candidate = {
      wins: 0,
      sinceMs: nowMs,
      nextMs: nowMs + this.#drawn(homeLimits.gapMsMin),
      gapMs: homeLimits.gapMsMin,
      spanMs: homeLimits.spanMsMin,
      movedMs: Number.NEGATIVE_INFINITY,
    }
    this.#candidates.set(way.id, fresh)
    if (this.#candidates.size > homeLimits.waysMax) this.#candidates.delete(this.#candidates.keys().next().value as string)
    return fresh
  }

  #drawn(gapMs: number): number {
    return gapMs * between(this.#random, 0.75, 1.25)
  }
}
