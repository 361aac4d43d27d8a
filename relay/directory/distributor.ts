// Hands relays out to the members that came by this authority's invites. What is decided is decided in handing/; here questions are opened, invites are
// counted, and what was decided is kept before anyone is told of it.
//
// 1. a question comes, sealed to this authority, from the member itself or by a relay that passes it on        #answer
// 2. who is no member yet uses an invite, and is placed with those who came in the same moment                 #join, #settle
// 3. once an epoch what was reported blocked is taken into account, and its members get other relays           turn
// 4. the answer holds at most three relays, each with the proof that the directory lists it                    #relaysOf
import { randomBytes, randomInt } from 'node:crypto'
import {
  type Answer,
  type Bundle,
  decodeRoll,
  encodeHex,
  equalBytes,
  HANDING_QUESTION_BYTES,
  HANDING_TARGET,
  type Handed,
  type Invite,
  inclusionPaths,
  mayHandOut,
  type OpenedQuestion,
  openQuestion,
  type Question,
  type Refused,
  revocationOf,
  rollLeaves,
  SECRET_BYTES,
  type Seen,
  seenMark,
  utf8,
  validUntilS,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { COUNTRIES } from '../countries.ts'
import { Portions } from '../dial/portions.ts'
import type { RelayKeys } from '../keys.ts'
import type { Documents } from '../streams.ts'
import { answerStreams, bundleFor, type Shown } from './answer.ts'
import type { Book } from './book.ts'
import type { Said } from './handing/evidence.ts'
import { Handing } from './handing/handing.ts'
import type { HandingStore, Report } from './handing-store.ts'
import { type DistributorLimits, distributorLimits } from './limits.ts'
import { networkOf } from './network-of.ts'

const NOTHING = new Uint8Array()

export interface DistributorOptions {
  readonly keys: RelayKeys
  readonly book: Book
  /** The directory in force. */
  readonly shown: () => Shown | undefined
  readonly nowS: () => number
  /** The first moment of the first epoch, and how long each is. */
  readonly epochs: { readonly fromS: number; readonly lengthS: number }
  /** Ours: by it the directory says which relays are ours to hand out. */
  readonly rootKey: Uint8Array
  /** Told of failures of our own while a question is answered. */
  readonly onFault?: (error: unknown) => void
  readonly limits?: DistributorLimits
}

/** The listed relays of one directory, as far as they are known here. */
interface Listing {
  readonly number: number
  readonly bundle: Bundle
  /** By commitment, in hex. */
  readonly invites: ReadonlyMap<string, Invite>
  readonly relays: ReadonlyMap<string, Omit<Handed, 'path'>>
  /** Those of them that are ours to hand out. */
  readonly ours: ReadonlySet<string>
  readonly pathOf: (index: number) => readonly Uint8Array[]
}

/** What names an invite in the store: who reads that can't tell which invite it is. */
export function inviteName(keys: RelayKeys, secret: Uint8Array): string {
  return encodeHex(nodeCrypto.hmacSha256(handingKey(keys), utf8('culvert v1 invite '), secret))
}

/** What names a relay: its key, whatever its ways in are. */
export function relayName({ policyKey }: Pick<Invite, 'policyKey'>): string {
  return encodeHex(policyKey)
}

export class Distributor {
  readonly documents: Documents
  readonly #options: DistributorOptions
  readonly #limits: DistributorLimits
  readonly #store: HandingStore
  #handing: Handing
  /** What was decided could not be kept, or not surely: it holds no more, and what is kept does. */
  #mustRecall = false
  #listing: Listing | undefined
  /** While it is made: many may ask for it at once. */
  #listed: Promise<Listing> | undefined
  /** Commitments that the directory lists and the book did not know, and whether it came to know one since. */
  #awaited: ReadonlySet<string> = new Set()
  #hasCome = false
  #settledEpoch = -1
  #settling: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  readonly #questions: Portions

  private constructor(options: DistributorOptions, handing: Handing) {
    this.#options = options
    this.#limits = options.limits ?? distributorLimits
    this.#questions = new Portions(this.#limits.questionsMax)
    this.#store = options.book.handing
    this.#handing = handing
    options.book.onArrival = (commitment) => {
      this.#hasCome ||= this.#awaited.has(commitment)
    }
    this.documents = answerStreams(HANDING_TARGET, HANDING_QUESTION_BYTES, (bytes, who) => this.#take(bytes, who), options.onFault)
  }

  /** Throws HandingError where what was kept can't be used. */
  static async open(options: DistributorOptions): Promise<Distributor> {
    return new Distributor(options, await recall(options))
  }

  /** To be called now and then: begins the epoch that it is time for. True: one has begun. Rejects with what the store says; it is tried again at the next call. */
  async turn(): Promise<boolean> {
    const isDue = (): boolean => (this.#mustRecall || this.#epoch > this.#settledEpoch) && this.#isInForce
    if (!isDue()) return false
    // Whoever asks first in an epoch begins it, and those who ask meanwhile wait for that.
    return this.#inTurn(async () => {
      const mustDecide = isDue()
      if (mustDecide) await this.#decide()
      return mustDecide
    })
  }

  /**
   * After its time a directory lists relays that nobody may use, and of those that it lists few may be known here: whoever had one would be moved on to another,
   * and the relay would be spent. Or it is our clock that is far ahead, and no epoch would begin until it is that late.
   */
  get #isInForce(): boolean {
    const shown = this.#options.shown()
    return shown !== undefined && this.#options.nowS() < validUntilS(shown.consensus)
  }

  /** That of the clock, and never one before what was decided last: where the clock was put back, that epoch goes on until its end has come. */
  get #epoch(): number {
    return Math.max(this.#clockEpoch, this.#handing.epoch)
  }

  get #clockEpoch(): number {
    const { epochs, nowS } = this.#options
    return Math.max(0, Math.floor((nowS() - epochs.fromS) / epochs.lengthS))
  }

  async #take(bytes: Uint8Array, who: object): Promise<Uint8Array | undefined> {
    if (!this.#questions.hasRoom(who) || this.#options.shown() === undefined) return undefined
    const question = openQuestion(nodeCrypto, this.#options.keys, bytes)
    this.#questions.take(who)
    try {
      return question.answer(await this.#answer(question))
    } finally {
      this.#questions.giveBack(who)
    }
  }

  async #answer(question: OpenedQuestion): Promise<Answer> {
    await this.turn()
    // No more than there are: each is a world of its own, and whoever has many uses of invites could name all that there may be.
    const country = COUNTRIES.includes(question.country) ? question.country : ''
    const member = this.#handing.memberOf(question.member)
    if (this.#handing.standingOf(member) === undefined) {
      if (question.wants === 'renewal') return this.#without('unknown')
      const refused = await this.#inTurn(() => this.#join(member, country, question))
      if (refused !== undefined) return this.#without(refused)
      await this.#settle()
    }
    // What was put before is answered, and says nothing a second time.
    const isNew = await this.#inTurn(() => this.#options.book.replays.remember(member, question.size, question.key))
    if (question.wants === 'friend') return isNew ? this.#inTurn(() => this.#invite(member)) : this.#without('not-yet')
    const listing = await this.#list()
    if (question.wants === 'renewal' && isNew) this.#handing.hear(member, country, this.#said(member, question.seen, listing))
    const relays = this.#relaysOf(member, listing)
    if (relays.length === 0) return this.#without('none-free')
    const bundle = question.size < listing.number ? bundleFor(listing.bundle, question.size) : NOTHING
    return { word: 'given', againS: this.#againS(), number: listing.number, bundle, relays, friend: undefined }
  }

  /** Of the relays that are the member's now. */
  #said(member: string, seen: readonly Seen[], { relays }: Listing): ReadonlyMap<string, Said> {
    const said = new Map<string, Said>()
    for (const name of this.#handing.bucketOf(member)) {
      const invite = relays.get(name)?.invite
      const state = invite && seen.find(({ mark }) => equalBytes(mark, seenMark(invite)))?.state
      if (state !== undefined) said.set(name, state)
    }
    return said
  }

  /** Counts a use of the invite, once for each member. undefined: it is a member now. */
  async #join(
    member: string,
    country: string,
    { invite: secret }: Pick<Extract<Question, { readonly invite: Uint8Array }>, 'invite'>,
  ): Promise<Refused | undefined> {
    const name = inviteName(this.#options.keys, secret)
    const invite = await this.#store.invite(name)
    if (this.#handing.standingOf(member) !== undefined) return undefined
    if (invite === undefined) return 'unknown'
    if (invite.untilS <= this.#options.nowS()) return 'expired'
    if (invite.used >= invite.uses) return 'used-up'
    const { inviter, uses } = invite
    // Those who came by one invite for several are relatives, by a member that stands for it and asks for nothing.
    const host = uses > 1 ? this.#handing.memberOf(secret) : inviter
    const epoch = this.#epoch
    if (uses > 1) this.#handing.join({ member: host, country: '', inviter, epoch, isInviteOnly: true })
    const joined = this.#handing.join({ member, country, inviter: host, epoch })
    if (joined === 'full' || joined === 'not invited') return 'none-free'
    await this.#store.keep(this.#handing.takeChanges(), { used: name })
    return undefined
  }

  /** Once for all who came within a moment. */
  #settle(): Promise<void> {
    this.#settling ??= new Promise<void>((resolve) => void setTimeout(resolve, this.#limits.settleMs)).then(() => {
      this.#settling = undefined
      return this.#inTurn(() => this.#decide())
    })
    return this.#settling
  }

  /** Reports count where an epoch begins, so that nobody sees at once what his blocks do. */
  async #decide(): Promise<void> {
    if (!this.#isInForce) return
    const epoch = this.#epoch
    const { relays, ours } = await this.#list()
    // What was handed out here before it became another authority's stays its members'.
    const others = new Set([...this.#handing.handedOut()].filter((relay) => !ours.has(relay)))
    const listed = [...relays]
      .filter(([relay]) => ours.has(relay) || others.has(relay))
      .map(([relay, { invite }]) => ({ relay, network: networkOf(invite) }))
    const events = await this.#events()
    // What is reported is reported of what was listed when it was handed out.
    if (this.#settledEpoch < 0) this.#handing.settle({ epoch, listed, others, events: new Set() })
    const reports: readonly Report[] = epoch > this.#settledEpoch ? await this.#store.reports() : []
    for (const { relay, country } of reports) this.#handing.report(relay, country)
    // What fails our own tests now: that members can't reach it is no news.
    this.#handing.settle({ epoch, listed, others, events, unwell: await this.#options.book.failing() })
    await this.#store.keep(this.#handing.takeChanges(), { reports })
    this.#settledEpoch = epoch
  }

  /** Countries whose spares are handed out in this epoch: those that are shut down in a part of it, by the clock. */
  async #events(): Promise<ReadonlySet<string>> {
    const { book, epochs } = this.#options
    const fromS = epochs.fromS + this.#clockEpoch * epochs.lengthS
    const shutdowns = await book.shutdowns.during({ fromS, untilS: fromS + epochs.lengthS })
    return new Set(shutdowns.map(({ country }) => country))
  }

  /** An invite for a friend, which the member answers for. */
  async #invite(inviter: string): Promise<Answer> {
    const nowS = Math.floor(this.#options.nowS())
    const left = this.#handing.standingOf(inviter)?.invitesLeft ?? 0
    if (left <= (await this.#store.openInvites(inviter, nowS))) return this.#without('not-yet')
    const [secret, untilS] = [new Uint8Array(randomBytes(SECRET_BYTES)), nowS + this.#limits.friendDays * 86_400]
    const invite = inviteName(this.#options.keys, secret)
    if (!(await this.#store.addInvite({ invite, inviter, untilS, uses: 1 }, nowS))) return this.#without('not-yet')
    return { ...this.#without('not-yet'), word: 'given', friend: { secret, untilS } }
  }

  /** What is not known of the directory in force may come: relays are added then, and none is lost that now is somewhere else. */
  #list(): Promise<Listing> {
    this.#listed ??= this.#makeListing().finally(() => {
      this.#listed = undefined
    })
    return this.#listed
  }

  async #makeListing(): Promise<Listing> {
    const { book, rootKey, shown: showing } = this.#options
    const shown = showing() as Shown
    const { number } = shown.consensus
    const before = this.#listing?.number === number ? this.#listing : undefined
    if (before !== undefined && !this.#hasCome) return before
    const entries = decodeRoll(shown.roll).map((entry) => ({ ...entry, name: encodeHex(entry.commitment) }))
    const known = before?.invites ?? new Map<string, Invite>()
    const wanted = new Set(entries.map(({ name }) => name).filter((name) => !known.has(name)))
    // Before the book is read: what comes meanwhile is missed by nobody.
    this.#awaited = wanted
    this.#hasCome = false
    const came = await book.invites(wanted).catch((error: unknown) => {
      this.#hasCome = true
      throw error
    })
    this.#awaited = new Set([...wanted].filter((name) => !came.has(name)))
    const invites = new Map([...known, ...came])
    // No client uses a relay that is revoked, and it may stand on the roll for as long as it passes tests.
    const revoked = new Set(shown.consensus.revoked.map(encodeHex))
    const relays = entries.flatMap(({ name, weight }, index) => {
      const invite = invites.get(name)
      return invite === undefined || revoked.has(encodeHex(revocationOf(invite)))
        ? []
        : [[relayName(invite), { invite, weight, index }] as const]
    })
    const ours = relays.filter(([, { invite }]) => mayHandOut(nodeCrypto, shown.consensus, rootKey, invite.policyKey))
    this.#listing = {
      number,
      bundle: shown.bundle,
      invites,
      relays: new Map(relays),
      ours: new Set(ours.map(([name]) => name)),
      pathOf: inclusionPaths(rollLeaves(entries)),
    }
    return this.#listing
  }

  #relaysOf(member: string, { relays, pathOf }: Listing): readonly Handed[] {
    return this.#handing.bucketOf(member).flatMap((name) => {
      const found = relays.get(name)
      return found === undefined ? [] : [{ ...found, path: pathOf(found.index) }]
    })
  }

  #without(word: Refused): Answer {
    const againS = Math.min(this.#againS(), this.#limits.againSMax)
    return { word, againS, number: this.#options.shown()?.consensus.number ?? 0, bundle: NOTHING, relays: [], friend: undefined }
  }

  /** Some time in the first part of the next epoch of the clock, however far that was put back: nobody is sent away for years. */
  #againS(): number {
    const { epochs, nowS } = this.#options
    const nextS = epochs.fromS + (this.#clockEpoch + 1) * epochs.lengthS
    return Math.max(1, Math.ceil(nextS - nowS())) + randomInt(Math.max(1, Math.floor(epochs.lengthS * this.#limits.askShare)))
  }

  /** One after the other: what is decided is kept before the next is. After a failure we are as if we had just been started. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      if (this.#mustRecall) await this.#recall()
      return work()
    })
    this.#turn = done.catch(() => {
      this.#mustRecall = true
    })
    return done
  }

  async #recall(): Promise<void> {
    this.#handing = await recall(this.#options)
    this.#settledEpoch = -1
    this.#mustRecall = false
  }
}

/** Throws HandingError. */
async function recall({ keys, book }: DistributorOptions): Promise<Handing> {
  return new Handing({ crypto: nodeCrypto, key: handingKey(keys) }, await book.handing.rows())
}

function handingKey({ privateKey }: RelayKeys): Uint8Array {
  return nodeCrypto.hmacSha256(privateKey, utf8('culvert v1 handing'))
}
