// A smaller world than that of the report, and few seeds: the bars hold, the censors bite, and models of other schemes do what their authors say.
import { describe, expect, test } from 'vitest'
import { CENSORS } from './censor.ts'
import { cells, runCell, SCHEMES, type SchemeName } from './plan.ts'
import { type Setting, simulateYear, type Year } from './world.ts'

const SMALL = {
  days: 360,
  users: 2_000,
  foundersShare: 0.8,
  relays: 200,
  relaysPerDay: 10,
  agentShare: 0.05,
  censor: 'aggressive',
} as const

function years(scheme: SchemeName, setting: Partial<Setting>): readonly Year[] {
  return [1, 2, 3].map((seed) => simulateYear({ ...SMALL, ...setting, seed }, SCHEMES[scheme]))
}

const one = (setting: Partial<Setting>): Year => simulateYear({ ...SMALL, ...setting, seed: 1 }, SCHEMES.culvert)
const leastServed = (of: readonly Year[]): number => Math.min(...of.map(({ served }) => served))

describe.each(CENSORS)('against the %s censor', (censor) => {
  test('19 of 20 days of the honest are served where one in 20 is an agent, and 4 of 5 where three are', () => {
    expect(leastServed(years('culvert', { censor }))).toBeGreaterThanOrEqual(0.95)
    expect(leastServed(years('culvert', { censor, agentShare: 0.15 }))).toBeGreaterThanOrEqual(0.8)
  })

  test('relays are lost, so there is a censor', () => {
    for (const { relaysBlocked } of years('culvert', { censor })) expect(relaysBlocked).toBeGreaterThan(0)
  })
})

describe('where nobody reports blocks but members, half of the honest each day', () => {
  const AGENTS = [
    { agentShare: 0.05, bar: 0.95 },
    { agentShare: 0.15, bar: 0.8 },
  ] as const

  test.each(AGENTS)('agents who deny every block do not keep the honest where they are: $agentShare of all', ({ agentShare, bar }) => {
    const [told, untold] = (['members, and agents deny', 'nobody'] as const).map((news) => one({ agentShare, news })) as [Year, Year]
    expect(told.served).toBeGreaterThanOrEqual(bar)
    expect(told.served).toBeGreaterThan(untold.served + 0.1)
  })

  test.each(AGENTS)(
    'agents who accuse every relay, each day, learn a tenth more at most than by blocking it, and harm less: $agentShare of all',
    ({ agentShare, bar }) => {
      const blocking = one({ agentShare })
      const accusing = one({ agentShare, censor: 'event-day', news: 'members, and agents accuse' })
      expect(accusing.served).toBeGreaterThanOrEqual(Math.max(bar, blocking.served))
      expect(accusing.relaysTold).toBeLessThan(1.1 * blocking.relaysTold)
    },
  )
})

test.each([
  { agentShare: 0.05, abroadShare: 0.2 },
  { agentShare: 0.15, abroadShare: 0.2 },
  { agentShare: 0.15, abroadShare: 0 },
])(
  'agents who say that they are from where nothing is blocked, and are never blamed, learn less and harm less: %o',
  ({ agentShare, abroadShare }) => {
    const [home, abroad] = [one({ agentShare }), one({ agentShare, abroadShare })]
    expect(abroad.served).toBeGreaterThan(home.served)
    expect(abroad.relaysTold).toBeLessThan(home.relaysTold / 2)
  },
)

test('five authorities serve more days by shares than out of one pool, where the censor follows from relay to relay, and as many as one must', () => {
  const year = (scheme: SchemeName): Year => simulateYear({ ...SMALL, seed: 1, agentShare: 0.15, censor: 'zig-zag' }, SCHEMES[scheme])
  const [shares, pool] = [year('shares'), year('pool')]
  expect(shares.served).toBeGreaterThanOrEqual(0.8)
  expect(shares.served).toBeGreaterThan(pool.served + 0.02)
})

test('plain hashing serves fewer than half of the days that it would without a censor', () => {
  expect(leastServed(years('hashing', { agentShare: 0.15 }))).toBeLessThan(0.5)
})

test('rBridge’s model never leaves 95 of 100 users without a bridge, in its authors’ set-up', () => {
  const original = cells().find(({ group }) => group === 'rbridge')
  for (const seed of [1, 2, 3]) expect(original && runCell(original, seed).always).toBeGreaterThanOrEqual(0.95)
})

test('one seed is one year, and another seed another', () => {
  const [first, again, other] = [1, 1, 2].map((seed) => simulateYear({ ...SMALL, seed }, SCHEMES.culvert))
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})
