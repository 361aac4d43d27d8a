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

export type ObservatoryTables = PublishedTables & NoisyTables

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

export const OBSERVATORY: Schema = { room: 'observatory', steps: [PUBLISHED, NOISY] }

const RECORD: Columns = { revision: 'bigint', signed_at: 'text', body: 'text', signer: 'text', signature: 'text', synthetic: 'bigint' }

async function table(db: AnyDb, name: string, key: readonly string[], columns: Columns): Promise<void> {
  let builder = db.schema.createTable(name)
  for (const [column, type] of Object.entries(columns)) builder = builder.addColumn(column, type, (made) => made.notNull())
  // biome-ignore lint/suspicious/noExplicitAny: the names of columns come as text here.
  await builder.addPrimaryKeyConstraint(`${name}_key`, key as any).execute()
}
