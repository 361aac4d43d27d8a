// Handing out in one country: who knows which relay, and what follows when one is blocked. What is blocked here is not blocked elsewhere, so no country knows
// of another.
//
// Members who know one relay are a *group*. The groups of a member are nested: the first relay is shared by up to two dozen, the second by half of them, the
// third by a quarter. So an agent takes few people's last relay, and where traffic leads from one relay's guests to their other relays, it stays among them.
//
// 1. relays that were blocked, or are listed no more, are taken from their groups; blame goes to who knew them        lose
// 2. suspicion is weighed anew                                                                                        weigh
// 3. who has no relay left is placed in a new group with its like, the trusted first, each group with a fresh relay   place
// 4. whose relays stood for a while gets one more                                                                     grow
import type { HandingLimits } from './limits.ts'
import { blameOf, countryPrior, foundChance, relatedPrior, suspicionOf } from './suspicion.ts'

export interface Member {
  readonly id: string
  readonly inviter: Member | undefined
  readonly invited: Member[]
  readonly joinedEpoch: number
  readonly country: Country
  /** Between 0 and 1, by the key: decides between equals. */
  readonly draw: number
  /** Nats. */
  blame: number
  trustEpochs: number
  /** −1: has no relay. */
  sinceEpoch: number
  waitsUntil: number
  /** Largest first. */
  groups: Group[]
  /** By what is known of this member alone, and with relatives. */
  alone: number
  suspicion: number
}

export interface Group {
  readonly id: number
  readonly relay: string
  readonly sinceEpoch: number
  readonly members: Member[]
}

/** A relay of the directory. */
export interface ListedRelay {
  /** In hex: 64 letters. */
  readonly relay: string
  /** What must differ within a bucket: the autonomous system, or the address's prefix where that is not known. */
  readonly network: string
}

/** What the countries of one directory share. */
export interface Surroundings {
  readonly limits: HandingLimits
  /** Between 0 and 1, by the key: the same for the same name in any run. */
  readonly draw: (name: string) => number
  readonly newGroupId: () => number
  /** What is different now, for the store. */
  readonly changed: {
    readonly members: Set<Member>
    readonly groups: Map<Group, string>
    readonly gone: Set<number>
    readonly spent: Set<string>
  }
}

export class Country {
  readonly name: string
  readonly members: Member[] = []
  readonly groups: Map<string, Group> = new Map()
  /** By relay, since which epoch. */
  readonly spent: Map<string, number> = new Map()
  prior: number
  readonly #around: Surroundings
  readonly #reported = new Set<string>()
  /** All listed relays in this country's own order, by the key; spares are those with the highest draws. */
  #order: { readonly relay: string; readonly network: string; readonly draw: number }[] = []
  #networks = new Map<string, string>()
  /** Of the last settling: where the next free relay is looked for. */
  #next = 0
  #isEvent = false

  constructor(name: string, around: Surroundings) {
    this.name = name
    this.prior = around.limits.prior
    this.#around = around
  }

  /** A relay can't be reached from here; it counts at the next settling. */
  report(relay: string): void {
    this.#reported.add(relay)
  }

  settle(epoch: number, listed: ReadonlyMap<string, ListedRelay>, isEvent: boolean): void {
    this.#isEvent = isEvent
    this.#arrange(listed)
    this.#lose(epoch)
    this.weigh(epoch)
    this.#place(epoch)
    this.#grow(epoch)
  }

  /** New relays get their place in the order; those that are gone lose it. */
  #arrange(listed: ReadonlyMap<string, ListedRelay>): void {
    const kept = this.#order.filter(({ relay }) => listed.has(relay))
    const fresh = [...listed.values()]
      .filter(({ relay }) => !this.#networks.has(relay))
      .map(({ relay, network }) => ({ relay, network, draw: this.#around.draw(`relay ${this.name} ${relay}`) }))
    this.#order = fresh.length === 0 ? kept : [...kept, ...fresh].sort((a, b) => a.draw - b.draw)
    if (fresh.length > 0 || kept.length < this.#networks.size) this.#networks = new Map(this.#order.map((one) => [one.relay, one.network]))
    this.#next = 0
  }

  #lose(epoch: number): void {
    const { limits, changed } = this.#around
    const gone = [...this.groups.values()].filter(({ relay }) => this.#reported.has(relay) || !this.#networks.has(relay))
    for (const group of gone) {
      this.groups.delete(group.relay)
      changed.groups.delete(group)
      changed.gone.add(group.id)
      for (const member of group.members) member.groups = member.groups.filter((one) => one !== group)
    }
    for (const relay of this.#reported) this.#spend(relay, epoch)
    for (const { relay, members, sinceEpoch } of gone) {
      if (!this.#reported.has(relay)) continue
      const found = foundChance(epoch - sinceEpoch, limits)
      const suspicions = members.map(({ suspicion }) => suspicion)
      const isQuiet = members.map(({ groups }) => groups.length > 0)
      for (const [at, blame] of blameOf(suspicions, isQuiet, found, limits).entries()) {
        const member = members[at] as Member
        member.blame = Math.min(Math.round((member.blame + blame) * 1000) / 1000, limits.blameMax)
        // Half of what patience earned is lost with a block, once for all relays of a day.
        if (member.sinceEpoch >= 0 && member.sinceEpoch < epoch) {
          member.trustEpochs = Math.floor((member.trustEpochs + epoch - member.sinceEpoch) / 2)
          member.sinceEpoch = epoch
        }
        changed.members.add(member)
      }
    }
    this.#reported.clear()
    for (const { members } of gone)
      for (const member of members) {
        if (member.groups.length > 0 || member.sinceEpoch < 0) continue
        member.trustEpochs += epoch - member.sinceEpoch
        member.sinceEpoch = -1
        member.waitsUntil = -1
        changed.members.add(member)
      }
  }

  /** Suspicion of all members as of this epoch. Relatives elsewhere count as they were weighed last. */
  weigh(epoch: number): void {
    const { limits } = this.#around
    let sum = 0
    for (const member of this.members) {
      const trustEpochs = trustOf(member, epoch)
      member.alone = suspicionOf(this.prior, member.blame, trustEpochs, limits)
      sum += member.alone
    }
    for (const member of this.members) {
      const { inviter, invited } = member
      let relatives = inviter?.alone ?? 0
      let count = inviter === undefined ? 0 : 1
      for (const one of inviter?.invited ?? []) if (one !== member) [relatives, count] = [relatives + one.alone, count + 1]
      for (const one of invited) [relatives, count] = [relatives + one.alone, count + 1]
      const prior = count === 0 ? this.prior : relatedPrior(this.prior, relatives, count, limits)
      member.suspicion = count === 0 ? member.alone : suspicionOf(prior, member.blame, trustOf(member, epoch), limits)
    }
    this.prior = Math.round(countryPrior(sum, this.members.length, limits) * 1_000_000) / 1_000_000
  }

  #place(epoch: number): void {
    const { limits, changed } = this.#around
    const waiting = this.members.filter(({ groups }) => groups.length === 0)
    for (const member of waiting) {
      // Set where suspicion is known anew: the likelier an agent, the longer the next relay is not for him.
      if (member.waitsUntil >= 0) continue
      const odds = member.suspicion / (1 - member.suspicion)
      member.waitsUntil = epoch + Math.min(Math.floor(odds * limits.waitPerOdds), limits.waitMax)
      changed.members.add(member)
    }
    const ready = waiting.filter(({ waitsUntil }) => waitsUntil <= epoch).sort((a, b) => a.suspicion - b.suspicion || a.draw - b.draw)
    const left = this.#takeIn(epoch, ready)
    const free = this.#freeCount()
    const agentsMax = agentsPerGroup(left, free, limits)
    for (const members of divide(left, agentsMax, limits)) {
      const relay = this.#fresh([])
      if (relay === undefined) return
      this.#form(epoch, relay, members)
    }
  }

  /** Who comes alone joins those who came shortly before. Who is left needs a new group. */
  #takeIn(epoch: number, ready: readonly Member[]): readonly Member[] {
    const { limits, changed } = this.#around
    const isNew = (member: Member): boolean => member.blame === 0
    if (!ready.some(isNew)) return ready
    const open = [...this.groups.values()].filter(
      ({ sinceEpoch, members }) =>
        epoch - sinceEpoch < limits.openEpochs && members.every((member) => isNew(member) && member.groups.length === 1),
    )
    return ready.filter((member) => {
      if (!isNew(member)) return true
      const group = open.find(
        ({ members }) => members.length < limits.groupMax && agentsIn(members) + member.suspicion <= limits.agentsPerGroupMin * 5,
      )
      if (group === undefined) return true
      group.members.push(member)
      changed.groups.set(group, this.name)
      this.#hold(member, group, epoch)
      return false
    })
  }

  #grow(epoch: number): void {
    const { limits } = this.#around
    let budget = Math.floor(this.#freeCount() * limits.growShare)
    for (const group of [...this.groups.values()].sort((a, b) => a.id - b.id)) {
      if (budget <= 0) return
      if (epoch - group.sinceEpoch < limits.growEpochs) continue
      const leaves = group.members.filter((member) => member.groups.at(-1) === group && member.groups.length < limits.bucketMax)
      const [first] = leaves
      if (first === undefined) continue
      const half = leaves.length >= 2 * limits.halfMin ? Math.ceil(leaves.length / 2) : leaves.length
      const sorted = leaves.sort((a, b) => a.suspicion - b.suspicion || a.draw - b.draw)
      for (const members of [sorted.slice(0, half), sorted.slice(half)]) {
        if (members.length === 0) continue
        const relay = this.#fresh(first.groups)
        if (relay === undefined) return
        this.#form(epoch, relay, members)
        budget--
      }
    }
  }

  #form(epoch: number, relay: string, members: readonly Member[]): void {
    const group = { id: this.#around.newGroupId(), relay, sinceEpoch: epoch, members: [...members] }
    this.groups.set(relay, group)
    this.#around.changed.groups.set(group, this.name)
    for (const member of members) this.#hold(member, group, epoch)
  }

  #hold(member: Member, group: Group, epoch: number): void {
    member.groups.push(group)
    if (member.sinceEpoch >= 0) return
    member.sinceEpoch = epoch
    this.#around.changed.members.add(member)
  }

  /** The first free relay in this country's order that is of other networks than those of the bucket. */
  #fresh(bucket: readonly Group[]): string | undefined {
    const networks = new Set(bucket.map(({ relay }) => this.#networks.get(relay)))
    for (let at = this.#next; at < this.#order.length; at++) {
      const one = this.#order[at]!
      if (!this.#isFree(one)) {
        if (at === this.#next) this.#next++
      } else if (!networks.has(one.network)) return one.relay
    }
    return undefined
  }

  #freeCount(): number {
    return this.#order.reduce((count, one) => count + (this.#isFree(one) ? 1 : 0), 0)
  }

  #isFree({ relay, draw }: { readonly relay: string; readonly draw: number }): boolean {
    const isSpare = draw >= 1 - this.#around.limits.spareShare && !this.#isEvent
    return !isSpare && !this.groups.has(relay) && !this.spent.has(relay)
  }

  #spend(relay: string, epoch: number): void {
    if (this.spent.has(relay)) return
    this.spent.set(relay, epoch)
    this.#around.changed.spent.add(`${this.name} ${relay}`)
  }
}

export function trustOf(member: Member, epoch: number): number {
  return member.trustEpochs + (member.sinceEpoch < 0 ? 0 : Math.max(epoch - member.sinceEpoch, 0))
}

/** How many agents a group may be expected to hold: as many as serve most where relays are scarce, fewer where they abound. */
export function agentsPerGroup(sorted: readonly Member[], free: number, limits: HandingLimits): number {
  let [low, high] = [limits.agentsPerGroupMin, limits.agentsPerGroupMax]
  const least = [...divide(sorted, high, limits)].length
  const budget = Math.min(Math.max(least, Math.floor(free * limits.spendShare)), free)
  for (let round = 0; round < 10; round++) {
    const middle = (low + high) / 2
    if ([...divide(sorted, middle, limits)].length <= budget) high = middle
    else low = middle
  }
  return high
}

/** In groups of neighbours: the trusted with the trusted. */
function* divide(sorted: readonly Member[], agentsMax: number, limits: HandingLimits): Generator<readonly Member[]> {
  let from = 0
  let agents = 0
  for (const [at, { suspicion }] of sorted.entries()) {
    if (at > from && (agents + suspicion > agentsMax || at - from >= limits.groupMax)) {
      yield sorted.slice(from, at)
      from = at
      agents = 0
    }
    agents += suspicion
  }
  if (from < sorted.length) yield sorted.slice(from)
}

function agentsIn(members: readonly Member[]): number {
  return members.reduce((sum, { suspicion }) => sum + suspicion, 0)
}
