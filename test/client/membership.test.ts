// When a member asks its authority again, whatever clock told it so.
import { expect, test } from 'vitest'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { Clock } from '../../client/engine/clock.ts'
import { DirectoryBook } from '../../client/engine/control/directory.ts'
import { membershipLimits } from '../../client/engine/limits.ts'
import { Membership } from '../../client/engine/membership.ts'

const NOW_S = 1_800_000_000

/** How often a member asks once it has a session, who was told to ask again at that time. */
function asksBy(askAtS: number): number {
  let count = 0
  const authorityKey = nodeRandom(32)
  const networkId = nodeRandom(32)
  const membership = new Membership({
    invite: { networkId, authorityKey, secret: nodeRandom(16), untilS: NOW_S + 1, doors: [] },
    saved: { authorityKey, member: nodeRandom(16), relays: [], isInside: false, askAtS },
    book: new DirectoryBook(nodeCrypto, { networkId, bundle: new Uint8Array() }),
    platform: { random: nodeRandom } as never,
    crypto: nodeCrypto,
    country: '',
    clock: new Clock(() => NOW_S, 0),
    seenOf: () => undefined,
    drive: () => {
      count++
      return undefined
    },
    onNews: () => undefined,
  })
  membership.onSession()
  membership.stop()
  return count
}

test('a member asks when it was told to, and not before', () => {
  expect([asksBy(NOW_S), asksBy(NOW_S + 1), asksBy(NOW_S + membershipLimits.waitSMax)]).toEqual([1, 0, 0])
})

test('a member who was told by a clock that was years ahead asks now that it is right', () => {
  expect(asksBy(NOW_S + 10 * 365 * 86_400)).toBe(1)
})
