// Handing relays out: which member sees which relays, decided anew each epoch by what was blocked where. The door of this room, which is pure: the key, the
// epoch, the listed relays and what was kept come in; buckets and rows go out.
//
// 1. an invite is redeemed: its keyed hash becomes a member, placed at the next settling              join
// 2. relays that can't be reached from a country are reported, by the operator or by members          report, hear
// 3. once an epoch, and whenever somebody joined: blame, place, grow (country.ts)                     settle
// 4. a member asks and gets at most three relays, never another's                                     bucketOf
// 5. what is different goes to the store                                                              takeChanges
import { type Crypto, encodeHex, utf8 } from '#protocol'
import { Country, type ListedRelay, type Relays, type Surroundings } from './country.ts'
import type { Said } from './evidence.ts'
import { Lately } from './lately.ts'
import { type HandingLimits, handingLimits } from './limits.ts'
import { type Group, type Member, trustOf, Weighing } from './member.ts'
import { checkRows, type HandingChanges, HandingError, type HandingRows, isCountry, isId, refuse } from './rows.ts'

export interface HandingOptions {
  readonly crypto: Crypto
  /** 32 bytes, secret: whoever has it can tell who will be given what. */
  readonly key: Uint8Array
  readonly limits?: HandingLimits
}

export interface Joining {
  /** By `memberOf`. */
  readonly member: string
  /** Two capital letters; empty where it is not known. */
  readonly country: string
  /** The member whose invite it is; empty where the directory itself invites. */
  readonly inviter: string
  readonly epoch: number
  /** Stands for an invite of several people, whose inviter it is in turn; it is given no relays itself. */
  readonly isInviteOnly?: boolean
}

export interface Settling {
  readonly epoch: number
  /** All relays that may be used now. */
  readonly listed: readonly ListedRelay[]
  /** Those of them that are another authority's to hand out now. */
  readonly others?: ReadonlySet<string>
  /** Countries whose spares are released: those of a shutdown, an election, a day on which what was saved is to be spent. */
  readonly events: ReadonlySet<string>
  /** Relays that fail this authority's own tests now. */
  readonly unwell?: ReadonlySet<string>
}

export type Joined = 'joined' | 'known' | 'full' | 'not invited'

export interface Standing {
  /** Chance of being an agent of a censor, as of the last settling. */
  readonly suspicion: number
  /** Epochs without a block that count. */
  readonly trustEpochs: number
  /** The first epoch at which a member without relays may get one; undefined: has relays, or there is none free. */
  readonly waitsUntil: number | undefined
  /** Invites that may still be given out. */
  readonly invitesLeft: number
}

export class Handing {
  readonly #options: HandingOptions
  readonly #limits: HandingLimits
  readonly #members = new Map<string, Member>()
  readonly #countries = new Map<string, Country>()
  readonly #around: Surroundings
  readonly #listed = new Map<string, ListedRelay>()
  /** The same, as it was given. */
  #list: readonly ListedRelay[] = []
  #epoch = 0
  #groupId = 0

  /** With what was kept, if there is any. Throws HandingError. */
  constructor(options: HandingOptions, rows?: HandingRows) {
    this.#options = options
    this.#limits = options.limits ?? handingLimits
    const weighing = new Weighing(this.#limits)
    this.#around = {
      limits: this.#limits,
      weighing,
      lately: new Lately([], 0, weighing, this.#limits),
      draw: (name) => this.#draw(name),
      newGroupId: () => ++this.#groupId,
      changed: { members: new Set(), groups: new Map(), gone: new Set(), spent: new Set() },
    }
    if (rows !== undefined) this.#restore(rows)
  }

  /** Of the last settling; of what was kept, at least that in which the youngest group was formed. No settling goes back behind it. */
  get epoch(): number {
    return this.#epoch
  }

  /** What an invite is called here. `invite` is what was redeemed: for an invite of several people, with what tells them apart. */
  memberOf(invite: Uint8Array): string {
    const { crypto, key } = this.#options
    return encodeHex(crypto.hmacSha256(key, utf8('culvert v1 member '), invite))
  }

  join({ member: id, country, inviter, epoch, isInviteOnly = false }: Joining): Joined {
    if (!isId(id) || !isCountry(country)) throw new HandingError('A member or a country is not right.')
    if (this.#members.has(id)) return 'known'
    const host = this.#members.get(inviter)
    if (inviter !== '' && host === undefined) return 'not invited'
    if (this.#members.size >= this.#limits.membersMax) return 'full'
    if (!this.#countries.has(country) && this.#countries.size >= this.#limits.countriesMax) return 'full'
    const made = this.#made(id, this.#country(country), host, epoch)
    if (isInviteOnly) made.waitsUntil = this.#limits.epochMax
    this.#around.changed.members.add(made)
    return 'joined'
  }

  /** This relay can't be reached from this country. What was never listed is nobody's; what is away for now is still its members'. */
  report(relay: string, country: string): void {
    const found = this.#countries.get(country)
    if (this.#listed.has(relay) || found?.groups.has(relay)) found?.report(relay)
  }

  /** What a member says of its own relays from the country that it came from; of what it meets abroad nobody here learns. */
  hear(member: string, country: string, said: ReadonlyMap<string, Said>): void {
    const found = this.#members.get(member)
    if (found?.country.name === country) this.#countries.get(country)?.hear(found, said)
  }

  /** Throws HandingError where time goes back. */
  settle({ epoch, listed, others = new Set(), events, unwell = new Set() }: Settling): void {
    if (!Number.isSafeInteger(epoch) || epoch < this.#epoch || epoch > this.#limits.epochMax)
      throw new HandingError('An epoch is not right.')
    if (listed.length > this.#limits.relaysMax) throw new HandingError('There are too many relays.')
    const relays = { ...this.#compare(listed), others, unwell }
    this.#epoch = epoch
    // By name: what is given in one is looked at in the next, and a new run knows no other order.
    const countries = [...this.#countries.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    const groups = countries.flatMap((country) => [...country.groups.values()])
    this.#around.lately = new Lately(groups, epoch, this.#around.weighing, this.#limits)
    for (const country of countries) country.settle(epoch, relays, events.has(country.name))
  }

  /** Lists that are long and much the same are given often: only what follows the first difference is looked at. */
  #compare(list: readonly ListedRelay[]): Omit<Relays, 'unwell' | 'others'> {
    let same = 0
    while (same < list.length && list[same]?.relay === this.#list[same]?.relay) same++
    const [before, after] = [this.#list.slice(same), list.slice(same)]
    const left = new Set(after.map(({ relay }) => relay))
    const gone = new Set(before.map(({ relay }) => relay).filter((relay) => !left.has(relay)))
    const arrived = after.filter(({ relay }) => !this.#listed.has(relay))
    if (!arrived.every(({ relay }) => isId(relay))) throw new HandingError('A relay is not right.')
    for (const one of arrived) this.#listed.set(one.relay, one)
    for (const relay of gone) this.#listed.delete(relay)
    this.#list = [...list]
    return { listed: this.#listed, arrived, gone }
  }

  /** Relays that somebody is given now, in whatever country. */
  handedOut(): ReadonlySet<string> {
    return new Set([...this.#countries.values()].flatMap(({ groups }) => [...groups.keys()]))
  }

  /** At most three relays; none for who is no member, or waits. */
  bucketOf(member: string): readonly string[] {
    const groups = this.#members.get(member)?.groups.filter(({ awaySince }) => awaySince < 0)
    return groups?.map(({ relay }) => relay) ?? []
  }

  standingOf(member: string): Standing | undefined {
    const found = this.#members.get(member)
    if (found === undefined) return undefined
    const { sinceEpoch, waitsUntil, invited } = found
    const suspicion = this.#around.weighing.suspicion(found)
    const trustEpochs = trustOf(found, this.#epoch)
    const earned = Math.min(Math.floor(trustEpochs / this.#limits.inviteEpochs), this.#limits.invitesMax)
    return {
      suspicion,
      trustEpochs,
      waitsUntil: sinceEpoch < 0 && waitsUntil >= 0 ? waitsUntil : undefined,
      invitesLeft: this.#around.weighing.isSuspect(found) ? 0 : Math.max(earned - invited.length, 0),
    }
  }

  rows(): HandingRows {
    const countries = [...this.#countries.values()]
    return {
      members: [...this.#members.values()].map(memberRow),
      groups: countries.flatMap((country) => [...country.groups.values()].map((group) => groupRow(group, country.name))),
      spent: countries.flatMap(({ name, spent }) => [...spent].map(([relay, epoch]) => ({ relay, country: name, epoch }))),
      countries: countries.map(countryRow),
    }
  }

  /** What to write to the store, since it was asked last. */
  takeChanges(): HandingChanges {
    const { members, groups, gone, spent } = this.#around.changed
    const changes = {
      members: [...members].map(memberRow),
      groups: [...groups].map(([group, country]) => groupRow(group, country)),
      groupsGone: [...gone],
      spent: [...spent].map((name) => {
        const [country = '', relay = ''] = name.split(' ')
        return { relay, country, epoch: this.#countries.get(country)?.spent.get(relay) ?? this.#epoch }
      }),
      countries: [...this.#countries.values()].map(countryRow),
    }
    for (const one of [members, groups, gone, spent]) one.clear()
    return changes
  }

  #restore(rows: HandingRows): void {
    checkRows(rows)
    for (const { country: name, prior, fell, stood } of rows.countries) {
      const country = this.#country(name)
      country.prior = prior / 1_000_000
      country.fell.splice(0, fell.length, ...fell)
      country.stood.splice(0, stood.length, ...stood)
    }
    const inviters = new Map(rows.members.map(({ member, inviter }) => [member, inviter]))
    for (const row of inOrder(rows)) {
      const made = this.#made(row.member, this.#country(row.country), this.#members.get(inviters.get(row.member) ?? ''), row.joinedEpoch)
      made.blame = row.blame / 1000
      made.trustEpochs = row.trustEpochs
      made.sinceEpoch = row.sinceEpoch
      made.waitsUntil = row.waitsUntil
    }
    const nested = [...rows.groups].sort((a, b) => b.members.length - a.members.length || a.group - b.group)
    const groups = nested.map((row) => ({ group: this.#restoredGroup(row), country: this.#country(row.country) }))
    for (const { group, country } of groups.sort((a, b) => a.group.id - b.group.id)) country.groups.set(group.relay, group)
    for (const { relay, country, epoch } of rows.spent) this.#country(country).spent.set(relay, epoch)
    this.#around.weighing.anew(this.#epoch)
  }

  #restoredGroup({ group: id, country: name, relay, sinceEpoch, members: ids }: HandingRows['groups'][number]): Group {
    const members = ids.map((one) => this.#members.get(one)).filter((one) => one !== undefined)
    const group = { id, relay, sinceEpoch, members, awaySince: -1 }
    const isNested = members.every(({ groups }) => groups.at(-1) === members[0]?.groups.at(-1))
    const isFull = members.some(({ groups }) => groups.length >= this.#limits.bucketMax)
    refuse(members.length < ids.length || !isNested || isFull || members.some((member) => member.country.name !== name), 'a group')
    for (const member of members) member.groups.push(group)
    this.#groupId = Math.max(this.#groupId, id)
    this.#epoch = Math.max(this.#epoch, sinceEpoch)
    return group
  }

  #made(id: string, country: Country, inviter: Member | undefined, joinedEpoch: number): Member {
    const fresh = { blame: 0, trustEpochs: 0, sinceEpoch: -1, waitsUntil: joinedEpoch, groups: [], weighed: -1, alone: 0, invitedSum: 0 }
    const member: Member = { id, inviter, invited: [], joinedEpoch, country, draw: this.#draw(`member ${id}`), ...fresh }
    this.#members.set(id, member)
    country.members.push(member)
    inviter?.invited.push(member)
    this.#around.weighing.anew()
    return member
  }

  #country(name: string): Country {
    const known = this.#countries.get(name)
    if (known !== undefined) return known
    const made = new Country(name, this.#around)
    this.#countries.set(name, made)
    return made
  }

  /** 48 bits of an HMAC. */
  #draw(name: string): number {
    const { crypto, key } = this.#options
    return (
      crypto
        .hmacSha256(key, utf8(`culvert v1 draw ${name}`))
        .subarray(0, 6)
        .reduce((sum, byte) => sum * 256 + byte, 0) /
      2 ** 48
    )
  }
}

/** Inviters before whom they invited. Throws HandingError where one is missing, or a circle invites itself. */
function inOrder({ members }: HandingRows): readonly HandingRows['members'][number][] {
  const invitees = Map.groupBy(members, ({ inviter }) => inviter)
  const ordered = [...(invitees.get('') ?? [])]
  // The list grows while it is walked.
  for (const { member } of ordered) for (const invitee of invitees.get(member) ?? []) ordered.push(invitee)
  refuse(ordered.length < members.length, 'an inviter')
  return ordered
}

function memberRow({
  id,
  country,
  inviter,
  joinedEpoch,
  blame,
  trustEpochs,
  sinceEpoch,
  waitsUntil,
}: Member): HandingRows['members'][number] {
  const kept = { blame: Math.round(blame * 1000), trustEpochs, sinceEpoch, waitsUntil }
  return { member: id, country: country.name, inviter: inviter?.id ?? '', joinedEpoch, ...kept }
}

function countryRow({ name, prior, fell, stood }: Country): HandingRows['countries'][number] {
  return { country: name, prior: Math.round(prior * 1_000_000), fell: [...fell], stood: [...stood] }
}

function groupRow({ id, relay, sinceEpoch, members }: Group, country: string): HandingRows['groups'][number] {
  return { group: id, country, relay, sinceEpoch, members: members.map((member) => member.id) }
}
