import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Flight } from '../../protocol/flight.ts'
import { Lane } from '../../protocol/lane.ts'
import {
  ACK_DELAY_MS,
  IN_FLIGHT_BYTES_MIN,
  RECORD_BYTES_MAX,
  RECORD_BYTES_SLOW,
  RETAINED_BYTES_MAX,
  RETAINED_RECORDS_MAX,
} from '../../protocol/limits.ts'
import type { SealedRecord } from '../../protocol/record.ts'
import { codeOf } from './fixtures.ts'

function record(number: number, bodyBytes: number): SealedRecord {
  return { number, header: new Uint8Array(8), body: new Uint8Array(bodyBytes), tag: new Uint8Array(16), holds: 1 }
}

function laneOf(counter = 0): Lane {
  return new Lane(counter, 0, 1_000, () => ACK_DELAY_MS)
}

/** A flight of records with bodies of 976 bytes, 1,000 each on the wire, that went out on these lanes by turns. */
function flightOf(count: number, ...lanes: readonly Lane[]): { readonly flight: Flight; readonly records: readonly SealedRecord[] } {
  const flight = new Flight()
  const records = Array.from({ length: count }, (_, i) => record(i, 976))
  for (const [i, one] of records.entries()) flight.add(one, true, lanes[i % lanes.length] as Lane, 0)
  return { flight, records }
}

/** A bitmap with these bits set. */
function bitmap(...bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array((Math.max(...bits) >> 3) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (1 << (bit & 7))
  return bytes
}

function repeatAll(flight: Flight, lane: Lane): SealedRecord[] {
  const repeated: SealedRecord[] = []
  while (flight.isRepeating) repeated.push(flight.repeat(lane, 3) as SealedRecord)
  return repeated
}

/** A lane that was used for a hundred round trips on a path that delivers `bytesPerMs` with `roundTripMs`, and the most that was under way. */
function used(bytesPerMs: number, roundTripMs: number, bodyBytes = 40_000): { readonly lane: Lane; readonly mostBytes: number } {
  const flight = new Flight()
  const lane = laneOf()
  const everyMs = bodyBytes / bytesPerMs
  const arrivals: number[] = []
  let [number, acknowledged, freeAtMs, mostBytes] = [0, 0, 0, 0]
  for (let nowMs = 0; nowMs < 100 * roundTripMs; nowMs += everyMs / 2) {
    while (acknowledged < arrivals.length && (arrivals[acknowledged] as number) <= nowMs) {
      lane.heard(nowMs)
      flight.acknowledge(++acknowledged, undefined, [lane], number, nowMs)
    }
    while (flight.hasRoom && lane.hasRoom) {
      flight.add(record(number++, bodyBytes), true, lane, nowMs)
      freeAtMs = Math.max(freeAtMs, nowMs) + everyMs
      arrivals.push(freeAtMs + roundTripMs)
    }
    if (nowMs > 50 * roundTripMs) mostBytes = Math.max(mostBytes, flight.bytes)
  }
  return { lane, mostBytes }
}

describe('acknowledgement', () => {
  test('is cumulative, lets go of what it names, and an old one changes nothing', () => {
    const lane = laneOf()
    const { flight, records } = flightOf(5, lane)
    flight.acknowledge(3, undefined, [lane], 5, 10)
    expect([flight.records, flight.bytes, flight.nextUnacked, lane.bytes]).toEqual([2, 2_000, 3, 2_000])
    expect(records.map(({ holds }) => holds)).toEqual([0, 0, 0, 1, 1])
    flight.acknowledge(2, undefined, [lane], 5, 11)
    flight.acknowledge(3, undefined, [lane], 5, 12)
    expect([flight.records, flight.bytes, flight.nextUnacked, lane.bytes]).toEqual([2, 2_000, 3, 2_000])
    flight.acknowledge(5, undefined, [lane], 5, 13)
    expect([flight.records, flight.bytes, lane.bytes]).toEqual([0, 0, 0])
  })

  test('of what was never sealed is refused, and lets go of nothing', () => {
    const lane = laneOf()
    const { flight } = flightOf(5, lane)
    expect(codeOf(() => flight.acknowledge(6, undefined, [lane], 5, 1))).toBe('bad-ack')
    expect(codeOf(() => flight.acknowledge(Number.MAX_SAFE_INTEGER, undefined, [lane], 5, 1))).toBe('bad-ack')
    expect(flight.records).toBe(5)
  })

  test('keeps its books over many records', () => {
    const flight = new Flight()
    const lane = laneOf()
    for (let i = 0; i < 10_000; i++) {
      flight.add(record(i, 976), true, lane, i)
      if (i % 3 === 2) flight.acknowledge(i - 1, undefined, [lane], i + 1, i)
    }
    flight.acknowledge(9_998, undefined, [lane], 10_000, 10_000)
    expect([flight.records, flight.bytes, flight.nextUnacked]).toEqual([2, 2_000, 9_998])
  })

  test('of records ahead lets go of them, and of the missing one when that comes', () => {
    const lane = laneOf()
    const { flight, records } = flightOf(6, lane)
    flight.acknowledge(1, bitmap(0, 2), [lane], 6, 10)
    expect(records.map(({ holds }) => holds)).toEqual([0, 1, 0, 1, 0, 1])
    expect([flight.bytes, lane.bytes, flight.nextUnacked]).toEqual([3_000, 3_000, 1])
    flight.acknowledge(6, undefined, [lane], 6, 11)
    expect([flight.bytes, lane.bytes, flight.records]).toEqual([0, 0, 0])
  })

  test('of records ahead, an old one included, counts each record once', () => {
    const lane = laneOf()
    const { flight } = flightOf(6, lane)
    for (const next of [1, 1, 0]) flight.acknowledge(next, bitmap(1), [lane], 6, 10)
    expect([flight.bytes, lane.bytes, flight.nextUnacked]).toEqual([3_000, 3_000, 1])
    flight.acknowledge(5, undefined, [lane], 6, 11)
    flight.acknowledge(1, bitmap(0, 1, 2), [lane], 6, 12)
    expect([flight.bytes, lane.bytes, flight.records]).toEqual([1_000, 1_000, 1])
  })

  test('of records ahead that were never sealed is refused, at the very first of them', () => {
    const lane = laneOf()
    const { flight } = flightOf(6, lane)
    expect(codeOf(() => flight.acknowledge(2, bitmap(2), [lane], 6, 1))).toBeUndefined()
    expect(codeOf(() => flight.acknowledge(2, bitmap(3), [lane], 6, 1))).toBe('bad-ack')
    expect(codeOf(() => flight.acknowledge(6, bitmap(0), [lane], 6, 1))).toBe('bad-ack')
  })
})

describe('a lane that is lost', () => {
  test('has what went out on it and was not acknowledged sent again, in order, as the very records that went out', () => {
    const [lost, other] = [laneOf(0), laneOf(1)]
    const { flight, records } = flightOf(8, lost, other)
    flight.acknowledge(3, bitmap(2), [lost, other], 8, 1)
    flight.lose(lost)
    expect([flight.isRepeating, lost.bytes]).toEqual([true, 0])
    const repeated = repeatAll(flight, other)
    expect(repeated.map(({ number }) => number)).toEqual([4])
    expect(repeated[0]).toBe(records[4])
    flight.acknowledge(8, undefined, [other], 8, 4)
    expect([flight.bytes, other.bytes]).toEqual([0, 0])
  })

  test('has nothing repeated that is acknowledged meanwhile', () => {
    const [lost, other] = [laneOf(0), laneOf(1)]
    const { flight, records } = flightOf(6, lost)
    flight.lose(lost)
    flight.repeat(other, 1)
    flight.acknowledge(2, bitmap(0, 2), [other], 6, 2)
    expect(repeatAll(flight, other)).toEqual([records[2], records[4]])
    expect(other.bytes).toBe(2_000)
  })

  test('and the next one too: what was repeated on it is repeated once more', () => {
    const [first, second, third] = [laneOf(0), laneOf(1), laneOf(2)]
    const { flight, records } = flightOf(4, first)
    flight.lose(first)
    flight.repeat(second, 1)
    flight.repeat(second, 1)
    flight.lose(second)
    expect(repeatAll(flight, third)).toEqual(records)
    expect([second.bytes, third.bytes]).toEqual([0, 4_000])
  })

  test('any order of acks and losses leaves the books right: bytes on the lanes and bytes to repeat are what is retained', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), lane: fc.nat(2) }),
      fc.record({ kind: fc.constant('ack' as const), to: fc.nat(100), ahead: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
      fc.record({ kind: fc.constant('lose' as const), lane: fc.nat(2) }),
      fc.record({ kind: fc.constant('repeat' as const), lane: fc.nat(2) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const flight = new Flight()
        const lanes = [laneOf(0), laneOf(1), laneOf(2)]
        let sealedNext = 0
        for (const one of steps) {
          if (one.kind === 'add') flight.add(record(sealedNext++, 976), true, lanes[one.lane] as Lane, 0)
          else if (one.kind === 'lose') {
            flight.lose(lanes[one.lane] as Lane)
            lanes[one.lane] = laneOf(3)
          } else if (one.kind === 'repeat') {
            if (flight.isRepeating) flight.repeat(lanes[one.lane] as Lane, 0)
          } else {
            const next = one.to % (sealedNext + 1)
            const bits = [...one.ahead.keys()].flatMap((i) => [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => i * 8 + bit))
            const set = bits.filter((bit) => ((one.ahead[bit >> 3] as number) >> (bit & 7)) & 1 && next + 1 + bit < sealedNext)
            flight.acknowledge(next, set.length === 0 ? undefined : bitmap(...set), lanes, sealedNext, 0)
          }
        }
        const onLanes = lanes.reduce((sum, { bytes }) => sum + bytes, 0)
        const waiting = repeatAll(flight, laneOf(9)).length * 1_000
        return flight.bytes === onLanes + waiting
      }),
      { numRuns: 400 },
    )
  })
})

describe('large records that two lanes are lost with', () => {
  const LARGE_BYTES = 40_000

  /** A flight of large records, and one small one behind them, that were lost twice. */
  function lostTwice(count: number, mayPart = true): Flight {
    const flight = new Flight(mayPart)
    const [first, second] = [laneOf(0), laneOf(1)]
    for (let i = 0; i < count; i++) flight.add(record(i, LARGE_BYTES - 24), true, first, 0)
    flight.add(record(count, 76), true, first, 0)
    flight.lose(first)
    expect([flight.partDue, repeatAll(flight, second).map(({ number }) => number)]).toEqual([
      undefined,
      Array.from({ length: count + 1 }, (_, i) => i),
    ])
    flight.lose(second)
    return flight
  }

  /** Sends what may go out in parts, as if these were as large as they can be; says of which records. */
  function partAll(flight: Flight): number[] {
    const numbers: number[] = []
    for (let due = flight.partDue; due !== undefined; due = flight.partDue) {
      numbers.push(due.record.number)
      flight.parted(due.record, LARGE_BYTES - due.sentBytes)
    }
    return numbers
  }

  test('go out in parts, behind small ones, four at a time until they are acknowledged', () => {
    const flight = lostTwice(6)
    const lane = laneOf(2)
    expect([flight.repeat(lane, 1)?.number, flight.repeat(lane, 1), flight.isRepeating]).toEqual([6, undefined, true])
    expect([partAll(flight), partAll(flight), flight.isRepeating]).toEqual([[0, 1, 2, 3], [], true])
    flight.acknowledge(1, bitmap(1), [lane], 7, 2)
    expect([partAll(flight), flight.isRepeating, lane.bytes]).toEqual([[4, 5], false, 100])
    flight.acknowledge(7, undefined, [lane], 7, 3)
    expect([flight.bytes, lane.bytes]).toEqual([0, 0])
  })

  test('go out whole where the other side takes no parts', () => {
    const flight = lostTwice(2, false)
    expect([flight.partDue, repeatAll(flight, laneOf(2)).map(({ number }) => number)]).toEqual([undefined, [0, 1, 2]])
  })

  test('go out whole on a lane that would be given new ones as large', () => {
    const flight = lostTwice(2)
    flight.repeat(laneOf(2), 1)
    const { lane } = used(20_000, 20)
    expect([flight.repeat(lane, 1)?.number, flight.repeat(laneOf(2), 1)]).toEqual([0, undefined])
  })

  test('go out whole again after a new large one has come', () => {
    const flight = lostTwice(2)
    const lane = laneOf(2)
    flight.add(record(3, LARGE_BYTES), true, lane, 1)
    flight.acknowledge(0, bitmap(2), [lane], 4, 2)
    expect([flight.partDue, repeatAll(flight, lane).length]).toEqual([undefined, 3])
  })

  test('go out whole when no more records may be sealed, of which parts are made', () => {
    const flight = lostTwice(2)
    const lane = laneOf(2)
    flight.repeat(lane, 1)
    for (let number = 3; !flight.isFull; number++) flight.add(record(number, 0), false, lane, 1)
    expect([flight.partDue, flight.repeat(lane, 1)?.number]).toEqual([undefined, 0])
  })

  test('begin anew, whichever was in parts before, when one before them is lost as well; none waits for ever', () => {
    const flight = new Flight(true)
    const lanes = Array.from({ length: 12 }, (_, i) => laneOf(i))
    for (let i = 0; i < 6; i++) flight.add(record(i, LARGE_BYTES - 24), true, lanes[i] as Lane, 0)
    const half = (): number | undefined => {
      const due = flight.partDue
      if (due !== undefined) flight.parted(due.record, LARGE_BYTES / 2)
      return due?.record.number
    }
    const numbers = [5, 4, 3, 2, 1, 0].map((number) => {
      flight.lose(lanes[number] as Lane)
      while (flight.isRepeating && flight.repeat(lanes[number + 6] as Lane, 0) !== undefined);
      flight.lose(lanes[number + 6] as Lane)
      return half()
    })
    expect(numbers).toEqual([5, 4, 3, 2, 2, 3])
    expect(partAll(flight)).toEqual([3, 4, 5])
    flight.acknowledge(0, bitmap(1, 2, 3, 4), [], 6, 1)
    expect([partAll(flight), flight.isRepeating]).toEqual([[0, 1], false])
  })
})

describe('how much may be under way', () => {
  test('is a fixed amount on each lane before its path was measured', () => {
    const flight = new Flight()
    for (const lane of [laneOf(0), laneOf(1)]) {
      let count = 0
      while (lane.hasRoom) flight.add(record(flight.records, 9_976), true, lane, count++)
      // A lane that joined has to show first that it carries anything.
      expect(count).toBe(Math.ceil((lane.counter === 0 ? IN_FLIGHT_BYTES_MIN : RECORD_BYTES_MAX) / 10_000))
    }
    expect(flight.hasRoom).toBe(true)
  })

  test('is not learnt from records that were repeated, nor from acks of a lane that is silent', () => {
    for (const isRepeated of [true, false]) {
      const flight = new Flight()
      const [lost, lane] = [laneOf(0), laneOf(1)]
      for (let i = 0; i < 50; i++) flight.add(record(i, 40_000), true, isRepeated ? lost : lane, 0)
      flight.lose(lost)
      while (flight.isRepeating) flight.repeat(lane, 0)
      if (isRepeated) lane.heard(500)
      flight.acknowledge(50, undefined, [lane], 50, 500)
      expect([lane.smoothedRttMs, lane.recordBytesMax, lane.isAwaited]).toEqual([undefined, RECORD_BYTES_SLOW, false])
    }
  })

  test.each([
    [2_000, 100],
    [20_000, 20],
  ])('fills a path of %i bytes a millisecond and %i ms, and not much more', (bytesPerMs, roundTripMs) => {
    const product = bytesPerMs * roundTripMs
    const { mostBytes } = used(bytesPerMs, roundTripMs)
    expect(mostBytes).toBeGreaterThan(product)
    expect(mostBytes).toBeLessThan(4 * product + IN_FLIGHT_BYTES_MIN)
  })

  test('is never more than is to be retained, and one record', () => {
    expect(used(80_000, 400).mostBytes).toBeLessThan(RETAINED_BYTES_MAX + 50_000)
  })

  test('a record is no larger than what the path carries in 10 ms, and small until the path is known', () => {
    expect(laneOf().recordBytesMax).toBe(RECORD_BYTES_SLOW)
    expect(used(16, 100, 4_000).lane.recordBytesMax).toBe(RECORD_BYTES_SLOW)
    const { recordBytesMax } = used(2_000, 100, 4_000).lane
    expect(recordBytesMax).toBeGreaterThan(15_000)
    expect(recordBytesMax).toBeLessThan(30_000)
    expect(used(20_000, 20).lane.recordBytesMax).toBe(RECORD_BYTES_MAX)
  })

  test('is bounded in records too: half of them for data, all of them for the rest', () => {
    const flight = new Flight()
    const lane = laneOf()
    let count = 0
    while (flight.hasRoom) flight.add(record(count++, 0), true, lane, 0)
    expect(count).toBe(RETAINED_RECORDS_MAX / 2)
    while (!flight.isFull) flight.add(record(count++, 0), true, lane, 0)
    expect(count).toBe(RETAINED_RECORDS_MAX)
    expect(() => flight.add(record(count, 0), true, lane, 0)).toThrow('assertion failed')
  })
})
