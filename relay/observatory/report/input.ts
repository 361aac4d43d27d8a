// What a monthly report is made from: published rows, as they were at one moment. Whoever has these makes the same report, byte for byte.
import { Almanac, AlmanacBuilder, type Extent, monthOf, TOLD } from '../almanac.ts'
import type { Publication } from '../publication.ts'
import {
  type Cell,
  type Cost,
  type Decision,
  type Indicator,
  type LedgerEntry,
  type Metric,
  type Out,
  type Quality,
  type ShutdownEvent,
  WORLD,
} from '../published.ts'
import { addDays, endOf, type Span } from '../spans.ts'

export interface ReportInput {
  readonly version: 1
  /** YYYY-MM. */
  readonly month: string
  /** ISO 8601: nothing that was published later is in it, so that later corrections don't change it. */
  readonly asOf: string
  readonly cells: readonly Cell[]
  readonly events: readonly ShutdownEvent[]
  readonly costs: readonly Cost[]
  readonly decisions: readonly Decision[]
  readonly ledger: readonly LedgerEntry[]
  readonly indicators: readonly Indicator[]
  readonly quality: readonly Quality[]
}

/** How many days before the month are read with it: an event's fortnight before, and four weeks of reports. */
const BEFORE_DAYS = 35

/** By what the report shows: the world day by day, countries by month and week, hours by country for the comparison around shutdowns. */
const READ: readonly { readonly metric: Metric; readonly span: Span; readonly country?: string }[] = [
  { metric: 'people', span: 'month' },
  { metric: 'people', span: 'day', country: WORLD },
  { metric: 'hours', span: 'day' },
  { metric: 'gigabytes', span: 'day', country: WORLD },
  { metric: 'reports', span: 'week' },
  { metric: 'worked', span: 'week' },
  { metric: 'verdict', span: 'week' },
  { metric: 'connect', span: 'week' },
  { metric: 'language', span: 'month' },
]

export async function gatherInput(publication: Publication, month: string, asOf: string): Promise<ReportInput> {
  const first = `${month}-01`
  const until = endOf('month', first)
  const cells: Cell[] = []
  for (const { metric, span, country } of READ) {
    const from = span === 'month' ? first : addDays(first, -BEFORE_DAYS)
    const found = await publication.cells({ metric, span, from, until, ...(country !== undefined && { country }), withEarlier: true })
    cells.push(
      ...lastOf(
        found.filter(({ releasedAt }) => releasedAt <= asOf),
        cellName,
      ),
    )
  }
  const signed = <T extends { readonly id: string }>(all: readonly Out<T>[]): readonly T[] => lastOf(outBy(asOf, all), ({ id }) => id)
  const [events, costs, decisions, ledger, indicators, quality] = await Promise.all([
    publication.events(true),
    publication.costs(true),
    publication.decisions(true),
    publication.ledger(),
    publication.indicators(asOf),
    publication.quality(first, until),
  ])
  // What is said of a day's quality comes out with the day.
  const days = new Set(cells.filter(({ span }) => span === 'day').map(({ start }) => start))
  return {
    version: 1,
    month,
    asOf,
    cells,
    events: signed(events).filter(({ startedAt, endedAt }) => startedAt.slice(0, 10) < until && (endedAt ?? asOf).slice(0, 10) >= first),
    costs: signed(costs).filter((cost) => cost.from < until && cost.until >= first),
    decisions: signed(decisions).filter(({ signedAt }) => monthOf(signedAt) <= month),
    ledger: ledger.filter(({ at, start }) => at <= asOf && monthOf(start) === month),
    indicators: outBy(asOf, indicators),
    quality: outBy(asOf, quality).filter(({ day }) => days.has(day)),
  }
}

export function cellName({ metric, span, country, slice, start }: Cell): string {
  return [metric, span, country, slice, start].join(' ')
}

/** What had come out by then, as it was said: a row says no more of itself in a report. */
function outBy<T>(asOf: string, rows: readonly Out<T>[]): readonly T[] {
  return rows.filter(({ releasedAt }) => releasedAt <= asOf).map(({ releasedAt: _, ...said }) => said as T)
}

/** Of rows in the order of their revisions, the last of each name. */
function lastOf<T>(rows: readonly T[], nameOf: (row: T) => string): readonly T[] {
  return [...new Map(rows.map((row) => [nameOf(row), row])).values()]
}

export function almanacFrom(input: ReportInput): Almanac {
  const builder = new AlmanacBuilder()
  for (const [metric, span] of TOLD) {
    const extent = extentOf(input.cells.filter((cell) => cell.metric === metric && cell.span === span))
    if (extent !== undefined) builder.expect(metric, span, extent)
  }
  builder.add(input.cells)
  builder.asOf = input.asOf
  const { events, costs, decisions, ledger, indicators, quality } = input
  return new Almanac(builder, { events, costs, decisions, ledger, indicators, quality, version: input.asOf })
}

function extentOf(cells: readonly Cell[]): Extent | undefined {
  const starts = cells.map(({ start }) => start).sort()
  const [first] = starts
  const last = starts.at(-1)
  return first === undefined || last === undefined ? undefined : { first, last }
}
