// Whose a relay is to hand out: any keys, any relays, any number of both.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes, encodeHex, handersOf, handersPerRelay, mayHandOut } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { AUTHORITIES_MAX, SHARE_RELAYS } from '../../../protocol/limits.ts'
import { seededRandom } from '../fixtures.ts'

const networkId = seededRandom('network')(32)
const keysOf = (seed: string, count: number): readonly Uint8Array[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random(32)).sort(compareBytes)
}
const names = (keys: readonly Uint8Array[]): readonly string[] => keys.map(encodeHex)
const owners = (handers: readonly Uint8Array[], relays: readonly Uint8Array[]): readonly (readonly string[])[] =>
  relays.map((relay) => names(handersOf(nodeCrypto, { networkId, handers, rollSize: relays.length }, relay)))

const seeds = fc.string({ minLength: 1, maxLength: 8 })
const some = fc.record({ seed: seeds, handers: fc.integer({ min: 1, max: AUTHORITIES_MAX }), relays: fc.integer({ min: 1, max: 400 }) })

describe('relays', () => {
  test('are all handed out, each by as many authorities as any other, and by one where there are twelve for each', () => {
    fc.assert(
      fc.property(some, ({ seed, handers: count, relays: size }) => {
        const [handers, relays] = [keysOf(`${seed} a`, count), keysOf(`${seed} r`, size)]
        const perRelay = handersPerRelay({ handers, rollSize: size })
        expect(perRelay === 1 || size * (perRelay - 1) < SHARE_RELAYS * count).toBe(true)
        expect(perRelay === count || size * perRelay >= SHARE_RELAYS * count).toBe(true)
        expect(owners(handers, relays).every((found) => found.length === perRelay && new Set(found).size === perRelay)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('stay whose they are when an authority comes or goes, but those that become its, or were', () => {
    fc.assert(
      fc.property(some, fc.nat(), ({ seed, handers: count }, nth) => {
        const [handers, relays] = [keysOf(`${seed} a`, count + 1), keysOf(`${seed} r`, 240)]
        const [gone] = names([handers[nth % handers.length] as Uint8Array]) as [string]
        const rest = handers.filter((key) => encodeHex(key) !== gone)
        const [before, after] = [owners(handers, relays), owners(rest, relays)]
        expect(before.every((found, at) => found.every((key) => key === gone || after[at]?.includes(key)))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('are shared evenly enough that the smallest share has three, and each authority says of itself what all say of it', () => {
    for (const count of [2, 3, 5, 9, 16]) {
      const [handers, relays] = [keysOf(`even ${count}`, count), keysOf(`relays ${count}`, SHARE_RELAYS * count)]
      const found = owners(handers, relays).flat()
      for (const key of handers) {
        const size = found.filter((owner) => owner === encodeHex(key)).length
        expect(size).toBeGreaterThanOrEqual(3)
        const sharing = { networkId, handers, rollSize: relays.length }
        expect(relays.filter((relay) => mayHandOut(nodeCrypto, sharing, key, relay)).length).toBe(size)
      }
    }
  })

  test('are everybody’s where nobody is named, and one authority’s where it is the only one', () => {
    const [key, stranger, relay] = keysOf('three', 3) as [Uint8Array, Uint8Array, Uint8Array]
    for (const rollSize of [0, 1, 1_000]) {
      const may = (handers: readonly Uint8Array[], who: Uint8Array): boolean =>
        mayHandOut(nodeCrypto, { networkId, handers, rollSize }, who, relay)
      expect([may([], key), may([], stranger), may([key], key), may([key], stranger)]).toEqual([true, true, true, false])
    }
  })
})
