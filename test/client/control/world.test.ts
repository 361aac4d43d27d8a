import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../../client/contract/verdict.ts'
import { Dice } from '../../sim/dice.ts'
import { FakeLink } from './fake-link.ts'
import { Network, type Recipe } from './network.ts'
import { PLACES } from './places.ts'

const isRelay = (host: string): boolean => host === '192.0.2.1' || host === 'relay-b.example'
const isEdge = (host: string): boolean => host.startsWith('edge-')
const isDomestic = (host: string): boolean => host.startsWith('home-')
const drop = (isHit: (host: string) => boolean) => (host: string) => (isHit(host) ? ('timeout' as const) : undefined)
const cut = (isHit: (host: string) => boolean) => (host: string) => (isHit(host) ? ('reset' as const) : undefined)

interface Case {
  readonly name: string
  readonly recipe: Recipe
  readonly verdict: Verdict
  /** From the act until bytes flow again, at most. */
  readonly stallMs: number
  /** Until the verdict is right, at most. */
  readonly verdictMs: number
  /** Where bytes flow at the end. */
  readonly goesBy?: (host: string) => boolean
}

const CASES: readonly Case[] = [
  { name: 'IP block', recipe: { tcp: drop(isRelay) }, verdict: 'interfered', stallMs: 6_000, verdictMs: 30_000, goesBy: isEdge },
  {
    name: 'IP block of one relay',
    recipe: { tcp: drop((host) => host === '192.0.2.1') },
    verdict: 'interfered',
    stallMs: 6_000,
    verdictMs: 30_000,
  },
  {
    name: 'IP reset, new flows refused',
    recipe: { tcp: (host) => (isRelay(host) ? 'refused' : undefined) },
    verdict: 'interfered',
    stallMs: 6_000,
    verdictMs: 30_000,
    goesBy: isEdge,
  },
  { name: 'reset', recipe: { tcp: cut(isRelay) }, verdict: 'interfered', stallMs: 1_000, verdictMs: 15_000, goesBy: isEdge },
  { name: 'SNI reset', recipe: { tls: cut(isRelay) }, verdict: 'interfered', stallMs: 1_000, verdictMs: 15_000, goesBy: isEdge },
  { name: 'SNI silence', recipe: { tls: drop(isRelay), sparesLiving: true }, verdict: 'open', stallMs: 1_000, verdictMs: 1_000 },
  {
    name: 'freeze after 12 KB',
    recipe: { allowance: (host) => (isRelay(host) ? { bytes: 12_000, how: 'silent' } : undefined) },
    verdict: 'interfered',
    stallMs: 4_000,
    verdictMs: 30_000,
    goesBy: isEdge,
  },
  {
    name: 'freeze after 20 KB',
    recipe: { allowance: (host) => (isRelay(host) ? { bytes: 20_000, how: 'silent' } : undefined) },
    verdict: 'interfered',
    stallMs: 4_000,
    verdictMs: 30_000,
    goesBy: isEdge,
  },
  {
    name: 'throttle to 128 kbit/s after 100 KB',
    recipe: { throttle: (host) => (isRelay(host) ? { afterBytes: 100_000, bytesPerS: 16_000 } : undefined) },
    verdict: 'throttled',
    stallMs: 1_000,
    verdictMs: 30_000,
  },
  {
    name: 'a kill of every flow after 60 s',
    recipe: { lifeMs: () => ({ ms: 60_000, how: 'reset' }) },
    verdict: 'interfered',
    stallMs: 1_000,
    verdictMs: 200_000,
  },
  { name: 'UDP off', recipe: { udp: false }, verdict: 'interfered', stallMs: 500, verdictMs: 1_900_000 },
  {
    name: 'allow-list in the middle of a flow',
    recipe: { tcp: drop((host) => !isEdge(host) && !isDomestic(host)) },
    verdict: 'cutoff',
    stallMs: 8_000,
    verdictMs: 40_000,
    goesBy: isEdge,
  },
  { name: 'blackout', recipe: { tcp: drop(() => true) }, verdict: 'offline', stallMs: Number.POSITIVE_INFINITY, verdictMs: 40_000 },
  { name: 'captive portal', recipe: { portal: true }, verdict: 'offline', stallMs: Number.POSITIVE_INFINITY, verdictMs: 40_000 },
]

describe('while a download runs over an open network, the censor begins with', () => {
  test.each(CASES)('$name', ({ recipe, verdict, stallMs, verdictMs, goesBy }) => {
    for (let seed = 1; seed <= 20; seed++) {
      const dice = new Dice(seed)
      const link = new FakeLink(dice, new Network(dice.fork()), PLACES)
      link.run(30_000)
      expect([seed, link.verdict, isRelay(link.mainWay?.host ?? '')]).toEqual([seed, 'open', true])
      link.network.recipe = recipe
      link.watch()
      link.run(verdictMs, () => link.verdict === verdict)
      expect([seed, link.verdict]).toEqual([seed, verdict])
      link.run(30_000)
      expect([seed, link.verdict]).toEqual([seed, verdict])
      if (Number.isFinite(stallMs)) expect([seed, link.stallMs]).toSatisfy(([, ms]) => (ms as number) <= stallMs)
      if (goesBy !== undefined) expect([seed, link.mainWay?.host]).toSatisfy(([, host]) => goesBy(host as string))
      expect(link.mostFlows).toBeLessThanOrEqual(6)
    }
  })
})

const INSIDE: readonly (Case & { readonly places?: typeof PLACES })[] = [
  { name: 'an IP block', recipe: { tcp: drop(isRelay) }, verdict: 'interfered', stallMs: 2_000, verdictMs: 40_000, goesBy: isEdge },
  { name: 'SNI silence', recipe: { tls: drop(isRelay) }, verdict: 'interfered', stallMs: 2_000, verdictMs: 40_000, goesBy: isEdge },
  { name: 'an SNI reset', recipe: { tls: cut(isRelay) }, verdict: 'interfered', stallMs: 1_000, verdictMs: 20_000, goesBy: isEdge },
  {
    name: 'a DNS lie about a relay’s name, with the other relay’s address blocked',
    recipe: { dnsLie: (host) => host === 'relay-b.example', tcp: drop((host) => host === '192.0.2.1') },
    verdict: 'interfered',
    stallMs: 3_000,
    verdictMs: 20_000,
    goesBy: isEdge,
  },
  {
    name: 'an allow-list of CDN and domestic sites',
    recipe: { tcp: drop((host) => !isEdge(host) && !isDomestic(host)) },
    verdict: 'cutoff',
    stallMs: 3_000,
    verdictMs: 40_000,
    goesBy: isEdge,
  },
  {
    name: 'the same, from an invite alone',
    recipe: { tcp: drop((host) => !isEdge(host) && !isDomestic(host)) },
    places: { relays: PLACES.relays.slice(0, 1), policy: undefined },
    verdict: 'interfered',
    stallMs: 3_000,
    verdictMs: 60_000,
    goesBy: isEdge,
  },
  {
    name: 'the same, where edges buffer what they forward: only polling passes',
    recipe: { tcp: drop((host) => !isEdge(host) && !isDomestic(host)), swallows: ({ carrier }) => carrier === 'websocket' },
    verdict: 'cutoff',
    stallMs: 10_000,
    verdictMs: 60_000,
    goesBy: isEdge,
  },
  {
    name: 'the same, where edges cap requests at 30 s',
    recipe: {
      tcp: drop((host) => !isEdge(host) && !isDomestic(host)),
      lifeMs: ({ endpoint }) => (endpoint.isEdge ? { ms: 30_000, how: 'closed' } : undefined),
    },
    verdict: 'cutoff',
    stallMs: 3_000,
    verdictMs: 60_000,
    goesBy: isEdge,
  },
  { name: 'a limit of 3 new flows in 30 s to one host', recipe: { flows: 3 }, verdict: 'open', stallMs: 3_000, verdictMs: 1_000 },
  { name: 'a wrong clock', recipe: { clockOffsetMs: 7_200_000 }, verdict: 'open', stallMs: 1_000, verdictMs: 1_000, goesBy: isRelay },
]

describe('a client that starts inside', () => {
  test.each(INSIDE)('$name', ({ recipe, verdict, stallMs, verdictMs, goesBy, places = PLACES }) => {
    for (let seed = 1; seed <= 20; seed++) {
      const dice = new Dice(seed)
      const network = new Network(dice.fork())
      network.recipe = recipe
      const link = new FakeLink(dice, network, places)
      link.run(verdictMs, () => link.verdict === verdict && link.bytes > 0)
      link.run(20_000)
      expect([seed, link.verdict, link.stallMs]).toEqual([seed, verdict, expect.toSatisfy((ms: number) => ms <= stallMs)])
      if (goesBy !== undefined) expect([seed, link.mainWay?.host]).toSatisfy(([, host]) => goesBy(host as string))
      expect(link.mostFlows).toBeLessThanOrEqual(6)
    }
  })
})

describe('a limit of new flows to a host, past which a first packet gets that was repeated often enough', () => {
  const rotation = { bytesMin: 2 ** 30, bytesMax: 2 ** 32, secondsMin: 8, secondsMax: 12 }
  const places = { ...PLACES, policy: { ...(PLACES.policy as NonNullable<typeof PLACES.policy>), rotation } }

  test('of four a minute is found while carriers are rotated, in four minutes', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const dice = new Dice(seed)
      const link = new FakeLink(dice, new Network(dice.fork()), places)
      link.run(30_000)
      link.network.recipe = { flowsPerMinute: 4 }
      link.run(240_000, () => link.control.finding().evidence.some(({ code }) => code === 'flows-limited'))
      expect([seed, link.verdict, link.control.finding().evidence.map(({ code }) => code)]).toEqual([seed, 'interfered', ['flows-limited']])
    }
  })

  test('is not taken for what loss and delay do to as many dials', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const dice = new Dice(seed)
      const link = new FakeLink(dice, new Network(dice.fork(), { rttMs: 400, bytesPerS: 20_000, loss: 0.05 }), places, 1_000)
      link.run(21_600_000)
      expect([seed, link.switches]).toEqual([seed, []])
    }
  })
})

test('what an edge allows is learned: after two capped carriers, the next ones are rotated before the cap', () => {
  const dice = new Dice(7)
  const network = new Network(dice.fork())
  network.recipe = { tcp: drop((host) => !isEdge(host) && !isDomestic(host)), lifeMs: () => ({ ms: 30_000, how: 'closed' }) }
  const link = new FakeLink(dice, network, PLACES)
  link.run(300_000)
  link.watch()
  link.run(300_000)
  expect(link.stallMs).toBeLessThan(300)
})

test('fallbacks are attached while the old carriers still live, when a censor begins with new flows only', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const dice = new Dice(seed)
    const link = new FakeLink(dice, new Network(dice.fork()), PLACES)
    link.run(30_000)
    const blocked = drop((host: string) => !isEdge(host) && !isDomestic(host))
    link.network.recipe = { tcp: blocked, sparesLiving: true }
    // The next canary that is asked, or the next carrier that is rotated, tells.
    link.run(2_000_000, () => [...link.living].some(({ way }) => way.endpoint.isEdge))
    expect([seed, isRelay(link.mainWay?.host ?? '')]).toEqual([seed, true])
    link.network.recipe = { tcp: blocked }
    link.watch()
    link.run(30_000)
    expect([seed, link.stallMs]).toSatisfy(([, ms]) => (ms as number) <= 2_000)
  }
})

test('when the wall comes down traffic goes home by itself, within 25 minutes, and stays there', () => {
  for (const recipe of [
    { tcp: drop(isRelay) },
    { tls: cut(isRelay) },
    { tcp: drop((host: string) => !isEdge(host) && !isDomestic(host)) },
  ]) {
    for (let seed = 1; seed <= 10; seed++) {
      const dice = new Dice(seed)
      const link = new FakeLink(dice, new Network(dice.fork()), PLACES)
      link.run(30_000)
      link.network.recipe = recipe
      link.run(1_800_000)
      expect([seed, isEdge(link.mainWay?.host ?? '')]).toEqual([seed, true])
      link.network.recipe = {}
      link.run(1_500_000, () => isRelay(link.mainWay?.host ?? '') && link.verdict === 'open')
      expect([seed, link.mainWay?.host, link.verdict]).toEqual([seed, expect.toSatisfy(isRelay), 'open'])
      link.watch()
      link.run(600_000)
      expect([seed, link.mainWay?.host, link.stallMs]).toEqual([
        seed,
        expect.toSatisfy(isRelay),
        expect.toSatisfy((ms: number) => ms < 500),
      ])
    }
  }
})
