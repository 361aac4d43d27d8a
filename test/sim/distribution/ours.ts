// Our scheme: the production code of relay/directory/handing, reached as a store would: it is told what happens, and hears of changes as rows.
import { encodeHex } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { Handing } from '../../../relay/directory/handing/handing.ts'
import { type HandingLimits, handingLimits } from '../../../relay/directory/handing/limits.ts'
import type { Dice } from '../dice.ts'
import type { Arrival, Scheme } from './scheme.ts'

const COUNTRY = 'AA'
const ABROAD = 'BB'

export class Ours implements Scheme {
  readonly name = 'Culvert'
  readonly handing: Handing
  readonly #listed: { relay: string; network: string }[] = []
  readonly #relayNumbers = new Map<string, number>()
  readonly #userNumbers = new Map<string, number>()
  readonly #members: string[] = []
  readonly #buckets: number[][] = []
  readonly #groups = new Map<number, { readonly relay: number; readonly users: Set<number> }>()

  constructor(dice: Dice, limits: HandingLimits = handingLimits) {
    this.handing = new Handing({ crypto: nodeCrypto, key: dice.bytes(32), limits })
  }

  join(user: number, inviter: number, day: number, isAbroad: boolean): void {
    const member = this.handing.memberOf(Uint8Array.of(user & 255, (user >> 8) & 255, user >> 16))
    this.#members[user] = member
    this.#userNumbers.set(member, user)
    this.#buckets[user] = []
    this.handing.join({
      member,
      country: isAbroad ? ABROAD : COUNTRY,
      inviter: inviter < 0 ? '' : (this.#members[inviter] as string),
      epoch: day,
    })
  }

  settle(day: number, arrivals: readonly Arrival[], blocked: readonly number[], isEvent: boolean): void {
    for (const { relay, network } of arrivals) {
      const id = encodeHex(keyOf(relay))
      this.#relayNumbers.set(id, relay)
      this.#listed.push({ relay: id, network: `${network}` })
    }
    for (const relay of blocked) this.handing.report(encodeHex(keyOf(relay)), COUNTRY)
    this.handing.settle({ epoch: day, listed: this.#listed, events: new Set(isEvent ? [COUNTRY] : []) })
    const { groups, groupsGone } = this.handing.takeChanges()
    for (const id of groupsGone) {
      const group = this.#groups.get(id)
      if (group === undefined) continue
      for (const user of group.users) this.#buckets[user] = this.relaysOf(user).filter((relay) => relay !== group.relay)
      this.#groups.delete(id)
    }
    for (const { group: id, relay: name, members } of groups) {
      const relay = this.#relayNumbers.get(name) as number
      const group = this.#groups.get(id) ?? { relay, users: new Set() }
      this.#groups.set(id, group)
      for (const member of members) {
        const user = this.#userNumbers.get(member) as number
        if (!group.users.has(user)) this.#buckets[user]?.push(relay)
        group.users.add(user)
      }
    }
  }

  hear(user: number, silent: readonly number[]): void {
    const said = this.relaysOf(user).map((relay) => [encodeHex(keyOf(relay)), silent.includes(relay) ? 'silent' : 'answers'] as const)
    this.handing.hear(this.#members[user] as string, COUNTRY, new Map(said))
  }

  relaysOf(user: number): readonly number[] {
    return this.#buckets[user] ?? []
  }
}

/** What stands for the relay's policy key. */
export function keyOf(relay: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => (at < 4 ? (relay >> (8 * at)) & 255 : 7))
}
