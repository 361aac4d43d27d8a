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
  /** Of those invited, by what is known of each alone. */
  invitedSum: number
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

/** What is listed now, and what that changed. */
export interface Relays {
  readonly listed: ReadonlyMap<string, ListedRelay>
  readonly arrived: readonly ListedRelay[]
  readonly gone: ReadonlySet<string>
}

interface Free extends ListedRelay {
  readonly draw: number
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
  /** By relay, in the order in which they were formed. */
  readonly groups: Map<string, Group> = new Map()
  /** By relay, since which epoch. */
  readonly spent: Map<string, number> = new Map()
  prior: number
  /** Groups that are no more, by their size: see countryPrior. */
  readonly fell: number[]
  readonly stood: number[]
  readonly #around: Surroundings
  readonly #reported = new Set<string>()
  /** By relay; undefined until the first settling. */
  #networks: Map<string, string> | undefined
  /** Relays that nobody here was ever given, in this country's own order, by the key; the next stands last, spares first. */
  #free: Free[] = []
  #isEvent = false

  constructor(name: string, around: Surroundings) {
    this.name = name
    this.prior = around.limits.prior
    this.fell = Array.from({ length: around.limits.groupMax + 1 }, () => 0)
    this.stood = [...this.fell]
    this.#around = around
  }

  /** A relay can't be reached from here; it counts at the next settling. */
  report(relay: string): void {
    this.#reported.add(relay)
  }

  /** `arrived` and `gone` since the last settling of the directory, of all that are `listed`. */
  settle(epoch: number, relays: Relays, isEvent: boolean): void {
    this.#isEvent = isEvent
    this.#arrange(relays)
    this.#lose(epoch)
    this.weigh(epoch)
    this.#place(epoch)
    this.#grow(epoch)
  }

  /** New relays get their place in the order; those that are gone lose it. */
  #arrange({ listed, arrived, gone }: Relays): void {
    const fresh = this.#networks === undefined ? [...listed.values()] : arrived
    this.#networks ??= new Map()
    for (const relay of gone) this.#networks.delete(relay)
    if (gone.size > 0) this.#free = this.#free.filter(({ relay }) => !gone.has(relay))
    for (const { relay, network } of fresh) this.#networks.set(relay, network)
    const free = fresh
      .filter(({ relay }) => !this.groups.has(relay) && !this.spent.has(relay))
      .map(({ relay, network }) => ({ relay, network, draw: this.#around.draw(`relay ${this.name} ${relay}`) }))
    if (free.length > 0) this.#free = [...this.#free, ...free].sort((a, b) => b.draw - a.draw)
  }

  #lose(epoch: number): void {
    const { limits, changed } = this.#around
    const gone = [...this.groups.values()].filter(({ relay }) => this.#reported.has(relay) || this.#networks?.has(relay) !== true)
    for (const group of gone) {
      this.groups.delete(group.relay)
      changed.groups.delete(group)
      changed.gone.add(group.id)
      for (const member of group.members) member.groups = member.groups.filter((one) => one !== group)
    }
    for (const relay of this.#reported) this.#spend(relay, epoch)
    this.#estimate(epoch, gone)
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
    for (const member of this.members) {
      const trustEpochs = trustOf(member, epoch)
      member.alone = suspicionOf(this.prior, member.blame, trustEpochs, limits)
    }
    for (const member of this.members) member.invitedSum = member.invited.reduce((total, { alone }) => total + alone, 0)
    for (const member of this.members) {
      const { inviter, invited, alone } = member
      const count = invited.length + (inviter?.invited.length ?? 0)
      if (count === 0) {
        member.suspicion = alone
        continue
      }
      // The inviter stands where the member itself stands among the inviter's invitees.
      const relatives = member.invitedSum + (inviter === undefined ? 0 : inviter.alone + inviter.invitedSum - alone)
      const prior = relatedPrior(this.prior, relatives, count, limits)
      member.suspicion = suspicionOf(prior, member.blame, trustOf(member, epoch), limits)
    }
  }

  /** How many agents there are, before those who lost a relay are blamed by it. */
  #estimate(epoch: number, gone: readonly Group[]): void {
    const { limits } = this.#around
    const isFirst = ({ members }: Group): boolean => members.every(({ blame }) => blame === 0)
    for (const group of gone) {
      if (!this.#reported.has(group.relay) || !isFirst(group)) continue
      const fates = epoch - group.sinceEpoch <= limits.growEpochs ? this.fell : this.stood
      fates[group.members.length] = (fates[group.members.length] as number) + 1
    }
    const stood = [...this.stood]
    for (const group of this.groups.values()) {
      const { members, sinceEpoch } = group
      if (sinceEpoch < epoch && members[0]?.groups[0] === group && isFirst(group))
        stood[members.length] = (stood[members.length] as number) + 1
    }
    this.prior = countryPrior({ fell: this.fell, stood }, limits)
    this.weigh(epoch)
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
    for (const group of [...this.groups.values()]) {
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

  /** The next free relay in this country's order that is of other networks than those of the bucket. */
  #fresh(bucket: readonly Group[]): string | undefined {
    const networks = new Set(bucket.map(({ relay }) => this.#networks?.get(relay)))
    for (let at = this.#free.length - 1; at >= this.#spareCount(); at--) {
      const { relay, network } = this.#free[at] as Free
      if (networks.has(network)) continue
      this.#free.splice(at, 1)
      return relay
    }
    return undefined
  }

  #freeCount(): number {
    return Math.max(this.#free.length - this.#spareCount(), 0)
  }

  /** On an event day all that was kept back is there. */
  #spareCount(): number {
    return this.#isEvent ? 0 : Math.ceil(this.members.length * this.#around.limits.sparesPerMember)
  }

  #spend(relay: string, epoch: number): void {
    if (this.spent.has(relay)) return
    this.spent.set(relay, epoch)
    this.#free = this.#free.filter((one) => one.relay !== relay)
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
