// What the simulated world asks of a scheme that hands relays out. Users and relays are numbers from 0.

/** A relay's network, for schemes that keep those of one bucket apart. */
export interface Arrival {
  readonly relay: number
  readonly network: number
}

export interface Scheme {
  readonly name: string
  /** `inviter` is −1 for who came by nobody. `isAbroad`: says that he is from another country, where nothing is blocked. */
  join(user: number, inviter: number, day: number, isAbroad: boolean): void
  /** A morning: relays that are new, those that were blocked yesterday, and whether the operators say that it is the day for which they saved. */
  settle(day: number, arrivals: readonly Arrival[], blocked: readonly number[], isEvent: boolean): void
  relaysOf(user: number): readonly number[]
  /** What a user says in the evening: which of its relays it can't reach; of the others it says that it can. For schemes that listen. */
  hear?(user: number, silent: readonly number[]): void
}
