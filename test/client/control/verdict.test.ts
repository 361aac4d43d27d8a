import { expect, test } from 'vitest'
import { type Evidence, evidenceSentence, verdictSentence } from '../../../client/contract/verdict.ts'
import { Dice } from '../../sim/dice.ts'
import { FakeLink } from './fake-link.ts'
import { Network, type Recipe } from './network.ts'
import { endpoint, PLACES } from './places.ts'

const RELAY = '192.0.2.1'
const timeout = (isHit: (host: string) => boolean) => (host: string) => (isHit(host) ? ('timeout' as const) : undefined)

const SHOWN: readonly (readonly [string, Recipe, RegExp])[] = [
  ['a blocked address', { tcp: timeout((host) => host === RELAY) }, /its address is probably blocked/],
  [
    'a blocked name',
    { tls: (host) => (host === 'relay-b.example' || host === RELAY ? 'reset' : undefined) },
    /cut right after its name is sent: its name is probably blocked/,
  ],
  [
    'a relay that hangs, or whose name is blocked',
    { tls: timeout((host) => host === RELAY) },
    /fall silent right after its name is sent: its name may be blocked, or it hangs\./,
  ],
  [
    'who opens what goes abroad',
    { tls: (host) => (/^(?:edge|home)-/.test(host) ? undefined : 'certificate') },
    /certificates that this computer does not trust: someone opens what is sent/,
  ],
  [
    'a freeze',
    { allowance: (host) => (host.startsWith('edge') ? undefined : { bytes: 15_000, how: 'silent' }) },
    /fall silent after about 15 kB/,
  ],
  [
    'a throttle',
    { throttle: (host) => (host.startsWith('edge') ? undefined : { afterBytes: 100_000, bytesPerS: 16_000 }) },
    /slowed down to about 16 kB a second, while other traffic is fast/,
  ],
  ['a cutoff', { tcp: timeout((host) => !/^(?:edge|home)-/.test(host)) }, /sites abroad do not answer(?:.|\n)*through a CDN/],
  ['a portal', { portal: true }, /sign-in page first/],
  ['a kill', { lifeMs: () => ({ ms: 60_000, how: 'reset' }) }, /end after about 60 seconds/],
  ['a wrong clock', { clockOffsetMs: -7_300_000 }, /clock is off by about 2 hours/],
]

test.each(SHOWN)('%s is told in words, without any name or address', (_name, recipe, words) => {
  const dice = new Dice(3)
  const link = new FakeLink(dice, new Network(dice.fork()), PLACES)
  link.run(20_000)
  link.network.recipe = recipe
  const told = (): string => {
    const finding = link.control.finding()
    return [verdictSentence(finding), ...finding.evidence.map(evidenceSentence)].join('\n')
  }
  link.run(3_600_000, () => words.test(told()))
  expect(told()).toMatch(words)
  expect(told()).not.toMatch(/example|192\.|undefined|NaN/)
})

/** What is said in words once `isSo` of a network under a recipe, or after an hour. */
function toldUnder(recipe: Recipe, isSo: (link: FakeLink) => boolean): { readonly verdict: string; readonly words: string } {
  const dice = new Dice(7)
  const link = new FakeLink(dice, new Network(dice.fork()), PLACES)
  link.run(20_000)
  link.network.recipe = recipe
  link.run(3_600_000, () => isSo(link))
  link.run(30_000)
  const finding = link.control.finding()
  return { verdict: finding.verdict, words: [verdictSentence(finding), ...finding.evidence.map(evidenceSentence)].join('\n') }
}

const has = (code: string) => (link: FakeLink) => link.control.finding().evidence.some((one) => one.code === code)

test('a throttle that is over is soon told of no more, though nothing is loaded for long', () => {
  const dice = new Dice(3)
  const link = new FakeLink(dice, new Network(dice.fork()), PLACES)
  link.run(20_000)
  link.network.recipe = { throttle: (host) => (host.startsWith('edge') ? undefined : { afterBytes: 100_000, bytesPerS: 16_000 }) }
  link.run(3_600_000, () => has('slowed')(link))
  expect(has('slowed')(link)).toBe(true)
  link.network.recipe = {}
  link.isBusy = (nowMs) => nowMs % 20_000 < 3_000
  link.run(300_000)
  expect(link.control.finding()).toMatchObject({ verdict: 'open', evidence: [] })
})

test('of one relay that does not answer it is not said that somebody blocks it', () => {
  const silent = toldUnder({ tls: timeout((host) => host === RELAY) }, has('name-silent'))
  expect(silent.words).toMatch(/^A relay or a CDN does not answer, while others do: it is blocked, or switched off\.$/m)
  expect(silent.words).not.toMatch(/blocked or disturbed/)
  const cut = toldUnder({ tls: (host) => (host === RELAY ? 'reset' : undefined) }, has('name-reset'))
  expect(cut.words).toMatch(/blocked or disturbed/)
})

test('where somebody else answers for everyone, the network is not said to carry nothing', () => {
  const { verdict, words } = toldUnder({ tls: () => 'certificate' }, has('intercepted'))
  expect(verdict).toBe('interfered')
  expect(words).toMatch(/certificates that this computer does not trust/)
  expect(words).not.toMatch(/carries nothing|do not answer|still work/)
})

test.each(['clock', 'expired'] as const)(
  'a clock that makes every certificate look wrong (%s) is nobody who listens in, and no dead network',
  (fault) => {
    const { verdict, words } = toldUnder({ tls: () => fault }, () => false)
    expect(verdict).toBe('open')
    expect(words).not.toMatch(/certificates|Something else|carries nothing|do not answer/)
  },
)

test('who opens what goes abroad is not said to keep silent, and a sign-in page is not said to read along', () => {
  const evidenceIn = (recipe: Recipe, awaited: string): string[] => {
    const dice = new Dice(5)
    const link = new FakeLink(dice, new Network(dice.fork()), PLACES)
    link.run(20_000)
    link.network.recipe = recipe
    const codes = (): string[] => link.control.finding().evidence.map(({ code }) => code)
    link.run(3_600_000, () => codes().includes(awaited))
    link.run(30_000)
    return codes()
  }
  const opened = evidenceIn({ tls: (host) => (/^(?:edge|home)-/.test(host) ? undefined : 'certificate') }, 'intercepted')
  expect(opened).toContain('intercepted')
  expect(opened).not.toContain('foreign-silent')
  const portal = evidenceIn({ portal: true }, 'portal')
  expect(portal).toContain('portal')
  expect(portal).not.toContain('intercepted')
  expect(portal).not.toContain('wrong-certificate')
})

test('a sign-in page is told at the very first connect, when nobody has named a site yet that could be asked', () => {
  const dice = new Dice(5)
  const network = new Network(dice.fork())
  network.recipe = { portal: true }
  const link = new FakeLink(dice, network, {
    relays: [{ relayKey: new Uint8Array(32).fill(1), endpoints: [endpoint('192.0.2.1')] }],
    policy: undefined,
  })
  const codes = (): string[] => link.control.finding().evidence.map(({ code }) => code)
  link.run(120_000, () => codes().includes('portal'))
  expect(codes()).toContain('portal')
  expect(network.portalsAsked).toEqual(['site.example:443'])
  expect(link.control.finding().verdict).toBe('offline')
  network.recipe = {}
  link.run(300_000, () => link.living.size > 0)
  expect(codes()).not.toContain('portal')
})

// Seen was only the page, and nothing that it kept from answering was anybody else's doing.
test.each([
  ['the first connect', { ...PLACES, policy: undefined }, 0],
  ['a start', PLACES, 0],
  ['a connected while', PLACES, 20_000],
] as const)('once a sign-in page of %s is over, nobody is said to interfere', (_when, places, beforeMs) => {
  const said = Array.from({ length: 8 }, (_, seed) => {
    const dice = new Dice(seed)
    const network = new Network(dice.fork())
    const link = new FakeLink(dice, network, places)
    link.run(beforeMs)
    network.recipe = { portal: true }
    link.run(60_000)
    const verdicts = [link.control.verdict]
    network.recipe = {}
    for (let s = 0; s < 180; s++) {
      link.run(1_000)
      if (verdicts.at(-1) !== link.control.verdict) verdicts.push(link.control.verdict)
    }
    expect(link.control.finding()).toEqual({ verdict: 'open', evidence: [] })
    return verdicts.join()
  })
  expect([...new Set(said)]).toEqual(['offline,open'])
})

// Signs of the outage itself, which stood beside it, are no reason to wait for calm.
test('once a dead network is back, nobody is said to have interfered', () => {
  const said = Array.from({ length: 8 }, (_, seed) => {
    const dice = new Dice(seed)
    const network = new Network(dice.fork())
    const link = new FakeLink(dice, network, PLACES)
    link.run(20_000)
    network.recipe = { tcp: () => 'timeout' }
    link.run(120_000)
    const verdicts = [link.control.verdict]
    network.recipe = {}
    for (let s = 0; s < 120; s++) {
      link.run(1_000)
      if (verdicts.at(-1) !== link.control.verdict) verdicts.push(link.control.verdict)
    }
    return verdicts.join()
  })
  expect([...new Set(said)]).toEqual(['offline,open'])
})

test('every sentence ends as one, with numbers or without', () => {
  const codes = ['frozen', 'cut-by-bytes', 'cut-by-age', 'cut', 'slowed', 'wrong-clock', 'name-lied', 'no-network', 'udp-blocked'] as const
  for (const code of codes) {
    for (const more of [{}, { bytes: 3, ms: 1, bytesPerS: 2 }, { bytes: 5e6, ms: 1e9, bytesPerS: 9e6 }]) {
      const evidence: Evidence = { code, of: 'relay', count: 2, ...more }
      expect(evidenceSentence(evidence)).toMatch(/^[A-Z].*\.$/)
    }
  }
})
