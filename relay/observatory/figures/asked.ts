// What a page or file was asked for, once every parameter was checked; and the parts that all figures share.
import type { Almanac, Told } from '../almanac.ts'
import type { Day, Line, Point, Range, Shade } from '../charts/figure.ts'
import { daysFrom } from '../days.ts'
import { type Metric, type ShutdownEvent, WORLD } from '../published.ts'
import { addDays, daysBetween } from '../spans.ts'
import type { Voice } from '../words/voice.ts'

export const MEASURES = ['people', 'hours', 'gigabytes', 'sessions'] as const
export type Measure = (typeof MEASURES)[number]

export interface Asked {
  /** A country's code, or WORLD. */
  readonly country: string
  /** Both included. */
  readonly from: Day
  readonly to: Day
  readonly event: ShutdownEvent | undefined
  /** Of a comparison. */
  readonly other: string
  readonly measure: Measure
  /** Until when what goes on is counted: the moment of the last release. Figures read no clock. */
  readonly asOf: string
}

/** So much of a network that is new: a day or two alone would fill a chart. */
const DAYS_LEAST = 14

/** Where a stretch of so many days that ends there begins: no earlier than what is published, since a young network would be a strip at the edge of nothing. */
export function usualFrom(almanac: Almanac, daysShown: number, to: Day): Day {
  const [earliest, latest] = [addDays(to, 1 - daysShown), addDays(to, 1 - Math.min(DAYS_LEAST, daysShown))]
  const first = almanac.extent('people', 'day')?.first ?? earliest
  return first < earliest ? earliest : first > latest ? latest : first
}

/** The last days that are published, and their beginning where nobody asked otherwise; up to `today` where nothing is. */
export function defaultAsked(almanac: Almanac, daysShown: number, today: Day): Asked {
  const to = almanac.extent('people', 'day')?.last ?? (almanac.asOf.slice(0, 10) || today)
  const [first = WORLD, second = WORLD] = almanac.countries
  return {
    country: WORLD,
    from: usualFrom(almanac, daysShown, to),
    to,
    event: undefined,
    other: first === WORLD ? second : first,
    measure: 'people',
    asOf: almanac.asOf,
  }
}

export function days(asked: { readonly from: Day; readonly to: Day }): readonly Day[] {
  return daysFrom(asked.from, asked.to)
}

export function rangeOf(told: Told): Range | undefined {
  return told === 'withheld' ? undefined : told
}

export function stateOf(told: Told): 'published' | 'withheld' | 'none' {
  return told === undefined ? 'none' : told === 'withheld' ? 'withheld' : 'published'
}

export function dailyLine(almanac: Almanac, metric: Metric, country: string, asked: { from: Day; to: Day }, label: string): Line {
  return { label, points: days(asked).map((day): Point => ({ day, range: rangeOf(almanac.told(metric, 'day', country, 'all', day)) })) }
}

export function sumOf(ranges: readonly (Range | undefined)[]): Range | undefined {
  const known = ranges.filter((range) => range !== undefined)
  if (known.length === 0) return undefined
  const sum = (pick: keyof Range): number => known.reduce((total, range) => total + range[pick], 0)
  return { low: sum('low'), estimate: sum('estimate'), high: sum('high') }
}

export function meanOf(ranges: readonly (Range | undefined)[]): Range | undefined {
  const count = ranges.filter((range) => range !== undefined).length
  const sum = sumOf(ranges)
  return sum && { low: sum.low / count, estimate: sum.estimate / count, high: sum.high / count }
}

/** The least and the most that a share of two uncertain counts can be; at most the whole. undefined where the whole may be nothing. */
export function shareOf(part: Range | undefined, whole: Range | undefined): Range | undefined {
  if (part === undefined || whole === undefined || whole.estimate <= 0) return undefined
  const bounded = (share: number): number => Math.min(1, Math.max(0, share))
  return {
    low: bounded(part.low / whole.high),
    estimate: bounded(part.estimate / whole.estimate),
    high: whole.low <= 0 ? 1 : bounded(part.high / whole.low),
  }
}

/** A share in a sentence: how much, and from where to where it may be. */
export function shareWords(share: Range | undefined, voice: Voice): string {
  if (share === undefined || share.low === share.high) return voice.write('share', share?.estimate)
  const parts = [voice.write('share', share.estimate), `(${voice.range('share', share)})`]
  // From right to left, figures beside each other would be read as one run, in the other direction.
  return parts.map((part) => (voice.direction === 'rtl' ? `\u2068${part}\u2069` : part)).join(' ')
}

const SHADES_MAX = 24

/** The shutdowns of a country, or of all, that touch these days. */
export function shadesOf(almanac: Almanac, country: string, asked: Asked, voice: Voice): readonly Shade[] {
  return standing(almanac)
    .filter((event) => country === WORLD || event.country === country)
    .map((event) => ({ from: event.startedAt.slice(0, 10), to: lastDayOf(event, asked.asOf), label: eventName(event, voice) }))
    .filter(({ from, to }) => from <= asked.to && to >= asked.from)
    .slice(0, SHADES_MAX)
}

/** The shutdowns that nobody took back. */
export function standing(almanac: Almanac): readonly ShutdownEvent[] {
  return almanac.records.events.filter(({ isWithdrawn }) => !isWithdrawn)
}

function lastDayOf(event: ShutdownEvent, asOf: string): Day {
  return (event.endedAt ?? (asOf === '' ? event.startedAt : asOf)).slice(0, 10)
}

export function eventName(event: ShutdownEvent, voice: Voice): string {
  return voice.say('eventTitle', {
    kind: voice.say(event.kind),
    country: voice.country(event.country),
    day: voice.day(event.startedAt.slice(0, 10)),
  })
}

export function placeName(country: string, voice: Voice): string {
  return country === WORLD ? voice.say('world') : voice.country(country)
}

/** The last month of which all days are published. */
export function lastMonth(almanac: Almanac): string | undefined {
  return almanac.extent('people', 'month')?.last.slice(0, 7)
}

/** The starts of the last weeks up to a day, the oldest first. */
export function weeksTo(almanac: Almanac, metric: Metric, to: Day, count: number): readonly Day[] {
  const extent = almanac.extent(metric, 'week')
  if (extent === undefined) return []
  const first = extent.first
  const last = extent.last < to ? extent.last : addDays(first, 7 * Math.floor(daysBetween(first, to) / 7))
  const weeks = Array.from({ length: count }, (_, n) => addDays(last, -7 * (count - 1 - n)))
  return weeks.filter((week) => week >= first)
}

/** The query of a figure, in one order, so that one figure has one address. */
export function queryOf(parts: Readonly<Record<string, string>>): string {
  return new URLSearchParams(Object.entries(parts)).toString()
}
