// PostgreSQL by a URL, for a store that many write to. Sums and counts come as numbers, as they do from SQLite.
import { PostgresDialect } from 'kysely'
import pg from 'pg'
import type { StoreLimits } from './limits.ts'
import { StoreError } from './store-error.ts'

/** Types that `pg` would hand out as text: int8, numeric. */
const AS_NUMBER = new Set<number>([pg.types.builtins.INT8, pg.types.builtins.NUMERIC])

export function openPool(url: string, limits: StoreLimits): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: limits.socketsMax,
    connectionTimeoutMillis: limits.waitMs,
    statement_timeout: limits.statementMs,
    types: { getTypeParser: (id, format) => (AS_NUMBER.has(id) ? exactNumber : pg.types.getTypeParser(id, format)) },
  })
  // A server that ends an idle socket is no error of ours: the pool opens another.
  pool.on('error', () => undefined)
  // One in use is not listened to by the pool, and would end the process: whatever is asked over it fails, and so is told.
  pool.on('connect', (client) => void client.on('error', () => undefined))
  return pool
}

export function postgresDialect(pool: pg.Pool): PostgresDialect {
  return new PostgresDialect({ pool })
}

/** Throws StoreError where the server does not answer; the URL may hold a password, so it is not named. */
export async function greet(pool: pg.Pool): Promise<void> {
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    throw new StoreError(`PostgreSQL can’t be reached by the URL that was given: ${(error as Error).message}.`, { cause: error })
  }
}

function exactNumber(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw new Error('a sum in the store is too large to be exact')
  return value
}
