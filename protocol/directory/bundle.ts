// A directory as it is handed on: all that a client needs to check it, whoever it came from. Bytes: SPEC.md §14.7.
//
// 1. follow the charters from the one that is trusted to the last                         directory-unsigned, directory-mixed
// 2. of the signing keys that root keys certify, enough have signed the checkpoint        directory-unsigned
// 3. the consensus is the last entry of the log that the checkpoint speaks of             directory-mixed
// 4. that log has all that the log had when we last looked, in its place                  directory-rolled-back, -forked, -unproved
// 5. now is within its time                                                               directory-early, directory-expired
import { encodeHex, equalBytes, Reader, Writer } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { ProtocolError, type ProtocolErrorCode } from '../errors.ts'
import {
  AUTHORITIES_MAX,
  BUNDLE_BYTES_MAX,
  CHARTERS_MAX,
  CONSENSUS_AHEAD_S,
  CONSENSUS_BYTES_MAX,
  LOG_LEAVES_MAX,
  ROLL_RELAYS_MAX,
} from '../limits.ts'
import {
  type Certificate,
  type Charter,
  decodeCertificate,
  decodeCharter,
  followCharters,
  keyNameOf,
  memberOf,
  originOf,
  type SignedCharter,
} from './charter.ts'
import { type Consensus, decodeConsensus, type RollEntry, rollRootOf, validUntilS } from './consensus.ts'
import { decodeNote, encodeNote, isSignedBy, KeyKind, type Note } from './note.ts'
import { compareBytes, decodeCount, take } from './signed.ts'
import { Frontier, frontierCount, leafHash } from './tlog.ts'

export interface Bundle {
  /** As they are signed, from any one on to the last. */
  readonly charters: readonly Uint8Array[]
  /** In the order of their root keys. */
  readonly certificates: readonly Uint8Array[]
  readonly consensus: Uint8Array
  readonly note: Note
  /** The log at some size, and all its leaves since. */
  readonly frontier: Frontier
  readonly leaves: readonly Uint8Array[]
}

/** What a client keeps of the directories that it took: it never goes back behind that. */
export interface Known {
  readonly networkId: Uint8Array
  /** undefined before the first: then the id alone says which network it is. */
  readonly charter: SignedCharter | undefined
  readonly checkpoint: { readonly size: number; readonly root: Uint8Array } | undefined
  /** The highest serial of a certificate, by its root key in hex. */
  readonly serials: ReadonlyMap<string, number>
}

export interface Directory {
  readonly consensus: Consensus
  readonly charter: Charter
  readonly bundle: Bundle
  /** What to keep from now on. */
  readonly known: Known
}

const VERSION = 1
const CHARTER_BYTES_MAX = 16_384

export function firstKnown(networkId: Uint8Array): Known {
  return { networkId, charter: undefined, checkpoint: undefined, serials: new Map() }
}

export function encodeBundle({ charters, certificates, consensus, note, frontier, leaves }: Bundle): Uint8Array {
  const writer = new Writer(new Uint8Array(BUNDLE_BYTES_MAX))
  writer.u8(VERSION).u8(charters.length)
  for (const charter of charters) writer.u16(charter.length).put(charter)
  writer.u8(certificates.length)
  for (const certificate of certificates) writer.u16(certificate.length).put(certificate)
  const text = encodeNote(note)
  writer.varint(consensus.length).put(consensus).varint(text.length).put(text).varint(frontier.size)
  for (const hash of frontier.hashes) writer.put(hash)
  writer.varint(leaves.length)
  for (const leaf of leaves) writer.put(leaf)
  return writer.done().slice()
}

/** Throws ProtocolError('bad-directory'). Nothing in it is checked yet. */
export function decodeBundle(bytes: Uint8Array): Bundle {
  const reader = new Reader(bytes, 'bad-directory')
  if (bytes.length > BUNDLE_BYTES_MAX || reader.u8() !== VERSION) throw reader.error('a directory of an unknown version')
  const charters = decodeCount(reader, CHARTERS_MAX, () => takePart(reader, reader.u16(), CHARTER_BYTES_MAX))
  const certificates = decodeCount(reader, AUTHORITIES_MAX, () => takePart(reader, reader.u16(), CHARTER_BYTES_MAX))
  const consensus = takePart(reader, reader.varint(), CONSENSUS_BYTES_MAX)
  const note = decodeNote(takePart(reader, reader.varint(), BUNDLE_BYTES_MAX))
  const size = reader.varint()
  if (size > LOG_LEAVES_MAX) throw reader.error('a log that is too large')
  const frontier = new Frontier(size, takeHashes(reader, frontierCount(size)))
  const count = reader.varint()
  if (count < 1 || count > LOG_LEAVES_MAX - size) throw reader.error('a log of impossible size')
  const leaves = takeHashes(reader, count)
  reader.end()
  return { charters, certificates, consensus, note, frontier, leaves }
}

/** Throws ProtocolError with the code of the first check that says no, in words for a person. `nowS`: seconds since 1970, as well as they are known. */
export function verifyBundle(crypto: Crypto, bytes: Uint8Array, known: Known, nowS: number): Directory {
  const bundle = decodeBundle(bytes)
  const signed = followCharters(crypto, bundle.charters.map(decodeCharter), known.networkId, known.charter)
  const { charter } = signed
  const consensus = decodeConsensus(bundle.consensus)
  if (!equalBytes(consensus.networkId, known.networkId) || consensus.charterNumber > charter.number)
    throw refusal('directory-mixed', 'This directory is of another network.')
  const certificates = bundle.certificates.map((one) => decodeCertificate(crypto, one))
  const serials = new Map(known.serials)
  const count = countAuthorities(crypto, bundle.note, charter, known, certificates, consensus.madeS, serials)
  if (count < charter.threshold)
    throw refusal('directory-unsigned', `Only ${count} authorities have signed this directory, and ${charter.threshold} must.`)
  refuseFewWitnesses(crypto, bundle.note, charter)
  const { root } = bundle.note.checkpoint
  refuseMixed(bundle, consensus)
  refuseOtherPast(bundle, known)
  if (consensus.madeS > nowS + CONSENSUS_AHEAD_S)
    throw refusal('directory-early', 'This directory is of the future. The clock of this computer seems to be wrong.')
  if (validUntilS(consensus) <= nowS)
    throw refusal('directory-expired', 'This directory has expired. A newer one is needed, or the clock of this computer is wrong.')
  const checkpoint = { size: consensus.number, root }
  return { consensus, charter, bundle, known: { networkId: known.networkId, charter: signed, checkpoint, serials } }
}

/** Whether these are the relays of a consensus. */
export function isRollOf({ rollSize, rollRoot }: Consensus, entries: readonly RollEntry[]): boolean {
  return entries.length === rollSize && entries.length <= ROLL_RELAYS_MAX && equalBytes(rollRootOf(entries), rollRoot)
}

/** The same directory for who stopped at a log of this size: with nothing of the log that they have. */
export function trimBundle(bundle: Bundle, size: number): Bundle {
  const cut = Math.min(size - bundle.frontier.size, bundle.leaves.length - 1)
  if (cut <= 0) return bundle
  const frontier = bundle.frontier.copy()
  for (const leaf of bundle.leaves.slice(0, cut)) frontier.append(leaf)
  return { ...bundle, frontier, leaves: bundle.leaves.slice(cut) }
}

/**
 * A bundle that was taken, with the youngest certificates that are known from the one `before` it as well: of whoever has not signed this time, too, it is
 * remembered, and handed on, which keys are void.
 */
export function keepCertificates(crypto: Crypto, bundle: Bundle, before: Bundle | undefined): Bundle {
  const consensus = decodeConsensus(bundle.consensus)
  const { charter } = decodeCharter(bundle.charters.at(-1) ?? new Uint8Array())
  const youngest = new Map<string, { readonly serial: number; readonly bytes: Uint8Array }>()
  for (const bytes of [...(before?.certificates ?? []), ...bundle.certificates]) {
    const certificate = decodeCertificate(crypto, bytes)
    const [name, { serial }] = [encodeHex(certificate.rootKey), certificate]
    if (holds(certificate, consensus, charter) && serial >= (youngest.get(name)?.serial ?? 0)) youngest.set(name, { serial, bytes })
  }
  const inOrder = [...youngest].sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...bundle, certificates: inOrder.map(([, { bytes }]) => bytes) }
}

/** A certificate of an authority, at the time of this consensus. */
function holds(certificate: Certificate, { networkId, madeS }: Pick<Consensus, 'networkId' | 'madeS'>, charter: Charter): boolean {
  const { rootKey, fromS, untilS } = certificate
  return equalBytes(certificate.networkId, networkId) && memberOf(charter, rootKey) !== undefined && fromS <= madeS && madeS < untilS
}

/** Authorities whose certified key has signed; `serials` learns of younger keys. */
function countAuthorities(
  crypto: Crypto,
  note: Note,
  charter: Charter,
  known: Known,
  certificates: readonly Certificate[],
  madeS: number,
  serials: Map<string, number>,
): number {
  if (note.checkpoint.origin !== originOf(charter)) throw refusal('directory-mixed', 'The checkpoint of this directory is of another log.')
  const keys = certificates.map(({ rootKey }) => rootKey)
  if (keys.some((key, at) => at > 0 && compareBytes(keys[at - 1] as Uint8Array, key) >= 0))
    throw refusal('bad-directory', 'certificates that are out of order')
  const { networkId } = known
  const valid = certificates.filter((certificate) => {
    const serial = serials.get(encodeHex(certificate.rootKey)) ?? 0
    return holds(certificate, { networkId, madeS }, charter) && certificate.serial >= serial
  })
  const signed = valid.filter(({ rootKey, signingKey }) => {
    const member = memberOf(charter, rootKey)
    return member !== undefined && isSignedBy(crypto, note, keyNameOf(charter, member), KeyKind.ed25519, signingKey)
  })
  for (const { rootKey, serial } of valid) serials.set(encodeHex(rootKey), serial)
  return signed.length
}

function refuseFewWitnesses(crypto: Crypto, note: Note, charter: Charter): void {
  const count = charter.witnesses.filter((witness) =>
    isSignedBy(crypto, note, keyNameOf(charter, witness), KeyKind.cosignature, witness.key),
  ).length
  if (count < charter.witnessThreshold)
    throw refusal('directory-unsigned', `Only ${count} witnesses have seen this directory, and ${charter.witnessThreshold} must.`)
}

function refuseMixed({ note, consensus: bytes, frontier, leaves }: Bundle, consensus: Consensus): void {
  const { size, root } = note.checkpoint
  const whole = frontier.copy()
  for (const leaf of leaves) whole.append(leaf)
  const isWhole = whole.size === size && equalBytes(whole.root(), root)
  if (!isWhole || consensus.number !== size || !equalBytes(leaves.at(-1) as Uint8Array, leafHash(bytes)))
    throw refusal('directory-mixed', 'The parts of this directory do not belong together.')
}

/** The log as it was when we last looked must be the beginning of what it is now. Throws ProtocolError. */
export function refuseOtherPast({ note, frontier, leaves }: Bundle, { checkpoint }: Pick<Known, 'checkpoint'>): void {
  if (checkpoint === undefined) return
  const { size, root } = note.checkpoint
  if (size < checkpoint.size) throw refusal('directory-rolled-back', 'This directory is older than one that was taken before.')
  if (size === checkpoint.size) {
    if (!equalBytes(root, checkpoint.root)) throw forked()
    return
  }
  if (frontier.size > checkpoint.size)
    throw refusal('directory-unproved', 'This copy of the directory does not reach back to the one that was taken before.')
  const past = frontier.copy()
  for (const leaf of leaves.slice(0, checkpoint.size - frontier.size)) past.append(leaf)
  if (!equalBytes(past.root(), checkpoint.root)) throw forked()
}

function forked(): ProtocolError {
  return refusal('directory-forked', 'The authorities have signed two different pasts: this directory is not one line with that of before.')
}

function refusal(code: ProtocolErrorCode, message: string): ProtocolError {
  return new ProtocolError(code, message)
}

function takePart(reader: Reader, length: number, lengthMax: number): Uint8Array {
  if (length > lengthMax) throw reader.error('a part that is too long')
  return take(reader, length)
}

function takeHashes(reader: Reader, count: number): Uint8Array[] {
  if (reader.remaining < count * 32) throw reader.error('the end came too early')
  return Array.from({ length: count }, () => take(reader, 32))
}
