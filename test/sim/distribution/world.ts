// A simulated year: users with invites, agents of a censor among them, relays that come, and who can reach one on each day. One seed, one year.
//
// Each day: relays come, users join, the scheme hears what was blocked yesterday and hands out, the censor blocks what it learns, and only then is counted who
// of the honest has a relay that is open. So whoever is given a relay that an agent has too, is not served on that day.
import { Dice } from '../dice.ts'
import { Censor, type CensorName } from './censor.ts'
import type { Arrival, Scheme } from './scheme.ts'

export interface Setting {
  readonly seed: number
  readonly days: number
  readonly users: number
  /** Of the users, how many are there on the first day; the others come over the year. */
  readonly foundersShare: number
  readonly relays: number
  readonly relaysPerDay: number
  readonly agentShare: number
  readonly censor: CensorName
  /** Agents are among those who come later, none among those of the first day. */
  readonly areAgentsLate?: boolean
  /** Of the users, so many live honestly in another country, where nothing is blocked, and all agents say that they are from there. */
  readonly abroadShare?: number
  /** By whom the directory hears of blocks: the operators, of each, where it isn't said. */
  readonly news?: News
}

/** `nobody`: of none. Else a half of the honest say each day which of their relays are silent, and agents say each day that all of theirs answer, or are silent. */
export type News = 'operators' | 'nobody' | 'members, and agents deny' | 'members, and agents accuse'

export interface Year {
  /** Of the days of honest users, those on which they could reach a relay. */
  readonly served: number
  /** Of honest users, on the worst day after the first 30, and on the last. */
  readonly worst: number
  readonly last: number
  /** Of honest users, those who were served on every day. */
  readonly always: number
  readonly relaysBlocked: number
  /** That an agent was given. */
  readonly relaysTold: number
  /** By day. */
  readonly daily: Float64Array
}

/** Whatever relays join by, most are with few hosters: so many networks, the n-th as likely as 1/n. */
export const NETWORKS = 60

export function simulateYear(setting: Setting, makeScheme: (dice: Dice) => Scheme): Year {
  return new World(setting, makeScheme).run()
}

class World {
  readonly #setting: Setting
  readonly #dice: Dice
  readonly #scheme: Scheme
  readonly #censor: Censor
  readonly #isAgent: Uint8Array
  readonly #inviter: Int32Array
  readonly #joinDay: Int32Array
  readonly #isAbroad: Uint8Array
  readonly #isBlocked: Uint8Array
  readonly #usersOf: number[][] = []
  #relayCount = 0
  #joined = 0

  constructor(setting: Setting, makeScheme: (dice: Dice) => Scheme) {
    const { seed, users, days, relays, relaysPerDay, censor } = setting
    this.#setting = setting
    this.#dice = new Dice(seed)
    this.#scheme = makeScheme(this.#dice.fork())
    this.#censor = new Censor(censor, this.#dice.fork())
    this.#isAgent = new Uint8Array(users)
    this.#isAbroad = new Uint8Array(users)
    this.#inviter = new Int32Array(users).fill(-1)
    this.#joinDay = new Int32Array(users)
    this.#isBlocked = new Uint8Array(relays + relaysPerDay * days)
    this.#populate()
  }

  run(): Year {
    const { days, users, news = 'operators' } = this.#setting
    const daily = new Float64Array(days)
    const missed = new Int32Array(users)
    let [servedDays, honestDays, relaysBlocked] = [0, 0, 0]
    const told = new Set<number>()
    let blocked: readonly number[] = []
    for (let day = 0; day < days; day++) {
      this.#morning(day, news === 'operators' ? blocked : [])
      blocked = [...this.#censor.blocks(this.#sight(day))]
      for (const relay of blocked) this.#isBlocked[relay] = 1
      relaysBlocked += blocked.length
      if (news !== 'operators' && news !== 'nobody') this.#evening(news === 'members, and agents accuse')
      let [honest, served] = [0, 0]
      for (let user = 0; user < this.#joined; user++) {
        if (this.#isAgent[user] === 1) {
          for (const relay of this.#scheme.relaysOf(user)) told.add(relay)
          continue
        }
        if (this.#isAbroad[user] === 1) continue
        honest++
        if (this.#scheme.relaysOf(user).some((relay) => this.#isBlocked[relay] === 0)) served++
        else missed[user] = (missed[user] as number) + 1
      }
      daily[day] = honest === 0 ? 1 : served / honest
      servedDays += served
      honestDays += honest
    }
    const honest = [...missed.keys()].filter((user) => this.#isAgent[user] === 0 && this.#isAbroad[user] === 0)
    const always = honest.filter((user) => missed[user] === 0).length / Math.max(honest.length, 1)
    const worst = daily.subarray(Math.min(30, days - 1)).reduce((least, one) => Math.min(least, one), 1)
    return { served: servedDays / honestDays, worst, last: daily[days - 1] as number, always, relaysBlocked, relaysTold: told.size, daily }
  }

  /** Everyone came by someone who was there, or by nobody; agents are drawn anywhere, or by agents only. */
  #populate(): void {
    const { users, foundersShare, days, agentShare, censor, areAgentsLate = false, abroadShare } = this.#setting
    const founders = Math.round(users * foundersShare)
    const roots = Math.max(1, Math.round(users / 50))
    for (let user = 0; user < users; user++) {
      this.#joinDay[user] = user < founders ? 0 : 1 + Math.floor(((user - founders) / Math.max(users - founders, 1)) * (days * 0.8))
      if (user >= roots) this.#inviter[user] = this.#dice.between(0, user - 1)
    }
    const agents = Math.round(users * agentShare)
    if (censor === 'recommendation-tree') this.#infiltrate(agents)
    else for (let made = 0; made < agents; ) made += this.#turn(this.#dice.between(areAgentsLate ? founders : 0, users - 1))
    if (abroadShare === undefined) return
    for (let user = 0; user < users; user++) this.#isAbroad[user] = this.#isAgent[user] === 1 || this.#dice.chance(abroadShare) ? 1 : 0
  }

  /** A few agents are among the first, and invite the rest: those who come by an agent are agents, until there are enough. */
  #infiltrate(agents: number): void {
    const { users } = this.#setting
    let made = 0
    for (let tries = 0; made < agents && tries < 1000; tries++) {
      made += this.#turn(this.#dice.between(0, Math.round(users / 10)))
      for (let user = 0; user < users && made < agents; user++) {
        const inviter = this.#inviter[user] as number
        if (inviter >= 0 && this.#isAgent[inviter] === 1) made += this.#turn(user)
      }
      if (made > agents * 0.8 && tries > 200) break
    }
    while (made < agents) made += this.#turn(this.#dice.between(0, users - 1))
  }

  #turn(user: number): number {
    if (this.#isAgent[user] === 1) return 0
    this.#isAgent[user] = 1
    return 1
  }

  #morning(day: number, blocked: readonly number[]): void {
    const { relays, relaysPerDay, users, censor } = this.#setting
    const count = day === 0 ? relays : relaysPerDay
    const arrivals: Arrival[] = Array.from({ length: count }, () => ({
      relay: this.#relayCount++,
      network: this.#dice.skewed(1, NETWORKS),
    }))
    for (; this.#joined < users && (this.#joinDay[this.#joined] as number) <= day; this.#joined++)
      this.#scheme.join(this.#joined, this.#inviter[this.#joined] as number, day, this.#isAbroad[this.#joined] === 1)
    // Operators notice on the day after it began.
    this.#scheme.settle(day, arrivals, blocked, day > 0 && Censor.isEvent(censor, day - 1))
  }

  #evening(areAgentsAccusing: boolean): void {
    for (let user = 0; user < this.#joined; user++) {
      const relays = this.#scheme.relaysOf(user)
      const isAgent = this.#isAgent[user] === 1
      if (relays.length === 0 || (!isAgent && !this.#dice.chance(0.5))) continue
      const silent = relays.filter((relay) => (isAgent ? areAgentsAccusing : this.#isBlocked[relay] === 1))
      this.#scheme.hear?.(user, silent)
    }
  }

  #sight(day: number): Parameters<Censor['blocks']>[0] {
    const isNeeded = this.#setting.censor === 'zig-zag' || this.#setting.censor === 'host-profiling'
    const agents: number[] = []
    const used = isNeeded ? this.#lookUp() : []
    for (let user = 0; user < this.#joined; user++) if (this.#isAgent[user] === 1) agents.push(user)
    return {
      day,
      agents,
      used,
      relaysOf: (user) => (user < this.#joined ? this.#scheme.relaysOf(user) : []),
      usersOf: (relay) => this.#usersOf[relay] ?? [],
      isBlocked: (relay) => this.#isBlocked[relay] === 1,
    }
  }

  #lookUp(): number[] {
    this.#usersOf.length = 0
    for (let user = 0; user < this.#joined; user++) {
      if (this.#isAbroad[user] === 1) continue
      for (const relay of this.#scheme.relaysOf(user)) {
        if (this.#isBlocked[relay] === 1) continue
        const guests = this.#usersOf[relay]
        if (guests === undefined) this.#usersOf[relay] = [user]
        else guests.push(user)
      }
    }
    return Object.keys(this.#usersOf).map(Number)
  }
}
