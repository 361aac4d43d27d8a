// What is still to be posted to webhooks: kept in the store, so that neither a receiver that is down nor an end of this program loses it.
//
// 1. a hook that is new here is owed nothing of what was published before it   #owe
// 2. each newly published state of a shutdown is owed to every hook            #owe
// 3. what is due is claimed, sent, and crossed off, or due again later         #sendDue
//
// A program that is killed between sending and crossing off sends again: a post may come twice, and is never lost before its last try.
import { createHash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { batches } from '../store/store.ts'
import type { Hook } from './hooks.ts'
import type { ShutdownEvent } from './published.ts'
import { type SiteLimits, siteLimits } from './site-limits.ts'
import type { ObservatoryTables } from './tables.ts'

export interface OutboxOptions {
  readonly db: Kysely<ObservatoryTables>
  readonly hooks: readonly Hook[]
  /** Whether it was taken. Never rejects. */
  readonly send: (hook: Hook, body: string) => Promise<boolean>
  readonly nowMs: () => number
  readonly limits?: SiteLimits
}

export interface PostCounts {
  readonly taken: number
  /** Tried for the last time, or more than may wait. */
  readonly givenUp: number
}

type Row = ObservatoryTables['roll_posts']

/** The row that says that its hook is known. */
const GREETING = { event: '', revision: 0 } as const

export class Outbox {
  readonly #options: OutboxOptions
  readonly #limits: SiteLimits
  #work: Promise<unknown> = Promise.resolve()
  #isClosing = false

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#limits = options.limits ?? siteLimits
  }

  /** Posts what is due; `events`: all that are published. To be called again and again; one look waits for the one before it. */
  look(events: readonly ShutdownEvent[]): Promise<PostCounts> {
    const looked = this.#work.then(() => this.#look(events))
    this.#work = looked.catch(() => undefined)
    return looked
  }

  /** What is being sent is sent to its end; the rest waits in the store. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#work
  }

  async #look(events: readonly ShutdownEvent[]): Promise<PostCounts> {
    const bodies = new Map(events.map((event) => [`${event.id} ${event.revision}`, JSON.stringify({ version: 1, event })]))
    const all = this.#options.hooks.map(async (hook) => {
      const name = createHash('sha256').update(hook.url.href).digest('base64url')
      await this.#owe(name, events)
      return await this.#sendDue(hook, name, bodies)
    })
    const counts = await Promise.all(all)
    const sum = (of: keyof PostCounts): number => counts.reduce((total, one) => total + one[of], 0)
    return { taken: sum('taken'), givenUp: sum('givenUp') }
  }

  /** 1 and 2. */
  async #owe(hook: string, events: readonly ShutdownEvent[]): Promise<void> {
    const { db, nowMs } = this.#options
    await db.transaction().execute(async (transaction) => {
      const isNew = (await add(transaction, [{ hook, ...GREETING, tries: 0, due_ms: 0, waits: 0 }])) === 1n
      const due = isNew ? { due_ms: 0, waits: 0 } : { due_ms: nowMs(), waits: 1 }
      await add(
        transaction,
        events.map(({ id, revision }) => ({ hook, event: id, revision, tries: 0, ...due })),
      )
    })
  }

  /** 3. One after the other, so that a receiver gets them in order and never many at once. */
  async #sendDue(hook: Hook, name: string, bodies: ReadonlyMap<string, string>): Promise<PostCounts> {
    const { db, send, nowMs } = this.#options
    const { hookTriesMax, hookRetryMs, hookWaitingMax } = this.#limits
    const waiting = await db
      .selectFrom('roll_posts')
      .selectAll()
      .where('hook', '=', name)
      .where('waits', '=', 1)
      .orderBy('due_ms')
      .execute()
    const surplus = waiting.splice(hookWaitingMax)
    for (const row of surplus) await this.#settle(row, { waits: 0 })
    let [taken, givenUp] = [0, surplus.length]
    for (const row of waiting.filter(({ due_ms: due }) => due <= nowMs())) {
      if (this.#isClosing) break
      const body = bodies.get(`${row.event} ${row.revision}`)
      const tries = row.tries + 1
      const next = { tries, due_ms: nowMs() + hookRetryMs * 2 ** row.tries }
      // Whoever else looks at this store sees that it is being sent, and leaves it alone until it would be due again.
      if (!(await this.#settle(row, next))) continue
      // A later state was published meanwhile: that one is posted, and this one is news no more.
      if (body === undefined) await this.#settle({ ...row, ...next }, { waits: 0 })
      else if (await send(hook, body)) {
        await this.#settle({ ...row, ...next }, { waits: 0 })
        taken++
      } else if (tries >= hookTriesMax) {
        await this.#settle({ ...row, ...next }, { waits: 0 })
        givenUp++
      }
    }
    return { taken, givenUp }
  }

  /** False: another changed it first. */
  async #settle(row: Row, change: Partial<Row>): Promise<boolean> {
    const { numUpdatedRows } = await this.#options.db
      .updateTable('roll_posts')
      .set(change)
      .where('hook', '=', row.hook)
      .where('event', '=', row.event)
      .where('revision', '=', row.revision)
      .where('tries', '=', row.tries)
      .where('due_ms', '=', row.due_ms)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  }
}

/** Says how many were not there. */
async function add(db: Transaction<ObservatoryTables>, rows: readonly Row[]): Promise<bigint> {
  let count = 0n
  for (const batch of batches(rows)) {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('roll_posts')
      .values(batch)
      .onConflict((conflict) => conflict.columns(['hook', 'event', 'revision']).doNothing())
      .executeTakeFirst()
    count += numInsertedOrUpdatedRows ?? 0n
  }
  return count
}
