// Which tables, and which of their columns, are published row by row: what rows.ts writes and reads, and publication.ts asks for.
import type { PublishedTables } from './published.ts'

export type Kind = 'cells' | 'events' | 'costs' | 'decisions' | 'ledger' | 'indicators' | 'quality'
type Columns = Readonly<Record<string, 'text' | 'number' | 'number or withheld'>>
interface RowTable {
  readonly table: keyof PublishedTables
  /** The column that says when a row came out. */
  readonly at: 'released_at' | 'at'
  readonly columns: Columns
}

/** What a person signed is in its body, with their name; the bytes of signatures are for the log of who did what. */
const RECORD: Columns = { revision: 'number', signed_at: 'text', released_at: 'text', body: 'text', synthetic: 'number' }
const RANGE = { low: 'number or withheld', estimate: 'number or withheld', high: 'number or withheld' } as const
const at = 'released_at'

export const ROW_TABLES: Readonly<Record<Kind, RowTable>> = {
  cells: {
    table: 'published_cells',
    at,
    columns: {
      ...{ metric: 'text', country: 'text', slice: 'text', span: 'text', start: 'text', revision: 'number', released_at: 'text' },
      ...{ suppressed: 'number', ...RANGE, synthetic: 'number' },
    },
  },
  events: { table: 'published_events', at, columns: { id: 'text', country: 'text', started_at: 'text', ended_at: 'text', ...RECORD } },
  costs: { table: 'published_costs', at, columns: { id: 'text', started: 'text', ended: 'text', ...RECORD } },
  decisions: { table: 'published_decisions', at, columns: { id: 'text', event_id: 'text', ...RECORD } },
  ledger: {
    table: 'published_ledger',
    at: 'at',
    columns: { id: 'text', at: 'text', unit: 'text', start: 'text', rho: 'number', body: 'text', synthetic: 'number' },
  },
  indicators: {
    table: 'published_indicators',
    at,
    columns: {
      ...{ country: 'text', name: 'text', measured_at: 'text', released_at: 'text', value: 'number', source: 'text', synthetic: 'number' },
    },
  },
  quality: {
    table: 'published_quality',
    at,
    columns: { day: 'text', name: 'text', released_at: 'text', value: 'number', synthetic: 'number' },
  },
}

/** A row of a table, by its columns, and when it came out. */
export interface PublishedRow {
  readonly kind: Kind
  readonly at: string
  readonly values: Readonly<Record<string, string | number>>
}
