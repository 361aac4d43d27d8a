// The directory as one client holds it: the youngest that it took, and what that says of relays, of its country, and of where to ask next. Nothing older,
// nothing that is not one line with it, is ever taken again.
import {
  type Bundle,
  type Consensus,
  type CountryPolicy,
  type Crypto,
  charterHash,
  commitmentOf,
  decodeBundle,
  decodeCharter,
  decodeConsensus,
  decodeRoll,
  encodeBundle,
  encodeHex,
  equalBytes,
  Frontier,
  firstKnown,
  freshUntilS,
  type Invite,
  isRollOf,
  type Known,
  keepCertificates,
  ProtocolError,
  type ProtocolErrorCode,
  policyFor,
  refuseOtherPast,
  revocationOf,
  trimBundle,
  validUntilS,
  verifyBundle,
} from '#protocol'
import { directoryLimits } from './limits.ts'

export interface SavedDirectory {
  readonly networkId: Uint8Array
  /** As it was taken last; empty before the first. */
  readonly bundle: Uint8Array
}

/** What became of a copy: it is younger and in force, it is the one there was, or the check that refused it. */
export type Taken = 'younger' | 'known' | ProtocolErrorCode

export class DirectoryBook {
  readonly #crypto: Crypto
  readonly #networkId: Uint8Array
  #known: Known
  #bundle: Bundle | undefined
  #consensus: Consensus | undefined
  /** By commitment in hex; undefined until the roll of this consensus came. */
  #weights: ReadonlyMap<string, number> | undefined

  /** What was saved is looked at as of when it was made: it may have expired, and still nothing older may follow. */
  constructor(crypto: Crypto, { networkId, bundle }: SavedDirectory) {
    this.#crypto = crypto
    this.#networkId = networkId
    this.#known = firstKnown(networkId)
    if (bundle.length > 0) this.#attempt(bundle, madeOf(bundle))
  }

  get networkId(): Uint8Array {
    return this.#networkId
  }

  /** What nothing that is taken goes back behind; to be kept beside a question for more. */
  get known(): Known {
    return this.#known
  }

  /** Of the log, as far as it is known: what to say when one asks for more. */
  get size(): number {
    return this.#known.checkpoint?.size ?? 0
  }

  /** What is in force; undefined where there is none, or it has expired. */
  consensus(nowS: number): Consensus | undefined {
    return this.#consensus !== undefined && nowS < validUntilS(this.#consensus) ? this.#consensus : undefined
  }

  isFresh(nowS: number): boolean {
    return this.#consensus !== undefined && nowS < freshUntilS(this.#consensus)
  }

  /** Where to ask; kept beyond its time, since that is when one must ask. */
  get sources(): readonly Invite[] {
    return this.#consensus?.sources ?? []
  }

  policy(country: string, nowS: number): CountryPolicy | undefined {
    const consensus = this.consensus(nowS)
    return consensus && policyFor(consensus, country)
  }

  /** A relay that k authorities say is not to be used; once said, it holds for as long as nothing younger takes it back. */
  isRevoked(invite: Pick<Invite, 'policyKey'>): boolean {
    const revocation = revocationOf(invite)
    return this.#consensus?.revoked.some((one) => equalBytes(one, revocation)) === true
  }

  /** Its share of sessions; 0: not listed; undefined: not known here. */
  weightOf(invite: Invite): number | undefined {
    return this.#weights === undefined ? undefined : (this.#weights.get(encodeHex(commitmentOf(invite))) ?? 0)
  }

  /**
   * `asked`: what was known when it was asked for. Several are asked at once and do not come by a new one in the same moment: who has what we had then is not
   * behind because another answered before with a younger one. Where that one has another past, the later is told of it, though either may be the true one.
   */
  take(bytes: Uint8Array, nowS: number, asked: Known = this.#known): Taken {
    const taken = this.#attempt(bytes, nowS)
    if (taken !== 'directory-rolled-back' || asked === this.#known) return taken
    const then = orCode(() => verifyBundle(this.#crypto, bytes, asked, nowS))
    if (typeof then === 'string') return then
    const ours = this.#bundle
    return ours !== undefined && orCode(() => refuseOtherPast(ours, then.known)) === 'directory-forked' ? 'directory-forked' : 'known'
  }

  /** Whether there is a roll to ask for, of which number. */
  get rollWanted(): number | undefined {
    return this.#weights === undefined ? this.#consensus?.number : undefined
  }

  /** False: it is not the roll of the consensus. */
  takeRoll(bytes: Uint8Array): boolean {
    const entries = orCode(() => decodeRoll(bytes))
    if (typeof entries === 'string' || this.#consensus === undefined || !isRollOf(this.#consensus, entries)) return false
    this.#weights = new Map(entries.map(({ commitment, weight }) => [encodeHex(commitment), weight]))
    return true
  }

  /** With the whole log as far as it is known, so that it can be handed on to anyone. */
  get saved(): SavedDirectory {
    return { networkId: this.#networkId, bundle: this.#bundle === undefined ? new Uint8Array() : encodeBundle(this.#bundle) }
  }

  #attempt(bytes: Uint8Array, nowS: number): Taken {
    const verified = orCode(() => verifyBundle(this.#crypto, bytes, this.#known, nowS))
    if (typeof verified === 'string') return verified
    const { consensus, known, bundle } = verified
    if (consensus.number === this.#consensus?.number) return 'known'
    this.#bundle = this.#joined(keepCertificates(this.#crypto, bundle, this.#bundle))
    this.#known = known
    this.#consensus = consensus
    this.#weights = undefined
    return 'younger'
  }

  /** The log that we have, and what is new of it. */
  #joined(bundle: Bundle): Bundle {
    const ours = this.#bundle
    if (ours === undefined || ours.frontier.size > 0) return bundle
    const leaves = [...ours.leaves.slice(0, bundle.frontier.size), ...bundle.leaves]
    const whole = { ...bundle, frontier: new Frontier(), leaves }
    return leaves.length > directoryLimits.leavesMax ? trimBundle(whole, leaves.length - 1) : whole
  }
}

/** Which network a copy is of, for who has none yet and trusts whom it came from. Throws ProtocolError. */
export function networkOf(bytes: Uint8Array): Uint8Array {
  const [first] = decodeBundle(bytes).charters
  const signed = first && decodeCharter(first)
  if (signed?.charter.number !== 1) throw new ProtocolError('directory-mixed', 'This copy does not begin with the network’s first charter.')
  return charterHash(signed.body)
}

function madeOf(bundle: Uint8Array): number {
  const made = orCode(() => decodeConsensus(decodeBundle(bundle).consensus).madeS)
  return typeof made === 'string' ? 0 : made
}

function orCode<T>(read: () => T): T | ProtocolErrorCode {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}
