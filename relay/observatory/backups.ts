// Backups, and what must not happen when one is put back: that what was released meanwhile is drawn again, with other noise, so that a published cell
// changes and those in it pay twice without the ledger knowing. So a copy says of itself that it is one; a collector that finds itself on a copy draws
// nothing that was due by then.
import { linkSync, rmSync } from 'node:fs'
import type { Kysely } from 'kysely'
import { openStore, type Store } from '../store/store.ts'
import { StoreError } from '../store/store-error.ts'
import { DELAYS } from './privacy/parameters.ts'
import { addDays, endOf, type Span } from './spans.ts'
import { OBSERVATORY, type ObservatoryTables } from './tables.ts'

type Db = Kysely<ObservatoryTables>

/** Copies a store that is in use. The file is whole and says that it is a copy, or it is not there. Throws StoreError. */
export async function backUp(store: Store<ObservatoryTables>, to: string, nowMs: number): Promise<void> {
  const part = `${to}.part`
  const clear = (): void => {
    for (const end of ['', '-wal', '-shm']) rmSync(part + end, { force: true })
  }
  clear()
  try {
    await store.backup(part)
    const copy = await openStore<ObservatoryTables>(part, OBSERVATORY)
    await markCopy(copy.db, nowMs).finally(() => copy.close())
    linkSync(part, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new StoreError(`No backup was written to ${to}: the file exists already.`, { cause: error })
  } finally {
    clear()
  }
}

/** For a copy that another program made, such as pg_dump: to be said once it was put back. */
export async function markCopy(db: Db, nowMs: number): Promise<void> {
  const at = new Date(nowMs).toISOString()
  await db
    .insertInto('roll_restores')
    .values({ copied_at: at, closed_until: '' })
    .onConflict((conflict) => conflict.column('copied_at').doNothing())
    .execute()
}

/** Whether this store was put back and nobody had looked yet: then all that is due by now is closed, for it may be out already. */
export async function closeAfterRestore(db: Db, today: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('roll_restores')
    .set({ closed_until: today })
    .where('closed_until', '=', '')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Which spans are never drawn, though this store has nothing of them. */
export async function closedSpans(db: Db): Promise<(span: Span, start: string) => boolean> {
  const row = await db
    .selectFrom('roll_restores')
    .select(({ fn }) => fn.max('closed_until').as('until'))
    .executeTakeFirst()
  const until = row?.until ?? ''
  return (span, start) => dueOn(span, start) <= until
}

/** The day on which a span is released, if the collector runs. */
function dueOn(span: Span, start: string): string {
  return addDays(endOf(span, start), DELAYS.releaseDays - 1)
}
