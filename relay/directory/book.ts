// What an authority keeps: relays and how they fared in its own tests, join codes that were used, the log, and the directory of now. One store, by kysely.
// A relay stands here with its descriptor, which holds its address: this is the file that must not be lost to others (docs/DIRECTORY.md).
import type { Transaction } from 'kysely'
import {
  commitmentOf,
  type Descriptor,
  decodeBase64url,
  decodeDescriptor,
  decodeInviteBody,
  encodeBase64url,
  encodeHex,
  encodeInviteBody,
  type Invite,
  ProtocolError,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { openStore, type Store } from '../store/store.ts'
import { type BookTables, DIRECTORY } from './book-tables.ts'
import { HandingStore, type HandingTables } from './handing-store.ts'
import { type AuthorityLimits, authorityLimits } from './limits.ts'
import { Replays, type ReplayTables } from './replays.ts'
import { Shutdowns, type ShutdownTables } from './shutdowns.ts'

export interface KnownRelay {
  readonly descriptor: Descriptor
  readonly commitment: string
  readonly testedS: number
  readonly passedS: number
  readonly weight: number
  /** Of the last test; empty where it passed. */
  readonly fault: string
}

export interface Tested {
  readonly atS: number
  /** 0 where it failed. */
  readonly weight: number
  readonly fault: string
}

/** `older`: than the one there is. `full`: there are too many relays, of who brought it or in all. `used-code`: as many came by its join code as may. */
export type TakenIn = 'taken' | 'known' | 'older' | 'full' | 'used-code'

/** By which a relay that is new comes. */
export interface JoinUse {
  readonly code: string
  readonly uses: number
}

export class Book {
  readonly store: Store<BookTables>
  readonly handing: HandingStore
  readonly replays: Replays
  readonly shutdowns: Shutdowns
  readonly #limits: Pick<AuthorityLimits, 'relaysMax' | 'forgetRelayS'>
  /** Told of each commitment that was not known before. */
  onArrival: (commitment: string) => void = () => undefined

  private constructor(store: Store<BookTables>, limits: Pick<AuthorityLimits, 'relaysMax' | 'forgetRelayS'>) {
    this.store = store
    this.#limits = limits
    // A store of more tables is one of these.
    this.handing = new HandingStore(store as unknown as Store<HandingTables>)
    this.replays = new Replays(store as unknown as Store<ReplayTables>)
    this.shutdowns = new Shutdowns(store as unknown as Store<ShutdownTables>)
  }

  /** `where`: a file, `:memory:`, or a URL of PostgreSQL. Throws StoreError. */
  static async open(where: string, limits: Pick<AuthorityLimits, 'relaysMax' | 'forgetRelayS'> = authorityLimits): Promise<Book> {
    return new Book(await openStore<BookTables>(where, DIRECTORY), limits)
  }

  close(): Promise<void> {
    return this.store.close()
  }

  /**
   * Takes a descriptor in, if it is younger than the one there is. Each source may have brought as many relays as are still free, as with Portions. Those that
   * are long gone make room. What is somewhere else than before has passed no test there. A join code is used by who is taken in, once.
   */
  async take(descriptor: Descriptor, commitment: string, bytes: Uint8Array, source: string, join?: JoinUse): Promise<TakenIn> {
    const relay = nameOf(descriptor)
    const { db } = this.store
    let isNew = false
    const taken = await db.transaction().execute(async (within): Promise<TakenIn> => {
      const known = await within
        .selectFrom('directory_relays')
        .select(['issued_s', 'commitment', 'descriptor', 'passed_s'])
        .where('relay', '=', relay)
        .executeTakeFirst()
      if (known !== undefined && Number(known.issued_s) >= descriptor.issuedS)
        return Number(known.issued_s) > descriptor.issuedS ? 'older' : 'known'
      // Before any are gone: no number is given twice.
      const { last } = await within
        .selectFrom('directory_relays')
        .select(({ fn }) => [fn.max('received').as('last')])
        .executeTakeFirstOrThrow()
      const goneS = descriptor.issuedS - this.#limits.forgetRelayS
      await within.deleteFrom('directory_relays').where('expires_s', '<', goneS).where('relay', '!=', relay).execute()
      if (known === undefined && !(await this.#hasRoom(within, source))) return 'full'
      if (known === undefined && join !== undefined && !(await this.#useJoin(within, join, relay))) return 'used-code'
      const said = {
        commitment,
        descriptor: bytes,
        issued_s: descriptor.issuedS,
        expires_s: descriptor.expiresS,
        received: Number(last ?? 0) + 1,
      }
      const untested = { tested_s: 0, passed_s: 0, weight: 0, fault: '' }
      isNew = known?.commitment !== commitment
      const fresh = isNew ? { ...said, ...untested, ...(known && Number(known.passed_s) > 0 ? placeOf(known) : undefined) } : said
      if (known === undefined)
        await within
          .insertInto('directory_relays')
          .values({ relay, ...said, ...untested, source, before_commitment: '', before_invite: '' })
          .execute()
      else await within.updateTable('directory_relays').set(fresh).where('relay', '=', relay).execute()
      return 'taken'
    })
    if (isNew) this.onArrival(commitment)
    return taken
  }

  async #hasRoom(within: Transaction<BookTables>, source: string): Promise<boolean> {
    const counted = within.selectFrom('directory_relays').select(({ fn }) => [fn.countAll().as('count')])
    const all = await counted.executeTakeFirstOrThrow()
    const own = await counted.where('source', '=', source).executeTakeFirstOrThrow()
    return Number(own.count) < this.#limits.relaysMax - Number(all.count)
  }

  async knows(descriptor: Descriptor): Promise<boolean> {
    const { db } = this.store
    return (
      (await db.selectFrom('directory_relays').select('relay').where('relay', '=', nameOf(descriptor)).executeTakeFirst()) !== undefined
    )
  }

  /** A relay that comes again by the same code counts once. False: it has been used up. */
  async #useJoin(within: Transaction<BookTables>, { code, uses }: JoinUse, relay: string): Promise<boolean> {
    const used = await within.selectFrom('directory_joins').select('relay').where('code', '=', code).execute()
    if (used.some((one) => one.relay === relay)) return true
    if (used.length >= uses) return false
    await within.insertInto('directory_joins').values({ code, relay }).execute()
    return true
  }

  /** Descriptors that came after `received`, oldest first. */
  async since(received: number, countMax: number): Promise<readonly { readonly received: number; readonly descriptor: Uint8Array }[]> {
    const { db } = this.store
    const rows = await db
      .selectFrom('directory_relays')
      .select(['received', 'descriptor'])
      .where('received', '>', received)
      .orderBy('received')
      .limit(countMax)
      .execute()
    return rows.map((row) => ({ received: Number(row.received), descriptor: new Uint8Array(row.descriptor) }))
  }

  /** All relays whose descriptor holds. */
  async relays(nowS: number): Promise<readonly KnownRelay[]> {
    const { db } = this.store
    const rows = await db.selectFrom('directory_relays').selectAll().where('expires_s', '>', Math.floor(nowS)).orderBy('relay').execute()
    return rows.flatMap((row) => {
      const descriptor = read(new Uint8Array(row.descriptor), nowS)
      const { commitment, fault } = row
      const known = { commitment, fault, testedS: Number(row.tested_s), passedS: Number(row.passed_s), weight: Number(row.weight) }
      return descriptor === undefined ? [] : [{ descriptor, ...known }]
    })
  }

  /** Keys of relays that failed our last test, in hex. */
  async failing(): Promise<ReadonlySet<string>> {
    const rows = await this.store.db.selectFrom('directory_relays').select('relay').where('fault', '!=', '').execute()
    return new Set(rows.map(({ relay }) => relay))
  }

  /**
   * By these commitments, in hex, as far as they are known: a directory lists a relay though what it said last has run out here, and where it was before it
   * went elsewhere.
   */
  async invites(commitments: ReadonlySet<string>): Promise<ReadonlyMap<string, Invite>> {
    const rows = await this.store.db
      .selectFrom('directory_relays')
      .select(['commitment', 'descriptor', 'issued_s', 'before_commitment', 'before_invite'])
      .execute()
    const found = new Map<string, Invite>()
    for (const { commitment, descriptor, issued_s, before_commitment, before_invite } of rows) {
      const invite = commitments.has(commitment) ? read(new Uint8Array(descriptor), Number(issued_s))?.invite : undefined
      if (invite !== undefined) found.set(commitment, invite)
      const before = commitments.has(before_commitment) ? decodeBase64url(before_invite) : undefined
      if (before !== undefined) found.set(before_commitment, decodeInviteBody(before, 'bad-descriptor'))
    }
    return found
  }

  /** Counts only for where it was tested: it may have gone elsewhere meanwhile. */
  async tested(descriptor: Descriptor, { atS, weight, fault }: Tested): Promise<void> {
    const { db } = this.store
    const passed = weight > 0 ? { passed_s: atS, weight } : {}
    await db
      .updateTable('directory_relays')
      .set({ tested_s: atS, fault, ...passed })
      .where('relay', '=', nameOf(descriptor))
      .where('commitment', '=', encodeHex(commitmentOf(descriptor.invite)))
      .execute()
  }

  /** Leaves of the log, first to last. */
  async leaves(): Promise<readonly Uint8Array[]> {
    const rows = await this.store.db.selectFrom('directory_log').select('leaf').orderBy('number').execute()
    return rows.map(({ leaf }) => new Uint8Array(leaf))
  }

  /** The directory of now with its roll, and the leaves that are new: all of it or nothing. */
  async adopt(bundle: Uint8Array, roll: Uint8Array, leaves: readonly Uint8Array[]): Promise<void> {
    await this.store.db.transaction().execute(async (within) => {
      const { count } = await within
        .selectFrom('directory_log')
        .select(({ fn }) => [fn.countAll().as('count')])
        .executeTakeFirstOrThrow()
      for (const [at, leaf] of leaves.entries())
        if (at >= Number(count))
          await within
            .insertInto('directory_log')
            .values({ number: at + 1, leaf })
            .execute()
      await within.deleteFrom('directory_state').where('name', 'in', ['bundle', 'roll']).execute()
      await within
        .insertInto('directory_state')
        .values([
          { name: 'bundle', value: bundle },
          { name: 'roll', value: roll },
        ])
        .execute()
    })
  }

  /** A directory with another past than ours, which enough authorities have signed: kept for good, since it proves that some of them signed both. */
  async keepFork(bundle: Uint8Array): Promise<void> {
    await this.store.db
      .insertInto('directory_state')
      .values({ name: 'fork', value: bundle })
      .onConflict((again) => again.column('name').doNothing())
      .execute()
  }

  async fork(): Promise<Uint8Array | undefined> {
    const row = await this.store.db.selectFrom('directory_state').select('value').where('name', '=', 'fork').executeTakeFirst()
    return row && new Uint8Array(row.value)
  }

  async current(): Promise<{ readonly bundle: Uint8Array; readonly roll: Uint8Array } | undefined> {
    const rows = await this.store.db.selectFrom('directory_state').selectAll().execute()
    const [bundle, roll] = ['bundle', 'roll'].map((name) => rows.find((row) => row.name === name)?.value)
    return bundle && roll && { bundle: new Uint8Array(bundle), roll: new Uint8Array(roll) }
  }
}

function nameOf({ invite }: Descriptor): string {
  return encodeHex(invite.policyKey)
}

/** For when it is somewhere else. */
function placeOf({ commitment, descriptor, issued_s }: Pick<BookTables['directory_relays'], 'commitment' | 'descriptor' | 'issued_s'>) {
  const invite = read(new Uint8Array(descriptor), Number(issued_s))?.invite
  return invite && { before_commitment: commitment, before_invite: encodeBase64url(encodeInviteBody(invite)) }
}

function read(bytes: Uint8Array, nowS: number): Descriptor | undefined {
  try {
    return decodeDescriptor(nodeCrypto, bytes, nowS)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
