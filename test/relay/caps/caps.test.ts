// An operator's caps: how they are written, and when a relay has to rest.
import { describe, expect, test } from 'vitest'
import { formatBytes, formatHours, NO_CAPS, parseHours, parseRate, parseVolume, restReason } from '../../../relay/caps/caps.ts'
import { OperatorError } from '../../../relay/operator-error.ts'

const at = (clock: string): number => Date.parse(`2026-11-28T${clock}:00Z`)

describe('an amount', () => {
  test('is read in the units that hosters use, and written in the largest that says it exactly', () => {
    expect(['65536', '100k', '1.5M', '2M', '1G'].map(parseRate)).toEqual([65_536, 100_000, 1_500_000, 2_000_000, 1_000_000_000])
    expect(['500G', '2T', '1.25T'].map(parseVolume)).toEqual([5e11, 2e12, 1.25e12])
    for (const bytes of [65_536, 1_500_000, 2e12]) expect(parseVolume(formatBytes(Math.max(bytes, 1e9)))).toBe(Math.max(bytes, 1e9))
    expect(formatBytes(1_500_000)).toBe('1500k')
  })

  test.each(['', '0', '1', '-2M', '2m', '1e9', '2 M', '2MB', '99999999999999999', 'NaN'])('is refused when it is “%s”', (text) => {
    expect(() => parseRate(text)).toThrow(OperatorError)
    expect(() => parseVolume(text)).toThrow(OperatorError)
  })
})

describe('hours', () => {
  test('may go past midnight', () => {
    const night = { ...NO_CAPS, hours: parseHours('22:30-06:00') }
    const day = { ...NO_CAPS, hours: parseHours('6:00-22:30') }
    for (const [clock, isNight] of [
      ['22:29', false],
      ['22:30', true],
      ['23:59', true],
      ['00:00', true],
      ['05:59', true],
      ['06:00', false],
      ['12:00', false],
    ] as const) {
      expect(restReason(night, 0, at(clock)), clock).toBe(isNight ? undefined : 'hours')
      expect(restReason(day, 0, at(clock)), clock).toBe(isNight ? 'hours' : undefined)
    }
  })

  test.each(['', '18:00', '18:00-18:00', '24:00-06:00', '18:60-06:00', '18-06', 'a:00-b:00'])('are refused when they are “%s”', (text) => {
    expect(() => parseHours(text)).toThrow(OperatorError)
  })

  test('are written as they are read', () => {
    expect(formatHours(parseHours('6:05-22:30'))).toBe('06:05-22:30')
  })
})

test('a month’s volume comes before the hours, and without a cap nothing makes a relay rest', () => {
  const caps = { ...NO_CAPS, bytesPerMonth: 1e9, hours: parseHours('00:00-01:00') }
  expect(restReason(caps, 1e9, at('12:00'))).toBe('month')
  expect(restReason(caps, 1e9 - 1, at('12:00'))).toBe('hours')
  expect(restReason(caps, 1e9 - 1, at('00:30'))).toBeUndefined()
  expect(restReason(NO_CAPS, 1e18, at('12:00'))).toBeUndefined()
})
