// Every limit of the store: how long one waits for another, how much one question may hold.

export const storeLimits = {
  /** How long a writer waits for another writer of the same file, or for a socket of the pool. */
  waitMs: 15_000,
  /** From one try for a file's lock to the next, at most. */
  retryMs: 10,
  /** Sockets to PostgreSQL: one process of ours keeps few questions under way. */
  socketsMax: 8,
  /** One statement on PostgreSQL: a month of ten million rows is summed in a tenth of it. */
  statementMs: 120_000,
  /** Writing a table anew, on PostgreSQL: ten million rows and their index, on a slow disk. */
  scrubMs: 1_800_000,
  /** Values bound to one statement: SQLite takes 32,766, PostgreSQL 65,535. */
  valuesMax: 30_000,
  /** Pages of SQLite's cache in memory, as KiB. */
  cacheKib: 65_536,
  /** Pages that one step of a backup copies while others wait. */
  backupPages: 1_024,
}
export type StoreLimits = Readonly<typeof storeLimits>
