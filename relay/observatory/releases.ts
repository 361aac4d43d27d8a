// Keeping what a release brings: noisy counts, ledger and cells come out together or not at all, and never twice.
import type { Kysely, Transaction } from 'kysely'
import { batches } from '../store/store.ts'
import { releaseTime } from './closing.ts'
import type { Said } from './privacy/cells.ts'
import type { DrawBelow } from './privacy/discrete-gaussian.ts'
import type { Counts } from './privacy/noise.ts'
import { BUDGET_RHO, CORRECTION_RHO, type FamilyName } from './privacy/parameters.ts'
import { charge, draw, familiesOf, type MonthDays, type Order, say } from './privacy/release.ts'
import type { LedgerEntry } from './published.ts'
import { endOf, type Span } from './spans.ts'
import type { ObservatoryTables } from './tables.ts'

type Db = Kysely<ObservatoryTables>

export interface ReleaseOptions {
  readonly order: Order
  readonly counts: Partial<Readonly<Record<FamilyName, Counts>>>
  /** Countries whose turn comes later. */
  readonly atRisk: ReadonlySet<string>
  readonly random: DrawBelow
}

/** The release was made before, by this process or another. */
export class AlreadyReleased extends Error {
  constructor({ span, start, revision }: Order) {
    super(`the ${span} of ${start} is released already, revision ${revision}`)
    this.name = 'AlreadyReleased'
  }
}

/** A unit would be charged more than it has. */
export class BudgetSpent extends Error {
  constructor({ unit, start }: LedgerEntry) {
    super(`the privacy budget of a ${unit} of ${start} is spent`)
    this.name = 'BudgetSpent'
  }
}

/** Throws AlreadyReleased or BudgetSpent, and then nothing was drawn. */
export async function releaseSpan(db: Db, options: ReleaseOptions): Promise<void> {
  await db.transaction().execute((transaction) => releaseWithin(transaction, options))
}

/** As part of a transaction of the caller's, which must be given up where this throws. */
export async function releaseWithin(
  transaction: Transaction<ObservatoryTables>,
  { order: asked, counts, atRisk, random }: ReleaseOptions,
): Promise<void> {
  const order = { ...asked, at: await releaseTime(transaction, asked.at) }
  if (await isReleased(transaction, order)) throw new AlreadyReleased(order)
  await spend(transaction, charge(order), order.revision)
  const noisy = draw(order, counts, random)
  const rows = noisy.map(({ family, country, slice, start, count }) => ({ family, country, slice, start, revision: order.revision, count }))
  for (const batch of batches(rows)) await transaction.insertInto('noisy_counts').values(batch).execute()
  const month = order.span === 'month' ? await monthDays(transaction, order.start) : undefined
  const isDue = (country: string): boolean => !atRisk.has(country)
  // Until their turn comes nothing is said of the others: in a total they are hidden, and may not be the only ones.
  await keep(
    transaction,
    order,
    say(order, noisy, month, isDue, () => true),
  )
}

/** Says of these countries what was held back, from what was drawn then: nothing is drawn again. */
export async function releaseLate(db: Db, asked: Order, heldBack: ReadonlySet<string>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const order = { ...asked, at: await releaseTime(transaction, asked.at) }
    const noisy = await transaction
      .selectFrom('noisy_counts')
      .selectAll()
      .where('family', 'in', familiesOf(order.span))
      .where('start', '=', order.start)
      .where('revision', '=', order.revision)
      .execute()
    const earlier = await transaction
      .selectFrom('published_cells')
      .select(['metric', 'country', 'slice', 'suppressed'])
      .where('span', '=', order.span)
      .where('start', '=', order.start)
      .where('revision', '=', order.revision)
      .execute()
    const shown = new Set(
      earlier.filter(({ suppressed }) => suppressed === 0).map(({ metric, country, slice }) => `${metric} ${country} ${slice}`),
    )
    const month = order.span === 'month' ? await monthDays(transaction, order.start) : undefined
    const said = say(
      order,
      noisy.map((row) => ({ ...row, family: row.family as FamilyName })),
      month,
      (country) => heldBack.has(country),
      (metric, country, slice) => !shown.has(`${metric} ${country} ${slice}`),
    )
    if (earlier.some(({ country }) => heldBack.has(country))) throw new AlreadyReleased(order)
    await keep(transaction, order, said)
  })
}

/** Countries of which something was drawn and nothing was said: those that were at risk when the span was released, whichever are now. */
export async function heldBack(db: Db, span: Span, start: string): Promise<ReadonlySet<string>> {
  // The first family of each span is drawn for all of them.
  const drawn = await db
    .selectFrom('noisy_counts')
    .select('country')
    .distinct()
    .where('family', '=', familiesOf(span)[0] as FamilyName)
    .where('start', '=', start)
    .execute()
  const told = await toldCountries(db, span, start)
  return new Set(drawn.map(({ country }) => country).filter((country) => !told.has(country)))
}

/** Those of which something was said, if only that it is suppressed. */
export async function toldCountries(db: Db, span: Span, start: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('published_cells')
    .select('country')
    .distinct()
    .where('span', '=', span)
    .where('start', '=', start)
    .execute()
  return new Set(rows.map(({ country }) => country))
}

/** In this revision or a later one. */
export async function isReleased(db: Db, { span, start, revision }: Pick<Order, 'span' | 'start' | 'revision'>): Promise<boolean> {
  const row = await db
    .selectFrom('noisy_counts')
    .select('count')
    .where('family', 'in', familiesOf(span))
    .where('start', '=', start)
    .where('revision', '>=', revision)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** First releases and corrections have a budget each: a correction of one day takes nothing from what the days to come are told with. */
async function spend(db: Transaction<ObservatoryTables>, entries: readonly LedgerEntry[], revision: number): Promise<void> {
  for (const entry of entries) {
    const { id, at, unit, start, rho, isSynthetic } = entry
    const row = { id, at, unit, start, rho, body: JSON.stringify(entry), synthetic: isSynthetic ? 1 : 0 }
    await db
      .insertInto('published_ledger')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
    // An entry's id ends with its revision.
    const { spent } = await db
      .selectFrom('published_ledger')
      .select(({ fn }) => fn.sum<number>('rho').as('spent'))
      .where('unit', '=', unit)
      .where('start', '=', start)
      .where('id', revision === 1 ? 'like' : 'not like', '% 1')
      .executeTakeFirstOrThrow()
    const budget = revision === 1 ? BUDGET_RHO[unit] : CORRECTION_RHO[unit]
    if (spent > budget) throw new BudgetSpent(entry)
  }
}

async function monthDays(db: Transaction<ObservatoryTables>, start: string): Promise<MonthDays> {
  // Of a day that was corrected, what was drawn last.
  const sums = async (family: FamilyName): Promise<ReadonlyMap<string, number>> => {
    const rows = await db
      .selectFrom('noisy_counts')
      .select(['country', 'start', 'count'])
      .where('family', '=', family)
      .where('start', '>=', start)
      .where('start', '<', endOf('month', start))
      .orderBy('revision')
      .execute()
    const last = new Map(rows.map((row) => [`${row.country} ${row.start}`, row]))
    const byCountry = Map.groupBy(last.values(), ({ country }) => country)
    return new Map([...byCountry].map(([country, days]) => [country, days.reduce((sum, { count }) => sum + count, 0)]))
  }
  return { flags: await sums('peopleDay'), sessions: await sums('sessions') }
}

async function keep(db: Transaction<ObservatoryTables>, { revision, at, isSynthetic }: Order, said: readonly Said[]): Promise<void> {
  const gated = (one: Said): boolean => one.isSuppressed && ['hours', 'gigabytes', 'worked', 'verdict', 'connect'].includes(one.metric)
  const rows = said
    .filter((one) => !gated(one))
    .map(({ metric, country, slice, span, start, ...rest }) => ({
      metric,
      country,
      slice,
      span,
      start,
      revision,
      released_at: at,
      suppressed: rest.isSuppressed ? 1 : 0,
      low: rest.isSuppressed ? 0 : rest.low,
      estimate: rest.isSuppressed ? 0 : rest.estimate,
      high: rest.isSuppressed ? 0 : rest.high,
      synthetic: isSynthetic ? 1 : 0,
    }))
  for (const batch of batches(rows)) await db.insertInto('published_cells').values(batch).execute()
}
