// One authority: keeps the book of relays, tests them, meets the others, and answers who asks. It is told the time, and how to ask and to test, so that
// tests can hold meetings of their own making.
//
// 1. descriptors come: from relays with a join code, from other authorities before each meeting       registering.ts, sync
// 2. each relay is tested from here, again and again                                                   test
// 3. at each multiple of the period all meet (SPEC.md §14.8); what k of them sign is the directory     meet
//    with the signatures of witnesses beside theirs                                                   #askWitnesses
// 4. who missed a meeting takes what the others signed                                                 #catchUp
import {
  type Certificate,
  type Charter,
  commitmentOf,
  compareBytes,
  compareVersions,
  decodeBallots,
  decodeBundle,
  decodeCertificate,
  decodeCharter,
  decodeConsensus,
  decodeDescriptor,
  encodeBallots,
  encodeBundle,
  encodeHex,
  encodeRoll,
  firstKnown,
  followCharters,
  type Invite,
  type Known,
  keepCertificates,
  leafHash,
  Meeting,
  memberOf,
  type Settings,
  type Target,
  type Times,
  utf8,
  type Verdict,
  verifyBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { OperatorError } from '../operator-error.ts'
import type { Documents } from '../streams.ts'
import { answerStreams, anyOf, type Shown, serveDirectory } from './answer.ts'
import type { Book, KnownRelay, Tested } from './book.ts'
import { type Ask, type Fetched, fetchDirectory, orUndefined } from './fetch.ts'
import { numberOf } from './fork.ts'
import { type AuthorityLimits, authorityLimits, examineLimits } from './limits.ts'
import {
  AUTHORITY_TARGET,
  type AuthorityRequest,
  decodeAuthorityRequest,
  decodeDescriptors,
  encodeDescriptors,
  encodePeerRequest,
  PeerKind,
} from './peer.ts'
import { Registering } from './registering.ts'
import { AUTHORITY_FILE, type AuthoritySettings } from './settings.ts'
import type { SigningKey } from './signing-key.ts'
import { askWitness } from './witnesses.ts'

/** What stands in the authority's folder; read anew before each meeting. */
export interface Mandate {
  readonly networkId: Uint8Array
  /** From the first to the last, as signed. */
  readonly charters: readonly Uint8Array[]
  readonly certificate: Uint8Array
  readonly settings: AuthoritySettings
}

export interface AuthorityOptions {
  readonly mandate: () => Mandate
  readonly key: SigningKey
  /** Where we are found ourselves. */
  readonly invite: Invite
  readonly book: Book
  readonly nowMs: () => number
  /** Asks one question of somebody; undefined when nothing comes, or not by then. */
  readonly ask: (invite: Invite, target: Target, request: Uint8Array, untilMs: number) => Promise<Uint8Array | undefined>
  readonly examine: (relay: KnownRelay) => Promise<Tested>
  /** Resolves at that time, by nowMs. */
  readonly until: (ms: number) => Promise<void>
  /** Told of failures of our own while a question is answered. */
  readonly onFault?: (error: unknown) => void
  /** Told of a directory that enough authorities have signed, and that has another past than ours. */
  readonly onFork?: (number: number) => void
  readonly limits?: AuthorityLimits
}

export type Met =
  | { readonly event: 'directory'; readonly number: number; readonly relays: number; readonly signed: number }
  | { readonly event: 'no-directory'; readonly votes: number }

export class Authority {
  readonly documents: Documents
  readonly #options: AuthorityOptions
  readonly #limits: AuthorityLimits
  /** How far we have come with what a peer has of descriptors, by its key in hex, where there was no time for all. */
  readonly #received = new Map<string, number>()
  /** How far each witness has seen, by its URL. */
  readonly #witnessed = new Map<string, number>()
  readonly #registering: Registering
  #known: Known
  #shown: Shown | undefined
  #leaves: readonly Uint8Array[] = []
  #turn: Promise<void> = Promise.resolve()
  #meeting: { readonly roundS: number; readonly meeting: Meeting } | undefined

  private constructor(options: AuthorityOptions) {
    this.#options = options
    this.#limits = options.limits ?? authorityLimits
    this.#known = firstKnown(options.mandate().networkId)
    this.#registering = new Registering({
      book: options.book,
      networkId: this.#known.networkId,
      nowMs: options.nowMs,
      isInForce: (certificate) => this.#isInForce(certificate),
      saidHourlyMax: this.#limits.saidHourlyMax,
    })
    const answer = (request: Uint8Array): Promise<Uint8Array | undefined> => this.#answer(request)
    this.documents = anyOf(
      serveDirectory(() => this.#shown),
      answerStreams(AUTHORITY_TARGET, this.#limits.requestBytesMax, answer, options.onFault),
    )
  }

  static async open(options: AuthorityOptions): Promise<Authority> {
    const authority = new Authority(options)
    authority.#leaves = await options.book.leaves()
    const current = await options.book.current()
    if (current !== undefined) authority.#show(current.bundle, current.roll)
    return authority
  }

  /** The directory as it is handed out; undefined before the first. */
  get shown(): Shown | undefined {
    return this.#shown
  }

  /** How things are timed here, as of now. */
  get times(): Times & { readonly testS: number } {
    return { ...this.#charter.times, testS: this.#mandate.settings.testS }
  }

  /** Tests what is due of those that passed when they were tested last, or of the others: whoever lets itself be waited for holds up none that passes. */
  async test(those: 'passing' | 'others'): Promise<void> {
    const { book, examine, nowMs } = this.#options
    const nowS = nowMs() / 1_000
    const dueS = nowS - this.times.testS
    const due = (await book.relays(nowS))
      .filter(({ passedS, fault }) => (passedS > 0 && fault === '') === (those === 'passing'))
      // A test of the future was by a clock that was ahead, and says nothing.
      .filter(({ testedS, descriptor }) => (testedS <= dueS || testedS > nowS) && !descriptor.isLeaving)
      .sort((a, b) => a.testedS - b.testedS)
    const next = async (): Promise<void> => {
      for (let relay = due.shift(); relay !== undefined; relay = due.shift()) await book.tested(relay.descriptor, await examine(relay))
    }
    const ends = await Promise.allSettled(Array.from({ length: Math.min(examineLimits.atOnceMax, due.length) }, next))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** Descriptors and directories of the others, before a meeting: first what relays say of themselves, so that a directory lists none that is unknown here. */
  async sync(): Promise<void> {
    const { peers } = this.#mandate.settings
    const untilMs = this.#options.nowMs() + this.#charter.times.phaseS * 1_000
    const descriptors = Promise.all(peers.map((peer) => this.#fetchDescriptors(peer, untilMs)))
    await Promise.all([descriptors, ...peers.map((peer) => this.#catchUp(peer, untilMs, descriptors))])
  }

  /** Holds the meeting of that time, from its beginning to the directory. */
  async meet(roundS: number): Promise<Met> {
    const { book, key, nowMs, until } = this.#options
    const { networkId, charters, certificate } = this.#mandate
    const charter = this.#charter
    const meeting = new Meeting({
      crypto: nodeCrypto,
      networkId,
      charter,
      charters,
      roundS,
      certificate,
      sign: key.sign,
      leaves: this.#leaves,
    })
    meeting.open({ ...this.#decided, verdicts: this.#judge(await book.relays(nowMs() / 1_000)) })
    this.#meeting = { roundS, meeting }
    const [startMs, phaseMs] = [roundS * 1_000, charter.times.phaseS * 1_000]
    for (let phase = 1; phase <= meeting.phases; phase++) {
      await until(startMs + (phase - 0.5) * phaseMs)
      await this.#exchange(roundS, startMs + phase * phaseMs, PeerKind.ballots, (bytes) => {
        // What comes late needs the signatures of the phase in which it came.
        const arrived = Math.max(phase, Math.ceil((nowMs() - startMs) / phaseMs))
        if (arrived <= meeting.phases) for (const ballot of decodeBallots(bytes)) meeting.take(ballot, arrived)
      })
    }
    await until(startMs + meeting.phases * phaseMs)
    const draft = meeting.conclude()
    if (draft === undefined) return { event: 'no-directory', votes: meeting.votes.length }
    const cosigned = new Set<string>()
    for (let asked = 1; asked <= this.#limits.noteAsks; asked++) {
      await until(startMs + (meeting.phases + asked / 2) * phaseMs)
      await Promise.all([
        this.#exchange(roundS, nowMs() + phaseMs / 2, PeerKind.note, (bytes) => meeting.takeNote(bytes)),
        this.#askWitnesses(meeting, [...this.#leaves, leafHash(draft.consensus)], cosigned, nowMs() + phaseMs / 2),
      ])
    }
    const { bundle } = meeting
    // Signatures may be enough for the meeting and not for those who know a younger key of one of the signers.
    if (bundle === undefined || orUndefined(() => this.#verify(bundle)) === undefined)
      return { event: 'no-directory', votes: meeting.votes.length }
    const { consensus, bundle: parts } = await this.#adopt(bundle, encodeRoll(draft.roll))
    return { event: 'directory', number: consensus.number, relays: consensus.rollSize, signed: parts.note.signatures.length }
  }

  get #mandate(): Mandate {
    return this.#options.mandate()
  }

  get #charter(): Charter {
    const { charters, networkId } = this.#mandate
    return followCharters(nodeCrypto, charters.map(decodeCharter), networkId, undefined).charter
  }

  get #decided(): Settings {
    const { settings } = this.#mandate
    const sources = [this.#options.invite, ...settings.peers].sort((a, b) => compareBytes(a.relayKey, b.relayKey))
    // A name that a later charter has no more is nobody's; one that no charter had was refused at the start.
    const handers = this.#charter.authorities.filter(({ name }) => settings.handers.includes(name)).map(({ key }) => key)
    return { ...settings.decided, sources, handers }
  }

  /** What we say of each relay. */
  #judge(relays: readonly KnownRelay[]): readonly Verdict[] {
    const { settings } = this.#mandate
    const { relayMin } = settings.decided
    const nowS = this.#options.nowMs() / 1_000
    const isWarning = nowS < (settings.relayMinFromS ?? 0)
    const goodS = nowS - settings.testS * examineLimits.passedPeriods
    return relays
      .filter(({ descriptor }) => !descriptor.isLeaving)
      .map(({ descriptor, passedS, weight }) => {
        const isGood = passedS > goodS && (isWarning || compareVersions(descriptor.version, relayMin) >= 0)
        return { commitment: commitmentOf(descriptor.invite), weight: isGood ? weight : 0 }
      })
      .sort((a, b) => compareBytes(a.commitment, b.commitment))
  }

  /** Asks all others; what can't be read is as good as nothing. */
  async #exchange(roundS: number, untilMs: number, kind: PeerKind, take: (bytes: Uint8Array) => void): Promise<void> {
    await Promise.all(
      this.#mandate.settings.peers.map(async (peer) => {
        const bytes = await this.#askPeer(peer, kind, roundS, untilMs)
        if (bytes !== undefined) orUndefined(() => take(bytes))
      }),
    )
  }

  /** Those who have not signed yet, once enough authorities have. `cosigned`: the URLs of those who have. */
  async #askWitnesses(meeting: Meeting, leaves: readonly Uint8Array[], cosigned: Set<string>, untilMs: number): Promise<void> {
    const { note } = meeting
    if (note === undefined || !meeting.isSigned(this.#known.serials)) return
    const text = Buffer.from(note).toString('utf8')
    const urls = this.#mandate.settings.witnesses.filter((url) => !cosigned.has(url))
    await Promise.all(
      urls.map(async (url) => {
        const { lines, size } = await askWitness(url, text, leaves, this.#witnessed.get(url) ?? 0, untilMs)
        this.#witnessed.set(url, size)
        // Whatever it answers, only a signature says that it has seen this.
        if (meeting.takeNote(utf8(`${text.slice(0, text.indexOf('\n\n') + 2)}${lines}`))) cosigned.add(url)
      }),
    )
  }

  #askPeer(peer: Invite, kind: PeerKind, argument: number, untilMs: number): Promise<Uint8Array | undefined> {
    const { ask, key, nowMs } = this.#options
    const asker = { certificate: this.#mandate.certificate, sign: key.sign, relayKey: peer.relayKey }
    return ask(peer, AUTHORITY_TARGET, encodePeerRequest(kind, argument, Math.floor(nowMs() / 1_000), asker), untilMs)
  }

  /** All of them each time, but for what there was no time for: the numbers of a peer whose store was set back to a backup are lower than they were. */
  async #fetchDescriptors(peer: Invite, untilMs: number): Promise<void> {
    const name = encodeHex(peer.relayKey)
    for (;;) {
      const received = this.#received.get(name) ?? 0
      const bytes = await this.#askPeer(peer, PeerKind.descriptors, received, untilMs)
      const list = bytes && orUndefined(() => decodeDescriptors(bytes))
      if (list === undefined) return
      for (const one of list) await this.#takeDescriptor(one.descriptor, name)
      const last = list.at(-1)?.received ?? received
      if (last <= received) return void this.#received.delete(name)
      this.#received.set(name, last)
    }
  }

  /** What is no descriptor is passed over. */
  async #takeDescriptor(bytes: Uint8Array, source: string): Promise<void> {
    const descriptor = orUndefined(() => decodeDescriptor(nodeCrypto, bytes, this.#options.nowMs() / 1_000))
    if (descriptor !== undefined) await this.#options.book.take(descriptor, encodeHex(commitmentOf(descriptor.invite)), bytes, source)
  }

  async #catchUp(peer: Invite, untilMs: number, before: Promise<unknown>): Promise<void> {
    const { ask, book, nowMs, onFork } = this.#options
    const asks: Ask = (invite, target, request) => ask(invite, target, request, untilMs)
    const forks: Uint8Array[] = []
    const fetched = await fetchDirectory(asks, peer, this.#known, this.#leaves, nowMs() / 1_000, (bytes) => forks.push(bytes))
    for (const bytes of forks) {
      await book.keepFork(bytes)
      onFork?.(numberOf(bytes))
    }
    await before
    // Several of the others have the same one: whichever comes first is taken, and the rest are no younger then.
    if (fetched !== undefined) await this.#inTurn(() => this.#takeFetched(fetched))
  }

  /** What was right when it was fetched, and is not any more beside what was taken since, is passed over. */
  async #takeFetched({ leaves, bytes, roll }: Fetched): Promise<void> {
    if (leaves.length > this.#leaves.length && orUndefined(() => this.#verify(bytes)) !== undefined) await this.#adopt(bytes, roll)
  }

  /** One after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #adopt(bytes: Uint8Array, roll: Uint8Array): Promise<Shown> {
    const bundle = keepCertificates(nodeCrypto, this.#verify(bytes).bundle, this.#shown?.bundle)
    const kept = encodeBundle(bundle)
    await this.#options.book.adopt(kept, roll, bundle.leaves)
    this.#leaves = bundle.leaves
    return this.#show(kept, roll)
  }

  #verify(bytes: Uint8Array): ReturnType<typeof verifyBundle> {
    return verifyBundle(nodeCrypto, bytes, this.#known, this.#options.nowMs() / 1_000)
  }

  /** Also takes one of our own that has expired meanwhile: it says where the log is, and is handed out to nobody who looks at the time. */
  #show(bytes: Uint8Array, roll: Uint8Array): Shown {
    const { madeS } = decodeConsensusOf(bytes)
    const { consensus, known } = verifyBundle(nodeCrypto, bytes, this.#known, madeS)
    this.#known = known
    this.#shown = { bundle: decodeBundle(bytes), consensus, roll }
    return this.#shown
  }

  async #answer(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const request = decodeAuthorityRequest(bytes, this.#options.invite.relayKey)
    if (request.kind === 'register') return utf8(await this.#registering.take(request.pass, request.descriptor))
    if (!this.#isPeer(request)) return undefined
    const held = this.#meeting?.roundS === request.argument ? this.#meeting.meeting : undefined
    if (request.kind === PeerKind.ballots) return held && encodeBallots(held.ballots)
    if (request.kind === PeerKind.note) return held?.note
    return encodeDescriptors(await this.#options.book.since(request.argument, this.#limits.descriptorsMax))
  }

  #isPeer({ certificate, timeS }: Extract<AuthorityRequest, { readonly certificate: Certificate }>): boolean {
    return this.#isInForce(certificate) && Math.abs(this.#options.nowMs() / 1_000 - timeS) <= this.#limits.requestAgeS
  }

  /** Of an authority of this network, not run out, and by no younger one made void: whoever stole a key that was replaced gets in by it no more. */
  #isInForce({ networkId, rootKey, serial, untilS }: Certificate): boolean {
    const isOurs = compareBytes(networkId, this.#known.networkId) === 0 && memberOf(this.#charter, rootKey) !== undefined
    return isOurs && serial >= (this.#known.serials.get(encodeHex(rootKey)) ?? 0) && this.#options.nowMs() / 1_000 < untilS
  }
}

/** The certificate's root key is the one that the charter names for this member, and the signing key is ours. Throws OperatorError. */
export function refuseWrongMandate({ networkId, charters, certificate: bytes, settings }: Mandate, key: SigningKey, nowS: number): void {
  const { charter } = followCharters(nodeCrypto, charters.map(decodeCharter), networkId, undefined)
  const certificate = decodeCertificate(nodeCrypto, bytes)
  const member = memberOf(charter, certificate.rootKey)
  if (member?.name !== settings.member) throw new OperatorError(`The certificate is not one of ${settings.member}, as the charter has it.`)
  const stranger = settings.handers.find((name) => !charter.authorities.some((one) => one.name === name))
  if (stranger !== undefined) throw new OperatorError(`“handers” of ${AUTHORITY_FILE} names ${stranger}, and the charter does not.`)
  if (compareBytes(certificate.signingKey, key.publicKey) !== 0) throw new OperatorError('The certificate is for another signing key.')
  if (certificate.untilS <= nowS) throw new OperatorError('The certificate has expired. Have the root key sign another: docs/DIRECTORY.md.')
}

function decodeConsensusOf(bytes: Uint8Array): { readonly madeS: number } {
  return decodeConsensus(decodeBundle(bytes).consensus)
}
