// What an authority keeps of handing relays out: invites under keyed hashes, and the rows of the room that decides (handing/rows.ts). The commands write
// invites and reports into it while the authority runs.
import type { Kysely, Transaction } from 'kysely'
import type { Step } from '../store/migrate.ts'
import type { Store } from '../store/store.ts'
import type { HandingChanges, HandingRows, MemberRow } from './handing/rows.ts'
import { distributorLimits } from './limits.ts'

export interface HandingTables {
  /** By a keyed hash of its secret, in hex. */
  directory_invites: {
    invite: string
    /** The member who asked for it; empty: the authority made it. */
    inviter: string
    until_s: number
    uses: number
    used: number
  }
  directory_members: {
    member: string
    country: string
    inviter: string
    joined_epoch: number
    blame: number
    trust_epochs: number
    since_epoch: number
    waits_until: number
  }
  /** `members`: their names, with spaces between. */
  directory_groups: { group_id: number; country: string; relay: string; since_epoch: number; members: string }
  directory_spent: { relay: string; country: string; epoch: number }
  /** `fell` and `stood`: counts, with spaces between. */
  directory_countries: { country: string; prior: number; fell: string; stood: string }
  /** What was reported since the last epoch began. */
  directory_reports: { relay: string; country: string }
}

// biome-ignore lint/suspicious/noExplicitAny: a step speaks to the tables of its day.
type AnyDb = Kysely<any>

export const HANDING: Step = {
  name: '0002-handing',
  up: async (db: AnyDb) => {
    await createTable(db, 'invites', ['invite', 'inviter'], ['until_s', 'uses', 'used'], ['invite'])
    await createTable(
      db,
      'members',
      ['member', 'country', 'inviter'],
      ['joined_epoch', 'blame', 'trust_epochs', 'since_epoch', 'waits_until'],
      ['member'],
    )
    await createTable(db, 'groups', ['country', 'relay', 'members'], ['group_id', 'since_epoch'], ['group_id'])
    await createTable(db, 'spent', ['relay', 'country'], ['epoch'], ['relay', 'country'])
    await createTable(db, 'countries', ['country', 'fell', 'stood'], ['prior'], ['country'])
    await createTable(db, 'reports', ['relay', 'country'], [], ['relay', 'country'])
  },
  down: async (db: AnyDb) => {
    for (const name of ['invites', 'members', 'groups', 'spent', 'countries', 'reports'])
      await db.schema.dropTable(`directory_${name}`).execute()
  },
}

async function createTable(
  db: AnyDb,
  name: string,
  texts: readonly string[],
  numbers: readonly string[],
  key: readonly string[],
): Promise<void> {
  let table = db.schema.createTable(`directory_${name}`)
  for (const column of texts) table = table.addColumn(column, 'text', (made) => made.notNull())
  for (const column of numbers) table = table.addColumn(column, 'bigint', (made) => made.notNull())
  await table.addPrimaryKeyConstraint(`directory_${name}_key`, key as never).execute()
}

/** A relay that can't be reached from a country. */
export interface Report {
  readonly relay: string
  readonly country: string
}

export interface InviteRow {
  readonly invite: string
  readonly inviter: string
  readonly untilS: number
  readonly uses: number
  readonly used: number
}

export class HandingStore {
  readonly #store: Store<HandingTables>

  constructor(store: Store<HandingTables>) {
    this.#store = store
  }

  /** False: there are too many. Those that nobody can use any more make room. */
  async addInvite({ invite, inviter, untilS, uses }: Omit<InviteRow, 'used'>, nowS: number): Promise<boolean> {
    return this.#store.db.transaction().execute(async (within) => {
      await within
        .deleteFrom('directory_invites')
        .where('until_s', '<', Math.floor(nowS) - distributorLimits.forgetInviteS)
        .execute()
      const { count } = await within
        .selectFrom('directory_invites')
        .select(({ fn }) => [fn.countAll().as('count')])
        .executeTakeFirstOrThrow()
      if (Number(count) >= distributorLimits.invitesMax) return false
      await within.insertInto('directory_invites').values({ invite, inviter, until_s: untilS, uses, used: 0 }).execute()
      return true
    })
  }

  async invite(invite: string): Promise<InviteRow | undefined> {
    const row = await this.#store.db.selectFrom('directory_invites').selectAll().where('invite', '=', invite).executeTakeFirst()
    return row && { invite, inviter: row.inviter, untilS: Number(row.until_s), uses: Number(row.uses), used: Number(row.used) }
  }

  /** Invites that this member was given for friends and nobody has used yet. */
  async openInvites(inviter: string, nowS: number): Promise<number> {
    const rows = await this.#store.db
      .selectFrom('directory_invites')
      .select('invite')
      .where('inviter', '=', inviter)
      .where('until_s', '>', Math.floor(nowS))
      .whereRef('used', '<', 'uses')
      .execute()
    return rows.length
  }

  async report({ relay, country }: Report): Promise<void> {
    await this.#store.db
      .insertInto('directory_reports')
      .values({ relay, country })
      .onConflict((twice) => twice.doNothing())
      .execute()
  }

  reports(): Promise<readonly Report[]> {
    return this.#store.db.selectFrom('directory_reports').selectAll().execute()
  }

  async rows(): Promise<HandingRows> {
    const { db } = this.#store
    const members = await db.selectFrom('directory_members').selectAll().execute()
    const groups = await db.selectFrom('directory_groups').selectAll().execute()
    const spent = await db.selectFrom('directory_spent').selectAll().execute()
    const countries = await db.selectFrom('directory_countries').selectAll().execute()
    return {
      members: members.map((row) => ({
        ...{ member: row.member, country: row.country, inviter: row.inviter },
        ...{ joinedEpoch: Number(row.joined_epoch), blame: Number(row.blame), trustEpochs: Number(row.trust_epochs) },
        ...{ sinceEpoch: Number(row.since_epoch), waitsUntil: Number(row.waits_until) },
      })),
      groups: groups.map(({ group_id, country, relay, since_epoch, members: names }) => ({
        ...{ group: Number(group_id), country, relay, sinceEpoch: Number(since_epoch) },
        members: names.split(' '),
      })),
      spent: spent.map(({ relay, country, epoch }) => ({ relay, country, epoch: Number(epoch) })),
      countries: countries.map(({ country, prior, fell, stood }) => ({
        ...{ country, prior: Number(prior) },
        ...{ fell: fell.split(' ').map(Number), stood: stood.split(' ').map(Number) },
      })),
    }
  }

  /** What became different, with what it came from: an invite that was used once more, reports that were taken into account. All or nothing. */
  async keep(
    changes: HandingChanges,
    { used, reports = [] }: { readonly used?: string; readonly reports?: readonly Report[] },
  ): Promise<void> {
    await this.#store.db.transaction().execute(async (within) => {
      if (used !== undefined)
        await within
          .updateTable('directory_invites')
          .set(({ eb }) => ({ used: eb('used', '+', 1) }))
          .where('invite', '=', used)
          .execute()
      await putMembers(within, changes.members)
      for (const group of changes.groupsGone) await within.deleteFrom('directory_groups').where('group_id', '=', group).execute()
      for (const { group: group_id, country, relay, sinceEpoch: since_epoch, members } of changes.groups) {
        const row = { country, relay, since_epoch, members: members.join(' ') }
        await within
          .insertInto('directory_groups')
          .values({ group_id, ...row })
          .onConflict((again) => again.column('group_id').doUpdateSet(row))
          .execute()
      }
      for (const { relay, country, epoch } of changes.spent)
        await within
          .insertInto('directory_spent')
          .values({ relay, country, epoch })
          .onConflict((twice) => twice.doNothing())
          .execute()
      for (const { country, prior, fell, stood } of changes.countries) {
        const row = { prior, fell: fell.join(' '), stood: stood.join(' ') }
        await within
          .insertInto('directory_countries')
          .values({ country, ...row })
          .onConflict((again) => again.column('country').doUpdateSet(row))
          .execute()
      }
      for (const { relay, country } of reports)
        await within.deleteFrom('directory_reports').where('relay', '=', relay).where('country', '=', country).execute()
    })
  }
}

async function putMembers(within: Transaction<HandingTables>, members: readonly MemberRow[]): Promise<void> {
  for (const { member, country, inviter, ...kept } of members) {
    const row = {
      ...{ country, inviter, joined_epoch: kept.joinedEpoch, blame: kept.blame, trust_epochs: kept.trustEpochs },
      ...{ since_epoch: kept.sinceEpoch, waits_until: kept.waitsUntil },
    }
    await within
      .insertInto('directory_members')
      .values({ member, ...row })
      .onConflict((again) => again.column('member').doUpdateSet(row))
      .execute()
  }
}
