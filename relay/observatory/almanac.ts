// All that is published, held in memory so that a page is a function of it: compact series by metric, country and slice, and the signed records.
//
// Immutable once built. A site reads a whole new one when something was published, and swaps it in.
import type { Range } from './charts/figure.ts'
import { dayNumber } from './days.ts'
import type { Publication } from './publication.ts'
import {
  type Cell,
  type Cost,
  type Decision,
  type Indicator,
  type LedgerEntry,
  type Metric,
  type Quality,
  type ShutdownEvent,
  UNKNOWN_COUNTRY,
  WORLD,
} from './published.ts'
import { addDays, endOf, type Span } from './spans.ts'

/** What is said of a span: a range, that it is withheld, or nothing. */
export type Told = Range | 'withheld' | undefined

export interface Records {
  /** The newest first; withdrawn ones too. */
  readonly events: readonly ShutdownEvent[]
  readonly costs: readonly Cost[]
  readonly decisions: readonly Decision[]
  readonly ledger: readonly LedgerEntry[]
  readonly indicators: readonly Indicator[]
  readonly quality: readonly Quality[]
  /** Changes when anything was published. */
  readonly version: string
}

/** Which metrics are told by which span. */
export const TOLD: readonly (readonly [Metric, Span])[] = [
  ['people', 'day'],
  ['people', 'month'],
  ['sessions', 'day'],
  ['sessions', 'week'],
  ['hours', 'day'],
  ['gigabytes', 'day'],
  ['failures', 'week'],
  ['reports', 'week'],
  ['worked', 'week'],
  ['verdict', 'week'],
  ['connect', 'week'],
  ['language', 'month'],
]

const WITHHELD = -1

/** One row of numbers over time: three for each span, NaN where nothing is said. */
class Series {
  readonly #origin: string
  readonly #span: Span
  readonly #numbers: Float64Array

  constructor(span: Span, origin: string, count: number) {
    this.#span = span
    this.#origin = origin
    this.#numbers = new Float64Array(3 * count).fill(Number.NaN)
  }

  set(cell: Cell): void {
    const at = 3 * indexOf(this.#span, this.#origin, cell.start)
    if (at >= 0 && at < this.#numbers.length)
      this.#numbers.set(cell.isSuppressed ? [WITHHELD, WITHHELD, WITHHELD] : [cell.low, cell.estimate, cell.high], at)
  }

  at(start: string): Told {
    const at = 3 * indexOf(this.#span, this.#origin, start)
    const [low, estimate, high] = this.#numbers.subarray(Math.max(0, at), Math.max(0, at) + 3)
    if (at < 0 || low === undefined || estimate === undefined || high === undefined || Number.isNaN(low)) return undefined
    return low === WITHHELD ? 'withheld' : { low, estimate, high }
  }
}

function indexOf(span: Span, origin: string, start: string): number {
  if (span === 'month')
    return (Number(start.slice(0, 4)) - Number(origin.slice(0, 4))) * 12 + Number(start.slice(5, 7)) - Number(origin.slice(5, 7))
  return Math.floor((dayNumber(start) - dayNumber(origin)) / (span === 'week' ? 7 : 1))
}

export interface Extent {
  readonly first: string
  readonly last: string
}

export class Almanac {
  readonly records: Records
  /** By code; without the world and the unknown. */
  readonly countries: readonly string[]
  /** Any of it was made up: then every page says so. */
  readonly isSynthetic: boolean
  /** When the last of it was published, ISO 8601; empty before the first. */
  readonly asOf: string
  readonly #series: ReadonlyMap<string, Series>
  readonly #extents: ReadonlyMap<string, Extent>

  constructor(builder: AlmanacBuilder, records: Records) {
    this.records = records
    this.#series = builder.series
    this.#extents = builder.extents
    this.countries = [...builder.countries].filter((code) => code !== WORLD && code !== UNKNOWN_COUNTRY).sort()
    this.isSynthetic =
      builder.isSynthetic || Object.values(records).some((rows) => Array.isArray(rows) && rows.some((row) => row.isSynthetic))
    this.asOf = builder.asOf
  }

  told(metric: Metric, span: Span, country: string, slice: string, start: string): Told {
    return this.#series.get(nameOf(metric, span, country, slice))?.at(start)
  }

  /** The first and last start of what is told; undefined where there is nothing. */
  extent(metric: Metric, span: Span): Extent | undefined {
    return this.#extents.get(`${metric} ${span}`)
  }

  hasCountry(code: string): boolean {
    return this.countries.includes(code)
  }
}

/** Takes cells in any order; of one cell the last revision must come last. */
export class AlmanacBuilder {
  readonly series: Map<string, Series> = new Map<string, Series>()
  readonly extents: Map<string, Extent> = new Map<string, Extent>()
  readonly countries: Set<string> = new Set<string>()
  isSynthetic = false
  asOf = ''

  expect(metric: Metric, span: Span, extent: Extent): void {
    this.extents.set(`${metric} ${span}`, extent)
  }

  add(cells: readonly Cell[]): void {
    for (const cell of cells) {
      const { metric, span, country, slice } = cell
      const name = nameOf(metric, span, country, slice)
      const extent = this.extents.get(`${metric} ${span}`)
      if (extent === undefined) continue
      let series = this.series.get(name)
      if (series === undefined) {
        series = new Series(span, extent.first, indexOf(span, extent.first, extent.last) + 1)
        this.series.set(name, series)
      }
      series.set(cell)
      this.countries.add(country)
      this.isSynthetic ||= cell.isSynthetic
      if (cell.releasedAt > this.asOf) this.asOf = cell.releasedAt
    }
  }
}

function nameOf(metric: Metric, span: Span, country: string, slice: string): string {
  return `${metric} ${span} ${country} ${slice}`
}

/** Days that one question to the store covers: few enough that pages are served between two. */
const PIECE_DAYS = 28

/** Reads all that is published. Others are served meanwhile. */
export async function readAlmanac(publication: Publication): Promise<Almanac> {
  const builder = new AlmanacBuilder()
  const version = await publication.version()
  for (const [metric, span] of TOLD) {
    const extent = await publication.extent(metric, span)
    if (extent === undefined) continue
    builder.expect(metric, span, extent)
    const end = endOf(span, extent.last)
    for (let from = extent.first; from < end; from = addDays(from, PIECE_DAYS)) {
      const until = addDays(from, PIECE_DAYS)
      builder.add(await publication.cells({ metric, span, from, until: until < end ? until : end }))
      await new Promise(setImmediate)
    }
  }
  const days = builder.extents.get('people day')
  const [events, costs, decisions, ledger, indicators, quality] = await Promise.all([
    publication.events(),
    publication.costs(),
    publication.decisions(),
    publication.ledger(),
    publication.indicators(),
    publication.quality(addDays(days?.last ?? '1970-01-01', -60), addDays(days?.last ?? '1970-01-01', 60)),
  ])
  return new Almanac(builder, { events, costs, decisions, ledger, indicators, quality, version })
}

/** Hours that an event lasted, up to a moment where it goes on. */
export function hoursOf(event: ShutdownEvent, until: string): number {
  const end = Date.parse(event.endedAt ?? (until.length === 10 ? `${until}T23:59:59Z` : until))
  return Math.max(1, Math.round((end - Date.parse(event.startedAt)) / 3_600_000))
}

export function monthOf(day: string): string {
  return day.slice(0, 7)
}
