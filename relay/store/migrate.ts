// Bringing a store's tables to what this program knows, and back. Each room that keeps tables has steps of its own, in order, by name.
import { type Kysely, type Migration, type MigrationResultSet, Migrator, NO_MIGRATIONS } from 'kysely'
import { StoreError } from './store-error.ts'

export interface Step {
  /** Sorts after those before it: `0001-reports`. Never changed once released. */
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: a step speaks to the tables of its day, which no type of today describes.
  up(db: Kysely<any>): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  down(db: Kysely<any>): Promise<void>
}

export interface Schema {
  /** Names the table that remembers which steps were taken, so that several rooms may share one store. */
  readonly room: 'directory' | 'observatory'
  readonly steps: readonly Step[]
}

/** Takes every step that is missing; concurrent programs wait for each other. Throws StoreError where the store is newer than this program. */
export async function migrateForward<T>(db: Kysely<T>, schema: Schema): Promise<void> {
  check(await migratorOf(db, schema).migrateToLatest())
}

/** Goes forward or back to the step of that name; `none` takes every one back. What only newer tables held is lost. */
export async function migrateTo<T>(db: Kysely<T>, schema: Schema, name: string): Promise<void> {
  if (name !== 'none' && !schema.steps.some((step) => step.name === name))
    throw new StoreError(`There is no step “${name}”. There are none, ${schema.steps.map((step) => step.name).join(', ')}.`)
  check(await migratorOf(db, schema).migrateTo(name === 'none' ? NO_MIGRATIONS : name))
}

function migratorOf<T>(db: Kysely<T>, { room, steps }: Schema): Migrator {
  const migrations = Object.fromEntries(steps.map(({ name, up, down }): [string, Migration] => [name, { up, down }]))
  return new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableName: `${room}_steps`,
    migrationLockTableName: `${room}_steps_lock`,
  })
}

function check({ error, results }: MigrationResultSet): void {
  if (error === undefined) return
  if (error instanceof StoreError) throw error
  const failed = results?.find(({ status }) => status === 'Error')
  // What a database refuses has a code; else its steps are not those that this program knows.
  const unlike = (error as { readonly code?: unknown }).code === undefined
  const where =
    failed !== undefined
      ? `The step ${failed.migrationName} failed`
      : unlike
        ? 'The store’s tables are not those of this version'
        : 'The store’s tables can’t be brought to this version'
  throw new StoreError(`${where}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error })
}
