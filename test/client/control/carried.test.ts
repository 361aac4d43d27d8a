// A session that is carried is not offline, whatever else is silent; and of a network in which it just has nothing to carry the verdict is right, too: as after
// a crash of the engine, when all that is known is what is found anew.
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '#protocol/node'
import { Control, type Places } from '../../../client/engine/control/control.ts'
import type { DialFault } from '../../../client/engine/control/outcome.ts'
import type { Way } from '../../../client/engine/control/way.ts'
import { Dice } from '../../sim/dice.ts'
import { FakeLink } from './fake-link.ts'
import { Network, type Recipe } from './network.ts'
import { endpoint, PLACES } from './places.ts'

const canaries = { domestic: ['home-1.example:443'], foreign: ['far-1.example:443'], udp: [] }
const policy = { ...(PLACES.policy as NonNullable<Places['policy']>), canaries }
/** One relay, one edge, and one site of each kind to ask. */
const FEW: Places = {
  relays: [{ relayKey: new Uint8Array(32).fill(1), endpoints: [endpoint('192.0.2.1'), endpoint('edge-a.example', { isEdge: true })] }],
  policy,
}

const passes = (...kinds: readonly string[]): Recipe => ({
  tcp: (host) => (kinds.some((kind) => host.startsWith(kind)) ? undefined : 'timeout'),
})
const CUTOFF = passes('edge-', 'home-')
/** Sites of the country answer with certificates that nobody here knows, or not at all. */
const EDGES_ONLY = passes('edge-')

describe('control, told that a carrier by an edge lives and that all else is silent', () => {
  function told(): { readonly control: Control; readonly edge: Way } {
    const dice = new Dice(1)
    const random = (length: number): Uint8Array => dice.bytes(length)
    const control = new Control({ crypto: nodeCrypto, random, saved: undefined, network: new Uint8Array([1]), nowMs: 0, ...FEW })
    const [direct, edge] = [false, true].map((isEdge) => control.ways.find(({ endpoint }) => endpoint.isEdge === isEdge))
    if (direct === undefined || edge === undefined) throw new Error('there are such ways')
    for (const way of [direct, edge]) control.note({ kind: 'dialling', way }, 0)
    control.note({ kind: 'dialled', way: edge, ms: 200 }, 200)
    control.note({ kind: 'cancelled', way: direct }, 200)
    expect(control.isInDoubt).toBe(false)
    for (const atMs of [9_000, 18_000]) {
      const failed = { step: 'tcp', fault: 'timeout', afterMs: 8_000 } as const
      control.note({ kind: 'probed', result: { kind: 'way', way: direct, failed } }, atMs)
      for (const [side, fault] of [['foreign', 'timeout'] as const, ['domestic', 'certificate'] as const])
        canary(control, side, fault, atMs)
    }
    return { control, edge }
  }

  function canary(control: Control, side: 'foreign' | 'domestic', fault: DialFault | undefined, nowMs: number): void {
    const address = `${side === 'foreign' ? 'far' : 'home'}-1.example:443`
    control.note({ kind: 'probed', result: { kind: 'canary', side, address, fault, clockOffsetMs: undefined } }, nowMs)
  }

  test('has heard nobody before the first carrier is there', () => {
    const dice = new Dice(1)
    const random = (length: number): Uint8Array => dice.bytes(length)
    const control = new Control({ crypto: nodeCrypto, random, saved: undefined, network: new Uint8Array([1]), nowMs: 0, ...FEW })
    canary(control, 'foreign', 'timeout', 9_000)
    expect([control.verdict, control.hasHeard]).toEqual(['open', false])
    expect(told().control.hasHeard).toBe(true)
  })

  test('does not call this offline, and wants the carrier to be asked', () => {
    const { control } = told()
    expect([control.verdict, control.isInDoubt]).toEqual(['interfered', true])
  })

  test('calls it a cutoff once the carrier has answered, for as long as it does', () => {
    const { control, edge } = told()
    control.note({ kind: 'heard', way: edge }, 18_100)
    expect([control.verdict, control.isInDoubt]).toEqual(['cutoff', false])
    for (let nowMs = 30_000; nowMs < 3_000_000; nowMs += 30_000) {
      canary(control, 'foreign', 'timeout', nowMs)
      canary(control, 'domestic', 'timeout', nowMs)
      expect([control.verdict, control.isInDoubt]).toEqual(['cutoff', true])
      control.note({ kind: 'heard', way: edge }, nowMs + 100)
    }
  })

  test('calls it offline once an answer of the carrier is overdue, and takes that back as soon as it comes', () => {
    const { control, edge } = told()
    control.note({ kind: 'late', way: edge }, 19_000)
    control.wanted(20_000)
    expect(control.verdict).toBe('offline')
    control.note({ kind: 'heard', way: edge }, 21_000)
    expect(control.verdict).toBe('cutoff')
  })

  test('believes the operating system that there is no network, until something is heard', () => {
    const { control, edge } = told()
    control.note({ kind: 'interface', isUp: false }, 19_000)
    expect([control.verdict, control.isInDoubt]).toEqual(['offline', true])
    control.note({ kind: 'heard', way: edge }, 20_000)
    control.note({ kind: 'interface', isUp: false }, 23_000)
    expect([control.verdict, control.isInDoubt]).toEqual(['cutoff', false])
  })
})

const INSIDE: readonly (readonly [string, Recipe, Places, number])[] = [
  ['with one relay', CUTOFF, FEW, 20_000],
  ['with two relays', CUTOFF, PLACES, 20_000],
  ['where nothing of the country answers either', EDGES_ONLY, FEW, 20_000],
  ['where nothing of the country answers either, with two relays', EDGES_ONLY, PLACES, 20_000],
]

describe('an engine that begins in a cutoff and has nothing to carry', () => {
  test.each(INSIDE)('%s says so soon, says nothing worse, and stays with it', (_name, recipe, places, withinMs) => {
    for (let seed = 1; seed <= 20; seed++) {
      const link = idle(seed, places, recipe)
      link.run(withinMs, () => link.verdict === 'cutoff')
      link.run(600_000)
      expect([seed, link.verdict, link.switches.map(({ verdict }) => verdict)]).toEqual([
        seed,
        'cutoff',
        expect.not.arrayContaining(['offline']),
      ])
    }
  })

  test.each([
    ['one relay', FEW],
    ['two relays', PLACES],
  ] as const)('that knows no more than an invite for %s does not say that it is offline', (_name, places) => {
    for (let seed = 1; seed <= 20; seed++) {
      const link = idle(seed, { ...places, policy: undefined }, CUTOFF)
      link.run(600_000)
      expect([seed, link.switches.map(({ verdict }) => verdict)]).toEqual([seed, ['interfered']])
    }
  })
})

test('a network that dies while there is nothing to carry is found dead, and alive again', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const link = idle(seed, FEW, {})
    link.run(30_000)
    link.network.recipe = passes()
    link.run(3_600_000, () => link.verdict === 'offline')
    expect([seed, link.verdict]).toEqual([seed, 'offline'])
    link.network.recipe = {}
    link.run(120_000, () => link.verdict === 'open')
    expect([seed, link.verdict]).toEqual([seed, 'open'])
  }
})

function idle(seed: number, places: Places, recipe: Recipe): FakeLink {
  const dice = new Dice(seed)
  const network = new Network(dice.fork())
  network.recipe = recipe
  const link = new FakeLink(dice, network, places)
  link.isBusy = () => false
  return link
}
