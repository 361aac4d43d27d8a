// An authority's desk where relays are handed out, with a real store, a directory that its authorities signed, and a clock that tests turn.
import {
  type Answer,
  type Consensus,
  commitmentOf,
  decodeBundle,
  encodeDescriptor,
  encodeHex,
  encodeRoll,
  HANDING_TARGET,
  type Invite,
  type Question,
  revocationOf,
  type Seen,
  sealQuestion,
  seenMark,
} from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { compareBytes } from '../../../protocol/directory/signed.ts'
import type { Shown } from '../../../relay/directory/answer.ts'
import { Book } from '../../../relay/directory/book.ts'
import { Distributor, inviteName, relayName } from '../../../relay/directory/distributor.ts'
import { type DistributorLimits, distributorLimits } from '../../../relay/directory/limits.ts'
import { createRelayKeys, type RelayKeys } from '../../../relay/keys.ts'
import { drawInvite, drawKeys, hold, makeNetwork, NOW_S, SETTINGS } from '../../protocol/directory/network.ts'
import { putQuestion } from './put-question.ts'

export const EPOCH_S = 1_000
const NETWORK = makeNetwork('desk', 1, 1)
const DESCRIPTOR = { isLeaving: false, version: [0, 1, 0] as const, capacityBytesPerS: 1_000_000, contact: '' }

/** Sixteen bytes that are this number's. */
export function secretOf(number: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, at) => (at < 2 ? (number >> (8 * at)) & 255 : 9))
}

function relaysTo(count: number, draw: (n: number) => Invite): readonly Invite[] {
  return Array.from({ length: count }, (_, n) => draw(n))
}

export class Desk {
  readonly book: Book
  readonly keys: RelayKeys
  /** Never a whole number, as clocks are. */
  nowS: number = NOW_S + 0.25
  shown: Shown | undefined
  distributor: Distributor
  /** Root keys of those who hand out by the directories to come. */
  handers: readonly Uint8Array[] = []
  /** Relays that the directories to come say are not to be used. */
  revoked: readonly Invite[] = []
  /** Whom the directories to come name to be asked. */
  sources: readonly Invite[] = []
  /** The relay of this number, as it says of itself. */
  draw: (n: number) => Invite = (n) => drawInvite(`relay ${n}`, `192.${n}.2.1:443`)
  /** What the distributor told of failures of its own. */
  readonly faults: unknown[] = []
  readonly #limits: DistributorLimits
  /** To each member, last. */
  readonly #handed = new Map<number, Answer['relays']>()

  private constructor(book: Book, keys: RelayKeys, limits: DistributorLimits, distributor: Distributor) {
    this.book = book
    this.keys = keys
    this.#limits = limits
    this.distributor = distributor
  }

  /** `where`: a store that nobody has used. */
  static async open(where: string, limits: Partial<DistributorLimits> = {}): Promise<Desk> {
    const [book, keys, all] = [await Book.open(where), createRelayKeys(), { ...distributorLimits, settleMs: 0, ...limits }]
    const desk: Desk = new Desk(book, keys, all, await Desk.#distributor(() => desk, book, keys, all))
    return desk
  }

  static #distributor(desk: () => Desk, book: Book, keys: RelayKeys, limits: DistributorLimits): Promise<Distributor> {
    const epochs = { fromS: NOW_S - EPOCH_S / 2, lengthS: EPOCH_S }
    // Its root key is as good as any other 32 bytes that nobody else has.
    const rootKey = keys.publicKey
    const onFault = (error: unknown): unknown => desk().faults.push(error)
    return Distributor.open({ keys, book, limits, epochs, rootKey, onFault, shown: () => desk().shown, nowS: () => desk().nowS })
  }

  /** As if the authority had been ended and started. */
  async restart(): Promise<void> {
    this.distributor = await Desk.#distributor(() => this, this.book, this.keys, this.#limits)
  }

  /** From now on the directory lists the first so many relays, of which so many are known here. */
  async list(count: number, known = count): Promise<readonly Invite[]> {
    const invites = relaysTo(count, this.draw)
    await this.learn(known)
    const verdicts = invites.map((invite) => ({ commitment: commitmentOf(invite), weight: 10 }))
    verdicts.sort((a, b) => compareBytes(a.commitment, b.commitment))
    const revoked = this.revoked.map(revocationOf).sort(compareBytes)
    const settings = { ...SETTINGS, sources: this.sources, handers: [...this.handers].sort(compareBytes), revoked }
    const meeting = { roundS: Math.floor(this.nowS), verdicts, settings }
    const held = hold(NETWORK, NETWORK.authorities, this.shown?.bundle.leaves ?? [], meeting)
    if (held === undefined) throw new Error('the authorities hold no meeting')
    this.shown = { bundle: decodeBundle(held.bundle), consensus: held.consensus, roll: encodeRoll(held.roll) }
    return invites
  }

  /** What the first so many relays say of themselves is known here from now on. */
  async learn(count: number): Promise<void> {
    await this.#take(relaysTo(count, this.draw), NOW_S - 60)
  }

  /** These have gone elsewhere, and say so so many seconds after they were learned. */
  async move(count: number, afterS: number): Promise<void> {
    const invites = relaysTo(count, (n) => drawInvite(`relay ${n}`, `198.${n}.${afterS}.1:443`))
    await this.#take(invites, NOW_S - 60 + afterS)
  }

  async #take(invites: readonly Invite[], issuedS: number): Promise<void> {
    for (const [n, invite] of invites.entries()) {
      const descriptor = { ...DESCRIPTOR, issuedS, expiresS: NOW_S + 200_000, invite }
      const bytes = encodeDescriptor(descriptor, drawKeys(`relay ${n}`).sign)
      await this.book.take(descriptor, encodeHex(commitmentOf(invite)), bytes, 'a source')
    }
  }

  /** From now on this relay, by its name, fails the authority's own test, and no other does. */
  async fail(relay: string): Promise<void> {
    for (const { descriptor } of await this.book.relays(this.nowS)) {
      const isIll = relayName(descriptor.invite) === relay
      await this.book.tested(descriptor, { atS: Math.floor(this.nowS), weight: isIll ? 0 : 10, fault: isIll ? 'unreachable' : '' })
    }
  }

  get consensus(): Consensus {
    return (this.shown as Shown).consensus
  }

  async invite(secret: Uint8Array, uses = 1, untilS: number = NOW_S + 1_000_000): Promise<Uint8Array> {
    await this.book.handing.addInvite({ invite: inviteName(this.keys, secret), inviter: '', untilS, uses }, this.nowS)
    return secret
  }

  /** What this member is answered; undefined: nothing that it can open. */
  ask(
    member: number,
    invite: Uint8Array,
    more: Partial<Pick<Question, 'size' | 'country'> & { wants: 'relays' | 'friend' }> = {},
  ): Promise<Answer | undefined> {
    return this.#ask(member, { wants: 'relays', member: secretOf(member), invite, country: 'IR', size: 0, ...more })
  }

  /** What it is answered that says how the relays that it was handed last fare, from where it is now. */
  say(member: number, state: Seen['state'], country = 'IR'): Promise<Answer | undefined> {
    const seen = (this.#handed.get(member) ?? []).map(({ invite }) => ({ mark: seenMark(invite), state }))
    return this.#ask(member, { wants: 'renewal', member: secretOf(member), country, size: 0, seen })
  }

  async #ask(member: number, question: Question): Promise<Answer | undefined> {
    const asked = sealQuestion(nodeCrypto, nodeRandom, this.keys.publicKey, question)
    const bytes = await this.put(asked.question)
    const answer = bytes && asked.open(bytes)
    if (answer?.word === 'given') this.#handed.set(member, answer.relays)
    return answer
  }

  put(...parts: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
    return putQuestion(this.distributor.documents, HANDING_TARGET, ...parts)
  }

  /** The relays of several members, who all come in the same moment. */
  bucketsOf(members: readonly number[], invite: Uint8Array): Promise<readonly (readonly string[])[]> {
    return Promise.all(members.map(async (member) => (await this.ask(member, invite))?.relays.map((one) => relayName(one.invite)) ?? []))
  }

  async pass(epochs = 1): Promise<void> {
    this.nowS += epochs * EPOCH_S
    await this.distributor.turn()
  }
}
