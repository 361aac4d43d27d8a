// What one authority holds to be true, signed, and the chain of signatures that shows when others had heard it. Bytes: SPEC.md §14.8.
//
// Authorities agree by signed messages (Dolev and Strong, 1983): a vote that is heard of in phase p counts only with p signatures, of which the first is its
// maker's. Who takes one in signs it and shows it to all. So after n − k + 1 phases all who are honest have the same votes, whatever up to n − k others do;
// and who has made two votes has made none.
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, encodeHex, equalBytes, Reader, Writer } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { ProtocolError } from '../errors.ts'
import { AUTHORITIES_MAX, ROLL_RELAYS_MAX, VOTE_BYTES_MAX, WEIGHT_MAX } from '../limits.ts'
import { type Certificate, type Charter, decodeCertificate, memberOf } from './charter.ts'
import { decodeSettings, encodeSettings, type Settings } from './consensus.ts'
import { decodeCount, isSigned, purposeBytes, refuseDisorder, SIGNATURE_BYTES, type Sign, take } from './signed.ts'

export interface Verdict {
  readonly commitment: Uint8Array
  /** 0: it is known here, and did not pass our tests. */
  readonly weight: number
}

export interface Vote extends Settings {
  readonly networkId: Uint8Array
  readonly certificate: Certificate
  readonly certificateBytes: Uint8Array
  /** Which meeting: its time in seconds, the same for all. */
  readonly roundS: number
  /** The log that its maker stands on. */
  readonly base: { readonly size: number; readonly root: Uint8Array }
  readonly charterNumber: number
  /** In the order of commitments. */
  readonly verdicts: readonly Verdict[]
}

export interface Endorsement {
  readonly certificate: Uint8Array
  readonly signature: Uint8Array
}

/** A vote on its way. */
export interface Ballot {
  readonly vote: Uint8Array
  readonly chain: readonly Endorsement[]
}

const VOTE = 'culvert v1 authority vote'
const ENDORSEMENT = 'culvert v1 vote endorsement'
const VERSION = 1

export function encodeVote(vote: Omit<Vote, 'certificate'>, sign: Sign): Uint8Array {
  const writer = new Writer(new Uint8Array(VOTE_BYTES_MAX))
  const { networkId, certificateBytes, roundS, base, charterNumber, verdicts } = vote
  writer.u8(VERSION).put(networkId).u16(certificateBytes.length).put(certificateBytes).varint(roundS)
  writer.varint(base.size).put(base.root).varint(charterNumber)
  encodeSettings(writer, vote)
  writer.varint(verdicts.length)
  for (const { commitment, weight } of verdicts) writer.put(commitment).u16(weight)
  const body = writer.done()
  return concatBytes(body, sign(purposeBytes(VOTE, body)))
}

/** Checks the signature by the certified key. Throws ProtocolError('bad-directory'). */
export function decodeVote(crypto: Crypto, bytes: Uint8Array): Vote {
  const body = bytes.subarray(0, Math.max(0, bytes.length - SIGNATURE_BYTES))
  const reader = new Reader(body, 'bad-directory')
  if (bytes.length > VOTE_BYTES_MAX || reader.u8() !== VERSION) throw reader.error('a vote of an unknown version')
  const networkId = take(reader, 32)
  const certificateBytes = take(reader, reader.u16())
  const certificate = decodeCertificate(crypto, certificateBytes)
  if (!isSigned(crypto, VOTE, body, bytes.subarray(body.length), certificate.signingKey))
    throw reader.error('a vote that its maker did not sign')
  const roundS = reader.varint()
  const base = { size: reader.varint(), root: take(reader, 32) }
  const charterNumber = reader.varint()
  const settings = decodeSettings(reader, 'bad-directory')
  const verdicts = decodeVerdicts(reader)
  reader.end()
  return { networkId, certificate, certificateBytes, roundS, base, charterNumber, ...settings, verdicts }
}

function decodeVerdicts(reader: Reader): Verdict[] {
  const count = reader.varint()
  if (count > ROLL_RELAYS_MAX || count * 34 > reader.remaining) throw reader.error('more relays than there can be')
  const verdicts = Array.from({ length: count }, () => ({ commitment: take(reader, 32), weight: reader.u16() }))
  refuseDisorder(
    reader,
    verdicts.map(({ commitment }) => commitment),
  )
  if (verdicts.some(({ weight }) => weight > WEIGHT_MAX)) throw reader.error('a weight out of its bounds')
  return verdicts
}

export function voteHash(vote: Uint8Array): Uint8Array {
  return sha256(vote)
}

export function endorse(vote: Uint8Array, certificate: Uint8Array, sign: Sign): Endorsement {
  return { certificate, signature: sign(purposeBytes(ENDORSEMENT, voteHash(vote))) }
}

/** The signatures of this chain that count, each under its root key in hex, the vote's maker first; none where the maker's is not the first. */
export function endorsementsOf(crypto: Crypto, { vote, chain }: Ballot, maker: Certificate, charter: Charter): Map<string, Endorsement> {
  const found = new Map<string, Endorsement>()
  const hash = voteHash(vote)
  for (const endorsement of chain) {
    const certificate = readCertificate(crypto, endorsement.certificate)
    if (certificate === undefined || memberOf(charter, certificate.rootKey) === undefined) continue
    if (!isSigned(crypto, ENDORSEMENT, hash, endorsement.signature, certificate.signingKey)) continue
    if (found.size === 0 && !equalBytes(certificate.signingKey, maker.signingKey)) return found
    const name = encodeHex(certificate.rootKey)
    if (!found.has(name)) found.set(name, endorsement)
  }
  return found
}

function readCertificate(crypto: Crypto, bytes: Uint8Array): Certificate | undefined {
  try {
    return decodeCertificate(crypto, bytes)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

export function encodeBallots(ballots: readonly Ballot[]): Uint8Array {
  const size = ballots.reduce((sum, { vote, chain }) => sum + 8 + vote.length + chain.length * 400, 16)
  const writer = new Writer(new Uint8Array(size)).u8(ballots.length)
  for (const { vote, chain } of ballots) {
    writer.varint(vote.length).put(vote).u8(chain.length)
    for (const { certificate, signature } of chain) writer.u16(certificate.length).put(certificate).put(signature)
  }
  return writer.done().slice()
}

/** Throws ProtocolError('bad-directory'). The votes are not looked into. */
export function decodeBallots(bytes: Uint8Array): readonly Ballot[] {
  const reader = new Reader(bytes, 'bad-directory')
  // An authority that made two votes has one place more: the second shows it.
  const ballots = decodeCount(reader, 2 * AUTHORITIES_MAX, () => {
    const vote = take(reader, reader.varint())
    const chain = decodeCount(reader, AUTHORITIES_MAX, () => ({
      certificate: take(reader, reader.u16()),
      signature: take(reader, SIGNATURE_BYTES),
    }))
    return { vote, chain }
  })
  reader.end()
  return ballots
}
