// What a country does to flows, one recipe at a time, and how soon the bytes go on. On virtual time: the same on every machine.
import { describe, expect, test } from 'vitest'
import type { Fault } from './faults.ts'
import { ask, begin, came, ENDLESS_BYTES, give, longestStallMs, type Way } from './scenario.ts'
import type { World } from './world.ts'

const WAYS = ['down', 'up'] as const
const FOR_EVER_MS = 1e9
const KB = 1_024

/** A transfer over 1 MB/s and 60 ms. */
function transfer(way: Way, bytes: number, faults: readonly Fault[], carriers = 1, bytesPerMs = 1_000): World {
  return begin(bytesPerMs, 60, [way === 'down' ? ask(0, bytes) : give(0, bytes)], { faults, carriers })
}

/** Seconds until a transfer is over; infinite when that takes longer than an hour. */
function tookS(world: World): number {
  return world.clock.run(3_600_000, () => world.isOver) === 'done' ? world.clock.nowMs / 1_000 : Number.POSITIVE_INFINITY
}

describe.each(WAYS)('a transfer %s', (way) => {
  test.each([1, 2, 3])('goes on a second after all of its %i carriers were reset', (carriers) => {
    const world = transfer(way, ENDLESS_BYTES, [{ kind: 'cut', atMs: 3_000, hits: 'all' }], carriers)
    expect(longestStallMs(world, way, 2_900, 10_000)).toBeLessThanOrEqual(1_000)
  })

  test.each(['both', 'up', 'down'] as const)('goes on within three seconds after its carrier was frozen, %s', (direction) => {
    for (const carriers of [1, 2, 3]) {
      const world = transfer(way, ENDLESS_BYTES, [{ kind: 'freeze', atMs: 3_000, hits: 'all', direction }], carriers)
      expect(longestStallMs(world, way, 2_900, 20_000)).toBeLessThanOrEqual(3_000)
    }
  })

  test('goes on while one of two carriers is frozen, and the other takes over what was on it', () => {
    const world = transfer(way, ENDLESS_BYTES, [{ kind: 'freeze', atMs: 3_000, hits: 'one', direction: 'both' }], 2)
    expect(longestStallMs(world, way, 2_900, 20_000)).toBeLessThanOrEqual(2_500)
  })

  test.each([200, 1_000, 4_000])(
    'that is slowed down has the rate of a carrier that joins it, two seconds later (%i bytes/ms)',
    (bytesPerMs) => {
      const world = transfer(way, ENDLESS_BYTES, [], 1, bytesPerMs)
      world.clock.at(3_000, () => world.link.carrier?.throttle(16))
      world.clock.at(10_000, () => world.client.turn(() => world.link.join()))
      world.clock.run(12_000)
      const before = came(world, way)
      world.clock.run(22_000)
      expect(came(world, way) - before).toBeGreaterThan(0.8 * 10_000 * bytesPerMs)
    },
  )

  test('goes on within a second and a half after a blackout, whose bytes arrive late', () => {
    const world = transfer(way, ENDLESS_BYTES, [{ kind: 'blackout', atMs: 3_000, durationMs: 5_000 }])
    expect(longestStallMs(world, way, 2_900, 20_000)).toBeLessThanOrEqual(6_500)
  })

  test.each(['reset', 'silence'] as const)('goes on after five minutes without any carrier (%s)', (manner) => {
    const world = transfer(way, 5_000_000, [{ kind: 'block', atMs: 1_000, durationMs: 300_000, manner }])
    expect(tookS(world)).toBeLessThan(301 + 60 + 10)
  })

  test('has 85 percent of its speed while flows are killed every five seconds', () => {
    const world = transfer(way, 40_000_000, [{ kind: 'lifetime', atMs: 0, durationMs: FOR_EVER_MS, lifeMs: 5_000, manner: 'reset' }], 2)
    expect(tookS(world)).toBeLessThan(40 / 0.85)
  })

  test('has 95 percent of its speed through twenty rotations, and no stall of half a second', () => {
    const faults = Array.from({ length: 20 }, (_, i): Fault => ({ kind: 'rotate', atMs: 1_000 + i * 1_000 }))
    const world = transfer(way, ENDLESS_BYTES, faults)
    expect(longestStallMs(world, way, 900, 23_000)).toBeLessThan(500)
    expect(came(world, way)).toBeGreaterThan(0.95 * 22_000 * 1_000)
    expect([world.link.carrierCount, world.client.drive.live.length, world.relay.drive.live.length]).toEqual([21, 1, 1])
  })

  test('is over where a censor lets two new flows pass in thirty seconds, once it has lost three', () => {
    const cuts = [1_000, 2_000, 3_000].map((atMs): Fault => ({ kind: 'cut', atMs, hits: 'all' }))
    const crowd: Fault = { kind: 'crowd', atMs: 0, durationMs: FOR_EVER_MS, count: 2, windowMs: 30_000 }
    expect(tookS(transfer(way, 5_000_000, [crowd, ...cuts]))).toBeLessThan(240)
  })

  test.each([2, 3, 4])('over %i carriers of 16 KB/s each carries about as much as all of them', (carriers) => {
    const rate = (count: number): number => {
      const world = transfer(way, ENDLESS_BYTES, [], count, 16)
      world.clock.run(20_000)
      const before = came(world, way)
      world.clock.run(80_000)
      return (came(world, way) - before) / 60_000
    }
    expect(rate(carriers)).toBeGreaterThan(0.85 * carriers * rate(1))
  })

  test.each([200, 1_000, 4_000])(
    'has most of what four carriers are let through that joined one by one, each throttled after 100 KB (%i bytes/ms)',
    (bytesPerMs) => {
      const throttle: Fault = { kind: 'throttle', atMs: 0, durationMs: FOR_EVER_MS, bytes: 100 * KB, bytesPerMs: 16 }
      const world = transfer(way, ENDLESS_BYTES, [throttle], 1, bytesPerMs)
      for (const atMs of [5_000, 10_000, 15_000]) world.clock.at(atMs, () => world.client.turn(() => world.link.join()))
      world.clock.run(20_000)
      const before = came(world, way)
      world.clock.run(80_000)
      expect(came(world, way) - before).toBeGreaterThan(0.75 * 4 * 16 * 60_000)
    },
  )

  test('goes on, and is over, when its fast path is throttled to 16 KB/s a flow', () => {
    const throttle: Fault = { kind: 'throttle', atMs: 1_000, durationMs: FOR_EVER_MS, bytes: 100 * KB, bytesPerMs: 16 }
    expect(tookS(transfer(way, 3_000_000, [throttle], 3))).toBeLessThan(3_000 / (3 * 16 * 0.6))
  })

  test.each(['garble', 'drop', 'double', 'truncate', 'reorder'] as const)('is not hurt by an edge that likes to %s messages', (how) => {
    const faults = Array.from({ length: 10 }, (_, i): Fault => ({ kind: 'tamper', atMs: 500 + i * 1_000, direction: way, how }))
    expect(tookS(transfer(way, 20_000_000, faults))).toBeLessThan(20 + 10 * 1.5)
  })
})

describe('where every flow freezes after a few kilobytes down', () => {
  test.each([12, 16, 20])('a megabyte comes all the same, %i KB at a time', (kilobytes) => {
    for (const bytesPerMs of [100, 1_000, 10_000]) {
      const allowance: Fault = { kind: 'allowance', atMs: 0, durationMs: FOR_EVER_MS, bytes: kilobytes * KB, manner: 'silence' }
      const world = transfer('down', 1_000_000, [allowance], 1, bytesPerMs)
      expect(tookS(world)).toBeLessThan(150)
      expect(world.link.carrierCount).toBeLessThan(1.2 * (1_000 / (kilobytes - 4)))
    }
  })

  test.each(WAYS)('what was under way %s in larger records when that began comes as well', (way) => {
    const allowance: Fault = { kind: 'allowance', atMs: 500, durationMs: FOR_EVER_MS, bytes: 16 * KB, manner: 'silence' }
    const world = transfer(way, 6_000_000, [allowance], 1, 10_000)
    world.clock.run(500)
    const before = came(world, way)
    expect(before).toBeGreaterThan(1_000_000)
    expect(tookS(world)).toBeLessThan((6_000 - before / 1_000) / 5)
  })

  test('it comes faster over several carriers', () => {
    const allowance: Fault = { kind: 'allowance', atMs: 0, durationMs: FOR_EVER_MS, bytes: 16 * KB, manner: 'silence' }
    const [one, three] = [1, 3].map((carriers) => tookS(transfer('down', 1_000_000, [allowance], carriers))) as [number, number]
    expect(three).toBeLessThan(one / 1.5)
  })
})
