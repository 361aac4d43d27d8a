// Who was handed a relay in the last days, in whatever country, of whom nothing is known yet.
//
// Where somebody is from is his own word, and each country hands relays out by itself: who has many invites, and with each names a country to which hardly
// anybody comes, would be alone with a relay in every one. So those who come alone share relays across countries, as they do in one. Where many come they have each other.
import type { HandingLimits } from './limits.ts'
import type { Group, Member, Weighing } from './member.ts'

export interface Newcomers {
  readonly people: number
  /** To be expected among them. */
  readonly agents: number
}

export class Lately {
  readonly #epoch: number
  readonly #weighing: Weighing
  readonly #limits: HandingLimits
  readonly #byRelay: Map<string, Group[]>
  readonly #young: Group[]

  /** `groups`: those of all countries. */
  constructor(groups: readonly Group[], epoch: number, weighing: Weighing, limits: HandingLimits) {
    this.#epoch = epoch
    this.#weighing = weighing
    this.#limits = limits
    this.#byRelay = Map.groupBy(groups, ({ relay }) => relay)
    this.#young = groups.filter(({ sinceEpoch }) => epoch - sinceEpoch < limits.openEpochs)
  }

  /** One that is formed now. */
  add(group: Group): void {
    this.#byRelay.set(group.relay, [...(this.#byRelay.get(group.relay) ?? []), group])
    this.#young.push(group)
  }

  /** Whether its relay was handed out in the last days, as the last of so many, and nothing bad is known of any who has it. */
  isOpen({ sinceEpoch, awaySince, members }: Group, relays: number): boolean {
    return this.#epoch - sinceEpoch < this.#limits.openEpochs && awaySince < 0 && members.every((member) => hasOnly(member, relays))
  }

  /** Those for whom this relay is the last of so many. */
  newcomers(relay: string, relays: number): Newcomers {
    const members = (this.#byRelay.get(relay) ?? []).filter((group) => this.isOpen(group, relays)).flatMap((group) => group.members)
    return { people: members.length, agents: this.#weighing.agentsIn(members) }
  }

  /** As in one group. */
  hasRoom(there: Newcomers, more: Newcomers): boolean {
    const { groupMax, agentsPerGroupMax } = this.#limits
    return there.people + more.people <= groupMax && there.agents + more.agents <= agentsPerGroupMax
  }

  /** Relays that these, who are alone in their country, may share as their next with those who are alone in others, and that nobody else knows. */
  sharedBy(members: readonly Member[], relays: number): ReadonlySet<string> {
    const country = members[0]?.country
    const byCountry = Map.groupBy(this.#withRoom(relays), countryOf)
    if (byCountry.has(country) || !members.every((member) => hasOnly(member, relays - 1))) return new Set()
    const alone = new Set([...byCountry.values()].filter(({ length }) => length === 1).flat())
    const more = { people: members.length, agents: this.#weighing.agentsIn(members) }
    const found = [...alone].map(({ relay }) => relay).filter((relay) => this.#byRelay.get(relay)?.every((group) => alone.has(group)))
    return new Set(found.filter((relay) => this.hasRoom(this.newcomers(relay, relays), more)))
  }

  /** Open groups that may take in a stranger from their country. */
  #withRoom(relays: number): readonly Group[] {
    return this.#young.filter((group) => {
      if (!this.isOpen(group, relays)) return false
      return this.hasRoom(this.newcomers(group.relay, relays), { people: 1, agents: countryOf(group)?.prior ?? 0 })
    })
  }
}

function hasOnly({ blame, groups }: Member, relays: number): boolean {
  return blame === 0 && groups.length === relays
}

function countryOf({ members }: Group): Member['country'] | undefined {
  return members[0]?.country
}
