// What is due: days, weeks and months to release, countries whose turn comes late, raw counts to forget. Run as often as one likes; it does what is due, once.
import type { Kysely } from 'kysely'
import type { Store } from '../../store/store.ts'
import { closeAfterRestore, closedSpans } from '../backups.ts'
import { releaseTime, toSecond } from '../closing.ts'
import { keepSuspicions, suspectDrops, suspectVerdicts } from '../evidence/suspect.ts'
import type { DrawBelow } from '../privacy/discrete-gaussian.ts'
import { CLIENT_CLAMP, DELAYS } from '../privacy/parameters.ts'
import type { Order } from '../privacy/release.ts'
import { type QualityName, UNKNOWN_COUNTRY, WORLD } from '../published.ts'
import { AlreadyReleased, heldBack, isReleased, releaseLate, releaseSpan } from '../releases.ts'
import { addDays, dayOf, daysOf, endOf, type Span, startOf } from '../spans.ts'
import { type ObservatoryTables, RAW_TABLES } from '../tables.ts'
import { totalsOf } from './totals.ts'

export interface DailyOptions {
  readonly countries: readonly string[]
  readonly languages: readonly string[]
  readonly atRisk: ReadonlySet<string>
  readonly random: DrawBelow
}

/** Says what was released, for the log: spans and starts, no figures. */
export async function runDaily(store: Store<ObservatoryTables>, nowMs: number, options: DailyOptions): Promise<readonly string[]> {
  const today = dayOf(nowMs)
  try {
    return await release(store.db, today, toSecond(nowMs), options)
  } finally {
    // Whatever keeps something from being published must not keep raw counts.
    await forget(store, today)
  }
}

async function release(db: Kysely<ObservatoryTables>, clockDay: string, at: string, options: DailyOptions): Promise<readonly string[]> {
  const done: string[] = []
  // A copy that was put back may have told of days that no relay in it shows.
  if (await closeAfterRestore(db, clockDay)) done.push(`nothing that was due until ${clockDay}, since this store was put back from a copy`)
  const { shown, today } = await dayShown(db, clockDay)
  if (today < clockDay)
    done.push(
      `nothing after ${shown}, and of no country before its turn: the clock here says ${clockDay}, and no relay has told of a later day. Look at the clock; if it is right, at the relays`,
    )
  for (const { span, start } of await dueSpans(db, today)) {
    const order = orderOf(span, start, at, options)
    const isNew =
      !(await isReleased(db, order)) &&
      (await once(async () => releaseSpan(db, { order, counts: await totalsOf(db, span, start), ...options })))
    if (span === 'day' && !(await hasQuality(db, start))) {
      await keepSuspicions(db, await suspectDrops(db, start))
      await addQuality(db, start, at)
    }
    if (isNew && span === 'week') await keepSuspicions(db, await suspectVerdicts(db, start))
    if (isNew) done.push(`${span} ${start}`)
  }
  for (const { span, start, revision } of await lateSpans(db, today)) {
    const order = { ...orderOf(span, start, at, options), revision }
    const countries = await heldBack(db, span, start)
    if (countries.size > 0 && (await once(() => releaseLate(db, order, countries)))) done.push(`late ${span} ${start}`)
  }
  return done
}

/**
 * The last day that relays told of, and which day it is as far as that shows: what was released stays so for ever, so a clock that is ahead may not release days
 * that are yet to come, nor a country before its turn. A day that was released was shown then: states are forgotten after a fortnight.
 */
async function dayShown(db: Kysely<ObservatoryTables>, clockDay: string): Promise<{ readonly shown: string; readonly today: string }> {
  const told = await db
    .selectFrom('raw_relay_states')
    .select(({ fn }) => fn.max('day').as('last'))
    .executeTakeFirst()
  const released = await lastReleased(db)
  const shown = [told?.last ?? '', released ?? ''].sort().at(-1) || addDays(clockDay, -DELAYS.releaseDays)
  const ready = addDays(shown, DELAYS.releaseDays)
  return { shown, today: ready < clockDay ? ready : clockDay }
}

async function lastReleased(db: Kysely<ObservatoryTables>): Promise<string | undefined> {
  const released = await db
    .selectFrom('noisy_counts')
    .select(({ fn }) => fn.max('start').as('last'))
    .where('family', '=', 'sessions')
    .executeTakeFirst()
  return released?.last
}

/** Stores whose files hold nothing that was deleted, as far as this process knows: what another left behind it doesn't, so its first time always scrubs. */
const scrubbed = new WeakSet<Store<ObservatoryTables>>()

/** Takes out of the store, and out of its files, whatever is older than a fortnight. Files are written anew only where something went: others wait for it. */
export async function forget(store: Store<ObservatoryTables>, today: string): Promise<void> {
  const { db } = store
  const last = addDays(today, -DELAYS.rawDays)
  const gone = [
    await db.deleteFrom('raw_relay_days').where('day', '<', last).execute(),
    await db.deleteFrom('raw_relay_states').where('day', '<', last).execute(),
    await db.deleteFrom('raw_taken').where('day', '<', last).execute(),
  ]
  for (const [span, families] of Object.entries(REPORT_FAMILIES)) {
    // A week or month is counted from its end.
    const before = startOf(span as Span, last)
    gone.push(await db.deleteFrom('raw_reports').where('family', 'in', families).where('start', '<', before).execute())
  }
  if (gone.flat().some(({ numDeletedRows }) => numDeletedRows > 0n)) scrubbed.delete(store)
  if (scrubbed.has(store)) return
  await store.scrub(RAW_TABLES)
  scrubbed.add(store)
}

const REPORT_FAMILIES = {
  day: ['peopleDay'],
  week: ['reports', 'worked', 'verdict', 'connect'],
  month: ['peopleMonth', 'language'],
}

function orderOf(span: Span, start: string, at: string, { countries, languages }: DailyOptions): Order {
  return { span, start, revision: 1, at, isSynthetic: false, countries, languages }
}

/**
 * Days in order, so that a week and a month come after theirs. The last day that was released is among them: who released it may have been killed before the
 * week or month that ends with it, or before its quality.
 */
async function dueSpans(db: Kysely<ObservatoryTables>, today: string): Promise<readonly { readonly span: Span; readonly start: string }[]> {
  const first = await db
    .selectFrom('raw_relay_states')
    .select(({ fn }) => fn.min('day').as('first'))
    .executeTakeFirst()
  const begin = (await lastReleased(db)) ?? first?.first
  if (!begin) return []
  // What is older than raw counts live can't be told any more.
  const from = begin < addDays(today, -DELAYS.rawDays) ? addDays(today, -DELAYS.rawDays) : begin
  const isClosed = await closedSpans(db)
  return daysOf(from, addDays(today, 1 - DELAYS.releaseDays))
    .flatMap((day) => {
      const ending = (['week', 'month'] as const).filter((span) => endOf(span, startOf(span, day)) === addDays(day, 1))
      return [{ span: 'day' as Span, start: day }, ...ending.map((span) => ({ span, start: startOf(span, day) }))]
    })
    .filter(({ span, start }) => !isClosed(span, start))
}

/** Spans that ended four weeks ago or earlier, and not so long ago that all was said; with the last that was drawn of them. */
async function lateSpans(
  db: Kysely<ObservatoryTables>,
  today: string,
): Promise<readonly { readonly span: Span; readonly start: string; readonly revision: number }[]> {
  const rows = await db
    .selectFrom('published_cells')
    .select(['span', 'start', ({ fn }) => fn.max('revision').as('revision')])
    .where('synthetic', '=', 0)
    .where('start', '>=', addDays(today, -DELAYS.atRiskDays - 45))
    .groupBy(['span', 'start'])
    .orderBy('start')
    .execute()
  return rows
    .map(({ span, ...row }) => ({ ...row, span: span as Span }))
    .filter(({ span, start }) => addDays(endOf(span, start), DELAYS.atRiskDays - 1) <= today)
}

/** What of it is withheld stays so: it is told once. */
async function hasQuality(db: Kysely<ObservatoryTables>, day: string): Promise<boolean> {
  return (await db.selectFrom('published_quality').select('name').where('day', '=', day).limit(1).executeTakeFirst()) !== undefined
}

/** How good the day's data is: of relays, and of noisy counts; nothing that one person decides. */
async function addQuality(db: Kysely<ObservatoryTables>, day: string, at: string): Promise<void> {
  const states = await db
    .selectFrom('raw_relay_states')
    .selectAll()
    .where('day', '>=', addDays(day, -DELAYS.rawDays))
    .where('day', '<=', day)
    .execute()
  const ofDay = states.filter((state) => state.day === day)
  const noisy = await db
    .selectFrom('noisy_counts')
    .selectAll()
    .where('family', 'in', ['sessions', 'peopleDay'])
    .where('start', '=', day)
    .where('revision', '=', 1)
    .execute()
  const sum = (family: string, country?: string): number =>
    noisy
      .filter((one) => one.family === family && (country === undefined || one.country === country) && one.country !== WORLD)
      .reduce((all, { count }) => all + count, 0)
  const monthStart = startOf('month', day)
  const seen = (sum('peopleDay') * daysOf(monthStart, endOf('month', monthStart)).length) / CLIENT_CLAMP.daysPerMonth
  const told = await toldPlaces(db, day)
  const isToldWhole = told.has(`sessions ${WORLD}`)
  const values: Partial<Record<QualityName, number>> = {
    'relays-reporting': ofDay.length,
    'relays-expected': new Set(states.map(({ relay }) => relay)).size,
    'geoip-age-days': ofDay.reduce((most, { geoip_age_days: age }) => Math.max(most, age), 0),
    ...(isToldWhole &&
      told.has(`sessions ${UNKNOWN_COUNTRY}`) && {
        'unknown-share': Math.min(1, Math.max(0, sum('sessions', UNKNOWN_COUNTRY)) / Math.max(1, sum('sessions'))),
      }),
    ...(isToldWhole && told.has(`people ${WORLD}`) && { 'cross-check': Math.max(0, sum('sessions')) / Math.max(1, seen) }),
  }
  await db.transaction().execute(async (transaction) => {
    const released = { released_at: await releaseTime(transaction, at), synthetic: 0 }
    const rows = Object.entries(values).map(([name, value]) => ({ day, name, value: Math.round(value * 1_000) / 1_000, ...released }))
    await transaction
      .insertInto('published_quality')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['day', 'name']).doNothing())
      .execute()
  })
}

/** Of which places something is told of a day, by metric: a share of what is withheld would tell it. */
async function toldPlaces(db: Kysely<ObservatoryTables>, day: string): Promise<ReadonlySet<string>> {
  const cells = await db
    .selectFrom('published_cells')
    .select(['metric', 'country'])
    .where('metric', 'in', ['sessions', 'people'])
    .where('span', '=', 'day')
    .where('start', '=', day)
    .where('suppressed', '=', 0)
    .execute()
  return new Set(cells.map(({ metric, country }) => `${metric} ${country}`))
}

/** False: it was done before, by another collector. */
async function once(release: () => Promise<void>): Promise<boolean> {
  try {
    await release()
    return true
  } catch (error) {
    if (error instanceof AlreadyReleased) return false
    throw error
  }
}
