// Taking in what relays send: checked, added to the counts and marked as taken in one transaction, and only then acknowledged. What was acknowledged is on
// the disk; what was not may come again, to this collector or another, and counts once.
import { createHash, type KeyObject } from 'node:crypto'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { batches } from '../../store/store.ts'
import type { FamilyName } from '../privacy/parameters.ts'
import { CLIENT_CLAMP } from '../privacy/parameters.ts'
import { UNKNOWN_COUNTRY, WORLD } from '../published.ts'
import { addDays, dayOf, startOf } from '../spans.ts'
import type { ObservatoryTables } from '../tables.ts'
import { type Envelope, openEnvelope } from './envelope.ts'
import { COUNTRY, Parsed, parseJson, Refused } from './fields.ts'
import { type CollectLimits, SUM_MAX } from './limits.ts'
import { parseRelayDay, placeIn } from './relay-day.ts'
import { openReport, type Report } from './report.ts'

export interface IntakeOptions {
  readonly db: Kysely<ObservatoryTables>
  readonly reportKey: KeyObject
  /** Those that are counted by themselves. */
  readonly countries: ReadonlySet<string>
  readonly languages: ReadonlySet<string>
  readonly nowMs: () => number
  readonly limits: CollectLimits
}

/** `kept`: it counts now. `known`: it counted before. Both mean that it is on the disk. */
export type Taken = 'kept' | 'known'

/** What a relay counts of a place. */
const COUNTED = ['sessions', 'seconds', 'bytes', 'failures'] as const

export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Throws Refused. */
  async takeDay(text: string): Promise<Taken> {
    const { relay, body } = await this.#admit('relay-day', text)
    const { db, countries, limits } = this.#options
    const { day, mark, geoipAgeDays, places } = parseRelayDay(body, limits)
    this.#refuseOtherTimes(day)
    return await db.transaction().execute(async (transaction) => {
      if (!(await take(transaction, markOf(relay, mark), day))) return 'known'
      await transaction
        .insertInto('raw_relay_states')
        .values({ relay, day, geoip_age_days: geoipAgeDays })
        .onConflict((conflict) => conflict.columns(['day', 'relay']).doUpdateSet({ geoip_age_days: geoipAgeDays }))
        .execute()
      const rows = new Map<string, ObservatoryTables['raw_relay_days']>()
      for (const { country, ...place } of places) {
        const key = `${placeIn(countries, country)} ${place.way}`
        const row = rows.get(key) ?? {
          relay,
          day,
          country: placeIn(countries, country),
          way: place.way,
          sessions: 0,
          seconds: 0,
          bytes: 0,
          failures: 0,
        }
        for (const name of COUNTED) row[name] += place[name]
        rows.set(key, row)
      }
      await addRelayDays(transaction, [...rows.values()])
      return 'kept'
    })
  }

  /** Throws Refused. */
  async takeReport(text: string): Promise<Taken> {
    const { relay, body } = await this.#admit('report', text)
    const { db, reportKey, countries, languages } = this.#options
    const fields = new Parsed(parseJson(body), ['country', 'sealed'])
    const seen = fields.text('country', COUNTRY)
    const report = openReport(Buffer.from(fields.text('sealed', /^[A-Za-z0-9_-]+$/), 'base64url'), reportKey)
    this.#refuseOtherTimes(report.day)
    // Where the relay can't tell, since a front or an edge is between, the person's own word holds.
    const country = placeIn(countries, seen === UNKNOWN_COUNTRY ? report.country : seen)
    return await db.transaction().execute(async (transaction) => {
      if (!(await take(transaction, markOf('report', report.mark), report.day))) return 'known'
      await addReports(
        transaction,
        countsOf(report, country, languages).map((row) => ({ ...row, relay, count: 1 })),
      )
      return 'kept'
    })
  }

  async #admit(kind: 'relay-day' | 'report', text: string): Promise<Envelope> {
    const envelope = openEnvelope(kind, text)
    const { db, nowMs } = this.#options
    const today = dayOf(nowMs())
    const known = await db
      .selectFrom('roll_relays')
      .select('relay')
      .where('relay', '=', envelope.relay)
      .where('since', '<=', today)
      .where(({ or, eb }) => or([eb('until', '=', ''), eb('until', '>', today)]))
      .executeTakeFirst()
    if (known === undefined) throw new Refused('the relay is not on the roll')
    return envelope
  }

  #refuseOtherTimes(day: string): void {
    const { nowMs, limits } = this.#options
    const today = dayOf(nowMs())
    if (day < addDays(today, -limits.dayAgeMax)) throw new Refused('day is too long ago')
    if (day > addDays(today, limits.dayAheadMax)) throw new Refused('day is yet to come')
  }
}

type ReportCount = Omit<ObservatoryTables['raw_reports'], 'relay' | 'count'>

/** The cells that a report adds one to: as many as privacy/parameters.ts allows for, and no more. */
function countsOf({ day, isFirstOfMonth, coarse }: Report, country: string, languages: ReadonlySet<string>): readonly ReportCount[] {
  const one = (family: FamilyName, span: 'day' | 'week' | 'month', of: string, slice: string): ReportCount => ({
    family,
    start: startOf(span, day),
    country: of,
    slice,
  })
  const counts = [one('peopleDay', 'day', country, 'all')]
  if (isFirstOfMonth) counts.push(one('peopleMonth', 'month', country, 'all'))
  if (coarse === undefined) return counts
  const { worked, verdicts, connect, language } = coarse
  return [
    ...counts,
    one('reports', 'week', country, 'all'),
    ...worked.slice(0, CLIENT_CLAMP.waysMax).map((way) => one('worked', 'week', country, way)),
    ...verdicts.slice(0, CLIENT_CLAMP.verdictsMax).map((verdict) => one('verdict', 'week', country, verdict)),
    one('connect', 'week', country, connect),
    ...(languages.has(language) ? [one('language', 'month', WORLD, language)] : []),
  ]
}

/** Adds to what the same relay told of the same places before, as far as a place of one relay and day may hold: all that is ever added up stays exact. */
export async function addRelayDays(
  db: Transaction<ObservatoryTables>,
  rows: readonly ObservatoryTables['raw_relay_days'][],
): Promise<void> {
  for (const batch of batches(rows)) {
    await db
      .insertInto('raw_relay_days')
      .values(batch.map((row) => ({ ...row, ...Object.fromEntries(COUNTED.map((name) => [name, Math.min(row[name], SUM_MAX)])) })))
      .onConflict((conflict) =>
        conflict
          .columns(['day', 'relay', 'country', 'way'])
          .doUpdateSet(Object.fromEntries(COUNTED.map((name) => [name, boundedSum(name)] as const))),
      )
      .execute()
  }
}

function boundedSum(name: (typeof COUNTED)[number]): RawBuilder<number> {
  const [before, more] = [sql.ref(`raw_relay_days.${name}`), sql.ref(`excluded.${name}`)]
  return sql<number>`case when ${before} + ${more} > ${sql.lit(SUM_MAX)} then ${sql.lit(SUM_MAX)} else ${before} + ${more} end`
}

async function addReports(db: Transaction<ObservatoryTables>, rows: readonly ObservatoryTables['raw_reports'][]): Promise<void> {
  await db
    .insertInto('raw_reports')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['start', 'family', 'relay', 'country', 'slice']).doUpdateSet({ count: sql`raw_reports.count + excluded.count` }),
    )
    .execute()
}

/** False: it was taken before. Another collector that is taking it now is waited for. */
async function take(db: Transaction<ObservatoryTables>, mark: string, day: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('raw_taken')
    .values({ mark, day })
    .onConflict((conflict) => conflict.column('mark').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

function markOf(of: string, mark: string): string {
  return createHash('sha256').update(`${of} ${mark}`).digest('base64url').slice(0, 32)
}
