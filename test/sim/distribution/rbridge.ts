// A small model of rBridge (Wang, Lin, Borisov, Hopper: NDSS 2013), to compare with: users earn credits by relays that live, and pay for new ones.
//
// Taken over: three relays a user and at most forty users a relay; a relay earns its user nothing for 30 days, then a credit a day until it is 120 days old; a
// new relay in place of a blocked one costs 45. Left out: invitation tickets (everyone who comes is admitted), the privacy of transfers, spare relays.
import type { Dice } from '../dice.ts'
import type { Arrival, Scheme } from './scheme.ts'

const RELAYS_PER_USER = 3
const USERS_PER_RELAY = 40
const EARNS_FROM_DAY = 30
const EARNS_UNTIL_DAY = 120
const PRICE = 45

interface Held {
  readonly relay: number
  readonly sinceDay: number
}

export class RBridge implements Scheme {
  readonly name = 'rBridge'
  readonly #dice: Dice
  readonly #held: Held[][] = []
  readonly #credits: number[] = []
  readonly #users: number[] = []
  readonly #open: number[] = []
  readonly #blocked = new Set<number>()
  readonly #waiting = new Set<number>()

  constructor(dice: Dice) {
    this.#dice = dice
  }

  join(user: number): void {
    this.#held[user] = []
    this.#credits[user] = RELAYS_PER_USER * PRICE
    this.#waiting.add(user)
  }

  settle(day: number, arrivals: readonly Arrival[], blocked: readonly number[]): void {
    for (const { relay } of arrivals) {
      this.#users[relay] = 0
      this.#open.push(relay)
    }
    for (const relay of blocked) this.#blocked.add(relay)
    for (const [user, held] of this.#held.entries()) {
      if (held === undefined) continue
      this.#held[user] = held.filter(({ relay }) => !this.#blocked.has(relay))
      if ((this.#held[user] as Held[]).length < RELAYS_PER_USER) this.#waiting.add(user)
      for (const { sinceDay } of this.#held[user] as Held[]) {
        const age = day - sinceDay
        if (age >= EARNS_FROM_DAY && age < EARNS_UNTIL_DAY) this.#credits[user] = (this.#credits[user] as number) + 1
      }
    }
    for (const user of [...this.#waiting]) this.#buy(user, day)
  }

  relaysOf(user: number): readonly number[] {
    return (this.#held[user] ?? []).map(({ relay }) => relay)
  }

  #buy(user: number, day: number): void {
    const held = this.#held[user] as Held[]
    while (held.length < RELAYS_PER_USER && (this.#credits[user] as number) >= PRICE) {
      const relay = this.#draw(held)
      if (relay === undefined) return
      held.push({ relay, sinceDay: day })
      this.#users[relay] = (this.#users[relay] as number) + 1
      this.#credits[user] = (this.#credits[user] as number) - PRICE
    }
    if (held.length === RELAYS_PER_USER) this.#waiting.delete(user)
  }

  /** Any that is open and has room. */
  #draw(held: readonly Held[]): number | undefined {
    for (let tries = 0; tries < 20 && this.#open.length > 0; ) {
      const at = this.#dice.between(0, this.#open.length - 1)
      const relay = this.#open[at] as number
      if (this.#blocked.has(relay) || (this.#users[relay] as number) >= USERS_PER_RELAY) {
        this.#open[at] = this.#open.at(-1) as number
        this.#open.pop()
      } else if (held.some((one) => one.relay === relay)) tries++
      else return relay
    }
    return undefined
  }
}
