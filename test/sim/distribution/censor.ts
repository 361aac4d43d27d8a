// The censors of the simulated world: which relays they block today, of those that their agents were given or that they found otherwise.
import type { Dice } from '../dice.ts'

export const CENSORS = ['aggressive', 'conservative', 'event-day', 'zig-zag', 'host-profiling', 'recommendation-tree'] as const
export type CensorName = (typeof CENSORS)[number]

/** What a censor may look at. */
export interface Sight {
  readonly day: number
  readonly agents: readonly number[]
  /** Of users who have joined. */
  relaysOf(user: number): readonly number[]
  usersOf(relay: number): readonly number[]
  /** Relays that somebody uses and that are open. */
  readonly used: readonly number[]
  isBlocked(relay: number): boolean
}

/** Each figure is an assumption, and stands in docs/DISTRIBUTION.md. */
export const assumed = {
  /** Patience of a conservative agent, in days, drawn anew each time. */
  patienceDays: [30, 90] as const,
  /** Days on which everything that is known is blocked, and how many days that lasts. */
  eventDays: [180, 300] as const,
  eventLength: 7,
  /** Share of a known relay's guests whose address the censor takes down, chance a day that one of their other relays is told from a site, and for how long. */
  zigzagSeen: 0.1,
  zigzagTold: 0.1,
  zigzagDays: 7,
  /** Chance a day, for each guest, that a relay is told from a site by its traffic. */
  profiledPerGuest: 0.0005,
  /** Until when agents only invite further agents. */
  treeQuietDays: 90,
}

export class Censor {
  readonly #name: CensorName
  readonly #dice: Dice
  /** Of agents that wait: the day on which patience ends. */
  readonly #until = new Map<number, number>()
  /** Of guests that are followed: the day on which that ends. */
  readonly #followed = new Map<number, number>()

  constructor(name: CensorName, dice: Dice) {
    this.#name = name
    this.#dice = dice
  }

  static isEvent(name: CensorName, day: number): boolean {
    return name === 'event-day' && assumed.eventDays.some((start) => day >= start && day < start + assumed.eventLength)
  }

  /** Relays to block today. */
  blocks(sight: Sight): ReadonlySet<number> {
    const { day } = sight
    const known = new Set<number>()
    for (const agent of sight.agents)
      if (this.#speaks(agent, sight)) for (const relay of sight.relaysOf(agent)) if (!sight.isBlocked(relay)) known.add(relay)
    if (this.#name === 'host-profiling')
      for (const relay of sight.used)
        if (this.#dice.chance(1 - (1 - assumed.profiledPerGuest) ** sight.usersOf(relay).length)) known.add(relay)
    if (this.#name === 'zig-zag') this.#follow(sight, known, day)
    return known
  }

  #speaks(agent: number, { day, relaysOf, isBlocked }: Sight): boolean {
    if (this.#name === 'event-day') return Censor.isEvent(this.#name, day)
    if (this.#name === 'recommendation-tree') return day >= assumed.treeQuietDays
    if (this.#name !== 'conservative') return true
    if (!relaysOf(agent).some((relay) => !isBlocked(relay))) return false
    const until = this.#until.get(agent)
    if (until === undefined) this.#until.set(agent, day + this.#dice.between(...assumed.patienceDays))
    if (until === undefined || day < until) return false
    this.#until.delete(agent)
    return true
  }

  /** From a known relay to its guests, from those to their other relays, and so on: what is told today is followed from today. */
  #follow(sight: Sight, known: Set<number>, day: number): void {
    for (const [guest, until] of this.#followed) {
      if (day >= until) this.#followed.delete(guest)
      else for (const relay of sight.relaysOf(guest)) if (!sight.isBlocked(relay) && this.#dice.chance(assumed.zigzagTold)) known.add(relay)
    }
    for (const relay of known)
      for (const guest of sight.usersOf(relay))
        if (this.#dice.chance(assumed.zigzagSeen)) this.#followed.set(guest, day + assumed.zigzagDays)
  }
}
