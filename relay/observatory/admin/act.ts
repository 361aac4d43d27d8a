// Doing what a person signed: who they are and what it says is checked, and then the deed and its line in the log are written together.
import { createHash, type KeyObject, randomBytes } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { close, releaseTime, toSecond } from '../closing.ts'
import { Refused } from '../collect/fields.ts'
import { judgeAt } from '../emergency-rule.ts'
import { Publication } from '../publication.ts'
import type { RecordRow } from '../published.ts'
import { canonical, isSignedBy, type RecordKind, signRecord } from '../records.ts'
import { dayOf } from '../spans.ts'
import type { ObservatoryTables } from '../tables.ts'
import { type Action, type Checked, checkAction, SECOND } from './actions.ts'
import { type Correction, correct } from './correct.ts'
import { adminLimits } from './limits.ts'

type Db = Transaction<ObservatoryTables>

export interface Signed {
  readonly action: Action
  readonly name: string
  readonly body: string
  readonly signature: string
}

/** What is signed has all that is kept: the name, the time, the revision. */
export async function signAction(
  db: Kysely<ObservatoryTables>,
  action: Action,
  value: unknown,
  name: string,
  key: KeyObject,
  nowMs: number,
): Promise<Signed> {
  const checked = checkAction(action, value)
  const signedAt = toSecond(nowMs)
  const body = canonical({
    ...checked,
    ...(await identity(db, action, checked)),
    ...(await ruled(db, action, checked, signedAt)),
    signedBy: name,
    signedAt,
    isSynthetic: false,
  })
  return { action, name, body, signature: signRecord(kindOf(action), body, key) }
}

/** Throws Refused: not on the roll, not their signature, not what it may say. The first one who acts may only put themselves on the roll. */
export async function act(db: Kysely<ObservatoryTables>, { action, name, body, signature }: Signed, nowMs: number): Promise<void> {
  const { signedBy, signedAt, isSynthetic, id, revision, rule, ...said } = JSON.parse(body) as Checked & {
    readonly signedAt: string
    readonly revision?: number
  }
  const checked = checkAction(action, { ...said, ...(takesId(action) && id !== undefined && { id }) })
  if (signedBy !== name || isSynthetic !== false || !SECOND.test(signedAt) || canonical(JSON.parse(body)) !== body)
    throw new Refused('the body is not what is signed')
  if (Math.abs(Date.parse(signedAt) - nowMs) > adminLimits.signedWithinMs) throw new Refused('it was signed at another time than now')
  await db.transaction().execute(async (transaction) => {
    // What the rule is asked of never changes again. This comes first, so that those who act at once wait for each other here and nowhere else.
    if (action === 'decision') await close(transaction, signedAt)
    const releasedAt = await releaseTime(transaction, signedAt)
    const admins = await transaction.selectFrom('roll_admins').selectAll().execute()
    const publicKey =
      admins.find((one) => one.name === name && one.until === '')?.public_key ??
      (admins.length === 0 ? firstKey(action, name, checked) : undefined)
    if (publicKey === undefined) throw new Refused(`${name} is not on the roll`)
    if (!isSignedBy(kindOf(action), body, signature, publicKey)) throw new Refused('the signature is not right')
    if (canonical({ rule }) !== canonical(await ruled(transaction, action, checked, signedAt)))
      throw new Refused('the rule says something else of what is published')
    const known = await transaction.selectFrom('roll_audit').select('number').where('signature', '=', signature).executeTakeFirst()
    if (known !== undefined) throw new Refused('this was done before')
    await log(transaction, { action, name, body, signature }, signedAt)
    await apply(
      transaction,
      action,
      { ...checked, ...(id !== undefined && { id }) },
      {
        revision: revision ?? 1,
        signed_at: signedAt,
        released_at: releasedAt,
        body,
        signer: name,
        signature,
        synthetic: 0,
      },
    )
  })
}

/** Which line does not follow from the one before it; undefined where all do. */
export async function brokenAuditLine(db: Kysely<ObservatoryTables>): Promise<number | undefined> {
  let chain = ''
  let next = 1
  for (const row of await db.selectFrom('roll_audit').selectAll().orderBy('number').execute()) {
    chain = link(chain, row)
    if (row.number !== next++ || row.chain !== chain) return row.number
  }
  return undefined
}

function firstKey(action: Action, name: string, checked: Checked): string | undefined {
  return action === 'admin-add' && checked['name'] === name ? (checked['publicKey'] as string) : undefined
}

function kindOf(action: Action): RecordKind {
  return action === 'event' || action === 'cost' || action === 'decision' ? action : 'order'
}

function takesId(action: Action): boolean {
  return action === 'event' || action === 'cost' || action === 'decision' || action === 'dismiss'
}

/** A decision is signed under what the public rule says: a person can't say it, and it is looked at again before the decision is kept. */
async function ruled(db: Kysely<ObservatoryTables>, action: Action, { eventId }: Checked, signedAt: string): Promise<Checked> {
  if (action !== 'decision') return {}
  const rule = await judgeAt(new Publication(db), eventId as string, signedAt)
  if (rule === undefined) throw new Refused('there is no event of that id')
  return { rule }
}

/** A record that names one that is there is its next revision. */
async function identity(db: Kysely<ObservatoryTables>, action: Action, { id }: Checked): Promise<Checked> {
  if (action !== 'event' && action !== 'cost' && action !== 'decision') return {}
  if (id === undefined) return { id: `${action === 'event' ? 'ev' : action}-${randomBytes(8).toString('hex')}`, revision: 1 }
  const row = await db
    .selectFrom(TABLE[action])
    .select(({ fn }) => fn.max('revision').as('last'))
    .where('id', '=', id as string)
    .executeTakeFirst()
  if (!row?.last) throw new Refused('there is no record of that id')
  return { id, revision: row.last + 1 }
}

const TABLE = { event: 'published_events', cost: 'published_costs', decision: 'published_decisions' } as const

async function apply(db: Db, action: Action, said: Checked, record: RecordRow): Promise<void> {
  const text = (name: string): string => String(said[name] ?? '')
  const today = dayOf(Date.parse(record.signed_at))
  switch (action) {
    case 'admin-add': {
      // A name means one key for ever: the log is read by it.
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('roll_admins')
        .values({ name: text('name'), public_key: text('publicKey'), since: today, until: '' })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows !== 1n) throw new Refused(`${text('name')} is or was on the roll: another name is needed`)
      break
    }
    case 'admin-end': {
      const rest = await db.selectFrom('roll_admins').select('name').where('until', '=', '').where('name', '!=', text('name')).execute()
      if (rest.length === 0) throw new Refused('the last one can’t leave the roll')
      await db.updateTable('roll_admins').set({ until: today }).where('name', '=', text('name')).execute()
      break
    }
    case 'relay-add':
      await db
        .insertInto('roll_relays')
        .values({ relay: text('relay'), since: today, until: '' })
        .onConflict((conflict) => conflict.column('relay').doUpdateSet({ until: '' }))
        .execute()
      break
    case 'relay-end':
      await db.updateTable('roll_relays').set({ until: today }).where('relay', '=', text('relay')).execute()
      break
    case 'correct':
      await correct(db, said as unknown as Correction, record.signed_at)
      break
    case 'event':
      await db
        .insertInto('published_events')
        .values({ id: text('id'), country: text('country'), started_at: text('startedAt'), ended_at: text('endedAt'), ...record })
        .execute()
      break
    case 'cost':
      await db
        .insertInto('published_costs')
        .values({ id: text('id'), started: text('from'), ended: text('until'), ...record })
        .execute()
      break
    case 'decision':
      await db
        .insertInto('published_decisions')
        .values({ id: text('id'), event_id: text('eventId'), ...record })
        .execute()
      break
    case 'indicator':
      await addIndicator(db, said, record.released_at)
      break
    case 'dismiss':
      await db.deleteFrom('roll_suspicions').where('id', '=', text('id')).execute()
      break
  }
}

async function addIndicator(db: Db, said: Checked, releasedAt: string): Promise<void> {
  const { country, name, value, source, measuredAt } = said as Readonly<Record<string, string>> & { readonly value: number }
  const key = { country: country ?? '', name: name ?? '', measured_at: measuredAt ?? '' }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('published_indicators')
    .values({ ...key, released_at: releasedAt, value, source: source ?? '', synthetic: 0 })
    .onConflict((conflict) => conflict.columns(['country', 'name', 'measured_at']).doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows !== 1n)
    throw new Refused('of that country and moment it is published already, and what is published never changes')
}

async function log(db: Db, { action, name, body, signature }: Signed, at: string): Promise<void> {
  const last = await db.selectFrom('roll_audit').select(['number', 'chain']).orderBy('number', 'desc').limit(1).executeTakeFirst()
  const row = { number: (last?.number ?? 0) + 1, at, name, action, body, signature }
  await db
    .insertInto('roll_audit')
    .values({ ...row, chain: link(last?.chain ?? '', row) })
    .execute()
}

function link(before: string, { number, at, name, action, body, signature }: Omit<ObservatoryTables['roll_audit'], 'chain'>): string {
  return createHash('sha256')
    .update(canonical([before, number, at, name, action, body, signature]))
    .digest('hex')
}
