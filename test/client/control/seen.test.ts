// What a client would tell the authority that handed it relays: which of them answer here, and which are silent alone.
import { expect, test } from 'vitest'
import { Dice } from '../../sim/dice.ts'
import { FakeLink } from './fake-link.ts'
import { Network, type Recipe } from './network.ts'
import { endpoint, PLACES } from './places.ts'

const HOSTS = ['192.0.2.1', '192.0.2.2'] as const
const RELAYS = HOSTS.map((host, at) => ({ relayKey: new Uint8Array(32).fill(at + 1), endpoints: [endpoint(host)] }))

/** A client that has been connected for a while, and the index of the relay that it uses. */
function connected(relays = RELAYS): { readonly link: FakeLink; readonly used: number } {
  const dice = new Dice(3)
  const link = new FakeLink(dice, new Network(dice.fork()), { ...PLACES, relays })
  link.run(60_000, () => relays.some((_, at) => link.control.seen(at) === 'answers'))
  return { link, used: relays.findIndex((_, at) => link.control.seen(at) === 'answers') }
}

const silence = (isHit: (host: string) => boolean): Recipe => ({
  tcp: (host) => (isHit(host) ? 'timeout' : undefined),
  allowance: (host) => (isHit(host) ? { bytes: 0, how: 'reset' } : undefined),
})

test('a relay that is blocked alone is silent, and the one that carries answers', () => {
  const { link, used } = connected()
  link.network.recipe = silence((host) => host === HOSTS[used as 0 | 1])
  link.run(3_600_000, () => link.control.seen(used) === 'silent')
  expect([link.control.seen(used), link.control.seen(1 - used)]).toEqual(['silent', 'answers'])
})

test('in a cutoff no relay is silent, not even for a moment', () => {
  const { link } = connected()
  link.network.recipe = silence((host) => !host.startsWith('home-'))
  link.run(3_600_000, () => HOSTS.some((_, at) => link.control.seen(at) === 'silent'))
  expect(link.control.verdict).toBe('cutoff')
  expect(HOSTS.map((_, at) => link.control.seen(at))).not.toContain('silent')
})

test('a relay that an edge still leads to is not silent, though its own address is', () => {
  const { link, used } = connected([
    { relayKey: new Uint8Array(32).fill(1), endpoints: [endpoint(HOSTS[0]), endpoint('edge-a.example', { isEdge: true })] },
  ])
  link.network.recipe = silence((host) => host === HOSTS[0])
  link.run(600_000, () => link.control.seen(used) === 'silent')
  expect(link.control.seen(used)).toBe('answers')
})

test('of a relay that there is not, nothing is said', () => {
  expect(connected().link.control.seen(-1)).toBeUndefined()
})
