// For which days the spares of a country are handed out: what the operator said (`culvert-relay directory shutdown`), kept where the authority that runs finds it.
//
// No signature of others is asked for. Members and spares are this authority's own, and whoever runs it can hand out any relay by hand: what k of n would
// have to sign here would keep nobody from anything, and would cost hours on the one day that is in a hurry.
import type { Kysely } from 'kysely'
import type { Step } from '../store/migrate.ts'
import type { Store } from '../store/store.ts'

export interface ShutdownTables {
  /** One a country: a later word takes the place of an earlier. */
  directory_shutdowns: { country: string; from_s: number; until_s: number }
}

// biome-ignore lint/suspicious/noExplicitAny: a step speaks to the tables of its day.
type AnyDb = Kysely<any>

export const SHUTDOWNS: Step = {
  name: '0003-shutdowns',
  up: async (db: AnyDb) => {
    await db.schema
      .createTable('directory_shutdowns')
      .addColumn('country', 'text', (made) => made.notNull().primaryKey())
      .addColumn('from_s', 'bigint', (made) => made.notNull())
      .addColumn('until_s', 'bigint', (made) => made.notNull())
      .execute()
  },
  down: async (db: AnyDb) => {
    await db.schema.dropTable('directory_shutdowns').execute()
  },
}

export interface Shutdown {
  /** Two capital letters. */
  readonly country: string
  readonly fromS: number
  /** Not included. */
  readonly untilS: number
}

export class Shutdowns {
  readonly #store: Store<ShutdownTables>

  constructor(store: Store<ShutdownTables>) {
    this.#store = store
  }

  async say({ country, fromS, untilS }: Shutdown): Promise<void> {
    const row = { from_s: fromS, until_s: untilS }
    await this.#store.db
      .insertInto('directory_shutdowns')
      .values({ country, ...row })
      .onConflict((again) => again.column('country').doUpdateSet(row))
      .execute()
  }

  /** False: none was said of this country. */
  async takeBack(country: string): Promise<boolean> {
    const { numDeletedRows } = await this.#store.db
      .deleteFrom('directory_shutdowns')
      .where('country', '=', country)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  /** Those of which at least a moment is within. */
  async during({ fromS, untilS }: Omit<Shutdown, 'country'>): Promise<readonly Shutdown[]> {
    const rows = await this.#store.db
      .selectFrom('directory_shutdowns')
      .selectAll()
      .where('from_s', '<', Math.ceil(untilS))
      .where('until_s', '>', Math.floor(fromS))
      .orderBy('country')
      .execute()
    return rows.map((row) => ({ country: row.country, fromS: Number(row.from_s), untilS: Number(row.until_s) }))
  }
}
