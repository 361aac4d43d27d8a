// Reading what is published: the one door for pages, files, feeds and reports. It hands out what holds today, or, asked so, all that was ever said.
import { type Selectable, sql } from 'kysely'
import {
  type Cell,
  type Cost,
  type Decision,
  type Indicator,
  type IndicatorName,
  type LedgerEntry,
  type Metric,
  type Out,
  type PublishedDb,
  type PublishedTables,
  type Quality,
  type QualityName,
  type ShutdownEvent,
  WORLD,
} from './published.ts'
import { type PublishedRow, ROW_TABLES } from './row-tables.ts'
import { addDays, type Span } from './spans.ts'

export interface CellQuery {
  readonly metric: Metric
  readonly span: Span
  /** Spans that begin on this day or later … */
  readonly from: string
  /** … and before this one. */
  readonly until: string
  /** One country, or WORLD. None: every one, WORLD too. */
  readonly country?: string
  /** None: every slice. */
  readonly slice?: string
  /** Also what was said before and no longer holds. */
  readonly withEarlier?: boolean
}

export class Publication {
  readonly #db: PublishedDb

  constructor(db: PublishedDb) {
    this.#db = db
  }

  /** By start, country and slice. */
  async cells({ metric, span, from, until, country, slice, withEarlier = false }: CellQuery): Promise<readonly Cell[]> {
    let query = this.#db
      .selectFrom('published_cells')
      .selectAll()
      .where('metric', '=', metric)
      .where('span', '=', span)
      .where('start', '>=', from)
      .where('start', '<', until)
    if (country !== undefined) query = query.where('country', '=', country)
    if (slice !== undefined) query = query.where('slice', '=', slice)
    const rows = await query.orderBy('start').orderBy('country').orderBy('slice').orderBy('revision').execute()
    const cells = rows.map(cellOf)
    return withEarlier ? cells : latest(cells, ({ start, country: of, slice: part }) => `${start} ${of} ${part}`)
  }

  /** The countries that some cell of this metric names, WORLD not among them. */
  async countries(metric: Metric, span: Span): Promise<readonly string[]> {
    const rows = await this.#db
      .selectFrom('published_cells')
      .select('country')
      .distinct()
      .where('metric', '=', metric)
      .where('span', '=', span)
      .orderBy('country')
      .execute()
    return rows.map(({ country }) => country).filter((country) => country !== WORLD)
  }

  /** The first and the last start for which there are cells of this metric; undefined where there is none. */
  async extent(metric: Metric, span: Span): Promise<{ readonly first: string; readonly last: string } | undefined> {
    const row = await this.#db
      .selectFrom('published_cells')
      .select(({ fn }) => [fn.min('start').as('first'), fn.max('start').as('last')])
      .where('metric', '=', metric)
      .where('span', '=', span)
      .executeTakeFirst()
    // Of no rows, both are null.
    return row?.first ? { first: row.first, last: row.last } : undefined
  }

  /** By start, the newest first; withdrawn ones too. */
  async events(withEarlier = false): Promise<readonly Out<ShutdownEvent>[]> {
    const rows = await this.#db
      .selectFrom('published_events')
      .selectAll()
      .orderBy('started_at', 'desc')
      .orderBy('id')
      .orderBy('revision')
      .execute()
    return records<ShutdownEvent>(rows, withEarlier)
  }

  async costs(withEarlier = false): Promise<readonly Out<Cost>[]> {
    const rows = await this.#db.selectFrom('published_costs').selectAll().orderBy('started').orderBy('id').orderBy('revision').execute()
    return records<Cost>(rows, withEarlier)
  }

  async decisions(withEarlier = false): Promise<readonly Out<Decision>[]> {
    const rows = await this.#db
      .selectFrom('published_decisions')
      .selectAll()
      .orderBy('signed_at', 'desc')
      .orderBy('id')
      .orderBy('revision')
      .execute()
    return records<Decision>(rows, withEarlier)
  }

  /** The newest first. */
  async ledger(): Promise<readonly LedgerEntry[]> {
    const rows = await this.#db.selectFrom('published_ledger').select('body').orderBy('at', 'desc').orderBy('id').execute()
    return rows.map(({ body }) => JSON.parse(body) as LedgerEntry)
  }

  /** The last measurement of each; of those that had come out by then. */
  async indicators(until?: string): Promise<readonly Out<Indicator>[]> {
    let query = this.#db.selectFrom('published_indicators').selectAll()
    if (until !== undefined) query = query.where('released_at', '<=', until)
    const rows = await query.orderBy('country').orderBy('name').orderBy('measured_at').execute()
    const all = rows.map(
      ({ name, measured_at, released_at, synthetic, ...row }): Out<Indicator> => ({
        ...row,
        name: name as IndicatorName,
        measuredAt: measured_at,
        releasedAt: released_at,
        isSynthetic: synthetic === 1,
      }),
    )
    return latest(all, ({ country: of, name }) => `${of} ${name}`)
  }

  async quality(from: string, until: string): Promise<readonly Out<Quality>[]> {
    const rows = await this.#db
      .selectFrom('published_quality')
      .selectAll()
      .where('day', '>=', from)
      .where('day', '<', until)
      .orderBy('day')
      .orderBy('name')
      .execute()
    return rows.map(({ day, name, value, released_at, synthetic }) => ({
      day,
      name: name as QualityName,
      value,
      releasedAt: released_at,
      isSynthetic: synthetic === 1,
    }))
  }

  /** Every row that came out on this day, whatever it is of. */
  async cameOut(day: string): Promise<readonly PublishedRow[]> {
    const rows: PublishedRow[] = []
    for (const [kind, { table, at, columns }] of Object.entries(ROW_TABLES)) {
      const [wanted, when] = [sql.join(Object.keys(columns).map((name) => sql.ref(name))), sql.ref(at)]
      const asked = sql<
        PublishedRow['values']
      >`select ${wanted} from ${sql.table(table)} where ${when} >= ${day} and ${when} < ${addDays(day, 1)}`
      const found = await asked.execute(this.#db)
      rows.push(...found.rows.map((values) => ({ kind: kind as PublishedRow['kind'], at: String(values[at]), values })))
    }
    return rows
  }

  /** When the first row and the last one came out; empty where there is none. */
  async cameOutBetween(): Promise<readonly [first: string, last: string]> {
    const ends: string[] = []
    for (const { table, at } of Object.values(ROW_TABLES)) {
      const when = sql.ref(at)
      const asked = sql<Record<'first' | 'last', unknown>>`select min(${when}) as first, max(${when}) as last from ${sql.table(table)}`
      for (const { first, last } of (await asked.execute(this.#db)).rows)
        if (typeof first === 'string' && typeof last === 'string') ends.push(first, last)
    }
    ends.sort()
    return [ends[0] ?? '', ends.at(-1) ?? '']
  }

  /** Changes whenever anything was published: what an answer's ETag is made of. */
  async version(): Promise<string> {
    // Of the last second, how many: others may have come out in the same one.
    const last = await this.#db
      .selectFrom('published_cells')
      .select(['released_at', ({ fn }) => fn.countAll<number>().as('count')])
      .groupBy('released_at')
      .orderBy('released_at', 'desc')
      .limit(1)
      .executeTakeFirst()
    const counts: (string | number)[] = [last?.released_at ?? '', last?.count ?? 0]
    for (const table of [
      'published_events',
      'published_costs',
      'published_decisions',
      'published_ledger',
      'published_indicators',
      'published_quality',
    ] as const) {
      const row = await this.#db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      counts.push(row.count)
    }
    return counts.join('.')
  }
}

function cellOf(row: Selectable<PublishedTables['published_cells']>): Cell {
  const { metric, country, slice, span, start, revision, released_at: releasedAt, suppressed, low, estimate, high } = row
  const common = {
    metric: metric as Metric,
    country,
    slice,
    span: span as Span,
    start,
    revision,
    releasedAt,
    isSynthetic: row.synthetic === 1,
  }
  return suppressed === 1 ? { ...common, isSuppressed: true } : { ...common, isSuppressed: false, low, estimate, high }
}

/** Bodies were checked when they were signed; JSON has no undefined, so what goes on has no end in it. */
function records<T extends { readonly id: string }>(
  rows: readonly { readonly body: string; readonly released_at: string }[],
  withEarlier: boolean,
): readonly Out<T>[] {
  const all = rows.map(({ body, released_at }) => ({ ...(JSON.parse(body) as T), releasedAt: released_at }))
  return withEarlier ? all : latest(all, ({ id }) => id)
}

/** The last of each name, in the order in which the names came first. */
function latest<T>(all: readonly T[], nameOf: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [nameOf(one), one])).values()]
}
