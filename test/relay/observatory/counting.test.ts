import { expect, test } from 'vitest'
import { parseCensusSettings } from '../../../relay/observatory/counting/census.ts'
import { openCountries } from '../../../relay/observatory/counting/country.ts'
import { DayCounts } from '../../../relay/observatory/counting/day-counts.ts'

const NOON = Date.parse('2026-11-18T12:00:00Z')
const HOUR_MS = 3_600_000

function counting(): { counts: DayCounts; advance: (ms: number) => void } {
  let nowMs = NOON
  return { counts: new DayCounts(() => nowMs), advance: (ms) => (nowMs += ms) }
}

test('a session that ends is one more in its place, and no row is its own', () => {
  const { counts, advance } = counting()
  for (let turn = 0; turn < 3; turn++) {
    const visit = counts.enter('DE')
    visit.carrierBegan('websocket-direct')
    visit.carried(1_000)
    advance(1_000)
    visit.carrierEnded(turn === 0)
    visit.end()
  }
  expect(counts.take().places).toEqual([{ country: 'DE', way: 'websocket-direct', sessions: 3, seconds: 3, bytes: 3_000, failures: 1 }])
})

test('what one session adds on a day is clamped', () => {
  const { counts, advance } = counting()
  const visit = counts.enter('DE')
  for (let turn = 0; turn < 20; turn++) {
    visit.carrierBegan('http-edge')
    visit.carried(1e9)
    visit.carrierEnded(true)
  }
  visit.carrierBegan('http-edge')
  advance(11.9 * HOUR_MS)
  expect(counts.takeFinished()).toBeUndefined()
  advance(HOUR_MS)
  expect(counts.takeFinished()).toEqual({
    day: '2026-11-18',
    places: [{ country: 'DE', way: 'http-edge', sessions: 1, seconds: 43_200, bytes: 4e9, failures: 4 }],
  })
})

test('a session that lives on counts once on each day, by the way it used last', () => {
  const { counts, advance } = counting()
  const visit = counts.enter('DE')
  visit.carrierBegan('websocket-direct')
  visit.carried(5)
  visit.carrierBegan('http-edge')
  visit.carrierEnded(false)
  advance(13 * HOUR_MS)
  const [first] = counts.take().places
  visit.carried(7)
  advance(HOUR_MS)
  visit.end()
  const [second] = counts.take().places
  expect([first?.way, first?.sessions, second?.sessions, second?.bytes]).toEqual(['http-edge', 1, 1, 7])
})

test('a part that is taken before the day is over does not count its sessions again', () => {
  const { counts, advance } = counting()
  const visit = counts.enter('DE')
  visit.carrierBegan('websocket-direct')
  advance(1_000)
  expect(counts.take().places).toHaveLength(1)
  advance(1_000)
  visit.end()
  expect(counts.take().places).toEqual([])
})

test('an address becomes a country of two letters, and one that is nowhere becomes ZZ', () => {
  const { countryOf, madeMs } = openCountries()
  expect(['8.8.8.8', '::ffff:8.8.8.8', '127.0.0.1', '10.0.0.1', 'nonsense', undefined].map(countryOf)).toEqual([
    'US',
    'US',
    'ZZ',
    'ZZ',
    'ZZ',
    'ZZ',
  ])
  expect(madeMs).toBeGreaterThan(Date.parse('2026-01-01'))
  expect(() => openCountries('/no/such/file.mmdb')).toThrow('can’t be read')
})

test('settings that lead anywhere else than to a collector by https are refused in words', () => {
  for (const text of [
    '',
    '[]',
    '{"collector":"http://example.org/"}',
    '{"collector":"file:///etc/passwd"}',
    '{"collector":"https://a/","more":1}',
    '{"collector":"https://a/","edges":["x"]}',
  ])
    expect(() => parseCensusSettings(text)).toThrow('is not right')
  expect(parseCensusSettings('{"collector":"https://collector.example/in"}').collector.href).toBe('https://collector.example/in/')
})
