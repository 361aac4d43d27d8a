// Which of the relays that are known to use, and when to begin the next session at another. Pure: moments and chance are arguments.
//
// 1. each client has its own order of relays, the same on every day: by weight and a secret that it keeps      order
// 2. the first few of that order are its set; others are tried only when those fail                            isSpare
// 3. a session lives for a drawn time and volume; then the next begins at another relay of the set, beside it  next
// 4. where its relay was revoked, or taken back since it is blocked here, that time has come, though an edge may still lead to it
//
// Why a set: who tries every relay that it knows meets every bad one. Why by weight and secret: all clients together spread as the weights say, and none
// can be led to a relay by who knows only the list.
import type { Random } from '#protocol'
import { fraction, skewed } from './draw.ts'
import { selectionLimits } from './limits.ts'

export interface Candidate {
  /** Its share of sessions; 0: not to be used. Where no directory says, each has the same. */
  readonly weight: number
  /** Between 0 and 1, drawn by the client's secret: the same for the same relay in any run. */
  readonly draw: number
}

export class Selection {
  readonly #random: Random
  #order: readonly number[] = []
  #weights: readonly number[] = []
  /** Of the session that new streams go to. */
  #since: { readonly relayIndex: number; readonly ms: number; readonly lifeMs: number; readonly lifeBytes: number } | undefined
  /** A relay that could not be had when it was its turn, and until when it is passed over. */
  readonly #passedOver = new Map<number, number>()

  constructor(random: Random, candidates: readonly Candidate[]) {
    this.#random = random
    this.update(candidates)
  }

  /** By relay index. */
  update(candidates: readonly Candidate[]): void {
    // Weighted rendezvous hashing: each relay comes first with a chance that is its share of all weights.
    const scores = candidates.map(({ weight, draw }) => (weight > 0 ? -weight / Math.log(Math.min(Math.max(draw, 1e-12), 1 - 1e-12)) : 0))
    this.#weights = candidates.map(({ weight }) => weight)
    this.#order = scores
      .map((score, index) => ({ score, index }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .map(({ index }) => index)
  }

  /** The set, first to last. */
  get set(): readonly number[] {
    return this.#order.slice(0, selectionLimits.setMax)
  }

  /** Not of the set: to be tried when the set fails. */
  isSpare(relayIndex: number): boolean {
    return this.#order.length > 0 && !this.set.includes(relayIndex)
  }

  /** A session with this relay is the one for new streams from now on. */
  began(relayIndex: number, nowMs: number): void {
    this.#passedOver.delete(relayIndex)
    this.#since = {
      relayIndex,
      ms: nowMs,
      lifeMs: skewed(this.#random, selectionLimits.sessionMsMin, selectionLimits.sessionMsMax),
      lifeBytes: skewed(this.#random, selectionLimits.sessionBytesMin, selectionLimits.sessionBytesMax),
    }
  }

  /** The relay where the next session is to begin now; undefined: none, or not yet. */
  next(sessionBytes: number, nowMs: number): number | undefined {
    const since = this.#since
    if (since === undefined) return undefined
    const mayStay = (this.#weights[since.relayIndex] ?? 0) > 0
    if (mayStay && nowMs - since.ms < since.lifeMs && sessionBytes < since.lifeBytes) return undefined
    const others = this.set.filter((index) => index !== since.relayIndex && (this.#passedOver.get(index) ?? 0) <= nowMs)
    const total = others.reduce((sum, index) => sum + (this.#weights[index] ?? 0), 0)
    let at = fraction(this.#random) * total
    const picked = others.find((index) => {
      at -= this.#weights[index] ?? 0
      return at < 0
    })
    // Until it has begun, or another time has come.
    if (picked !== undefined) this.#passedOver.set(picked, nowMs + selectionLimits.againMs)
    return picked
  }
}
