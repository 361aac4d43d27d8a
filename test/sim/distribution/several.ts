// Several authorities that hand out relays of one directory, each to those who came by its own invites: each out of all relays, or each its share.
import { mayHandOut } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { Dice } from '../dice.ts'
import { keyOf, Ours } from './ours.ts'
import type { Arrival, Scheme } from './scheme.ts'

const AUTHORITIES = 5

export class Several implements Scheme {
  readonly name: string
  readonly #isShared: boolean
  readonly #networkId: Uint8Array
  readonly #authorities: readonly { readonly key: Uint8Array; readonly desk: Ours }[]
  readonly #deskOf: Ours[] = []
  #relays = 0

  constructor(dice: Dice, isShared: boolean) {
    this.name = isShared ? 'five authorities, shares' : 'five authorities, one pool'
    this.#isShared = isShared
    this.#networkId = dice.bytes(32)
    this.#authorities = Array.from({ length: AUTHORITIES }, () => ({ key: dice.bytes(32), desk: new Ours(dice.fork()) }))
  }

  /** Whom a member invited is a member of the same authority. */
  join(user: number, inviter: number, day: number, isAbroad: boolean): void {
    const desk = inviter < 0 ? this.#authorities[user % AUTHORITIES]?.desk : this.#deskOf[inviter]
    this.#deskOf[user] = desk as Ours
    desk?.join(user, inviter, day, isAbroad)
  }

  /** All are told of every relay that is blocked. */
  settle(day: number, arrivals: readonly Arrival[], blocked: readonly number[], isEvent: boolean): void {
    this.#relays += arrivals.length
    const handers = this.#isShared ? this.#authorities.map(({ key }) => key) : []
    const sharing = { networkId: this.#networkId, handers, rollSize: this.#relays }
    for (const { key, desk } of this.#authorities) {
      const its = arrivals.filter(({ relay }) => mayHandOut(nodeCrypto, sharing, key, keyOf(relay)))
      desk.settle(day, its, blocked, isEvent)
    }
  }

  relaysOf(user: number): readonly number[] {
    return this.#deskOf[user]?.relaysOf(user) ?? []
  }
}
