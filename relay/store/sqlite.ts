// SQLite in one file, by what Node brings with it: kysely's own dialect, handed a node:sqlite database in the form that it knows.
import { closeSync, existsSync, openSync } from 'node:fs'
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely'
import type { StoreLimits } from './limits.ts'
import { StoreError } from './store-error.ts'

/** Another holds the lock (sqlite3.h). */
const SQLITE_BUSY = 5
/** The disk takes no more; and so of the index that processes share, which SQLite calls an error of the disk. */
const [SQLITE_FULL, SQLITE_IOERR_SHMSIZE] = [13, 4874]

/** `:memory:`, or a file, which is made for its owner only. Throws StoreError. */
export function openSqlite(file: string, limits: StoreLimits): DatabaseSync {
  try {
    // SQLite gives its log and index the mode of the file, and would make that one readable by all.
    if (file !== ':memory:' && !existsSync(file)) closeSync(openSync(file, 'wx', 0o600))
    const database = new DatabaseSync(file, { timeout: limits.waitMs })
    // An acknowledged row is on the disk (FULL); a deleted one is zeroed where it stood.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
      PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -${limits.cacheKib}; PRAGMA busy_timeout = 0`)
    return database
  } catch (error) {
    if (isFull(error)) throw fullError(file, error)
    throw new StoreError(`The store ${file} can’t be opened: ${(error as Error).message}.`, { cause: error })
  }
}

/** Copies a database that is in use into a new file. Throws StoreError where there is one already. */
export async function backupSqlite(database: DatabaseSync, file: string, limits: StoreLimits): Promise<void> {
  try {
    closeSync(openSync(file, 'wx', 0o600))
    await backup(database, file, { rate: limits.backupPages })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new StoreError(`No backup was written to ${file}: ${code === 'EEXIST' ? 'the file exists already' : message}.`, { cause: error })
  }
}

export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: DatabaseSync
  readonly #limits: StoreLimits

  constructor(database: DatabaseSync, limits: StoreLimits) {
    super({ database: asKyselyKnowsIt(database) })
    this.#database = database
    this.#limits = limits
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#database, this.#limits)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

/** A transaction that reads before it writes must not find at its first write that another was there meanwhile: each takes its turn from the beginning. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: DatabaseSync
  readonly #limits: StoreLimits
  readonly #patient = new WeakMap<DatabaseConnection, PatientLine>()

  constructor(database: DatabaseSync, limits: StoreLimits) {
    super({ database: asKyselyKnowsIt(database) })
    this.#database = database
    this.#limits = limits
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const line = await super.acquireConnection()
    const patient = this.#patient.get(line) ?? new PatientLine(line, this.#database.location() ?? '', this.#limits)
    this.#patient.set(line, patient)
    return patient
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /** SQLite takes a transaction back by itself where the disk is full: to be asked for it again would be another error, in place of that one. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection)
  }
}

/** Asks again while another holds the lock. SQLite's own patience would hold up this whole process, and for ever where the other is in it. */
class PatientLine implements DatabaseConnection {
  readonly #connection: DatabaseConnection
  readonly #file: string
  readonly #limits: StoreLimits

  constructor(connection: DatabaseConnection, file: string, limits: StoreLimits) {
    this.#connection = connection
    this.#file = file
    this.#limits = limits
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const endMs = performance.now() + this.#limits.waitMs
    for (;;) {
      try {
        return await this.#connection.executeQuery<R>(query)
      } catch (error) {
        if (isFull(error)) throw fullError(this.#file, error)
        if (!isBusy(error) || performance.now() > endMs) throw error
        await setTimeout(Math.random() * this.#limits.retryMs)
      }
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#connection.streamQuery<R>(query, chunkSize)
  }
}

function isBusy(error: unknown): boolean {
  return errcodeOf(error) === SQLITE_BUSY
}

function isFull(error: unknown): boolean {
  return errcodeOf(error) === SQLITE_FULL || errcodeOf(error) === SQLITE_IOERR_SHMSIZE
}

/** By the system's own code: advice is given by that, and it is what is said where an error's words are not. */
function fullError(file: string, cause: unknown): StoreError {
  return Object.assign(new StoreError(`The store ${file} can’t be written (ENOSPC).`, { cause }), { code: 'ENOSPC' })
}

function errcodeOf(error: unknown): number | undefined {
  return (error as { readonly errcode?: number }).errcode
}

/** SQLite changes its tables inside transactions, so a migration is done whole or not at all. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

function asKyselyKnowsIt(database: DatabaseSync): { close(): void; prepare(sql: string): SqliteStatement } {
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql)
      const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[]
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      }
    },
  }
}
