// The observatory's tables, step by step: first what is published, then what is not.
import type { Kysely } from 'kysely'
import type { Schema, Step } from '../store/migrate.ts'
import type { PublishedTables } from './published.ts'

// biome-ignore lint/suspicious/noExplicitAny: a step speaks to the tables of its day.
type AnyDb = Kysely<any>
type Columns = Readonly<Record<string, 'text' | 'bigint' | 'double precision'>>

/** Counts after noise, of every place that there could be. They tell of nobody, but are read by releases only. */
export interface NoisyTables {
  noisy_counts: {
    family: string
    country: string
    slice: string
    start: string
    revision: number
    count: number
  }
}

/** What came in, summed up as it came. It is never served, and gone a fortnight after the span that it is of. */
export interface RawTables {
  /** What a relay counted on a day. */
  raw_relay_days: {
    relay: string
    day: string
    country: string
    way: string
    sessions: number
    seconds: number
    bytes: number
    failures: number
  }
  /** What clients told, by the relay that it came through. */
  raw_reports: {
    family: string
    start: string
    country: string
    slice: string
    relay: string
    count: number
  }
  /** Marks of what was taken, so that it is never taken twice: of a relay's part of a day, or of a report. They mean nothing else. */
  raw_taken: { mark: string; day: string }
  /** One row for each day of each relay: the age of its database of addresses, and that it reported. */
  raw_relay_states: { relay: string; day: string; geoip_age_days: number }
}

/** Who may say what: relays that are counted, people who may sign, what they did; and who is told of it. */
export interface RollTables {
  roll_relays: { relay: string; since: string; until: string }
  roll_admins: { name: string; public_key: string; since: string; until: string }
  /** Each entry holds the hash of the one before, so that none can be taken out unseen. */
  roll_audit: { number: number; at: string; name: string; action: string; body: string; signature: string; chain: string }
  /** Shutdowns that somebody should look at. */
  roll_suspicions: { id: string; country: string; kind: string; day: string; says: string; source: string; url: string; sample: number }
  /** What is owed to a webhook (by the hash of its address), or was, so that it is not posted again. Times are ms since 1970. */
  roll_posts: { hook: string; event: string; revision: number; tries: number; due_ms: number; waits: number }
  /** In a copy of a store: when it was made, and, once it was put back, the day up to which what was due is never drawn again (empty before). */
  roll_restores: { copied_at: string; closed_until: string }
}

export type ObservatoryTables = PublishedTables & NoisyTables & RawTables & RollTables

const PUBLISHED: Step = {
  name: '0001-published',
  up: async (db) => {
    await table(db, 'published_cells', ['metric', 'span', 'country', 'slice', 'start', 'revision'], {
      metric: 'text',
      country: 'text',
      slice: 'text',
      span: 'text',
      start: 'text',
      revision: 'bigint',
      released_at: 'text',
      suppressed: 'bigint',
      low: 'double precision',
      estimate: 'double precision',
      high: 'double precision',
      synthetic: 'bigint',
    })
    await db.schema.createIndex('published_cells_by_start').on('published_cells').columns(['metric', 'span', 'start']).execute()
    await db.schema.createIndex('published_cells_by_release').on('published_cells').columns(['released_at']).execute()
    await table(db, 'published_events', ['id', 'revision'], {
      id: 'text',
      country: 'text',
      started_at: 'text',
      ended_at: 'text',
      ...RECORD,
    })
    await table(db, 'published_costs', ['id', 'revision'], { id: 'text', started: 'text', ended: 'text', ...RECORD })
    await table(db, 'published_decisions', ['id', 'revision'], { id: 'text', event_id: 'text', ...RECORD })
    await table(db, 'published_ledger', ['id'], {
      id: 'text',
      at: 'text',
      unit: 'text',
      start: 'text',
      rho: 'double precision',
      body: 'text',
      synthetic: 'bigint',
    })
    await db.schema.createIndex('published_ledger_by_unit').on('published_ledger').columns(['unit', 'start']).execute()
    await table(db, 'published_indicators', ['country', 'name', 'measured_at'], {
      country: 'text',
      name: 'text',
      measured_at: 'text',
      value: 'double precision',
      source: 'text',
      synthetic: 'bigint',
    })
    await table(db, 'published_quality', ['day', 'name'], { day: 'text', name: 'text', value: 'double precision', synthetic: 'bigint' })
  },
  down: async (db) => {
    for (const name of ['cells', 'events', 'costs', 'decisions', 'ledger', 'indicators', 'quality'])
      await db.schema.dropTable(`published_${name}`).execute()
  },
}

const NOISY: Step = {
  name: '0002-noisy',
  up: async (db) => {
    await table(db, 'noisy_counts', ['family', 'start', 'revision', 'country', 'slice'], {
      family: 'text',
      country: 'text',
      slice: 'text',
      start: 'text',
      revision: 'bigint',
      count: 'bigint',
    })
  },
  down: async (db) => {
    await db.schema.dropTable('noisy_counts').execute()
  },
}

const RAW: Step = {
  name: '0003-raw',
  up: async (db) => {
    await table(db, 'raw_relay_days', ['day', 'relay', 'country', 'way'], {
      relay: 'text',
      day: 'text',
      country: 'text',
      way: 'text',
      sessions: 'bigint',
      seconds: 'bigint',
      bytes: 'bigint',
      failures: 'bigint',
    })
    await table(db, 'raw_reports', ['start', 'family', 'relay', 'country', 'slice'], {
      family: 'text',
      start: 'text',
      country: 'text',
      slice: 'text',
      relay: 'text',
      count: 'bigint',
    })
    await table(db, 'raw_taken', ['mark'], { mark: 'text', day: 'text' })
    await table(db, 'raw_relay_states', ['day', 'relay'], { relay: 'text', day: 'text', geoip_age_days: 'bigint' })
  },
  down: async (db) => {
    for (const name of RAW_TABLES) await db.schema.dropTable(name).execute()
  },
}

const ROLL: Step = {
  name: '0004-roll',
  up: async (db) => {
    await table(db, 'roll_relays', ['relay'], { relay: 'text', since: 'text', until: 'text' })
    await table(db, 'roll_admins', ['name'], { name: 'text', public_key: 'text', since: 'text', until: 'text' })
    await table(db, 'roll_audit', ['number'], {
      number: 'bigint',
      at: 'text',
      name: 'text',
      action: 'text',
      body: 'text',
      signature: 'text',
      chain: 'text',
    })
    await table(db, 'roll_suspicions', ['id'], {
      id: 'text',
      country: 'text',
      kind: 'text',
      day: 'text',
      says: 'text',
      source: 'text',
      url: 'text',
      sample: 'bigint',
    })
  },
  down: async (db) => {
    for (const name of ['relays', 'admins', 'audit', 'suspicions']) await db.schema.dropTable(`roll_${name}`).execute()
  },
}

const POSTS: Step = {
  name: '0005-posts',
  up: async (db) => {
    await table(db, 'roll_posts', ['hook', 'event', 'revision'], {
      hook: 'text',
      event: 'text',
      revision: 'bigint',
      tries: 'bigint',
      due_ms: 'bigint',
      waits: 'bigint',
    })
  },
  down: async (db) => {
    await db.schema.dropTable('roll_posts').execute()
  },
}

const RESTORES: Step = {
  name: '0006-restores',
  up: async (db) => {
    await table(db, 'roll_restores', ['copied_at'], { copied_at: 'text', closed_until: 'text' })
  },
  down: async (db) => {
    await db.schema.dropTable('roll_restores').execute()
  },
}

/** When each row came out. Of rows from before this step it is as reports took it until then: when they were signed, measured, or their day was over. */
const RELEASED: Step = {
  name: '0007-released',
  up: async (db) => {
    for (const [name, came] of RELEASED_BY) {
      await db.schema
        .alterTable(name)
        .addColumn('released_at', 'text', (made) => made.notNull().defaultTo(''))
        .execute()
      await db
        .updateTable(name)
        .set(({ ref }) => ({ released_at: ref(came) }))
        .execute()
    }
    await table(db, 'published_closed', ['until'], { until: 'text' })
    await db.insertInto('published_closed').values({ until: '' }).execute()
  },
  down: async (db) => {
    await db.schema.dropTable('published_closed').execute()
    for (const [name] of RELEASED_BY) await db.schema.alterTable(name).dropColumn('released_at').execute()
  },
}
const RELEASED_BY = [
  ['published_events', 'signed_at'],
  ['published_costs', 'signed_at'],
  ['published_decisions', 'signed_at'],
  ['published_indicators', 'measured_at'],
  ['published_quality', 'day'],
] as const

/** All tables that hold what a fortnight ends. */
export const RAW_TABLES = ['raw_relay_days', 'raw_reports', 'raw_taken', 'raw_relay_states'] as const

export const OBSERVATORY: Schema = { room: 'observatory', steps: [PUBLISHED, NOISY, RAW, ROLL, POSTS, RESTORES, RELEASED] }

const RECORD: Columns = { revision: 'bigint', signed_at: 'text', body: 'text', signer: 'text', signature: 'text', synthetic: 'bigint' }

async function table(db: AnyDb, name: string, key: readonly string[], columns: Columns): Promise<void> {
  let builder = db.schema.createTable(name)
  for (const [column, type] of Object.entries(columns)) builder = builder.addColumn(column, type, (made) => made.notNull())
  // biome-ignore lint/suspicious/noExplicitAny: the names of columns come as text here.
  await builder.addPrimaryKeyConstraint(`${name}_key`, key as any).execute()
}
