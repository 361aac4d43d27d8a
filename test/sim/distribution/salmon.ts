// A small model of Salmon (Douglas, Rorshach, Pan, Caesar: PETS 2016), to compare with: one relay a user, groups of ten, levels of trust, and a ban.
//
// Taken over: a relay takes ten users of one level; from level n to n + 1 it takes 2^(n+1) days, up to level 6; where a relay of n users is blocked each of them
// is as innocent as before times 1 − 1/n and a level lower, and at a suspicion of a third is banned for good. Left out: proof of an account, recommendations.
import type { Dice } from '../dice.ts'
import type { Arrival, Scheme } from './scheme.ts'

const USERS_PER_RELAY = 10
const LEVEL_MAX = 6
const SUSPICION_MAX = 1 / 3

interface Account {
  level: number
  sinceDay: number
  innocence: number
  relay: number | undefined
}

export class Salmon implements Scheme {
  readonly name = 'Salmon'
  readonly #dice: Dice
  readonly #accounts: Account[] = []
  readonly #usersOf = new Map<number, Set<number>>()
  #fresh: number[] = []
  #waiting: number[] = []

  constructor(dice: Dice) {
    this.#dice = dice
  }

  join(user: number, _inviter: number, day: number): void {
    this.#accounts[user] = { level: 0, sinceDay: day, innocence: 1, relay: undefined }
    this.#waiting.push(user)
  }

  settle(day: number, arrivals: readonly Arrival[], blocked: readonly number[]): void {
    for (const { relay } of arrivals) this.#fresh.push(relay)
    for (const relay of blocked) this.#lose(relay, day)
    for (const account of this.#accounts) {
      if (account?.relay === undefined || account.level >= LEVEL_MAX || day - account.sinceDay < 2 ** (account.level + 1)) continue
      account.level++
      account.sinceDay = day
    }
    // The trusted first; among equals by lot, or those of one group would meet again.
    const lots = new Map(this.#waiting.map((user) => [user, this.#dice.fraction()]))
    const lot = (user: number): number => lots.get(user) as number
    const waiting = this.#waiting.sort((a, b) => this.#account(b).level - this.#account(a).level || lot(a) - lot(b))
    const withRoom = new Map<number, number[]>()
    for (const [relay, users] of this.#usersOf) {
      if (users.size === 0 || users.size >= USERS_PER_RELAY) continue
      const level = Math.min(...[...users].map((user) => this.#account(user).level))
      withRoom.set(level, [...(withRoom.get(level) ?? []), relay])
    }
    this.#waiting = waiting.filter((user) => !this.#assign(user, day, withRoom))
  }

  relaysOf(user: number): readonly number[] {
    const relay = this.#accounts[user]?.relay
    return relay === undefined ? [] : [relay]
  }

  #lose(relay: number, day: number): void {
    const users = this.#usersOf.get(relay) ?? new Set()
    this.#usersOf.delete(relay)
    this.#fresh = this.#fresh.filter((one) => one !== relay)
    for (const user of users) {
      const account = this.#account(user)
      account.innocence *= 1 - 1 / users.size
      account.level = Math.max(account.level - 1, 0)
      account.sinceDay = day
      account.relay = undefined
      if (1 - account.innocence < SUSPICION_MAX) this.#waiting.push(user)
    }
  }

  #assign(user: number, day: number, withRoom: Map<number, number[]>): boolean {
    const account = this.#account(user)
    const shared = withRoom.get(account.level) ?? []
    const relay = shared.at(-1) ?? this.#fresh.shift()
    if (relay === undefined) return false
    if (shared.length === 0) withRoom.set(account.level, [relay])
    const users = this.#usersOf.get(relay) ?? new Set()
    users.add(user)
    this.#usersOf.set(relay, users)
    if (users.size >= USERS_PER_RELAY) withRoom.get(account.level)?.pop()
    account.relay = relay
    account.sinceDay = day
    return true
  }

  #account(user: number): Account {
    return this.#accounts[user] as Account
  }
}
