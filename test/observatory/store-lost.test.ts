// A PostgreSQL that restarts while something is being kept: what was under way fails and is told so, nothing ends, and the next goes through.
import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore } from '../../relay/store/store.ts'
import { describeOnPostgres } from '../on-postgres.ts'

describeOnPostgres((postgres) => {
  test('a socket that the server ends within a transaction fails that transaction alone', async () => {
    const uncaught = vi.fn()
    process.on('uncaughtExceptionMonitor', uncaught)
    const url = await postgres().newDatabase()
    const [store, other] = [await openStore<ObservatoryTables>(url, OBSERVATORY), await openStore<ObservatoryTables>(url, OBSERVATORY)]
    const isThere = async (pid: number): Promise<number> =>
      (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(other.db)).rows.length
    const kept = store.db.transaction().execute(async (within) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(within)
      const pid = rows[0]?.pid ?? 0
      await sql`select pg_terminate_backend(${pid})`.execute(other.db)
      await expect.poll(() => isThere(pid)).toBe(0)
      await sql`select 1`.execute(within)
    })
    await expect(kept).rejects.toThrow()
    expect((await sql<{ one: number }>`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }])
    expect(uncaught).not.toHaveBeenCalled()
    process.off('uncaughtExceptionMonitor', uncaught)
    await Promise.all([store.close(), other.close()])
  })
})
