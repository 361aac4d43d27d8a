// One release: the noisy counts of a span, what they cost, and what is said of them. Pure; releases.ts keeps what comes out.
//
// 1. noise, once, for every place of every family of the span            draw
// 2. what each family costs its units                                    charge
// 3. figures, people from two counts, gates, suppression                 say
import { CONNECT_BUCKETS, type LedgerEntry, type Metric, VERDICTS, WAYS, WORLD } from '../published.ts'
import { daysOf, endOf, type Span, startOf } from '../spans.ts'
import { rhoOf } from './accounts.ts'
import { countsToFigures, derivePeople, type Figures, type Noisy, publish, type Said, Z95 } from './cells.ts'
import type { DrawBelow } from './discrete-gaussian.ts'
import { addNoise, type Counts } from './noise.ts'
import { FAMILIES, type Family, type FamilyName } from './parameters.ts'

export interface Order {
  readonly span: Span
  readonly start: string
  readonly revision: number
  readonly at: string
  readonly isSynthetic: boolean
  /** All that are ever counted by themselves, UNKNOWN_COUNTRY among them: a public list. */
  readonly countries: readonly string[]
  readonly languages: readonly string[]
}

/** Noisy sums of the month's days by country: what a month of people is derived from besides its own count. */
export interface MonthDays {
  readonly flags: ReadonlyMap<string, number>
  readonly sessions: ReadonlyMap<string, number>
}

/** Families of a span, those that others are gated by first. */
export function familiesOf(span: Span): readonly FamilyName[] {
  return (Object.keys(FAMILIES) as FamilyName[]).filter((name) => FAMILIES[name].span === span)
}

/** 1 */
export function draw(order: Order, counts: Partial<Readonly<Record<FamilyName, Counts>>>, random: DrawBelow): readonly Noisy[] {
  return familiesOf(order.span).flatMap((name) => {
    const countries = name === 'language' ? [WORLD] : order.countries
    return addNoise(name, order.start, { countries, slices: slicesOf(name, order.languages) }, counts[name] ?? new Map(), random)
  })
}

/** 2: a family is charged once to each unit that it touches, whatever number of its cells the unit is in. */
export function charge({ span, start, revision, at, isSynthetic }: Order): readonly LedgerEntry[] {
  return familiesOf(span).flatMap((name) => {
    const { unit, sensitivitySquared, sigma } = FAMILIES[name]
    const sensitivity = Math.sqrt(sensitivitySquared)
    return unitStarts(FAMILIES[name], start).map((unitStart) => ({
      id: `${name} ${unitStart} ${revision}`,
      at,
      unit,
      start: unitStart,
      family: name,
      revision,
      sigma,
      sensitivity,
      rho: rhoOf(sensitivity, sigma),
      isSynthetic,
    }))
  })
}

/** 3: of whom `isDue`. `wasSuppressed`: that nothing was said of one of the others, whose turn was before or is yet to come. */
export function say(
  { span, start }: Pick<Order, 'span' | 'start'>,
  noisy: readonly Noisy[],
  month: MonthDays | undefined,
  isDue: (country: string) => boolean,
  wasSuppressed: (metric: Metric, country: string, slice: string) => boolean,
): readonly Said[] {
  const byFamily = Map.groupBy(noisy, ({ family }) => family)
  const figures = (name: FamilyName): readonly Figures[] => countsToFigures(FAMILIES[name], byFamily.get(name) ?? [])
  const said: Said[] = []
  for (const name of familiesOf(span)) {
    const { metric, threshold, gate } = FAMILIES[name]
    const open = new Set(said.filter((one) => one.metric === gate && !one.isSuppressed).map(({ country }) => country))
    const all = metric === 'people' ? peopleOf(figures, span, start, month) : figures(name)
    const isHidden = (country: string, slice: string): boolean =>
      isDue(country) ? gate !== undefined && !open.has(country) : wasSuppressed(metric, country, slice)
    const least = gate === undefined || metric === 'people' ? threshold : Number.NEGATIVE_INFINITY
    said.push(...publish(all, { metric, span, start, threshold: least, isHidden, isDue }))
  }
  return said
}

export function slicesOf(name: FamilyName, languages: readonly string[]): readonly string[] {
  switch (name) {
    case 'sessionsByWay':
    case 'failures':
    case 'worked':
      return WAYS
    case 'verdict':
      return VERDICTS
    case 'connect':
      return CONNECT_BUCKETS
    case 'language':
      return languages
    default:
      return ['all']
  }
}

function unitStarts({ unit, span }: Family, start: string): readonly string[] {
  const days = daysOf(start, endOf(span, start))
  return unit === 'session-day' ? days : [...new Set(days.map((day) => startOf('month', day)))]
}

function peopleOf(
  figures: (name: FamilyName) => readonly Figures[],
  span: Span,
  start: string,
  month: MonthDays | undefined,
): readonly Figures[] {
  if (span === 'day') return people(figures('peopleDay'), figures('sessions'), start)
  const flags = figures('peopleMonth')
  return people(meanDay(flags, month, start), monthSessions(monthFlags(flags, month, start), month), start)
}

function people(flags: readonly Figures[], sessions: readonly Figures[], start: string): readonly Figures[] {
  const byCountry = new Map(sessions.map((one) => [one.country, one]))
  return flags.flatMap((one) => {
    const bound = byCountry.get(one.country)
    return bound === undefined ? [] : [derivePeople(one, bound, start)]
  })
}

/** The low end of a month: whoever was seen on its mean day was there in the month. Who says each day that it is their first of the month adds to it what
 *  they add to a day, and no more. The threshold stays that of the month's own count. */
function meanDay(flags: readonly Figures[], month: MonthDays | undefined, start: string): readonly Figures[] {
  const days = daysOf(start, endOf('month', start)).length
  const spread = (Z95 * FAMILIES.peopleDay.sigma) / Math.sqrt(days)
  return flags.map((one) => {
    const mean = Math.max(0, ofDays(month?.flags, one.country)) / days
    const cells = one.country === WORLD ? Math.max(1, month?.flags.size ?? 1) : 1
    return { ...one, low: mean - spread * Math.sqrt(cells), estimate: mean, high: mean + spread * Math.sqrt(cells) }
  })
}

/** What liars can say of a month is bounded by what they can say of its days: no more people than four times those of its mean day. */
const MONTH_OVER_DAY_MAX = 4

function monthFlags(flags: readonly Figures[], month: MonthDays | undefined, start: string): readonly Figures[] {
  const days = daysOf(start, endOf('month', start)).length
  return flags.map((one) => {
    const most = (MONTH_OVER_DAY_MAX * Math.max(0, ofDays(month?.flags, one.country))) / days
    const over = Math.max(0, one.count - most)
    return { ...one, count: one.count - over, low: one.low - over, estimate: one.estimate - over, high: one.high - over }
  })
}

/** The high end: one person for each session. If those who did not opt in come back as often as those who did, there are as many sessions for each person of
 *  the month as there are, over the month's days, for each who opted in. */
function monthSessions(flags: readonly Figures[], month: MonthDays | undefined): readonly Figures[] {
  return flags.map((one) => {
    const ratio = Math.max(1, ofDays(month?.sessions, one.country)) / Math.max(1, ofDays(month?.flags, one.country))
    return { ...one, low: one.low * ratio, estimate: one.estimate * ratio, high: one.high * ratio }
  })
}

function ofDays(sums: ReadonlyMap<string, number> | undefined, country: string): number {
  if (country !== WORLD) return sums?.get(country) ?? 0
  return [...(sums?.values() ?? [])].reduce((sum, one) => sum + one, 0)
}
