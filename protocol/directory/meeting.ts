// One meeting of the authorities, as one of them sees it: takes in ballots and signatures of the others, and says what all agree on. No clock, no network:
// whoever drives it says which phase it is. SPEC.md §14.8.
//
// 1. phase 0: our own vote                                                            Meeting.open
// 2. phases 1 … n − k + 1: ballots of others; what we take in we endorse, and show     take, ballots
// 3. then the votes are the same for all who are honest, and so is the consensus       conclude
// 4. checkpoints of others with their signatures, until enough have signed ours        takeNote
import { encodeHex, equalBytes } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { ProtocolError } from '../errors.ts'
import { encodeBundle } from './bundle.ts'
import { type Certificate, type Charter, decodeCertificate, keyNameOf, memberOf, originOf } from './charter.ts'
import { encodeConsensus, type RollEntry } from './consensus.ts'
import { decodeNote, encodeNote, isSignedBy, KeyKind, type Note, type NoteSignature, signCheckpoint } from './note.ts'
import { compareBytes, type Sign } from './signed.ts'
import { tally } from './tally.ts'
import { Frontier, leafHash } from './tlog.ts'
import { type Ballot, decodeVote, encodeVote, endorse, endorsementsOf, type Vote, voteHash } from './vote.ts'

export interface MeetingOptions {
  readonly crypto: Crypto
  readonly networkId: Uint8Array
  readonly charter: Charter
  /** All of them, as signed. */
  readonly charters: readonly Uint8Array[]
  readonly roundS: number
  readonly certificate: Uint8Array
  readonly sign: Sign
  /** The whole log that we stand on. */
  readonly leaves: readonly Uint8Array[]
}

/** What the meeting came to, before others have signed it. */
export interface Draft {
  readonly consensus: Uint8Array
  readonly roll: readonly RollEntry[]
  readonly note: Note
}

interface Seat {
  readonly vote: Vote
  ballot: Ballot
}

export class Meeting {
  readonly #options: MeetingOptions
  readonly #own: Certificate
  readonly #log = new Frontier()
  /** By the maker's root key, then by the vote's hash: one who made two has made none. All of one maker are by one signing key, the youngest. */
  readonly #seats = new Map<string, Map<string, Seat>>()
  #draft: Draft | undefined
  #note: Note | undefined

  constructor(options: MeetingOptions) {
    this.#options = options
    this.#own = decodeCertificate(options.crypto, options.certificate)
    for (const leaf of options.leaves) this.#log.append(leaf)
  }

  /** Our own vote. */
  open(vote: Omit<Vote, 'certificate' | 'certificateBytes' | 'networkId' | 'roundS' | 'base' | 'charterNumber'>): void {
    const { networkId, roundS, charter, certificate, sign } = this.#options
    const base = { size: this.#log.size, root: this.#log.root() }
    const bytes = encodeVote({ ...vote, networkId, roundS, base, charterNumber: charter.number, certificateBytes: certificate }, sign)
    this.#seat(decodeVote(this.#options.crypto, bytes), { vote: bytes, chain: [endorse(bytes, certificate, sign)] })
  }

  /** What to show to others now. */
  get ballots(): readonly Ballot[] {
    return [...this.#seats.values()].flatMap((votes) => [...votes.values()].map(({ ballot }) => ballot))
  }

  /** How many phases there are: one more than there may be who do harm. */
  get phases(): number {
    const { authorities, threshold } = this.#options.charter
    return authorities.length - threshold + 1
  }

  /** A ballot of somebody else, in a phase from 1 on. What is not right is passed over. */
  take(ballot: Ballot, phase: number): void {
    const hash = encodeHex(voteHash(ballot.vote))
    if ([...this.#seats.values()].some((votes) => votes.has(hash))) return
    const vote = this.#read(ballot.vote)
    if (vote === undefined || !this.#isWanted(vote)) return
    const { crypto, charter, certificate, sign } = this.#options
    const endorsements = endorsementsOf(crypto, ballot, vote.certificate, charter)
    if (endorsements.size < phase || endorsements.size === 0) return
    // What counts for nothing is not passed on: it could leave no room for our signature, without which the others would not take in what we took in.
    if (!endorsements.has(nameOf(this.#own))) endorsements.set(nameOf(this.#own), endorse(ballot.vote, certificate, sign))
    this.#seat(vote, { vote: ballot.vote, chain: [...endorsements.values()] })
  }

  /** Of those who made one vote, and only one, by the youngest of their keys. */
  get votes(): readonly Vote[] {
    return [...this.#seats.values()].flatMap((seats) => (seats.size === 1 ? [...seats.values()].map(({ vote }) => vote) : []))
  }

  /** After the last phase: what they agree on, signed by us. undefined: too few of them stand where we stand. */
  conclude(): Draft | undefined {
    const { networkId, charter, roundS, sign } = this.#options
    const agreed = tally(this.votes, { networkId, charter, roundS, log: this.#log })
    if (agreed === undefined) return undefined
    const consensus = encodeConsensus(agreed.consensus)
    const grown = this.#log.copy()
    grown.append(leafHash(consensus))
    const checkpoint = { origin: originOf(charter), size: grown.size, root: grown.root() }
    const { rootKey, signingKey } = this.#own
    const member = memberOf(charter, rootKey)
    const signatures = member === undefined ? [] : [signCheckpoint(checkpoint, keyNameOf(charter, member), signingKey, sign)]
    this.#note = { checkpoint, signatures }
    this.#draft = { consensus, roll: agreed.roll, note: this.#note }
    return this.#draft
  }

  /** Our checkpoint with all signatures so far, to show to others. */
  get note(): Uint8Array | undefined {
    return this.#note && encodeNote(this.#note)
  }

  /** Somebody else's: signatures of authorities and witnesses under the same checkpoint are added to ours. False: it has none that counts. */
  takeNote(bytes: Uint8Array): boolean {
    const ours = this.#note
    const theirs = readNote(bytes)
    if (ours === undefined || theirs === undefined || theirs.checkpoint.size !== ours.checkpoint.size) return false
    if (theirs.checkpoint.origin !== ours.checkpoint.origin || !equalBytes(theirs.checkpoint.root, ours.checkpoint.root)) return false
    const counting = this.#known(ours, theirs.signatures)
    this.#note = { ...ours, signatures: this.#known(ours, [...ours.signatures, ...counting]) }
    return counting.length > 0
  }

  /**
   * Whether enough authorities have signed, so that witnesses can be asked: a witness signs no other checkpoint of that size, and one that becomes no directory is
   * the end of the log. So a key counts only if no younger one is known (`serials`: the youngest, by root key in hex), since clients would refuse it.
   */
  isSigned(serials: ReadonlyMap<string, number>): boolean {
    if (this.#note === undefined) return false
    const [makers] = this.#signed(this.#note)
    const lasting = makers.filter(({ certificate }) => certificate.serial >= (serials.get(nameOf(certificate)) ?? 0))
    return lasting.length >= this.#options.charter.threshold
  }

  /** The directory, once enough have signed. */
  get bundle(): Uint8Array | undefined {
    const { charter, charters, leaves } = this.#options
    const [draft, note] = [this.#draft, this.#note]
    if (draft === undefined || note === undefined) return undefined
    const [authorities, witnesses] = this.#signed(note)
    if (authorities.length < charter.threshold || witnesses < charter.witnessThreshold) return undefined
    const certificates = authorities.map(({ certificateBytes }) => certificateBytes)
    const { consensus } = draft
    return encodeBundle({ charters, certificates, consensus, note, frontier: new Frontier(), leaves: [...leaves, leafHash(consensus)] })
  }

  /** Makers of votes whose signature stands under the checkpoint, in the order of their root keys, and how many witnesses. */
  #signed(note: Note): readonly [readonly Vote[], number] {
    const { charter } = this.#options
    const makers = this.votes.filter((vote) => this.#hasSigned(vote, note))
    const witnesses = charter.witnesses.filter((one) =>
      isSignedBy(this.#options.crypto, note, keyNameOf(charter, one), KeyKind.cosignature, one.key),
    )
    return [makers.sort((a, b) => compareBytes(a.certificate.rootKey, b.certificate.rootKey)), witnesses.length]
  }

  #hasSigned({ certificate: { rootKey, signingKey } }: Vote, note: Note): boolean {
    const { crypto, charter } = this.#options
    const member = memberOf(charter, rootKey)
    return member !== undefined && isSignedBy(crypto, note, keyNameOf(charter, member), KeyKind.ed25519, signingKey)
  }

  /** Each signature once, and none of strangers. */
  #known({ checkpoint }: Note, signatures: readonly NoteSignature[]): readonly NoteSignature[] {
    const found = new Map<string, NoteSignature>()
    for (const signature of signatures) {
      const name = `${signature.name} ${encodeHex(signature.keyId)}`
      const [makers, witnesses] = found.has(name) ? [[], 0] : this.#signed({ checkpoint, signatures: [signature] })
      if (makers.length + witnesses > 0) found.set(name, signature)
    }
    return [...found.values()].sort((a, b) => compareBytes(a.keyId, b.keyId))
  }

  /** Two votes of one maker are as good as three, and those by an older key as good as none: so however many there are, few are held and shown. */
  #isWanted({ certificate }: Vote): boolean {
    const seats = [...(this.#seats.get(nameOf(certificate))?.values() ?? [])]
    const serial = seats[0]?.vote.certificate.serial ?? -1
    return certificate.serial > serial || (certificate.serial === serial && seats.length < 2)
  }

  #seat(vote: Vote, ballot: Ballot): void {
    const maker = nameOf(vote.certificate)
    const seats = [...(this.#seats.get(maker) ?? [])].filter(([, seat]) => seat.vote.certificate.serial === vote.certificate.serial)
    this.#seats.set(maker, new Map([...seats, [encodeHex(voteHash(ballot.vote)), { vote, ballot }]]))
  }

  /** A vote for this meeting by an authority of this charter. */
  #read(bytes: Uint8Array): Vote | undefined {
    const { networkId, charter, roundS } = this.#options
    const vote = orUndefined(() => decodeVote(this.#options.crypto, bytes))
    if (vote === undefined || vote.roundS !== roundS || !equalBytes(vote.networkId, networkId)) return undefined
    const { certificate } = vote
    const isCertified = equalBytes(certificate.networkId, networkId) && certificate.fromS <= roundS && roundS < certificate.untilS
    return isCertified && memberOf(charter, certificate.rootKey) !== undefined ? vote : undefined
  }
}

function nameOf({ rootKey }: Certificate): string {
  return encodeHex(rootKey)
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** undefined where it is no checkpoint. */
function readNote(bytes: Uint8Array): Note | undefined {
  return orUndefined(() => decodeNote(bytes))
}
