import { describe, expect, test } from 'vitest'
import { ResetCode } from '#protocol'
import { PING_AFTER_MS_MAX, STREAM_WINDOW_BYTES, STREAM_WINDOW_BYTES_MAX } from '../../protocol/limits.ts'
import { ask, begin, ENDLESS_BYTES, firstByteMs, receivedBytes, watch } from './scenario.ts'

const download = ask(0, ENDLESS_BYTES)
const downloads = (count: number) => Array.from({ length: count }, () => download)

describe('a click beside downloads', () => {
  const answered = (bytesPerMs: number, roundTripMs: number, besides: number): number[] => {
    const spacingMs = Math.max(5.3, roundTripMs * 0.9)
    const clicks = Array.from({ length: 40 }, (_, i) => ask(1_500 + i * spacingMs, 1_000))
    const world = begin(bytesPerMs, roundTripMs, [...downloads(besides), ...clicks])
    world.clock.run(1_700 + 41 * spacingMs)
    return firstByteMs(world.exchanges.slice(besides))
  }

  test.each([
    [10_000, 50],
    [10_000, 100],
    [50_000, 100],
    [100_000, 5],
    [400_000, 0.2],
  ])('has its first byte within twice its idle time and 5 ms while 8 run (%i bytes/ms, round trip %d ms)', (bytesPerMs, roundTripMs) => {
    const idleMs = answered(bytesPerMs, roundTripMs, 0)[20] as number
    const busyMs = answered(bytesPerMs, roundTripMs, 8)[37] as number
    expect(busyMs).toBeLessThanOrEqual(2 * idleMs + 5)
  })
})

describe('the path is filled, and the queues before it are not', () => {
  test('a download of a minute over 1 MB/s and 100 ms never has half a second queued, once the path is known', () => {
    const world = begin(1_000, 100, downloads(1))
    world.clock.run(5_000)
    let queuedMs = 0
    watch(world, 60_000, () => (queuedMs = Math.max(queuedMs, (world.link.carrier?.down.queuedBytes ?? 0) / 1_000)))
    expect(queuedMs).toBeLessThan(500)
    expect(receivedBytes(world.exchanges)).toBeGreaterThan(0.95 * 60_000 * 1_000)
  })

  test.each([1, 8])('%i at once have 95 percent of 50 MB/s over 100 ms after two seconds', (count) => {
    const world = begin(50_000, 100, downloads(count))
    world.clock.run(2_000)
    const before = receivedBytes(world.exchanges)
    world.clock.run(5_000)
    expect(receivedBytes(world.exchanges) - before).toBeGreaterThan(0.95 * 3_000 * 50_000)
  })

  test('a path that becomes ten times faster is used within three seconds', () => {
    const world = begin(2_000, 60, downloads(1), { faults: [{ kind: 'slow', atMs: 0, durationMs: 5_000, factor: 10 }] })
    world.clock.run(8_000)
    const before = receivedBytes(world.exchanges)
    world.clock.run(10_000)
    expect(receivedBytes(world.exchanges) - before).toBeGreaterThan(0.9 * 2_000 * 2_000)
  })

  test('what a new carrier may hold is measured anew', () => {
    const world = begin(20_000, 20, downloads(1))
    world.clock.run(3_000)
    const slow = { bytesPerMs: 500, delayMs: 100, jitterMs: 0, queueBytesMax: 16_000_000 }
    world.link.shape = { up: slow, down: slow }
    world.link.rotate()
    world.clock.run(25_000)
    expect((world.link.carrier?.down.queuedBytes ?? 0) / 500).toBeLessThan(1_000)
  })
})

describe('credit', () => {
  test('a reader that takes nothing holds one first window, however long it waits', () => {
    const world = begin(10_000, 20, [ask(0, ENDLESS_BYTES, { readBytesPerMs: 1e-9 })])
    world.clock.run(60_000)
    expect(world.client.session.unconsumedBytes).toBeLessThanOrEqual(STREAM_WINDOW_BYTES)
  })

  test('a slow reader holds little more than it reads in a round trip, and its window does not grow', () => {
    const world = begin(10_000, 20, [ask(0, ENDLESS_BYTES, { readBytesPerMs: 100 })])
    let heldBytes = 0
    watch(world, 30_000, () => (heldBytes = Math.max(heldBytes, world.client.session.unconsumedBytes)))
    expect(heldBytes).toBeLessThanOrEqual(STREAM_WINDOW_BYTES)
  })

  test('a fast reader over a long path gets a window that fills it, within the bound', () => {
    const world = begin(30_000, 150, downloads(1))
    world.clock.run(5_000)
    const before = receivedBytes(world.exchanges)
    world.clock.run(7_000)
    expect(receivedBytes(world.exchanges) - before).toBeGreaterThan(0.9 * 2_000 * 30_000)
    expect(world.relay.session.retainedBytes).toBeLessThanOrEqual(STREAM_WINDOW_BYTES_MAX + 65_536)
  })
})

describe('idle and silent carriers', () => {
  test.each([1, 3])('pings keep an idle session with %i carriers for a day', (carriers) => {
    const world = begin(10_000, 100, [ask(0, 1_000)], { carriers })
    world.clock.run(24 * 3_600_000)
    expect([world.link.carrierCount, world.relay.drive.live.length]).toEqual([carriers, carriers])
    for (const { heardMs } of world.client.session.lanes) expect(world.clock.nowMs - heardMs).toBeLessThanOrEqual(PING_AFTER_MS_MAX + 200)
  })

  test('a carrier that falls silent under a download is noticed, and the download goes on', () => {
    const world = begin(5_000, 50, [ask(0, 20_000_000)], { faults: [{ kind: 'freeze', atMs: 1_000, hits: 'all', direction: 'both' }] })
    const ending = world.clock.run(10_000, () => world.isOver)
    expect(ending).toBe('done')
    expect(world.link.carrierCount).toBe(2)
  })

  test('an association that ends with datagrams still queued leaves nobody waiting for an answer', () => {
    const world = begin(10_000, 20, [], { associations: [{ openMs: 0, count: 200, bytesMax: 1_000, pauseMs: 1 }] })
    world.clock.run(300_000)
    expect(world.isOver).toBe(true)
    expect(world.link.carrierCount).toBe(1)
  })
})

test('a relay that says goaway lets streams finish and takes no new ones', () => {
  const world = begin(1_000, 50, [ask(0, 2_000_000), ask(1_500, 1_000)], { faults: [{ kind: 'goaway', atMs: 1_000 }] })
  world.clock.run(10_000)
  expect(world.isOver).toBe(true)
  const [open, late] = world.exchanges
  expect(open?.client?.receivedBytes).toBe(2_000_000)
  expect(late?.client?.receivedBytes).toBe(0)
})

test('a session that ends tells every stream once', () => {
  const world = begin(1_000, 50, downloads(20))
  world.clock.run(1_000)
  const codes: number[] = []
  for (const { client } of world.exchanges) if (client !== undefined) client.onReset = (code) => void codes.push(code)
  world.client.session.end(ResetCode.goingAway)
  expect(codes).toEqual(new Array(20).fill(ResetCode.goingAway))
})
