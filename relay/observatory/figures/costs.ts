// What the network cost, and what of that falls on an hour, a gigabyte and a person.
import type { Almanac } from '../almanac.ts'
import type { Figure, Point, Range } from '../charts/figure.ts'
import { daysFrom } from '../days.ts'
import { type Cost, type Metric, WORLD } from '../published.ts'
import { addDays, daysBetween, endOf } from '../spans.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, queryOf, rangeOf, sumOf } from './asked.ts'
import { rangeCells, rangeColumns } from './served.ts'

const TREND_MONTHS = 12
const CURRENCY = 'USD'

export interface UnitCosts {
  readonly month: string
  /** US dollars that fall on the month. */
  readonly total: number
  /** Of the month's days, those of which an hour and a gigabyte are. */
  readonly days: { readonly told: number; readonly all: number }
  readonly hour: Range | undefined
  readonly gigabyte: Range | undefined
  readonly person: Range | undefined
}

/** undefined where no cost in dollars falls on the month. */
export function unitCosts(almanac: Almanac, month: string): UnitCosts | undefined {
  const total = costsOf(almanac, month)
    .filter(({ currency }) => currency === CURRENCY)
    .reduce((sum, cost) => sum + (cost.amountCents / 100) * shareOfMonth(cost, month), 0)
  if (total <= 0) return undefined
  const { hours, gigabytes, days } = serviceOf(almanac, month)
  const theirs = (total * days.told) / days.all
  return {
    month,
    total,
    days,
    hour: per(theirs, hours),
    gigabyte: per(theirs, gigabytes),
    person: per(total, rangeOf(almanac.told('people', 'month', WORLD, 'all', `${month}-01`))),
  }
}

/** How many costs of a year up to this month are in no figure, and in which currencies: no rate of exchange is published. Empty where there are none. */
export function otherCosts(almanac: Almanac, voice: Voice, month: string): string {
  const costs = new Set(trendMonths(month).flatMap((one) => costsOf(almanac, one)))
  const others = [...costs].filter(({ currency }) => currency !== CURRENCY)
  const list = voice.list([...new Set(others.map(({ currency }) => currency))].sort())
  return others.length === 0 ? '' : voice.say('costOther', { count: voice.write('count', others.length), list })
}

function costsOf(almanac: Almanac, month: string): readonly Cost[] {
  return almanac.records.costs.filter((cost) => !cost.isWithdrawn && shareOfMonth(cost, month) > 0)
}

/** Of a cost's days, those in the month. */
function shareOfMonth({ from, until }: Cost, month: string): number {
  const [first, end] = [`${month}-01`, endOf('month', `${month}-01`)]
  const after = addDays(until, 1)
  const overlap = daysBetween(from > first ? from : first, after < end ? after : end)
  return Math.max(0, overlap) / Math.max(1, daysBetween(from, after))
}

/** With fewer of a month's days, those that are missing could turn what is said of it. */
const DAYS_LEAST_PART = 0.5

interface Service {
  readonly hours: Range | undefined
  readonly gigabytes: Range | undefined
  readonly days: UnitCosts['days']
}

/** Of a month that is over, on the days that are told: their service is held against their share of the cost, which falls on all days alike. */
function serviceOf(almanac: Almanac, month: string): Service {
  const all = daysFrom(`${month}-01`, addDays(endOf('month', `${month}-01`), -1))
  const on = (metric: Metric, day: string): Range | undefined => rangeOf(almanac.told(metric, 'day', WORLD, 'all', day))
  const told = all.filter((day) => on('hours', day) !== undefined && on('gigabytes', day) !== undefined)
  const isOver = (almanac.extent('people', 'day')?.last ?? '') >= (all.at(-1) ?? '')
  const days = isOver && told.length >= all.length * DAYS_LEAST_PART ? told : []
  const sum = (metric: Metric): Range | undefined => sumOf(days.map((day) => on(metric, day)))
  return { hours: sum('hours'), gigabytes: sum('gigabytes'), days: { told: days.length, all: all.length } }
}

/** Where an hour is that of fewer days than the month has. Empty where it is of all, or there is none. */
export function fewerDays(costs: UnitCosts | undefined, voice: Voice): string {
  if (costs?.hour === undefined || costs.days.told === costs.days.all) return ''
  const { told, all } = costs.days
  return voice.say('costDays', { month: voice.month(costs.month), told: voice.write('count', told), all: voice.write('count', all) })
}

/** Many served make it cheap, so the ends change places. */
function per(total: number, units: Range | undefined): Range | undefined {
  if (units === undefined || units.low <= 0) return undefined
  return { low: total / units.high, estimate: total / units.estimate, high: total / units.low }
}

export function costMonthsFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const last = asked.to.slice(0, 7)
  const [months, others] = [trendMonths(last), otherCosts(almanac, voice, last)]
  const costs = months.map((month) => unitCosts(almanac, month))
  const points = months.map((month, index): Point => ({ day: `${month}-15`, range: costs[index]?.hour }))
  const latest = points.findLast(({ range }) => range !== undefined)
  const hour = latest?.range
  return {
    name: 'cost-months',
    query: queryOf({ to: asked.to }),
    title: voice.say('costMonthsTitle'),
    sentence:
      latest === undefined || hour === undefined
        ? others || voice.say('costNone')
        : voice.say('costMonthsSentence', {
            month: voice.month(latest.day.slice(0, 7)),
            low: voice.write('cost', hour.low),
            high: voice.write('cost', hour.high),
          }),
    note: [voice.say('bandNote'), ...costs.map((one) => fewerDays(one, voice)), others].filter((text) => text !== '').join(' '),
    columns: [
      { key: 'month', label: voice.say('month'), kind: 'text' },
      ...rangeColumns(voice, 'cost').slice(0, 3),
      { key: 'days', label: voice.say('costDaysTold'), kind: 'count' },
    ],
    rows: points.map(({ day, range }, index) => [day.slice(0, 7), ...rangeCells(range), range && costs[index]?.days.told]),
    drawing: {
      shape: 'line',
      from: `${months[0]}-01`,
      to: addDays(endOf('month', `${last}-01`), -1),
      kind: 'cost',
      lines: [{ label: voice.say('costMonthsTitle'), points }],
      shades: [],
    },
  }
}

/** Those of the trend, of which this is the last. */
function trendMonths(month: string): readonly string[] {
  return Array.from({ length: TREND_MONTHS }, (_, n) => monthsBefore(`${month}-01`, TREND_MONTHS - 1 - n))
}

function monthsBefore(first: string, count: number): string {
  const months = Number(first.slice(0, 4)) * 12 + Number(first.slice(5, 7)) - 1 - count
  return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`
}

/** The newest month, no later than this, on which costs fall and whose service is told. */
export function lastCosts(almanac: Almanac, month: string): UnitCosts | undefined {
  for (let back = 0; back < TREND_MONTHS; back++) {
    const costs = unitCosts(almanac, monthsBefore(`${month}-01`, back))
    if (costs?.hour !== undefined) return costs
  }
  return undefined
}
