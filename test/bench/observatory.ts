// How fast the observatory takes in and sums up: signed relay-days, by the real intake, into a real PostgreSQL of its own, and then what is due each day.

import { sql } from 'kysely'
import { runDaily } from '../../relay/observatory/collect/daily.ts'
import { Intake } from '../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../relay/observatory/collect/limits.ts'
import { COUNTRIES, LANGUAGES } from '../../relay/observatory/collect/places.ts'
import { createReportKey, importReportKey } from '../../relay/observatory/collect/report.ts'
import { totalsOf } from '../../relay/observatory/collect/totals.ts'
import { UNKNOWN_COUNTRY, WAYS } from '../../relay/observatory/published.ts'
import { addDays, dayOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore } from '../../relay/store/store.ts'
import { startPostgres } from '../observatory/postgres.ts'
import { newIdentity, place, signedDay } from '../observatory/relays.ts'
import { seeded } from '../relay/observatory/seeded.ts'

/** Raw counts live for a fortnight, so all of it lies in there. */
const DAYS = 12
const AT_ONCE = 8
/** Through the intake; from there on the rows are copied inside the database, under the names of further relays: sums don't know the difference. */
const INGESTED_MAX = 500_000

export interface ObservatoryFigures {
  /** That went through the intake, and that were summed up. */
  readonly ingestedRows: number
  readonly rows: number
  readonly ingestRowsPerS: number
  readonly dayTotalsMs: number
  readonly weekTotalsMs: number
  readonly dailyMs: number
}

/** What it must do, on two cores: ten million rows within an hour, and, of ten million, the sums of a day or a week of them within half a minute. */
export const OBSERVATORY_BOUNDS = { ingestRowsPerS: 2_800, dayTotalsMs: 30_000, weekTotalsMs: 30_000 } as const

export async function benchObservatory(rows: number, say: (line: string) => void): Promise<ObservatoryFigures> {
  const postgres = await startPostgres({ isDurable: true })
  const store = await openStore<ObservatoryTables>(postgres.newDatabase(), OBSERVATORY)
  try {
    const places = COUNTRIES.flatMap((country) => WAYS.map((way) => place(country, 40, way)))
    const relays = Array.from({ length: Math.max(1, Math.floor(Math.min(rows, INGESTED_MAX) / places.length / DAYS)) }, newIdentity)
    await store.db
      .insertInto('roll_relays')
      .values(relays.map(({ publicKey }) => ({ relay: publicKey, since: '2026-01-01', until: '' })))
      .execute()
    const nowMs = Date.now()
    const today = dayOf(nowMs)
    const reportKey = importReportKey(createReportKey().privatePem)
    const intake = new Intake({
      db: store.db,
      reportKey,
      countries: new Set(COUNTRIES),
      languages: new Set(LANGUAGES),
      nowMs: () => nowMs,
      limits: collectLimits,
    })
    const began = performance.now()
    const work = relays.flatMap((relay) => Array.from({ length: DAYS }, (_, index) => ({ relay, day: addDays(today, -index) })))
    let done = 0
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = work.pop(); next !== undefined; next = work.pop()) {
          await intake.takeDay(signedDay(next.relay, next.day, places))
          if (++done % 1_000 === 0)
            say(`${done * places.length} rows, ${Math.round((done * places.length) / ((performance.now() - began) / 1_000))} a second`)
        }
      }),
    )
    const ingestMs = performance.now() - began
    const ingestedRows = done * places.length
    const copies = Math.max(1, Math.ceil(rows / ingestedRows))
    for (let copy = 1; copy < copies; copy++) {
      await sql`insert into raw_relay_days select relay || ${`-${copy}`}, day, country, way, sessions, seconds, bytes, failures from raw_relay_days
        where length(relay) = 43`.execute(store.db)
    }
    await sql`analyze raw_relay_days`.execute(store.db)
    say(`${ingestedRows * copies} rows`)
    const timed = async (what: () => Promise<unknown>): Promise<number> => {
      const from = performance.now()
      await what()
      return Math.round(performance.now() - from)
    }
    const day = addDays(today, -3)
    const figures = {
      ingestedRows,
      rows: ingestedRows * copies,
      ingestRowsPerS: Math.round(ingestedRows / (ingestMs / 1_000)),
      dayTotalsMs: await timed(() => totalsOf(store.db, 'day', day)),
      weekTotalsMs: await timed(() => totalsOf(store.db, 'week', addDays(today, -10))),
      dailyMs: await timed(() =>
        runDaily(store, nowMs, {
          countries: [...COUNTRIES, UNKNOWN_COUNTRY],
          languages: LANGUAGES,
          atRisk: new Set(),
          random: seeded('bench'),
        }),
      ),
    }
    say(JSON.stringify(figures))
    return figures
  } finally {
    await store.close()
    await postgres.stop()
  }
}
