// Being a member of a network: whom to ask for relays, when, and what was handed out last. The relays of the answer are used, and no others that came so.
//
// 1. a network invite that was never used, or an epoch that began: ask through the session there is, else or late by doors  #ask
// 2. the directory comes with the answer where it is younger: what is handed out must be on its roll                        #askThrough
// 3. relays that are not handed out any more are given up for new sessions; new ones come in                                #take
// 4. nothing works any more: ask by the doors, sooner than the next epoch                                                   onTrouble
// 5. who asks again says which of the relays answer here and which don't: where many who share one say so, others follow    #seen
import { setTimeout as after } from 'node:timers/promises'
import {
  type Answer,
  type Asks,
  type Consensus,
  type Crypto,
  encodeInvite,
  equalBytes,
  HANDING_TARGET,
  type Invite,
  type NetworkInvite,
  ProtocolError,
  type Refused,
  refuseUnlisted,
  SECRET_BYTES,
  type Seen,
  sealQuestion,
  seenMark,
} from '#protocol'
import { askStream, type Drive } from '#protocol/node'
import { invitesNamed, isInside } from './askable.ts'
import type { Clock } from './clock.ts'
import type { DirectoryBook } from './control/directory.ts'
import { between } from './control/draw.ts'
import { directoryLimits, type MembershipLimits, membershipLimits } from './limits.ts'
import type { Platform } from './platform.ts'
import { raceSources } from './source-race.ts'

export interface SavedMembership {
  /** Of the authority that it was drawn for: another one is to see another. */
  readonly authorityKey: Uint8Array
  /** What tells this member from others: drawn here, and told to the authority alone. */
  readonly member: Uint8Array
  /** As they were handed out last. */
  readonly relays: readonly Invite[]
  /** The network's doors stand elsewhere than on the internet, and so may they. */
  readonly isInside: boolean
  /** Seconds since 1970. */
  readonly askAtS: number
}

/** Why there are no relays: the authority's word, or that none could be reached. */
export type MembershipFault = Refused | 'unreachable'

export interface MembershipOptions {
  readonly invite: NetworkInvite
  readonly saved: SavedMembership | undefined
  readonly book: DirectoryBook
  readonly platform: Platform
  readonly crypto: Crypto
  readonly country: string
  readonly clock: Clock
  /** How a relay that was handed out fares here, where that can be said. */
  readonly seenOf: (invite: Invite) => Seen['state'] | undefined
  /** The session that has a carrier now. */
  readonly drive: () => Drive | undefined
  /** Other relays than before, or a fault, or none any more. */
  readonly onNews: () => void
  readonly limits?: MembershipLimits
}

export class Membership {
  readonly #options: MembershipOptions
  readonly #limits: MembershipLimits
  readonly #stop = new AbortController()
  readonly #member: Uint8Array
  readonly #isInside: boolean
  /** All that were handed out in this run, and before it. */
  readonly #known: Invite[]
  #relays: readonly Invite[]
  #askAtS: number
  #timer: NodeJS.Timeout | undefined
  #isAsking = false
  #fault: MembershipFault | undefined
  #troubleMs: number
  #askedMs = Number.NEGATIVE_INFINITY
  /** Questions in a row that nobody answered. */
  #unansweredCount = 0

  constructor(options: MembershipOptions) {
    const { invite, saved, platform } = options
    this.#options = options
    this.#limits = options.limits ?? membershipLimits
    const ours = saved !== undefined && equalBytes(saved.authorityKey, invite.authorityKey) ? saved : undefined
    this.#member = ours?.member ?? platform.random(SECRET_BYTES)
    this.#isInside = isInside(invite.doors)
    this.#relays = ours?.relays ?? []
    this.#known = [...this.#relays]
    this.#askAtS = ours?.askAtS ?? 0
    this.#troubleMs = this.#limits.troubleMsMin
  }

  /** Asks now, if it is time, and from then on by itself. */
  start(): void {
    this.#again()
  }

  /** Handed out now. */
  get relays(): readonly Invite[] {
    return this.#relays
  }

  /** A relay that was handed out and is not any more. */
  isTakenBack({ relayKey }: Pick<Invite, 'relayKey'>): boolean {
    const has = (list: readonly Invite[]): boolean => list.some((one) => equalBytes(one.relayKey, relayKey))
    return has(this.#known) && !has(this.#relays)
  }

  /** Why no relay was handed out; undefined: one was, or the first answer is awaited. */
  get fault(): MembershipFault | undefined {
    return this.#fault
  }

  /** Until the next question. */
  get waitMs(): number {
    return this.#waitS * 1_000
  }

  get saved(): SavedMembership {
    const { authorityKey } = this.#options.invite
    return { authorityKey, member: this.#member, relays: this.#relays, isInside: this.#isInside, askAtS: this.#askAtS }
  }

  onSession(): void {
    this.#troubleMs = this.#limits.troubleMsMin
    if (this.#waitS === 0) void this.#ask()
  }

  /** No relay can be reached: perhaps others are handed out by now. */
  onTrouble(): void {
    if (performance.now() - this.#askedMs < this.#troubleMs) return
    this.#troubleMs = Math.min(2 * this.#troubleMs, this.#limits.troubleMsMax)
    void this.#ask()
  }

  stop(): void {
    this.#stop.abort()
    clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#stop.signal.aborted) return
    this.#isAsking = true
    this.#askedMs = performance.now()
    const drive = this.#options.drive()
    const bySession = drive === undefined ? Promise.resolve(false) : this.#askThrough(drive)
    // A relay that was blocked a moment ago says nothing: the doors are asked beside it.
    const isSlow = after(this.#limits.sessionMs, false, { ref: false })
    const isAnswered = (await Promise.race([bySession, isSlow])) || (await this.#askDoors()) || (await bySession)
    this.#isAsking = false
    if (this.#stop.signal.aborted) return
    if (isAnswered) this.#unansweredCount = 0
    else {
      this.#askAtS = this.#nowS() + this.#againS()
      this.#unansweredCount++
      if (this.#relays.length === 0) this.#say('unreachable')
    }
    this.#again()
  }

  /** In whole seconds, as they are kept. */
  #againS(): number {
    const { againS, newcomerS } = this.#limits
    if (this.#relays.length > 0) return againS
    const leastS = Math.min(againS, newcomerS * 2 ** this.#unansweredCount)
    return Math.round(between(this.#options.platform.random, leastS, 1.5 * leastS))
  }

  #askDoors(): Promise<boolean> {
    const { platform, crypto, book, invite, clock } = this.#options
    const named = book.sources.filter(({ relayKey }) => equalBytes(relayKey, invite.authorityKey))
    const own = invitesNamed(named, this.#isInside)
    return raceSources(
      { platform, crypto, clock, signal: this.#stop.signal, limits: directoryLimits },
      [...invite.doors, ...own],
      (drive) => this.#askThrough(drive),
    )
  }

  /** False: there was no answer that can be used. Never rejects. */
  async #askThrough(drive: Drive): Promise<boolean> {
    const answer = (await this.#renew(drive)) ?? (await this.#put(drive, { wants: 'relays', invite: this.#options.invite.secret }))
    if (answer === undefined || this.#stop.signal.aborted) return false
    if (answer.word !== 'given') return this.#refused(answer.word, answer)
    const { book } = this.#options
    if (answer.bundle.length > 0) book.take(answer.bundle, this.#nowS())
    const consensus = book.consensus(this.#nowS())
    if (consensus?.number !== answer.number || !isListed(consensus, answer)) return false
    const relays = answer.relays.map(({ invite }) => invite)
    return this.#take(invitesNamed(relays, this.#isInside), answer)
  }

  /** Asks by this session for an invite that can be given to a friend. undefined: there was no answer. Never rejects. */
  async askForFriend(drive: Drive): Promise<NetworkInvite | Refused | undefined> {
    const { secret, networkId, authorityKey, doors } = this.#options.invite
    const answer = await this.#put(drive, { wants: 'friend', invite: secret })
    if (answer?.word === 'given') return answer.friend && { networkId, authorityKey, doors, ...answer.friend }
    return answer?.word
  }

  /** undefined: there is nothing to say, or it is said to an authority that does not understand it or does not know us any more: it is asked by the invite. */
  async #renew(drive: Drive): Promise<Answer | undefined> {
    const seen = this.#seen()
    const answer = seen.length === 0 ? undefined : await this.#put(drive, { wants: 'renewal', seen })
    return answer?.word === 'unknown' ? undefined : answer
  }

  #seen(): readonly Seen[] {
    return this.#relays.flatMap((relay) => {
      const state = this.#options.seenOf(relay)
      return state === undefined ? [] : [{ mark: seenMark(relay), state }]
    })
  }

  async #put(drive: Drive, asks: Asks): Promise<Answer | undefined> {
    const { crypto, platform, invite, country, book } = this.#options
    const question = { ...asks, member: this.#member, country, size: book.size }
    const asked = orUndefined(() => sealQuestion(crypto, platform.random, invite.authorityKey, question))
    const bytes = asked && (await askStream(drive, HANDING_TARGET, asked.question, this.#limits))
    return bytes && orUndefined(() => asked.open(bytes))
  }

  /** False: none of them is on the internet. */
  #take(relays: readonly Invite[], { againS }: Answer): boolean {
    if (relays.length === 0) return false
    this.#askAtS = this.#nowS() + Math.min(againS, this.#limits.waitSMax)
    this.#relays = relays
    // Of one relay the youngest invite, in its place.
    for (const one of this.#relays) {
      const at = this.#known.findIndex(({ relayKey }) => equalBytes(relayKey, one.relayKey))
      this.#known.splice(at < 0 ? this.#known.length : at, at < 0 ? 0 : 1, one)
    }
    this.#say(undefined)
    return true
  }

  /** What was handed out before is kept: it may still work, and is all there is. */
  #refused(word: Refused, { againS }: Answer): true {
    this.#askAtS = this.#nowS() + Math.min(againS, this.#limits.waitSMax)
    this.#say(this.#relays.length === 0 ? word : undefined)
    return true
  }

  #say(fault: MembershipFault | undefined): void {
    this.#fault = fault
    this.#options.onNews()
  }

  #again(): void {
    clearTimeout(this.#timer)
    const waitMs = Math.min(this.waitMs, this.#limits.waitMsMax)
    this.#timer = setTimeout(() => (this.#waitS === 0 ? void this.#ask() : this.#again()), waitMs).unref()
  }

  /** What would last longer than any authority has anybody wait was set by a clock that was far ahead, and is over. */
  get #waitS(): number {
    const leftS = Math.max(0, this.#askAtS - this.#nowS())
    return leftS > this.#limits.waitSMax ? 0 : leftS
  }

  #nowS(): number {
    return this.#options.clock.nowS()
  }
}

/** As a text file and the app's state hold it. */
export function encodeMembership({ authorityKey, member, relays, isInside, askAtS }: SavedMembership): object {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  return { authorityKey: text(authorityKey), member: text(member), relays: relays.map(encodeInvite), isInside, askAtS }
}

function isListed(consensus: Consensus, { relays }: Answer): boolean {
  return (
    orUndefined(() => {
      refuseUnlisted(consensus, relays)
      return true
    }) === true
  )
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
