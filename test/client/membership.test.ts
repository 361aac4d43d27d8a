// When a member asks its authority again, whatever clock told it so.
import { expect, test } from 'vitest'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { Clock } from '../../client/engine/clock.ts'
import { DirectoryBook } from '../../client/engine/control/directory.ts'
import { membershipLimits } from '../../client/engine/limits.ts'
import { Membership } from '../../client/engine/membership.ts'

const NOW_S = 1_800_000_000

let nowS = NOW_S

/** One whose doors nobody reaches, and to whom nothing was handed out before. */
function member(askAtS: number, onAsk: () => void, onNews: () => void): Membership {
  const authorityKey = nodeRandom(32)
  const networkId = nodeRandom(32)
  return new Membership({
    invite: { networkId, authorityKey, secret: nodeRandom(16), untilS: NOW_S + 1, doors: [] },
    saved: { authorityKey, member: nodeRandom(16), relays: [], isInside: false, askAtS },
    book: new DirectoryBook(nodeCrypto, { networkId, bundle: new Uint8Array() }),
    platform: { random: nodeRandom } as never,
    crypto: nodeCrypto,
    country: '',
    clock: new Clock(() => nowS, 0),
    seenOf: () => undefined,
    drive: () => {
      onAsk()
      return undefined
    },
    onNews,
  })
}

/** How often a member asks once it has a session, who was told to ask again at that time. */
function asksBy(askAtS: number): number {
  let count = 0
  const one = member(
    askAtS,
    () => count++,
    () => undefined,
  )
  one.onSession()
  one.stop()
  return count
}

/** How long it waits after each of so many questions in a row that nobody answers. */
async function waitsAfter(count: number): Promise<readonly number[]> {
  const waits: number[] = []
  let done = Promise.withResolvers<void>()
  const one = member(
    0,
    () => undefined,
    () => done.resolve(),
  )
  while (waits.length < count) {
    done = Promise.withResolvers()
    one.onSession()
    await done.promise
    waits.push(one.waitMs / 1_000)
    expect(Number.isSafeInteger(one.saved.askAtS)).toBe(true)
    nowS = one.saved.askAtS
  }
  one.stop()
  nowS = NOW_S
  return waits
}

test('a member asks when it was told to, and not before', () => {
  expect([asksBy(NOW_S), asksBy(NOW_S + 1), asksBy(NOW_S + membershipLimits.waitSMax)]).toEqual([1, 0, 0])
})

test('a member who was told by a clock that was years ahead asks now that it is right', () => {
  expect(asksBy(NOW_S + 10 * 365 * 86_400)).toBe(1)
})

test('a newcomer whom nobody answers asks again within seconds, then ever later, and never at the same times as others', async () => {
  const [some, others] = [await waitsAfter(40), await waitsAfter(40)]
  for (const [at, waitS] of some.entries()) {
    const leastS = Math.min(membershipLimits.againS, membershipLimits.newcomerS * 2 ** at)
    expect([waitS >= leastS, waitS <= Math.ceil(1.5 * leastS)]).toEqual([true, true])
  }
  expect(some[0]).toBeLessThan(10)
  expect(some).not.toEqual(others)
})
