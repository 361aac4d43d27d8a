import { describe, expect, test } from 'vitest'
import { advantageMax } from '../../../relay/observatory/privacy/accounts.ts'
import type { Noisy, Said } from '../../../relay/observatory/privacy/cells.ts'
import type { DrawBelow } from '../../../relay/observatory/privacy/discrete-gaussian.ts'
import { type Counts, countKey } from '../../../relay/observatory/privacy/noise.ts'
import { FAMILIES, type FamilyName, plannedRho } from '../../../relay/observatory/privacy/parameters.ts'
import { draw, familiesOf, type MonthDays, type Order, say, slicesOf } from '../../../relay/observatory/privacy/release.ts'
import { addDays, daysOf, type Span } from '../../../relay/observatory/spans.ts'
import { seeded } from './seeded.ts'

/* Goal: from all that is ever published of a month, nobody finds out whether one person was counted, however much else they know.
 * Method: the strongest attack there is on Gaussian noise. The attacker knows every other person's data exactly, and what the person would have added; they
 * weigh each published figure by that over its variance, add up, and say “counted” beyond the middle. The mechanism says how often they can be right beyond
 * chance; we play the month over and over, with and without the person, and count. */

const COUNTRIES = ['AA', 'BB', 'CC', 'DD']
const MONTH = '2026-06-01'
const DAYS = daysOf(MONTH, addDays(MONTH, 28))
const WEEKS = [0, 7, 14, 21].map((days) => addDays(MONTH, days))
const ROUNDS = 160

type World = ReadonlyMap<string, Partial<Record<FamilyName, Counts>>>

/** What one person adds to one place of a family in a span. */
type Person = (name: FamilyName, start: string, slice: string) => number

function worldWith(person: Person): World {
  const world = new Map<string, Partial<Record<FamilyName, Counts>>>()
  for (const { span, start } of spans()) {
    const counts: Partial<Record<FamilyName, Counts>> = {}
    for (const name of familiesOf(span)) {
      counts[name] = new Map(
        COUNTRIES.flatMap((country) =>
          slicesOf(name, ['en']).map((slice): [string, number] => [
            countKey(country, slice),
            2_004 + (country === 'AA' ? person(name, start, slice) : 0),
          ]),
        ),
      )
    }
    if (span === 'month') counts.language = new Map([[countKey('001', 'en'), 2_004 + person('language', start, 'en')]])
    world.set(`${span} ${start}`, counts)
  }
  return world
}

function spans(): readonly { readonly span: Span; readonly start: string }[] {
  return [
    ...DAYS.map((start) => ({ span: 'day' as const, start })),
    ...WEEKS.map((start) => ({ span: 'week' as const, start })),
    { span: 'month', start: MONTH },
  ]
}

/** All that is published of a month. Without `random`: what would be, had nobody thought of noise. */
function publishAll(world: World, random: DrawBelow | undefined): readonly Said[] {
  const days = { flags: new Map<string, number>(), sessions: new Map<string, number>() }
  return spans().flatMap(({ span, start }) => {
    const order: Order = { span, start, revision: 1, at: '', isSynthetic: false, countries: COUNTRIES, languages: ['en'] }
    const counts = world.get(`${span} ${start}`) ?? {}
    const noisy = random === undefined ? exact(counts, start) : draw(order, counts, random)
    if (span === 'day') addUp(days, noisy)
    const month: MonthDays | undefined = span === 'month' ? days : undefined
    return say(
      order,
      noisy,
      month,
      () => true,
      () => false,
    )
  })
}

function exact(counts: Partial<Record<FamilyName, Counts>>, start: string): readonly Noisy[] {
  return (Object.entries(counts) as [FamilyName, Counts][]).flatMap(([family, places]) =>
    [...places].map(([key, count]) => ({ family, start, count, country: key.split(' ')[0] ?? '', slice: key.split(' ')[1] ?? '' })),
  )
}

function addUp(days: { readonly flags: Map<string, number>; readonly sessions: Map<string, number> }, noisy: readonly Noisy[]): void {
  for (const { family, country, count } of noisy) {
    const sums = family === 'peopleDay' ? days.flags : family === 'sessions' ? days.sessions : undefined
    sums?.set(country, (sums.get(country) ?? 0) + count)
  }
}

const FAMILY_OF: Readonly<Record<string, FamilyName>> = {
  'people day': 'peopleDay',
  'people month': 'peopleMonth',
  'sessions week': 'sessionsByWay',
}

/** Figures by what they are weighed with: what the person adds, over the variance. People are read from their low bound, which follows the flags alone. */
function evidence(said: readonly Said[], person: Person): number {
  let sum = 0
  for (const one of said) {
    if (one.isSuppressed || (one.country !== 'AA' && one.country !== '001')) continue
    if (one.country === '001' && one.metric !== 'language') continue
    const name = FAMILY_OF[`${one.metric} ${one.span}`] ?? (one.metric as FamilyName)
    const scale = one.metric === 'people' ? 30 / 8 : 1
    const figure = (one.metric === 'people' ? one.low : one.estimate) / scale
    sum += (figure * person(name, one.start, one.slice)) / FAMILIES[name].sigma ** 2
  }
  return sum
}

/** How much better than chance: 0 finds nobody, 1 finds everybody. */
function advantage(person: Person, isNoisy: boolean): number {
  const [without, withOne] = [worldWith(() => 0), worldWith(person)]
  const play = (world: World, name: string): number[] =>
    Array.from({ length: isNoisy ? ROUNDS : 1 }, (_, round) =>
      evidence(publishAll(world, isNoisy ? seeded(`${name} ${round}`) : undefined), person),
    )
  const [silent, told] = [play(without, 'without'), play(withOne, 'with')]
  const middle = (mean(silent) + mean(told)) / 2
  const rate = (all: readonly number[]): number => all.filter((one) => one > middle).length / all.length
  return rate(told) - rate(silent)
}

function mean(all: readonly number[]): number {
  return all.reduce((sum, one) => sum + one, 0) / all.length
}

/** Three standard errors of a difference of two rates. */
const SLACK = 3 * Math.sqrt(0.5 / ROUNDS)

/** Opted in, and every report says the most that it can. */
const client: Person = (name, start, slice) => {
  if (name === 'peopleDay') return DAYS.indexOf(start) < 8 ? 1 : 0
  if (name === 'connect') return start === MONTH && slice === 'under-1s' ? 1 : 0
  if (['reports', 'worked', 'verdict'].includes(name)) return start === MONTH ? 1 : 0
  return name === 'peopleMonth' || name === 'language' ? 1 : 0
}

/** The largest session that a relay counts, on one day. */
const session: Person = (name, start, slice) => {
  if (name === 'sessionsByWay') return start === MONTH && slice === 'http-edge' ? 1 : 0
  if (name === 'failures') return start === MONTH && slice === 'http-edge' ? 4 : 0
  if (start !== MONTH) return 0
  return name === 'sessions' ? 1 : name === 'hours' ? 12 : name === 'gigabytes' ? 4 : 0
}

describe('a differencing attack over all that is published', () => {
  test('finds a person at once where nothing but rounding and thresholds protects them, so it is an attack', () => {
    expect([advantage(session, false), advantage((...of) => client(...of) * 12, false)]).toEqual([1, 1])
  })

  test('does not find one opted-in person beyond what the budget of a month allows', () => {
    expect(advantage(client, true)).toBeLessThan(advantageMax(plannedRho('client-month')) + SLACK)
  })

  test('does not find the largest session of a day beyond what the budget of a day allows', () => {
    expect(advantage(session, true)).toBeLessThan(advantageMax(plannedRho('session-day')) + SLACK)
  })

  test('does find a crowd, so what is published is of use', () => {
    expect(advantage((...of) => 60 * session(...of), true)).toBeGreaterThan(0.9)
  })
})
