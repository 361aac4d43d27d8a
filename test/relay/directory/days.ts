// A directory's handing out, without store, sessions or signatures.
import { expect } from 'vitest'
import { nodeCrypto } from '#protocol/node'
import type { ListedRelay } from '../../../relay/directory/handing/country.ts'
import { Handing } from '../../../relay/directory/handing/handing.ts'
import type { HandingRows } from '../../../relay/directory/handing/rows.ts'
import type { Dice } from '../../sim/dice.ts'

export const HOME = 'IR'

export const idOf = (kind: number, number: number): string => `${kind}${number.toString(16).padStart(7, '0')}`.repeat(8)
export const relays = (count: number, networks = 20): ListedRelay[] =>
  Array.from({ length: count }, (_, at) => ({ relay: idOf(1, at), network: `${at % networks}` }))
export const memberIds = (count: number, from = 0): string[] => Array.from({ length: count }, (_, at) => idOf(2, from + at))

/** A directory's handing out, day by day. */
export class Days {
  readonly handing: Handing
  listed: readonly ListedRelay[]
  epoch = 0

  constructor(listed: readonly ListedRelay[], { key = 1, rows }: { key?: number; rows?: HandingRows } = {}) {
    this.handing = new Handing({ crypto: nodeCrypto, key: new Uint8Array(32).fill(key) }, rows)
    this.listed = listed
  }

  join(members: readonly string[], country = HOME, inviter = ''): this {
    for (const member of members) expect(this.handing.join({ member, country, inviter, epoch: this.epoch })).toBe('joined')
    return this
  }

  pass(epochs = 1, events: readonly string[] = []): this {
    for (let count = 0; count < epochs; count++) this.handing.settle({ epoch: this.epoch++, listed: this.listed, events: new Set(events) })
    return this
  }

  buckets(members: readonly string[]): (readonly string[])[] {
    return members.map((member) => this.handing.bucketOf(member))
  }

  /** Some weeks of a country in which relays are blocked by chance. */
  suffer(dice: Dice, members: readonly string[], epochs: number): this {
    for (let count = 0; count < epochs; count++) {
      for (const relay of new Set(this.buckets(members).flat())) if (dice.chance(0.05)) this.handing.report(relay, HOME)
      this.pass()
    }
    return this
  }
}
