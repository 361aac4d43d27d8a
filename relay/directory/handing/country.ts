// Handing out in one country: who knows which relay, and what follows when one is blocked. What is blocked here is not blocked elsewhere, so no country knows
// of another, but for newcomers who are alone in theirs (lately.ts).
//
// Members who know one relay are a *group*. The groups of a member are nested: the first relay is shared by up to two dozen, the second by half of them, the
// third by a quarter. So an agent takes few people's last relay, and where traffic leads from one relay's guests to their other relays, it stays among them.
//
// 1. relays that came get a place in the country's own order; those that left are away for a while, then spent        arrange
// 2. how many agents there are is estimated anew; who knew a relay that was blocked is blamed                          blame
//    blocked is what was reported, and, when an epoch begins, what members are believed of                            evidence.ts
// 3. who has no relay left is placed in a new group with its like, the trusted first, each group with a fresh relay    place
// 4. whose relays stood for a while gets one more                                                                      grow
import { Evidence, type Said } from './evidence.ts'
import { formGroups, inOrder } from './forming.ts'
import type { Lately } from './lately.ts'
import type { HandingLimits } from './limits.ts'
import { type Group, hasRelay, isFirst, type Member, trustOf, type Weighing } from './member.ts'
import { blameOf, countryPrior, foundChance } from './suspicion.ts'

/** A relay of the directory. */
export interface ListedRelay {
  /** In hex: 64 letters. */
  readonly relay: string
  /** What must differ within a bucket: the autonomous system, or the address's prefix where that is not known. */
  readonly network: string
}

/** What is listed now, and what changed since the last settling. */
export interface Relays {
  readonly listed: ReadonlyMap<string, ListedRelay>
  readonly arrived: readonly ListedRelay[]
  readonly gone: ReadonlySet<string>
  /** Those that another authority hands out now: whoever has one keeps it, and nobody is given one. */
  readonly others: ReadonlySet<string>
  /** Those that fail from where nothing is blocked: what members say of them is no block. */
  readonly unwell: ReadonlySet<string>
}

/** What the countries of one directory share. */
export interface Surroundings {
  readonly limits: HandingLimits
  readonly weighing: Weighing
  /** Anew at each settling. */
  lately: Lately
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

interface Free extends ListedRelay {
  readonly draw: number
}

export class Country {
  readonly name: string
  readonly members: Member[] = []
  /** By relay, in the order in which they were formed. */
  readonly groups: Map<string, Group> = new Map()
  /** By relay, since which epoch. */
  readonly spent: Map<string, number> = new Map()
  prior: number
  /** First groups that are no more, by their size: see countryPrior. */
  readonly fell: number[]
  readonly stood: number[]
  readonly #around: Surroundings
  readonly #reported = new Set<string>()
  readonly #evidence = new Evidence()
  #epoch = -1
  /** By relay; undefined until the first settling. */
  #networks: Map<string, string> | undefined
  /** Relays that nobody here was ever given, in this country's own order, by the key; the next stands last, spares first. */
  #free: Free[] = []
  /** As those, while another authority hands them out. */
  #notOurs: Free[] = []
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

  /** What a member says of its relays; it counts when the next epoch begins. */
  hear(member: Member, said: ReadonlyMap<string, Said>): void {
    this.#evidence.hear(member, said)
  }

  settle(epoch: number, relays: Relays, isEvent: boolean): void {
    this.#isEvent = isEvent
    this.#around.weighing.anew(epoch)
    this.#arrange(epoch, relays)
    if (epoch > this.#epoch) this.#believe(relays.unwell)
    this.#epoch = epoch
    this.#blame(epoch)
    this.#place(epoch)
    this.#grow(epoch)
  }

  #arrange(epoch: number, { listed, arrived, gone, others }: Relays): void {
    const fresh = this.#networks === undefined ? [...listed.values()] : arrived
    this.#networks ??= new Map()
    for (const { relay, network } of fresh) this.#networks.set(relay, network)
    for (const relay of gone) this.#networks.delete(relay)
    const added = fresh
      .filter(({ relay }) => !this.groups.has(relay))
      .map(({ relay, network }) => ({ relay, network, draw: this.#around.draw(`relay ${this.name} ${relay}`) }))
    if (gone.size > 0 || others.size > 0 || this.#notOurs.length > 0 || added.length > 0) {
      const free = [...this.#free, ...this.#notOurs, ...added]
        .filter(({ relay }) => !gone.has(relay) && !this.spent.has(relay))
        .sort((a, b) => b.draw - a.draw)
      this.#free = free.filter(({ relay }) => !others.has(relay))
      this.#notOurs = free.filter(({ relay }) => others.has(relay))
    }
    for (const group of this.groups.values()) {
      const isAway = !this.#networks.has(group.relay)
      if (isAway && group.awaySince >= 0 && epoch - group.awaySince >= this.#around.limits.awayEpochs) this.#dissolve(group, epoch)
      else if (isAway !== group.awaySince >= 0) {
        group.awaySince = isAway ? epoch : -1
        for (const member of group.members) this.#count(member, epoch)
      }
    }
  }

  #believe(unwell: ReadonlySet<string>): void {
    const { weighing, limits } = this.#around
    const isWell = (group: Group): boolean => this.groups.get(group.relay) === group && group.awaySince < 0 && !unwell.has(group.relay)
    for (const relay of this.#evidence.judge(isWell, weighing, limits)) this.#reported.add(relay)
  }

  #blame(epoch: number): void {
    const { limits, changed, weighing } = this.#around
    const blocked = [...this.#reported].flatMap((relay) => this.groups.get(relay) ?? [])
    const fates = blocked.filter(isFirst).map(({ sinceEpoch, members }) => ({ age: epoch - sinceEpoch, size: members.length }))
    for (const group of blocked) this.#dissolve(group, epoch)
    for (const relay of this.#reported) this.#spend(relay, epoch)
    this.#reported.clear()
    if (blocked.length === 0) return
    this.#estimate(epoch, fates)
    // Who alone knew a relay can't be told from an agent by its block; who was under no suspicion has this one block free of waiting.
    const unsuspected = new Set(blocked.flatMap(({ members }) => members).filter((member) => !weighing.isSuspect(member)))
    for (const { members, sinceEpoch } of blocked) {
      const suspicions = members.map((member) => weighing.suspicion(member))
      const blames = blameOf(suspicions, members.map(hasRelay), foundChance(epoch - sinceEpoch, limits), limits)
      for (const [at, member] of members.entries()) {
        member.blame = Math.min(Math.round((member.blame + (blames[at] as number)) * 1000) / 1000, limits.blameMax)
        // Half of what patience earned is lost with a block, once for all relays of a day.
        if (member.sinceEpoch >= 0 && member.sinceEpoch < epoch) {
          member.trustEpochs = Math.floor(trustOf(member, epoch) / 2)
          member.sinceEpoch = epoch
        }
        changed.members.add(member)
      }
    }
    for (const { members } of blocked) for (const member of members) this.#count(member, epoch)
    for (const member of unsuspected) if (!hasRelay(member)) member.waitsUntil = epoch
    weighing.anew()
  }

  /** How many agents there are, before those who lost a relay are blamed by it. */
  #estimate(epoch: number, fates: readonly { readonly age: number; readonly size: number }[]): void {
    for (const { age, size } of fates) {
      const counts = age <= this.#around.limits.growEpochs ? this.fell : this.stood
      counts[size] = (counts[size] as number) + 1
    }
    const stood = [...this.stood]
    for (const group of this.groups.values())
      if (group.sinceEpoch < epoch && isFirst(group)) stood[group.members.length] = (stood[group.members.length] as number) + 1
    this.prior = countryPrior({ fell: this.fell, stood }, this.#around.limits)
    this.#around.weighing.anew()
  }

  #place(epoch: number): void {
    const { limits, changed, weighing } = this.#around
    const suspicion = (member: Member): number => weighing.suspicion(member)
    const waiting = this.members.filter(({ sinceEpoch }) => sinceEpoch < 0)
    for (const member of waiting) {
      // Set where suspicion is known anew: the likelier an agent, the longer the next relay is not for him.
      if (member.waitsUntil >= 0) continue
      const odds = suspicion(member) / (1 - suspicion(member))
      member.waitsUntil = epoch + Math.min(Math.floor(odds * limits.waitPerOdds), limits.waitMax)
      changed.members.add(member)
    }
    const ready = waiting.filter(({ waitsUntil }) => waitsUntil <= epoch)
    const left = this.#takeIn(epoch, ready)
    const formed = formGroups(inOrder(left, suspicion), this.#freeCount(), limits)
    for (const members of formed) {
      const relay = this.#fresh([], members, formed.length === 1)
      if (relay === undefined) return
      for (const member of members) this.#leave(member, epoch)
      this.#form(epoch, relay, members)
    }
  }

  /** Who comes alone joins those who came shortly before, so that it needs no relay alone. Who is left needs a new group. */
  #takeIn(epoch: number, ready: readonly Member[]): readonly Member[] {
    const { changed, lately, weighing } = this.#around
    const isNew = ({ blame, groups }: Member): boolean => blame === 0 && groups.length === 0
    if (!ready.some(isNew)) return ready
    const open = [...this.groups.values()]
      .filter((group) => lately.isOpen(group, 1))
      .map((group) => ({ group, there: lately.newcomers(group.relay, 1) }))
    return ready.filter((member) => {
      if (!isNew(member)) return true
      const suspicion = weighing.suspicion(member)
      const found = open.find(({ there }) => lately.hasRoom(there, { people: 1, agents: suspicion }))
      if (found === undefined) return true
      found.there = { people: found.there.people + 1, agents: found.there.agents + suspicion }
      found.group.members.push(member)
      changed.groups.set(found.group, this.name)
      this.#hold(member, found.group, epoch)
      return false
    })
  }

  #grow(epoch: number): void {
    const { limits, weighing } = this.#around
    let budget = Math.floor(this.#freeCount() * limits.growShare)
    const due = [...this.groups.values()].flatMap((group) => {
      const age = epoch - group.sinceEpoch
      if (age === 0 || age % limits.growEpochs !== 0 || group.awaySince >= 0) return []
      const leaves = group.members.filter(({ groups }) => groups.at(-1) === group && groups.length < limits.bucketMax)
      const [first] = leaves
      return first === undefined ? [] : [{ leaves, bucket: first.groups, relays: first.groups.length }]
    })
    for (const { leaves, bucket, relays } of due) {
      if (budget <= 0) return
      const sorted = inOrder(leaves, (member) => weighing.suspicion(member)).map(({ member }) => member)
      const half = sorted.length >= 2 * limits.halfMin ? Math.ceil(sorted.length / 2) : sorted.length
      const areAlone = half === sorted.length && due.filter((one) => one.relays === relays).length === 1
      for (const members of [sorted.slice(0, half), sorted.slice(half)]) {
        const relay = members.length === 0 ? undefined : this.#fresh(bucket, members, areAlone)
        if (relay === undefined) continue
        this.#form(epoch, relay, members)
        budget--
      }
    }
  }

  #form(epoch: number, relay: string, members: readonly Member[]): void {
    const group = { id: this.#around.newGroupId(), relay, sinceEpoch: epoch, members: [...members], awaySince: -1 }
    this.groups.set(relay, group)
    this.#around.lately.add(group)
    this.#around.changed.groups.set(group, this.name)
    for (const member of members) this.#hold(member, group, epoch)
  }

  #hold(member: Member, group: Group, epoch: number): void {
    member.groups.push(group)
    this.#count(member, epoch)
  }

  /** Epochs count while there is a relay to betray. */
  #count(member: Member, epoch: number): void {
    const has = hasRelay(member)
    if (has === member.sinceEpoch >= 0) return
    if (!has) {
      member.trustEpochs = trustOf(member, epoch)
      member.waitsUntil = -1
    }
    member.sinceEpoch = has ? epoch : -1
    this.#around.changed.members.add(member)
  }

  /** Who is moved on leaves relays that are away to those who stay. */
  #leave(member: Member, epoch: number): void {
    for (const group of member.groups) {
      group.members.splice(group.members.indexOf(member), 1)
      if (group.members.length === 0) this.#dissolve(group, epoch)
      else this.#around.changed.groups.set(group, this.name)
    }
    member.groups = []
  }

  /** The relay is known to people who will be given others: nobody here gets it again. */
  #dissolve(group: Group, epoch: number): void {
    const { changed } = this.#around
    this.groups.delete(group.relay)
    changed.groups.delete(group)
    changed.gone.add(group.id)
    for (const member of group.members) member.groups = member.groups.filter((one) => one !== group)
    this.#spend(group.relay, epoch)
  }

  #spend(relay: string, epoch: number): void {
    if (this.spent.has(relay)) return
    this.spent.set(relay, epoch)
    const at = this.#free.findIndex((one) => one.relay === relay)
    if (at >= 0) this.#free.splice(at, 1)
    this.#around.changed.spent.add(`${this.name} ${relay}`)
  }

  /**
   * The next free relay in this country's order that is of other networks than those of the bucket. One that relatives were given elsewhere comes first; then,
   * for newcomers who are alone here, one of those who are alone elsewhere: where somebody is from is his own word, and one invite, or one of many, would find
   * a relay more with each country that is named.
   */
  #fresh(bucket: readonly Group[], members: readonly Member[], areAlone: boolean): string | undefined {
    const networks = new Set(bucket.map(({ relay }) => this.#networks?.get(relay)))
    const from = this.#spareCount()
    const next = (isKnown: (relay: string) => boolean): number =>
      this.#free.findLastIndex(({ relay, network }, at) => at >= from && isKnown(relay) && !networks.has(network))
    const among = (known: ReadonlySet<string>): number => (known.size === 0 ? -1 : next((relay) => known.has(relay)))
    let at = among(relaysOfRelatives(members))
    if (at < 0 && areAlone) at = among(this.#around.lately.sharedBy(members, bucket.length + 1))
    if (at < 0) at = next(() => true)
    return at < 0 ? undefined : this.#free.splice(at, 1)[0]?.relay
  }

  #freeCount(): number {
    return Math.max(this.#free.length - this.#spareCount(), 0)
  }

  /** On an event day all that was kept back is there. */
  #spareCount(): number {
    return this.#isEvent ? 0 : Math.ceil(this.members.length * this.#around.limits.sparesPerMember)
  }
}

/** Of inviters, and of all whom they invited. */
function relaysOfRelatives(members: readonly Member[]): ReadonlySet<string> {
  const inviters = new Set(members.flatMap(({ inviter }) => inviter ?? []))
  const relatives = [...inviters].flatMap((inviter) => [inviter, ...inviter.invited])
  return new Set(relatives.flatMap(({ groups }) => groups.map(({ relay }) => relay)))
}
