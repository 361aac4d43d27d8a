import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countsToFigures, derivePeople, type Figures, publish } from '../../../relay/observatory/privacy/cells.ts'
import { addNoise, countKey } from '../../../relay/observatory/privacy/noise.ts'
import { FAMILIES } from '../../../relay/observatory/privacy/parameters.ts'
import { charge } from '../../../relay/observatory/privacy/release.ts'
import { Publication } from '../../../relay/observatory/publication.ts'
import { WORLD } from '../../../relay/observatory/published.ts'
import { releaseSpan } from '../../../relay/observatory/releases.ts'
import { endOf, startOf } from '../../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../../relay/observatory/tables.ts'
import { openStore } from '../../../relay/store/store.ts'
import { seeded } from './seeded.ts'

const figuresOf = (counts: Readonly<Record<string, number>>): readonly Figures[] =>
  countsToFigures(
    FAMILIES.sessions,
    Object.entries(counts).map(([country, count]) => ({ family: 'sessions', country, slice: 'all', start: '2026-11-01', count })),
  )
const say = (counts: Readonly<Record<string, number>>, hidden: readonly string[] = []) =>
  publish(figuresOf(counts), {
    metric: 'sessions',
    span: 'day',
    start: '2026-11-01',
    threshold: 125,
    isHidden: (country) => hidden.includes(country),
    isDue: () => true,
  })
const shown = (said: ReturnType<typeof say>): string[] => said.filter(({ isSuppressed }) => !isSuppressed).map(({ country }) => country)

describe('what is said of noisy counts', () => {
  test('nothing is said of a count below the threshold', () => {
    expect(shown(say({ AA: 5_000, BB: 4_000, CC: 10, DD: 20, EE: 124 }))).toEqual(['AA', 'BB', WORLD])
  })

  test('one suppressed country can’t be found by subtraction: the next smallest are suppressed with it', () => {
    expect(shown(say({ AA: 5_000, BB: 4_000, CC: 3_000, DD: 2_000, EE: 10 }))).toEqual(['AA', 'BB', WORLD])
  })

  test('where too few countries are left to hide among, the total is not said', () => {
    expect(shown(say({ AA: 5_000, BB: 10 }))).toEqual([])
  })

  test('never are one or two countries left out of a total that is said', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Z]{2}$/), fc.integer({ min: -200, max: 2_000 }), { minKeys: 1 }), (counts) => {
        const countries = shown(say(counts))
        const left = Object.keys(counts).filter((country) => !countries.includes(country)).length
        return !countries.includes(WORLD) || left === 0 || left >= 3
      }),
    )
  })

  test('low, estimate and high are in order, never negative, and multiples of ten', () => {
    fc.assert(
      fc.property(fc.integer({ min: 125, max: 1e9 }), (count) => {
        const [cell] = say({ AA: count, BB: count, CC: count, DD: count })
        if (cell === undefined || cell.isSuppressed) return false
        const { low, estimate, high } = cell
        return low >= 0 && low <= estimate && estimate <= high && [low, estimate, high].every((figure) => figure % 10 === 0)
      }),
    )
  })
})

describe('people', () => {
  const figures = (count: number, sigma: number): Figures => ({
    country: 'AA',
    slice: 'all',
    count,
    low: count - 1.96 * sigma,
    estimate: count,
    high: count + 1.96 * sigma,
  })

  test('lie between those who opted in and the sessions there were, whatever the counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 100_000 }), fc.integer({ min: -100, max: 100_000 }), (flags, sessions) => {
        const { low, estimate, high } = derivePeople(figures(flags, 16), figures(sessions, 25), '2026-11-03')
        return low >= 0 && low <= estimate && estimate <= high && high <= Math.max(low, sessions + 50)
      }),
    )
  })

  test('who opted in is counted for all their days, not only for those that were drawn', () => {
    // 8 of 30 days are drawn: 800 flags are 3,000 people.
    const { low, estimate } = derivePeople(figures(800, 0), figures(3_000, 0), '2026-11-03')
    expect(estimate).toBe(3_000)
    expect(low).toBeGreaterThan(2_800)
  })
})

/* Goal: a country whose turn comes late can't be found before by taking the others from the total. Method: all are far above the threshold. */
test('countries whose turn comes late are hidden in a total as those are that are suppressed, and never one or two alone', async () => {
  const countries = ['AA', 'BB', 'CC', 'DD', 'EE', 'FF']
  const counts = { sessions: new Map(countries.map((country, n) => [countKey(country, 'all'), 5_000 - 500 * n])) }
  const order = {
    span: 'day',
    start: '2026-11-01',
    revision: 1,
    at: '2026-11-03T04:00:00Z',
    isSynthetic: false,
    countries,
    languages: [],
  } as const
  const shownWith = async (late: readonly string[]): Promise<readonly string[]> => {
    const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
    await releaseSpan(store.db, { order, counts, atRisk: new Set(late), random: seeded(late.join()) })
    const cells = await new Publication(store.db).cells({ metric: 'sessions', span: 'day', from: order.start, until: '2026-11-02' })
    await store.close()
    return cells.filter(({ isSuppressed }) => !isSuppressed).map(({ country }) => country)
  }
  expect(await shownWith([])).toEqual([WORLD, ...countries])
  expect(await shownWith(['AA'])).toEqual([WORLD, 'BB', 'CC', 'DD'])
  expect(await shownWith(['AA', 'BB', 'CC'])).toEqual([WORLD, 'DD', 'EE', 'FF'])
})

test('noise goes to every place, where nothing was counted too', () => {
  const domain = { countries: ['AA', 'BB'], slices: ['all'] }
  const noisy = addNoise('sessions', '2026-11-01', domain, new Map([[countKey('AA', 'all'), 7]]), seeded('places'))
  expect(noisy.map(({ country }) => country)).toEqual(['AA', 'BB'])
})

test('a count of a place that is not in the public list is a bug, and is not published', () => {
  const domain = { countries: ['AA'], slices: ['all'] }
  expect(() => addNoise('sessions', '2026-11-01', domain, new Map([[countKey('BB', 'all'), 7]]), seeded('places'))).toThrow('assertion')
})

test('a week in two months is charged to both, and to each of its days', () => {
  const order = { span: 'week', start: '2026-11-30', revision: 1, at: '', isSynthetic: false, countries: [], languages: [] } as const
  const starts = (unit: string): string[] => [
    ...new Set(
      charge(order)
        .filter((entry) => entry.unit === unit)
        .map(({ start }) => start),
    ),
  ]
  expect(starts('client-month')).toEqual(['2026-11-01', '2026-12-01'])
  expect(starts('session-day')).toHaveLength(7)
})

test('every day is in one week that begins on a Monday and in one month', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), (count) => {
      const day = new Date(count * 86_400_000).toISOString().slice(0, 10)
      const [week, month] = [startOf('week', day), startOf('month', day)]
      return (
        week <= day &&
        day < endOf('week', week) &&
        month <= day &&
        day < endOf('month', month) &&
        new Date(`${week}T00:00:00Z`).getUTCDay() === 1
      )
    }),
  )
})
