// Where a member is from is its own word, and each country is a world of its own: whoever names many must not learn more by it.
import { expect, test } from 'vitest'
import { nodeCrypto } from '#protocol/node'
import { Handing } from '../../../relay/directory/handing/handing.ts'
import { handingLimits } from '../../../relay/directory/handing/limits.ts'

const idOf = (kind: number, number: number): string => `${kind}${number.toString(16).padStart(7, '0')}`.repeat(8)
const relaysOf = (count: number): { relay: string; network: string }[] =>
  Array.from({ length: count }, (_, at) => ({ relay: idOf(1, at), network: `${at % 20}` }))
const listed = relaysOf(400)
const agents = Array.from({ length: 20 }, (_, at) => ({ member: idOf(2, at), country: `A${String.fromCharCode(65 + at)}` }))

test('an invite of several people leads to no relay more where each says that they are from another country', () => {
  const handing = new Handing({ crypto: nodeCrypto, key: new Uint8Array(32).fill(1) })
  const inviter = idOf(3, 0)
  handing.join({ member: inviter, country: '', inviter: '', epoch: 0, isInviteOnly: true })
  for (const one of agents) expect(handing.join({ ...one, inviter, epoch: 0 })).toBe('joined')
  const learned = new Set<string>()
  for (let epoch = 0; epoch <= 60; epoch++) {
    handing.settle({ epoch, listed, events: new Set() })
    for (const { member } of agents) for (const relay of handing.bucketOf(member)) learned.add(relay)
    if (epoch === 0) expect(learned.size).toBe(1)
  }
  expect(learned.size).toBe(handingLimits.bucketMax)
})

/** Relays that agents learn in two months, by an invite for each, one of whom comes every so many epochs; with a new run in each, if that is asked for. */
function learnedBy(countryOf: (at: number) => string, every: number, isRestarted = false): readonly string[] {
  const options = { crypto: nodeCrypto, key: new Uint8Array(32).fill(1) }
  let handing = new Handing(options)
  const learned = new Set<string>()
  for (let epoch = 0; epoch <= 60; epoch++) {
    for (const [at, { member }] of agents.entries())
      if (epoch === at * every) handing.join({ member, country: countryOf(at), inviter: '', epoch })
    handing.settle({ epoch, listed, events: new Set() })
    for (const { member } of agents) for (const relay of handing.bucketOf(member)) learned.add(relay)
    if (!isRestarted) continue
    const rows = handing.rows()
    handing = new Handing(options, { ...rows, countries: rows.countries.toReversed() })
    handing.settle({ epoch, listed, events: new Set() })
  }
  return [...learned]
}

test.each([
  [0, 1],
  [1, 1],
  [3, 1],
  [0, 2],
  [1, 2],
])('invites of one person each, one used each %i epochs, lead to no relay more where each %i name another country', (every, together) => {
  const countryOf = (at: number): string => agents[Math.floor(at / together)]?.country ?? ''
  const byMany = learnedBy(countryOf, every)
  expect(byMany.length).toBeLessThanOrEqual(learnedBy(() => 'IR', every).length)
  expect(learnedBy(countryOf, every, true)).toEqual(byMany)
})

test('who comes alone in a country is given no relay of a country to which many come, nor they his', () => {
  const handing = new Handing({ crypto: nodeCrypto, key: new Uint8Array(32).fill(1) })
  const crowd = Array.from({ length: 200 }, (_, at) => idOf(4, at))
  for (let epoch = 0; epoch <= 60; epoch++) {
    if (epoch === 0) for (const member of crowd) handing.join({ member, country: 'IR', inviter: '', epoch })
    for (const [at, one] of agents.slice(0, 3).entries()) if (at === epoch) handing.join({ ...one, inviter: '', epoch })
    handing.settle({ epoch, listed: relaysOf(4_000), events: new Set() })
  }
  const theirs = new Set(crowd.flatMap((member) => handing.bucketOf(member)))
  const his = agents.slice(0, 3).map(({ member }) => handing.bucketOf(member))
  expect(his).toEqual(his.map(() => his[0]))
  expect(his[0]?.filter((relay) => theirs.has(relay))).toEqual([])
})
