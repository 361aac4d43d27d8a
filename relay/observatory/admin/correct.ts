// A correction: what was released of a span is drawn once more without the relays that should not have counted, as a further revision. What was said before
// stays readable under its own; the units in it pay again, of what is set aside for that, and where that is spent nothing is drawn.
import { randomBytes } from 'node:crypto'
import type { Transaction } from 'kysely'
import { COUNTRIES } from '../../countries.ts'
import { Refused } from '../collect/fields.ts'
import { LANGUAGES } from '../collect/places.ts'
import { totalsOf } from '../collect/totals.ts'
import { drawingBelow } from '../privacy/discrete-gaussian.ts'
import { DELAYS } from '../privacy/parameters.ts'
import { familiesOf } from '../privacy/release.ts'
import { UNKNOWN_COUNTRY } from '../published.ts'
import { AlreadyReleased, BudgetSpent, releaseWithin, toldCountries } from '../releases.ts'
import { addDays, type Span, startOf } from '../spans.ts'
import type { ObservatoryTables } from '../tables.ts'

type Db = Transaction<ObservatoryTables>

export interface Correction {
  readonly span: Span
  readonly start: string
  /** Relays whose counts, and the reports that came through them, are left out. */
  readonly without: readonly string[]
}

/** `at`: when it is signed, ISO 8601. Throws Refused. */
export async function correct(db: Db, { span, start, without }: Correction, at: string): Promise<void> {
  const last = await lastRevision(db, span, start)
  if (last === undefined) throw new Refused('nothing was released of that span')
  const oldest = addDays(at.slice(0, 10), -DELAYS.rawDays)
  if (start < (span === 'month' ? startOf('month', oldest) : oldest)) throw new Refused('the counts of that span are deleted already')
  const countries = [...COUNTRIES, UNKNOWN_COUNTRY]
  const order = { span, start, revision: last + 1, at, isSynthetic: false, countries, languages: LANGUAGES }
  const told = await toldCountries(db, span, start)
  // Of a country that nothing was said of yet, the correction is what is said when its turn comes.
  const atRisk = new Set(countries.filter((country) => !told.has(country)))
  try {
    await releaseWithin(db, { order, counts: await totalsOf(db, span, start, new Set(without)), atRisk, random: drawingBelow(randomBytes) })
  } catch (error) {
    if (error instanceof BudgetSpent || error instanceof AlreadyReleased) throw new Refused(error.message)
    throw error
  }
}

async function lastRevision(db: Db, span: Span, start: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('noisy_counts')
    .select(({ fn }) => fn.max('revision').as('last'))
    .where('family', 'in', familiesOf(span))
    .where('start', '=', start)
    .executeTakeFirst()
  return row?.last ?? undefined
}
