// Records that no carrier takes whole any more, since the censor began to freeze flows in the middle of a transfer: they go out in parts.
import { describe, expect, test } from 'vitest'
import { RECORD_BYTES_MAX, RETAINED_BYTES_MAX } from '../../protocol/limits.ts'
import { pattern } from './pair.ts'
import { type Sent, Several, type Way } from './several.ts'

/** What passes of a flow, one way, before it freezes. */
const FREEZE_BYTES = 10_000
const BYTES = 2_000_000

/** Brings of what is under way on a carrier as much as a censor lets pass. */
function deliverFrozen(several: Several, way: Way, passed: { up: number; down: number }): void {
  for (const [side, wire, to, lane] of [
    ['up', way.toRelay, several.relay, way.relay],
    ['down', way.toClient, several.client, way.client],
  ] as const) {
    for (const { bytes } of wire.splice(0)) {
      passed[side] += bytes.length
      if (passed[side] <= FREEZE_BYTES) to.session.receive(lane, bytes, several.nowMs)
    }
  }
}

/** Carriers that freeze, so many at once, until all has come; says how many there were. */
function carryFrozen(several: Several, isDone: () => boolean, atOnce = 1): number {
  for (let carriers = atOnce; carriers < 2_000; carriers += atOnce) {
    const old = [...several.ways]
    const ways = Array.from({ length: atOnce }, (_, i) => several.attach(...(i === 0 ? old : [])))
    const passed = ways.map(() => ({ up: 0, down: 0 }))
    for (let round = 0; round < 60; round++) {
      several.pass(1)
      for (const [i, way] of ways.entries()) {
        several.produce(way, 'client')
        several.produce(way, 'relay')
        deliverFrozen(several, way, passed[i] as { up: number; down: number })
      }
    }
    if (isDone()) return carriers
  }
  return Number.POSITIVE_INFINITY
}

/** A transfer over a fast path, so that records grow, of which half has come, and some is lost. */
function begin(
  direction: 'up' | 'down',
  takesParts = true,
): { readonly several: Several; readonly lost: Sent[]; readonly came: () => Uint8Array } {
  const several = new Several(1, { takesParts })
  const { near, far } = several.openStream()
  const [from, to] = direction === 'up' ? [near, far] : [far, near]
  from.stream.write(pattern(BYTES, 1))
  const [first] = several.ways as [Way]
  while (to.receivedBytes < BYTES / 2) {
    several.pass(1)
    several.produce(first, 'client', 8)
    several.produce(first, 'relay', 8)
    several.deliver(first)
  }
  // What came is acknowledged, which makes room for what is lost.
  several.produce(first, direction === 'up' ? 'relay' : 'client')
  several.deliver(first)
  return { several, lost: several.produce(first, direction === 'up' ? 'client' : 'relay', 4), came: () => to.received }
}

describe.each(['up', 'down'] as const)('a transfer %s, in whose middle the censor begins to freeze flows', (direction) => {
  test.each([1, 2, 3])(
    'goes on, %i carriers at once: what was sealed as large as may be passes in parts, and what follows is small',
    (atOnce) => {
      const { several, lost, came } = begin(direction)
      expect(Math.max(...lost.map(({ bytes }) => bytes.length))).toBeGreaterThan(3 * FREEZE_BYTES)
      const before = came().length
      const carriers = carryFrozen(several, () => came().length === BYTES, atOnce)
      expect(Buffer.compare(came(), pattern(BYTES, 1))).toBe(0)
      // Two records of 4 KB or so a carrier, and some carriers for what was lost whole.
      expect(carriers).toBeLessThan((BYTES - before) / 3_500 + 4 * atOnce)
      several.attach(...several.ways)
      several.settle()
      // The last acks of all are never acknowledged.
      expect(Math.max(several.client.session.retainedBytes, several.relay.session.retainedBytes)).toBeLessThan(10_000)
      expect([several.client, several.relay].map(({ session }) => session.unconsumedBytes)).toEqual([0, 0])
    },
  )

  test('never holds more than the retained window and four records in parts, at either side', () => {
    const { several, came } = begin(direction)
    const bound = RETAINED_BYTES_MAX + 6 * RECORD_BYTES_MAX
    let most = 0
    carryFrozen(several, () => {
      for (const { session } of [several.client, several.relay]) most = Math.max(most, session.retainedBytes, session.unconsumedBytes)
      return came().length === BYTES
    })
    expect(most).toBeLessThan(bound)
  })

  test('is not helped where the other side takes no parts, and not hurt either: it goes on when the freeze is over', () => {
    const { several, came } = begin(direction, false)
    let tries = 0
    carryFrozen(several, () => ++tries === 50)
    several.attach(...several.ways)
    several.settle()
    expect(Buffer.compare(came(), pattern(BYTES, 1))).toBe(0)
  })

  test('that is lifted goes on at once, with what was half in parts whole', () => {
    const { several, came } = begin(direction)
    let tries = 0
    carryFrozen(several, () => ++tries === 8)
    const before = came().length
    several.attach(...several.ways)
    several.settle()
    expect(before).toBeLessThan(BYTES)
    expect(Buffer.compare(came(), pattern(BYTES, 1))).toBe(0)
    expect([several.client, several.relay].map(({ session }) => session.unconsumedBytes)).toEqual([0, 0])
  })
})
