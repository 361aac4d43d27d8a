// Where rows are kept: SQLite in one file, or PostgreSQL by a URL. Whoever keeps tables says which, by the steps of a schema, and asks through kysely.
//
// Both kinds take the same questions. So that they do, columns are `bigint`, `text`, `double precision` or `bytea`, none of them null, and a truth is 0 or 1.
import { type Kysely as Database, Kysely, sql } from 'kysely'
import { type StoreLimits, storeLimits } from './limits.ts'
import { migrateForward, type Schema } from './migrate.ts'
import { greet, openPool, postgresDialect } from './postgres.ts'
import { backupSqlite, NodeSqliteDialect, openSqlite } from './sqlite.ts'
import { StoreError } from './store-error.ts'
import { isPostgres } from './where.ts'

export interface Store<T> {
  readonly db: Database<T>
  readonly kind: 'sqlite' | 'postgres'
  /** Copies all of it, as it is at one moment, into a new file, while others go on. SQLite only. Throws StoreError. */
  backup(file: string): Promise<void>
  /** Takes what was deleted from these tables out of the files that held it. Others wait meanwhile. */
  scrub(tables: readonly (keyof T & string)[]): Promise<void>
  close(): Promise<void>
}

/** Opens and migrates. `where`: a file, `:memory:`, or a URL of the form postgres://…. Throws StoreError. */
export async function openStore<T>(where: string, schema: Schema, limits: StoreLimits = storeLimits): Promise<Store<T>> {
  const store = isPostgres(where) ? await openPostgresStore<T>(where, limits) : openSqliteStore<T>(where, limits)
  try {
    await migrateForward(store.db, schema)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Rows in pieces that one statement can hold. */
export function* batches<R extends object>(rows: readonly R[], limits: StoreLimits = storeLimits): Generator<readonly R[]> {
  const [first] = rows
  if (first === undefined) return
  const countMax = Math.max(1, Math.floor(limits.valuesMax / Object.keys(first).length))
  for (let index = 0; index < rows.length; index += countMax) yield rows.slice(index, index + countMax)
}

function openSqliteStore<T>(file: string, limits: StoreLimits): Store<T> {
  const database = openSqlite(file, limits)
  const db = new Kysely<T>({ dialect: new NodeSqliteDialect(database, limits) })
  return {
    db,
    kind: 'sqlite',
    backup: (to) => backupSqlite(database, to, limits),
    // Pages are zeroed when rows go (secure_delete); what the log still holds of before goes with it.
    scrub: async () => {
      const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db)
      if (rows[0]?.busy === 1) throw new StoreError('The store is being read: what was deleted stays in its log until the next time.')
    },
    close: () => db.destroy(),
  }
}

async function openPostgresStore<T>(url: string, limits: StoreLimits): Promise<Store<T>> {
  const pool = openPool(url, limits)
  await greet(pool)
  const db = new Kysely<T>({ dialect: postgresDialect(pool) })
  return {
    db,
    kind: 'postgres',
    backup: () => Promise.reject(new StoreError('This store is PostgreSQL: pg_dump makes its backups.')),
    // The table is written anew into another file, and the old one is removed: longer work than any question, so it has a time of its own.
    scrub: (tables) =>
      db.connection().execute(async (socket) => {
        const within = (ms: number) => sql`set statement_timeout = ${sql.lit(ms)}`.execute(socket)
        await within(limits.scrubMs)
        try {
          for (const table of tables) await sql`vacuum full ${sql.table(table)}`.execute(socket)
        } finally {
          await within(limits.statementMs)
        }
      }),
    close: () => db.destroy(),
  }
}
