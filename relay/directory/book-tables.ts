// The tables of an authority's book, and the steps by which a store comes to have them.
import type { Kysely } from 'kysely'
import type { Schema, Step } from '../store/migrate.ts'
import { HANDING, type HandingTables } from './handing-store.ts'
import { REPLAYS, type ReplayTables } from './replays.ts'
import { SHUTDOWNS, type ShutdownTables } from './shutdowns.ts'

export interface BookTables extends HandingTables, ReplayTables, ShutdownTables {
  /** One row a relay, by its Ed25519 key in hex. */
  directory_relays: {
    relay: string
    commitment: string
    descriptor: Uint8Array
    issued_s: number
    expires_s: number
    /** Counts up with each descriptor that came: peers ask for what is later. */
    received: number
    /** Our last test, and the last that it passed; 0: none. */
    tested_s: number
    passed_s: number
    weight: number
    fault: string
    /** Who brought it first. */
    source: string
    /** Where it was when it passed a test last, if that is not where it is; else empty. The invite in base64url. */
    before_commitment: string
    before_invite: string
  }
  directory_joins: { code: string; relay: string }
  directory_log: { number: number; leaf: Uint8Array }
  directory_state: { name: string; value: Uint8Array }
}

// biome-ignore lint/suspicious/noExplicitAny: a step speaks to the tables of its day.
type AnyDb = Kysely<any>

const RELAYS: Step = {
  name: '0001-relays',
  up: async (db: AnyDb) => {
    let relays = db.schema.createTable('directory_relays').addColumn('relay', 'text', (made) => made.notNull().primaryKey())
    for (const name of ['commitment', 'fault']) relays = relays.addColumn(name, 'text', (made) => made.notNull())
    relays = relays.addColumn('descriptor', 'bytea', (made) => made.notNull())
    for (const name of ['issued_s', 'expires_s', 'received', 'tested_s', 'passed_s', 'weight'])
      relays = relays.addColumn(name, 'bigint', (made) => made.notNull())
    await relays.execute()
    await db.schema.createIndex('directory_relays_by_received').on('directory_relays').column('received').execute()
    await db.schema
      .createTable('directory_joins')
      .addColumn('code', 'text', (made) => made.notNull())
      .addColumn('relay', 'text', (made) => made.notNull())
      .addPrimaryKeyConstraint('directory_joins_key', ['code', 'relay'] as never)
      .execute()
    await db.schema
      .createTable('directory_log')
      .addColumn('number', 'bigint', (made) => made.notNull().primaryKey())
      .addColumn('leaf', 'bytea', (made) => made.notNull())
      .execute()
    await db.schema
      .createTable('directory_state')
      .addColumn('name', 'text', (made) => made.notNull().primaryKey())
      .addColumn('value', 'bytea', (made) => made.notNull())
      .execute()
  },
  down: async (db: AnyDb) => {
    for (const name of ['relays', 'joins', 'log', 'state']) await db.schema.dropTable(`directory_${name}`).execute()
  },
}

const SOURCES: Step = {
  name: '0004-sources',
  up: async (db: AnyDb) =>
    db.schema
      .alterTable('directory_relays')
      .addColumn('source', 'text', (made) => made.notNull().defaultTo(''))
      .execute(),
  down: async (db: AnyDb) => db.schema.alterTable('directory_relays').dropColumn('source').execute(),
}

const MOVES: Step = {
  name: '0005-moves',
  up: async (db: AnyDb) => {
    for (const name of ['before_commitment', 'before_invite'])
      await db.schema
        .alterTable('directory_relays')
        .addColumn(name, 'text', (made) => made.notNull().defaultTo(''))
        .execute()
  },
  down: async (db: AnyDb) => {
    for (const name of ['before_commitment', 'before_invite']) await db.schema.alterTable('directory_relays').dropColumn(name).execute()
  },
}

/** For each relay that says anything new, the book looks which are long gone, and how many the same source has brought. */
const LOOKUPS: Step = {
  name: '0007-lookups',
  up: async (db: AnyDb) => {
    for (const column of ['expires_s', 'source'])
      await db.schema.createIndex(`directory_relays_by_${column}`).on('directory_relays').column(column).execute()
  },
  down: async (db: AnyDb) => {
    for (const column of ['expires_s', 'source']) await db.schema.dropIndex(`directory_relays_by_${column}`).execute()
  },
}

export const DIRECTORY: Schema = { room: 'directory', steps: [RELAYS, HANDING, SHUTDOWNS, SOURCES, MOVES, REPLAYS, LOOKUPS] }
