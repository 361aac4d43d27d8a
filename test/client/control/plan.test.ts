import { describe, expect, test } from 'vitest'
import { Flows } from '../../../client/engine/control/flows.ts'
import type { Outcome } from '../../../client/engine/control/outcome.ts'
import { Plan } from '../../../client/engine/control/plan.ts'
import { Reachability } from '../../../client/engine/control/reachability.ts'
import { type Relay, type Way, waysOf } from '../../../client/engine/control/way.ts'
import { Dice } from '../../sim/dice.ts'
import { endpoint, PLACES } from './places.ts'

class Desk {
  readonly ways: readonly Way[]
  readonly flows: Flows = new Flows()
  readonly reachability: Reachability
  readonly plan: Plan

  constructor(relays: readonly Relay[] = PLACES.relays, seed = 1) {
    const dice = new Dice(seed)
    this.ways = waysOf(relays)
    this.reachability = new Reachability({ ways: this.ways, domestic: [], foreign: [], udp: [], resolvers: [] }, this.flows)
    const { reachability, flows, ways } = this
    this.plan = new Plan({ ways, reachability, flows, random: (length) => dice.bytes(length), rotation: PLACES.policy?.rotation })
  }

  note(outcome: Outcome, nowMs: number): void {
    this.reachability.note(outcome, nowMs)
    this.flows.note(outcome, nowMs)
    this.plan.outcome(outcome, nowMs)
  }

  way(host: string, carrier: Way['carrier'] = 'websocket'): Way {
    const found = this.ways.find((way) => way.host === host && way.carrier === carrier)
    if (found === undefined) throw new Error(`no way by ${host}`)
    return found
  }
}

describe('a race', () => {
  test('begins with three unrelated ways within a second, and goes on with others', () => {
    const { attempts } = new Desk().plan.next(1_000)
    expect(attempts.slice(0, 3).map(({ notBeforeMs }) => notBeforeMs - 1_000)).toEqual([0, 300, 800])
    expect(new Set(attempts.slice(0, 3).map(({ way }) => way.host)).size).toBe(3)
    expect(attempts.slice(0, 3).some(({ way }) => way.endpoint.isEdge)).toBe(true)
    expect(attempts.length).toBe(6)
  })

  test('prefers the relay’s own address to an edge, and a WebSocket to HTTP', () => {
    const { attempts } = new Desk(PLACES.relays.slice(0, 1)).plan.next(0)
    expect(attempts.slice(0, 2).map(({ way }) => [way.host, way.carrier])).toEqual([
      ['192.0.2.1', 'websocket'],
      ['edge-a.example', 'websocket'],
    ])
  })

  test('does not wait when an attempt failed: the next begins at once', () => {
    const desk = new Desk()
    const [first] = desk.plan.next(0).attempts
    if (first === undefined) throw new Error('no attempt')
    desk.note({ kind: 'dialling', way: first.way }, 0)
    expect(desk.plan.next(50).attempts[0]?.notBeforeMs).toBe(300)
    desk.note({ kind: 'dial-failed', way: first.way, step: 'tcp', fault: 'refused', afterMs: 60 }, 60)
    const [next] = desk.plan.next(60).attempts
    expect([next?.notBeforeMs, next?.way.host === first.way.host]).toEqual([60, false])
  })

  test('gives a way that worked on this slow path a head start', () => {
    const desk = new Desk()
    desk.plan.remember(desk.way('192.0.2.1'), 0, 1_300)
    const [first, second] = desk.plan.next(0).attempts
    expect([first?.way.host, second?.notBeforeMs]).toEqual(['192.0.2.1', 5_200])
  })

  test('begins with what worked on this network last, were it an edge', () => {
    const desk = new Desk()
    const edge = desk.way('edge-b.example')
    desk.plan.remember(edge, 0, 100)
    const direct = desk.way('192.0.2.1')
    desk.note({ kind: 'dialling', way: direct }, 0)
    desk.note({ kind: 'dial-failed', way: direct, step: 'tcp', fault: 'timeout', afterMs: 20_000 }, 20_000)
    const hosts = desk.plan.next(30_000).attempts.map(({ way }) => way.host)
    expect(hosts.indexOf('edge-b.example')).toBeLessThan(hosts.indexOf('edge-a.example') === -1 ? 9 : hosts.indexOf('edge-a.example'))
  })

  test('never has more than six flows to one host, whatever is under way', () => {
    const only = [
      {
        relayKey: new Uint8Array(32),
        endpoints: [endpoint('192.0.2.1'), endpoint('192.0.2.1', { path: '/other' }), endpoint('192.0.2.1', { path: '/third' })],
      },
    ]
    const desk = new Desk(only)
    for (let turn = 0; turn < 5; turn++) {
      for (const { way } of desk.plan.next(turn).attempts) desk.note({ kind: 'dialling', way }, turn)
      expect(desk.flows.to('192.0.2.1')).toBeLessThanOrEqual(6)
    }
    expect(desk.plan.next(9).attempts).toEqual([])
  })
})

test('a way that fails again and again waits longer each time, drawn, and never for more than a minute', () => {
  const desk = new Desk([{ relayKey: new Uint8Array(32), endpoints: [endpoint('192.0.2.1', { carriers: ['websocket'] })] }])
  const [way] = desk.ways
  if (way === undefined) throw new Error('no way')
  const waits: number[] = []
  for (let nowMs = 0; waits.length < 20; ) {
    desk.note({ kind: 'dialling', way }, nowMs)
    desk.note({ kind: 'dial-failed', way, step: 'tcp', fault: 'timeout', afterMs: 1 }, nowMs)
    const [next] = desk.plan.next(nowMs).attempts
    waits.push((next?.notBeforeMs ?? 0) - nowMs)
    nowMs = next?.notBeforeMs ?? 0
  }
  expect(waits[0]).toBeLessThanOrEqual(500)
  expect(waits[5]).toBeGreaterThan(4_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_000)
  expect(new Set(waits).size).toBe(20)
})

describe('a reserve while all is slow', () => {
  /** How many carriers are held beside the one in use, before and after a second that joins it has come to carry as little: each carries `first` bytes in
   *  its first second, and 16 KB in every other. */
  function held(first: number): number[] {
    const desk = new Desk(PLACES.relays.slice(0, 1))
    const carry = (host: string, bornS: number, untilS: number): number => {
      for (let second = 1; second <= untilS - bornS; second++) {
        const receivedBytes = first + (second - 1) * 16_000
        const bytesPerS = second === 1 ? first : 16_000
        const livedMs = second * 1_000
        desk.note({ kind: 'rate', way: desk.way(host), bytesPerS, receivedBytes, sentBytes: 0, livedMs }, bornS * 1_000 + livedMs)
      }
      return desk.plan.reserve(untilS * 1_000).hold
    }
    return [carry('192.0.2.1', 0, 10), carry('edge-a.example', 10, 20)]
  }

  test('is of two once two flows began fast and were held back alike: a third tells a throttle of each from a slow line', () => {
    expect(held(105_000)).toEqual([1, 2])
    expect(held(16_000)).toEqual([1, 1])
  })
})

describe('a reserve that is wanted soon', () => {
  const relay = { relayKey: new Uint8Array(32), endpoints: ['a', 'b', 'c', 'd'].map((name) => endpoint(`${name}.example`)) }

  /** a.example carries; the others failed at these moments. */
  function deskWith(failures: Readonly<Record<string, number>>): Desk {
    const desk = new Desk([relay])
    desk.note({ kind: 'dialling', way: desk.way('a.example') }, 0)
    desk.note({ kind: 'dialled', way: desk.way('a.example'), ms: 50 }, 50)
    for (const [host, atMs] of Object.entries(failures)) {
      for (let fails = 0; fails < 4; fails++) {
        desk.note({ kind: 'dialling', way: desk.way(host) }, atMs)
        desk.note({ kind: 'dial-failed', way: desk.way(host), step: 'tcp', fault: 'refused', afterMs: 50 }, atMs)
      }
    }
    return desk
  }

  test('asks the host whose failure is longest ago, however long it is to back off', () => {
    const desk = deskWith({ 'b.example': 9_000, 'c.example': 7_500, 'd.example': 8_500 })
    expect(desk.plan.reserve(10_000, 1).attach.map(({ host }) => host)[0]).toBe('c.example')
    expect(desk.plan.reserve(10_000).attach).toEqual([])
  })

  test('asks nobody who failed just now', () => {
    const desk = deskWith({ 'b.example': 9_900, 'c.example': 9_500, 'd.example': 9_700 })
    expect(desk.plan.reserve(10_000, 1).attach).toEqual([])
  })
})

describe('the life of a carrier', () => {
  test('is drawn between the policy’s bounds', () => {
    const desk = new Desk()
    const lives = Array.from({ length: 200 }, () => desk.plan.rotation(desk.way('192.0.2.1')))
    expect(Math.min(...lives.map(({ bytes }) => bytes))).toBeGreaterThanOrEqual(2 ** 30)
    expect(Math.max(...lives.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2 ** 32)
    expect(Math.min(...lives.map(({ ms }) => ms))).toBeGreaterThanOrEqual(3_600_000)
    expect(Math.max(...lives.map(({ ms }) => ms))).toBeLessThanOrEqual(7_200_000)
  })

  test('ends before the byte at which this network freezes flows, and before the age at which it kills them', () => {
    const desk = new Desk()
    const way = desk.way('192.0.2.1')
    const other = desk.way('relay-b.example')
    for (const nowMs of [10_000, 20_000]) {
      desk.note({ kind: 'died', way, how: 'silent', receivedBytes: 14_000, sentBytes: 900, livedMs: 700 }, nowMs)
      desk.note(
        { kind: 'died', way: other, how: 'reset', receivedBytes: nowMs * 1_000, sentBytes: 0, livedMs: 60_000 + nowMs / 100 },
        nowMs,
      )
    }
    for (let draw = 0; draw < 100; draw++) {
      expect(desk.plan.rotation(way).bytes).toBeLessThan(0.76 * 14_000)
      expect(desk.plan.rotation(other).ms).toBeLessThan(0.76 * 60_200)
    }
    // A carrier that carries on shows that it is over.
    for (const nowMs of [30_000, 70_000, 110_000]) {
      desk.note({ kind: 'rate', way, bytesPerS: 100_000, receivedBytes: 500_000, sentBytes: 0, livedMs: 5_000 }, nowMs)
    }
    expect(desk.plan.rotation(way).bytes).toBeGreaterThan(500_000)
  })
})
