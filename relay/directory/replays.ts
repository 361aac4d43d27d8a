// Questions of members, as far as they must be remembered so that none counts twice: who passes one on can't read it, and can show it again, today, in a week
// or once the authority was started anew.
//
// A question says how much of the log its member knows, and that only grows. So one that knows less than the member's last is an old one, and of those that
// know as much a few are told apart by the key that was drawn for each.
import type { Kysely } from 'kysely'
import { encodeHex } from '#protocol'
import type { Step } from '../store/migrate.ts'
import type { Store } from '../store/store.ts'

/** A member asks once a day, and a little more where nothing answers: beyond so many that know the same, nothing new is taken in. */
const KEYS_MAX = 16

export interface ReplayTables {
  /** How much of the log the member's last question knew, and the keys of those that knew as much: in hex, with spaces between. */
  directory_questions: { member: string; size: number; keys: string }
}

// biome-ignore lint/suspicious/noExplicitAny: a step speaks to the tables of its day.
type AnyDb = Kysely<any>

export const REPLAYS: Step = {
  name: '0006-questions',
  up: async (db: AnyDb) => {
    await db.schema
      .createTable('directory_questions')
      .addColumn('member', 'text', (made) => made.notNull().primaryKey())
      .addColumn('size', 'bigint', (made) => made.notNull())
      .addColumn('keys', 'text', (made) => made.notNull())
      .execute()
  },
  down: async (db: AnyDb) => {
    await db.schema.dropTable('directory_questions').execute()
  },
}

export class Replays {
  readonly #store: Store<ReplayTables>

  constructor(store: Store<ReplayTables>) {
    this.#store = store
  }

  /** Of one question at a time. False: it was put before, or is older than one that was. */
  async remember(member: string, size: number, questionKey: Uint8Array): Promise<boolean> {
    const { db } = this.#store
    const last = await db.selectFrom('directory_questions').select(['size', 'keys']).where('member', '=', member).executeTakeFirst()
    const lastSize = Number(last?.size ?? -1)
    if (size < lastSize) return false
    const keys = size === lastSize ? (last?.keys.split(' ') ?? []) : []
    const key = encodeHex(questionKey)
    if (keys.length >= KEYS_MAX || keys.includes(key)) return false
    const row = { size, keys: [...keys, key].join(' ') }
    await db
      .insertInto('directory_questions')
      .values({ member, ...row })
      .onConflict((again) => again.column('member').doUpdateSet(row))
      .execute()
    return true
  }
}
