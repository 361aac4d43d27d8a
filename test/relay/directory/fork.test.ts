// An authority that meets another past than its own, signed by enough authorities.
import { expect, test } from 'vitest'
import { encodeRoll } from '#protocol'
import { Authority } from '../../../relay/directory/authority.ts'
import { Book } from '../../../relay/directory/book.ts'
import { defaultSettings } from '../../../relay/directory/settings.ts'
import { drawInvite, type Held, hold, holdSeveral, makeNetwork, NOW_S } from '../../protocol/directory/network.ts'

const network = makeNetwork('forked', 3, 2)
const [own] = network.authorities
const ours = holdSeveral(network, 3)
const last = ours.at(-1) as Held
const PERIOD_S = 21_600

/** As long as ours, and other from the first on. */
function otherPast(): Held {
  const [firstS = 0, ...rounds] = ours.map(({ consensus }) => consensus.madeS)
  let other = hold(network, network.authorities, [], { roundS: firstS - PERIOD_S }) as Held
  for (const roundS of rounds) other = hold(network, network.authorities, other.leaves, { roundS }) as Held
  return other
}

test('it tells of that and keeps it for good, and takes nothing of it', async () => {
  const book = await Book.open(':memory:')
  let shown = last
  const told: number[] = []
  const authority = await Authority.open({
    mandate: () => ({
      ...network,
      certificate: own?.certificate as Uint8Array,
      settings: { ...defaultSettings('authority-0', []), peers: [drawInvite('peer')] },
    }),
    key: { publicKey: own?.signing.key as Uint8Array, sign: own?.signing.sign as never },
    invite: drawInvite('own'),
    book,
    nowMs: () => NOW_S * 1_000,
    ask: (_invite, target, request) =>
      Promise.resolve(target.host !== 'directory.invalid' ? undefined : request[0] === 1 ? shown.bundle : encodeRoll(shown.roll)),
    examine: () => Promise.resolve({ atS: NOW_S, weight: 1, fault: '' }),
    until: () => Promise.resolve(),
    onFork: (number) => told.push(number),
  })
  await authority.sync()
  expect([told, await book.fork()]).toEqual([[], undefined])
  shown = otherPast()
  await authority.sync()
  expect(told).toEqual([3])
  expect(await book.fork()).toEqual(shown.bundle)
  expect(await book.leaves()).toEqual(last.leaves)
  await book.adopt(last.bundle, encodeRoll(last.roll), last.leaves)
  expect(await book.fork()).toEqual(shown.bundle)
  await book.close()
})
