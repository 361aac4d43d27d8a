// How fast the observatory takes in and sums up: signed relay-days, by the real intake, into a real PostgreSQL of its own, and then what is due each day.
//
// 1. relays send their days through the intake, for some minutes at most         takeIn
// 2. up to the rows that were asked for, what came is copied for further relays  copyUpTo
// 3. the sums of a day and of a week; then releases of all days, and forgetting  benchObservatory

import { type Kysely, sql } from 'kysely'
import { COUNTRIES } from '../../relay/countries.ts'
import { runDaily } from '../../relay/observatory/collect/daily.ts'
import { Intake } from '../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../relay/observatory/collect/limits.ts'
import { LANGUAGES } from '../../relay/observatory/collect/places.ts'
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
/** Through the intake: twice what all of it takes here. Where that is not enough, rows are copied inside the database, under the names of further relays: sums don’t know
 *  the difference. */
const INTAKE_MS_MAX = 600_000
const PROGRESS_MS = 10_000

/** What it must do, on two cores: ten million rows in an hour; sums of a day or a week of them in half a minute; all that is due before the next hour's look. */
const BOUNDS = { ingestRowsPerS: 2_800, dayTotalsMs: 30_000, weekTotalsMs: 30_000, dailyMs: 3_600_000 } as const

type Say = (line: string) => void

/** False: it is not within its bounds. */
export async function benchObservatory(rows: number, say: Say): Promise<boolean> {
  say(`${grouped(rows)} rows of relays’ days on PostgreSQL; its bounds: ${grouped(BOUNDS.ingestRowsPerS)} rows a second taken in,`)
  say(
    `${seconds(BOUNDS.dayTotalsMs)} for the sums of a day and ${seconds(BOUNDS.weekTotalsMs)} of a week, ${seconds(BOUNDS.dailyMs)} for all that is due\n`,
  )
  const postgres = await startPostgres({ isDurable: true })
  const store = await openStore<ObservatoryTables>(postgres.newDatabase(), OBSERVATORY)
  const nowMs = Date.now()
  const today = dayOf(nowMs)
  const timed = async (title: string, boundMs: number, what: () => Promise<unknown>): Promise<boolean> => {
    const from = performance.now()
    await what()
    return told(say, title, seconds(performance.now() - from), performance.now() - from <= boundMs)
  }
  try {
    const taken = await takeIn(store.db, nowMs, rows, say)
    const all = await copyUpTo(store.db, taken.rows, rows, today, say)
    say('')
    const ofIntake = `${grouped(taken.rows)} rows through the intake, each acknowledged when on the disk`
    const results = [
      told(say, ofIntake, `${grouped(taken.rowsPerS)} rows/s`, taken.rowsPerS >= BOUNDS.ingestRowsPerS),
      await timed(`the sums of a day, of ${grouped(all)} rows`, BOUNDS.dayTotalsMs, () => totalsOf(store.db, 'day', addDays(today, -3))),
      await timed('the sums of a week', BOUNDS.weekTotalsMs, () => totalsOf(store.db, 'week', addDays(today, -10))),
      await timed('all that is due: releases of ten days and their weeks, and the files written anew', BOUNDS.dailyMs, () =>
        runDaily(store, nowMs, {
          countries: [...COUNTRIES, UNKNOWN_COUNTRY],
          languages: LANGUAGES,
          atRisk: new Set(),
          random: seeded('bench'),
        }),
      ),
    ]
    const isWithin = results.every((one) => one)
    say(isWithin ? 'within its bounds' : 'NOT within its bounds')
    return isWithin
  } finally {
    await store.close()
    await postgres.stop()
  }
}

/** Signing is done by this process too, so the intake is no slower than what is said here. */
async function takeIn(
  db: Kysely<ObservatoryTables>,
  nowMs: number,
  rows: number,
  say: Say,
): Promise<{ readonly rows: number; readonly rowsPerS: number }> {
  const places = COUNTRIES.flatMap((country) => WAYS.map((way) => place(country, 40, way)))
  const relays = Array.from({ length: Math.ceil(rows / places.length / DAYS) }, newIdentity)
  const roll = relays.map(({ publicKey }) => ({ relay: publicKey, since: '2026-01-01', until: '' }))
  await db.insertInto('roll_relays').values(roll).execute()
  const reportKey = importReportKey(createReportKey().privatePem)
  const known = { countries: new Set(COUNTRIES), languages: new Set(LANGUAGES) }
  const intake = new Intake({ db, reportKey, ...known, nowMs: () => nowMs, limits: collectLimits })
  const work = relays.flatMap((relay) => Array.from({ length: DAYS }, (_, index) => ({ relay, day: addDays(dayOf(nowMs), -index) })))
  const began = performance.now()
  let [done, saidMs] = [0, began]
  const pace = (): number => Math.round(done / ((performance.now() - began) / 1_000))
  const sendOn = async (): Promise<void> => {
    for (let next = work.pop(); next !== undefined && performance.now() - began < INTAKE_MS_MAX; next = work.pop()) {
      await intake.takeDay(signedDay(next.relay, next.day, places))
      done += places.length
      if (performance.now() - saidMs < PROGRESS_MS) continue
      saidMs = performance.now()
      say(`  ${grouped(done)} rows taken in, ${grouped(pace())} a second`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sendOn))
  return { rows: done, rowsPerS: pace() }
}

/** A day at a time: a statement has its limit here as anywhere. Says how many there are now. */
async function copyUpTo(db: Kysely<ObservatoryTables>, taken: number, rows: number, today: string, say: Say): Promise<number> {
  let all = taken
  for (let copy = 1; all < rows; copy++) {
    for (let index = 0; index < DAYS; index++) {
      const { numAffectedRows } = await sql`insert into raw_relay_days
        select relay || ${`-${copy}`}, day, country, way, sessions, seconds, bytes, failures from raw_relay_days
        where day = ${addDays(today, -index)} and length(relay) = 43`.execute(db)
      all += Number(numAffectedRows ?? 0)
    }
    say(`  ${grouped(all)} rows`)
  }
  await sql`analyze raw_relay_days`.execute(db)
  return all
}

function told(say: Say, title: string, figure: string, isWithin: boolean): boolean {
  say(`${title.padEnd(84)}${figure.padStart(14)}  ${isWithin ? 'pass' : 'MISS'}`)
  return isWithin
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function seconds(ms: number): string {
  return `${grouped(Math.round(ms / 100) / 10)} s`
}
