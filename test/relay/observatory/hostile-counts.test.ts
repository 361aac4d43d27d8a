import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectLimits, trimLimits } from '../../../relay/observatory/collect/limits.ts'
import { parseRelayDay } from '../../../relay/observatory/collect/relay-day.ts'
import { allowanceOf, type Before, trimRelay } from '../../../relay/observatory/collect/trim.ts'
import { countsToFigures, derivePeople, type Figures } from '../../../relay/observatory/privacy/cells.ts'
import { FAMILIES } from '../../../relay/observatory/privacy/parameters.ts'
import { seeded } from './seeded.ts'

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, one) => all + one, 0)

describe('a hostile relay', () => {
  const before: Before = {
    countries: new Map([
      ['AA', 40_000],
      ['BB', 8_000],
      ['CC', 30],
    ]),
    total: 48_030,
    relays: 100,
  }

  test('moves a total by its allowance at most, five times an average relay, whatever it says', () => {
    const lies = new Map([
      ['AA', 10_000_000],
      ['BB', 10_000_000],
      ['CC', 10_000_000],
      ['DD', 10_000_000],
    ])
    const kept = trimRelay(lies, before, 1)
    expect(sum(kept.values())).toBeLessThanOrEqual(allowanceOf(before, 1))
    expect(allowanceOf(before, 1) / before.total).toBeLessThanOrEqual(0.05)
  })

  test('moves a country by half of what it had at most, or by twenty where there was next to nothing', () => {
    const kept = trimRelay(
      new Map([
        ['BB', 10_000_000],
        ['CC', 10_000_000],
      ]),
      { ...before, relays: 1 },
      1,
    )
    expect([kept.get('BB'), kept.get('CC')]).toEqual([4_000, trimLimits.countryLeast])
  })

  test('one count more changes what is kept by one in its country and one in others at most: the bound costs nobody privacy', () => {
    const country = fc.constantFrom('AA', 'BB', 'CC', 'DD', 'EE')
    const counts = fc.dictionary(country, fc.integer({ min: 0, max: 60_000 }), { minKeys: 1 })
    fc.assert(
      fc.property(counts, country, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 400 }), (some, where, more, relays) => {
        const one = new Map(Object.entries(some))
        const other = new Map(one).set(where, (one.get(where) ?? 0) + more)
        const [a, b] = [one, other].map((all) => trimRelay(all, { ...before, relays }, 1))
        const changes = ['AA', 'BB', 'CC', 'DD', 'EE'].map((name) => (b?.get(name) ?? 0) - (a?.get(name) ?? 0))
        const squared = sum(changes.map((change) => change ** 2))
        return squared <= 2 * more ** 2
      }),
      { numRuns: 2_000 },
    )
  })

  test('can’t say more of a place than its sessions could have brought', () => {
    const day = (place: object): string =>
      JSON.stringify({
        day: '2026-11-01',
        mark: '0'.repeat(32),
        geoipAgeDays: 1,
        places: [{ country: 'AA', way: 'http-edge', sessions: 1, seconds: 0, bytes: 0, failures: 0, ...place }],
      })
    for (const lie of [
      { seconds: 43_201 },
      { bytes: 4e9 + 1 },
      { failures: 5 },
      { sessions: -1 },
      { sessions: 0.5 },
      { sessions: 1e12 },
      { country: 'aa' },
      { way: 'x' },
      { more: 1 },
    ])
      expect(() => parseRelayDay(day(lie), collectLimits)).toThrow()
    expect(parseRelayDay(day({ seconds: 43_200 }), collectLimits).places).toHaveLength(1)
  })
})

describe('hostile clients, one in twenty', () => {
  /* Each address may hand in one report a day (counting/report-desk.ts), so a liar reports daily and says each time that it is the first of the month. */
  const draw = seeded('people')
  const chance = (): number => Number(draw(1_000_000n)) / 1e6
  const honest = 4_000
  const liars = 200
  const figures = (count: number, sigma: number): Figures => {
    const [one] = countsToFigures({ ...FAMILIES.peopleDay, sigma }, [
      { family: 'peopleDay', country: 'AA', slice: 'all', start: '2026-11-10', count },
    ])
    return one as Figures
  }
  const onADay = (withLiars: boolean): Figures => {
    let [flags, sessions] = [0, 0]
    for (let person = 0; person < honest; person++) {
      if (chance() < 0.5) sessions += 2
      else continue
      if (chance() < 8 / 30) flags++
    }
    if (withLiars) [flags, sessions] = [flags + liars, sessions + liars]
    return derivePeople(figures(flags, FAMILIES.peopleDay.sigma), figures(sessions, FAMILIES.sessions.sigma), '2026-11-10')
  }

  test('move the estimate of a day by less than a quarter', () => {
    const [clean, moved] = [onADay(false), onADay(true)]
    expect(Math.abs(moved.estimate / clean.estimate - 1)).toBeLessThan(0.25)
    expect(Math.abs(moved.high / clean.high - 1)).toBeLessThan(0.1)
  })
})
