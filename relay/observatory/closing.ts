// When things come out, so that whoever asks what was out at a moment gets the same answer for ever: a report, a decision. That moment is closed, and what is
// entered later came out later, whatever day it is of, whenever it was signed and however slow a clock is.
import type { Kysely, Transaction } from 'kysely'
import type { ObservatoryTables } from './tables.ts'

/** When what this transaction brings comes out: `at`, or the second after what is closed. A moment that it falls before is closed only once it is through. */
export async function releaseTime(transaction: Transaction<ObservatoryTables>, at: string): Promise<string> {
  // Writing the row is what makes others wait for us.
  const { until } = await transaction
    .updateTable('published_closed')
    .set(({ ref }) => ({ until: ref('until') }))
    .returning('until')
    .executeTakeFirstOrThrow()
  return at > until ? at : toSecond(Date.parse(until) + 1_000)
}

/** From here on nothing more comes out that says it was out by then. ISO 8601, to the second, and not yet to come. */
export async function close(db: Kysely<ObservatoryTables>, until: string): Promise<void> {
  await db.updateTable('published_closed').set({ until }).where('until', '<', until).execute()
}

export function toSecond(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
