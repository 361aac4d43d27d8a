import { describe, expect, test } from 'vitest'
import { Flight } from '../../protocol/flight.ts'
import { IN_FLIGHT_BYTES_MIN, RETAINED_BYTES_MAX, RETAINED_RECORDS_MAX } from '../../protocol/limits.ts'
import type { SealedRecord } from '../../protocol/record.ts'
import { codeOf } from './fixtures.ts'

function record(number: number, bodyBytes: number): SealedRecord {
  return { number, header: new Uint8Array(8), body: new Uint8Array(bodyBytes), tag: new Uint8Array(16), holds: 1 }
}

/** A flight of records with bodies of 976 bytes, 1,000 each on the wire. */
function flightOf(count: number, nowMs = 0): { readonly flight: Flight; readonly records: readonly SealedRecord[] } {
  const flight = new Flight()
  const records = Array.from({ length: count }, (_, i) => record(i, 976))
  for (const one of records) flight.add(one, nowMs)
  return { flight, records }
}

describe('acknowledgement', () => {
  test('is cumulative, lets go of what it names, and an old one changes nothing', () => {
    const { flight, records } = flightOf(5)
    flight.acknowledge(3, 5, 10)
    expect([flight.records, flight.bytes, flight.nextUnacked]).toEqual([2, 2_000, 3])
    expect(records.map(({ holds }) => holds)).toEqual([0, 0, 0, 1, 1])
    flight.acknowledge(2, 5, 11)
    flight.acknowledge(3, 5, 12)
    expect([flight.records, flight.bytes, flight.nextUnacked]).toEqual([2, 2_000, 3])
    flight.acknowledge(5, 5, 13)
    expect([flight.records, flight.bytes]).toEqual([0, 0])
  })

  test('of what was never sealed is refused, and lets go of nothing', () => {
    const { flight } = flightOf(5)
    expect(codeOf(() => flight.acknowledge(6, 5, 1))).toBe('bad-ack')
    expect(codeOf(() => flight.acknowledge(Number.MAX_SAFE_INTEGER, 5, 1))).toBe('bad-ack')
    expect(flight.records).toBe(5)
  })

  test('keeps its books over many records', () => {
    const flight = new Flight()
    for (let i = 0; i < 10_000; i++) {
      flight.add(record(i, 976), i)
      if (i % 3 === 2) flight.acknowledge(i - 1, i + 1, i)
    }
    flight.acknowledge(9_998, 10_000, 10_000)
    expect([flight.records, flight.bytes, flight.nextUnacked]).toEqual([2, 2_000, 9_998])
  })
})

describe('resume', () => {
  test('repeats what the peer has not, in order, before anything new', () => {
    const { flight, records } = flightOf(6)
    flight.acknowledge(2, 6, 1)
    flight.resume(3, 6, 2)
    expect(flight.isRepeating).toBe(true)
    const repeated: SealedRecord[] = []
    while (flight.isRepeating) repeated.push(flight.repeat(3))
    expect(repeated).toEqual(records.slice(3))
    expect(repeated[0]).toBe(records[3])
    flight.add(record(6, 1), 4)
    expect(flight.isRepeating).toBe(false)
  })

  test('skips what is acknowledged while it repeats', () => {
    const { flight, records } = flightOf(6)
    flight.resume(0, 6, 1)
    flight.repeat(1)
    flight.acknowledge(4, 6, 2)
    expect(flight.repeat(2)).toBe(records[4])
  })

  test('cannot go back behind an acknowledgement, nor ahead of what was sealed', () => {
    const { flight } = flightOf(6)
    flight.acknowledge(4, 6, 1)
    expect(codeOf(() => flight.resume(3, 6, 1))).toBe('bad-ack')
    expect(codeOf(() => flight.resume(7, 6, 1))).toBe('bad-ack')
  })

  test('nothing new is added while something is to be repeated: that is a bug', () => {
    const { flight } = flightOf(2)
    flight.resume(0, 2, 1)
    expect(() => flight.add(record(2, 1), 1)).toThrow('assertion failed')
  })
})

describe('how much may be under way', () => {
  test('is a fixed amount before the path was measured', () => {
    const flight = new Flight()
    let count = 0
    while (flight.hasRoom) flight.add(record(count++, 9_976), 0)
    expect(count).toBe(Math.ceil(IN_FLIGHT_BYTES_MIN / 10_000))
  })

  /** What may be under way on a path that delivers `bytesPerMs` with `roundTripMs`, after a download of a hundred round trips. */
  function roomBytes(bytesPerMs: number, roundTripMs: number): number {
    const flight = new Flight()
    const bodyBytes = 40_000
    const everyMs = bodyBytes / bytesPerMs
    const arrivals: number[] = []
    let [number, acknowledged, freeAtMs, largest] = [0, 0, 0, 0]
    for (let nowMs = 0; nowMs < 100 * roundTripMs; nowMs += everyMs / 2) {
      while (acknowledged < arrivals.length && (arrivals[acknowledged] as number) <= nowMs)
        flight.acknowledge(++acknowledged, number, nowMs)
      while (flight.hasRoom) {
        flight.add(record(number++, bodyBytes), nowMs)
        freeAtMs = Math.max(freeAtMs, nowMs) + everyMs
        arrivals.push(freeAtMs + roundTripMs)
      }
      if (nowMs > 50 * roundTripMs) largest = Math.max(largest, flight.bytes)
    }
    return largest
  }

  test.each([
    [2_000, 100],
    [20_000, 20],
  ])('fills a path of %i bytes a millisecond and %i ms, and not much more', (bytesPerMs, roundTripMs) => {
    const product = bytesPerMs * roundTripMs
    expect(roomBytes(bytesPerMs, roundTripMs)).toBeGreaterThan(product)
    expect(roomBytes(bytesPerMs, roundTripMs)).toBeLessThan(4 * product + IN_FLIGHT_BYTES_MIN)
  })

  test('is never more than is to be retained, and one record', () => {
    expect(roomBytes(80_000, 400)).toBeLessThan(RETAINED_BYTES_MAX + 50_000)
  })

  test('is bounded in records too: half of them for data, all of them for the rest', () => {
    const { flight } = flightOf(0)
    let count = 0
    while (flight.hasRoom) flight.add(record(count++, 0), 0)
    expect(count).toBe(RETAINED_RECORDS_MAX / 2)
    while (!flight.isFull) flight.add(record(count++, 0), 0)
    expect(count).toBe(RETAINED_RECORDS_MAX)
    expect(() => flight.add(record(count, 0), 0)).toThrow('assertion failed')
  })
})
