// Plain rendezvous hashing, to compare with: each user has the three relays that hash highest with him, of those that are open. Nobody is suspected.
import type { Dice } from '../dice.ts'
import type { Arrival, Scheme } from './scheme.ts'

const RELAYS_PER_USER = 3

export class Hashing implements Scheme {
  readonly name = 'hashing'
  readonly #salt: number
  readonly #held: number[][] = []
  #open: number[] = []

  constructor(dice: Dice) {
    this.#salt = dice.between(0, 0xffff_ffff)
  }

  join(user: number): void {
    this.#held[user] = []
  }

  settle(_day: number, arrivals: readonly Arrival[], blocked: readonly number[]): void {
    const lost = new Set(blocked)
    const fresh = arrivals.map(({ relay }) => relay)
    this.#open = [...this.#open.filter((relay) => !lost.has(relay)), ...fresh]
    for (const [user, held] of this.#held.entries()) {
      if (held === undefined) continue
      const kept = held.filter((relay) => !lost.has(relay))
      this.#held[user] = this.#best(user, kept.length === RELAYS_PER_USER ? [...kept, ...fresh] : this.#open)
    }
  }

  relaysOf(user: number): readonly number[] {
    return this.#held[user] ?? []
  }

  #best(user: number, relays: readonly number[]): number[] {
    const best: { relay: number; score: number }[] = []
    for (const relay of relays) {
      const score = this.#score(user, relay)
      if (best.length === RELAYS_PER_USER && score <= (best[RELAYS_PER_USER - 1] as { score: number }).score) continue
      best.push({ relay, score })
      best.sort((a, b) => b.score - a.score)
      if (best.length > RELAYS_PER_USER) best.pop()
    }
    return best.map(({ relay }) => relay)
  }

  #score(user: number, relay: number): number {
    let mixed = Math.imul(user ^ this.#salt, 0x9e3779b1) ^ Math.imul(relay + 1, 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
}
