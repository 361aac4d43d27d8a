// What the authorities agreed on, and the roll of relays that it stands for. Bytes: SPEC.md §14.6.
//
// A consensus names no relay: it has the root of the roll, whose entries are commitments. So it is small, may be shown to anyone, and yet whoever knows a
// relay can check that it is listed, and with which weight.
import { concatBytes, Reader, Writer } from '../bytes.ts'
import { assert, type ProtocolErrorCode } from '../errors.ts'
import { decodeInviteBody, encodeInviteBody, type Invite } from '../invite.ts'
import {
  AUTHORITIES_MAX,
  CONSENSUS_BYTES_MAX,
  CONSENSUS_FRESH_S,
  CONSENSUS_VALID_S,
  COUNTRIES_MAX,
  REVOKED_MAX,
  ROLL_RELAYS_MAX,
  SOURCES_MAX,
  WEIGHT_MAX,
} from '../limits.ts'
import { decodeRotation, decodeWhom, encodeRotation, encodeWhom, type Policy } from '../policy.ts'
import { decodeVersion, encodeVersion, type Version } from './descriptor.ts'
import { compareBytes, decodeCount, refuseDisorder, take } from './signed.ts'
import { leafHash, rootOf } from './tlog.ts'

/** Canaries and plan hints for one country. */
export interface CountryPolicy extends Pick<Policy, 'canaries' | 'resolvers' | 'rotation'> {
  /** Two capital letters of ISO 3166; empty: for all that are not named. */
  readonly country: string
}

/** What authorities decide by hand, each for itself. */
export interface Settings {
  /** Older programs are told to update; a relay that is older is not listed. */
  readonly clientMin: Version
  readonly relayMin: Version
  /** In the order of their countries. */
  readonly policies: readonly CountryPolicy[]
  /** Ways to the directory itself: authorities and the edges before them, as invites whose relay answers nothing else. */
  readonly sources: readonly Invite[]
  /** Root keys of the authorities that share the relays to hand them out (shares.ts), in their order; none: each hands out all. */
  readonly handers: readonly Uint8Array[]
  /** Relays that are not to be used any more: `revocationOf`. */
  readonly revoked: readonly Uint8Array[]
}

export interface Consensus extends Settings {
  readonly networkId: Uint8Array
  /** 1 for the first; one more for each: the size of the log that has it as its last entry. */
  readonly number: number
  /** Seconds since 1970. Fresh and valid for so long as `freshUntilS` and `validUntilS` say. */
  readonly madeS: number
  /** Of the charter that was in force. */
  readonly charterNumber: number
  readonly rollSize: number
  readonly rollRoot: Uint8Array
}

export interface RollEntry {
  readonly commitment: Uint8Array
  /** Its share of new sessions, as against those of others. */
  readonly weight: number
}

const VERSION = 1
const ENTRY_BYTES = 34

export function freshUntilS({ madeS }: Consensus): number {
  return madeS + CONSENSUS_FRESH_S
}

export function validUntilS({ madeS }: Consensus): number {
  return madeS + CONSENSUS_VALID_S
}

export function encodeConsensus(consensus: Consensus): Uint8Array {
  const writer = new Writer(new Uint8Array(CONSENSUS_BYTES_MAX))
  const { networkId, number, madeS, charterNumber, rollSize, rollRoot } = consensus
  writer.u8(VERSION).put(networkId).varint(number).varint(madeS).varint(charterNumber).varint(rollSize).put(rollRoot)
  encodeSettings(writer, consensus)
  return writer.done().slice()
}

/** Throws ProtocolError('bad-directory'). Who signed it, and when it holds, is for `verifyBundle`. */
export function decodeConsensus(bytes: Uint8Array): Consensus {
  const reader = new Reader(bytes, 'bad-directory')
  if (bytes.length > CONSENSUS_BYTES_MAX || reader.u8() !== VERSION) throw reader.error('a consensus of an unknown version')
  const networkId = take(reader, 32)
  const [number, madeS, charterNumber, rollSize] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()]
  const rollRoot = take(reader, 32)
  const settings = decodeSettings(reader, 'bad-directory')
  reader.end()
  if (number < 1 || charterNumber < 1 || rollSize > ROLL_RELAYS_MAX) throw reader.error('a consensus with an impossible number')
  return { networkId, number, madeS, charterNumber, rollSize, rollRoot, ...settings }
}

export function encodeSettings(writer: Writer, { clientMin, relayMin, policies, sources, handers, revoked }: Settings): void {
  assert(
    policies.length <= COUNTRIES_MAX && sources.length <= SOURCES_MAX && handers.length <= AUTHORITIES_MAX && revoked.length <= REVOKED_MAX,
    'settings are few',
  )
  encodeVersion(writer, clientMin)
  encodeVersion(writer, relayMin)
  writer.u8(policies.length)
  for (const policy of policies) encodePolicy(writer, policy)
  writer.u8(sources.length)
  for (const source of sources) {
    const body = encodeInviteBody(source)
    writer.u16(body.length).put(body)
  }
  writer.u8(handers.length)
  for (const one of handers) writer.put(one)
  writer.varint(revoked.length)
  for (const one of revoked) writer.put(one)
}

export function decodeSettings(reader: Reader, code: ProtocolErrorCode): Settings {
  const [clientMin, relayMin] = [decodeVersion(reader), decodeVersion(reader)]
  const policies = decodeCount(reader, COUNTRIES_MAX, () => decodePolicy(reader))
  if (policies.some(({ country }, at) => at > 0 && (policies[at - 1]?.country as string) >= country))
    throw reader.error('countries that are out of order')
  const sources = decodeCount(reader, SOURCES_MAX, () => decodeInviteBody(reader.take(reader.u16()), code))
  refuseDisorder(
    reader,
    sources.map(({ relayKey }) => relayKey),
  )
  const handers = decodeCount(reader, AUTHORITIES_MAX, () => take(reader, 32))
  refuseDisorder(reader, handers)
  const count = reader.varint()
  if (count > REVOKED_MAX) throw reader.error('a list that is too long')
  const revoked = Array.from({ length: count }, () => take(reader, 32))
  refuseDisorder(reader, revoked)
  return { clientMin, relayMin, policies, sources, handers, revoked }
}

/** One country's policy as bytes by itself: what authorities compare. */
export function policyBytes(policy: CountryPolicy): Uint8Array {
  const writer = new Writer(new Uint8Array(65_535))
  encodePolicy(writer, policy)
  return writer.done().slice()
}

function encodePolicy(writer: Writer, policy: CountryPolicy): void {
  encodeWhom(writer.text8(policy.country), policy)
  encodeRotation(writer, policy.rotation)
}

function decodePolicy(reader: Reader): CountryPolicy {
  const country = reader.text8()
  if (!/^(?:[A-Z]{2})?$/.test(country)) throw reader.error('a country that is none')
  const whom = decodeWhom(reader)
  return { country, ...whom, rotation: decodeRotation(reader) }
}

/** The policy for a country, or for all others where there is none; undefined where there is neither. */
export function policyFor({ policies }: Settings, country: string): CountryPolicy | undefined {
  return policies.find((one) => one.country === country) ?? policies.find((one) => one.country === '')
}

/** In the order of commitments. */
export function encodeRoll(entries: readonly RollEntry[]): Uint8Array {
  assert(entries.length <= ROLL_RELAYS_MAX, 'a roll can be read again')
  const sorted = [...entries].sort((a, b) => compareBytes(a.commitment, b.commitment))
  return concatBytes(...sorted.map(entryBytes))
}

/** Throws ProtocolError('bad-directory'). */
export function decodeRoll(bytes: Uint8Array): readonly RollEntry[] {
  const reader = new Reader(bytes, 'bad-directory')
  if (bytes.length % ENTRY_BYTES !== 0 || bytes.length > ENTRY_BYTES * ROLL_RELAYS_MAX) throw reader.error('a roll of impossible size')
  const entries = Array.from({ length: bytes.length / ENTRY_BYTES }, () => ({ commitment: take(reader, 32), weight: reader.u16() }))
  refuseDisorder(
    reader,
    entries.map(({ commitment }) => commitment),
  )
  if (entries.some(({ weight }) => weight < 1 || weight > WEIGHT_MAX)) throw reader.error('a weight out of its bounds')
  return entries
}

/** An entry of the tree whose root the consensus has. */
export function entryBytes({ commitment, weight }: RollEntry): Uint8Array {
  return new Writer(new Uint8Array(ENTRY_BYTES)).put(commitment).u16(weight).done()
}

/** The hashes of a roll's entries, in its order. */
export function rollLeaves(entries: readonly RollEntry[]): readonly Uint8Array[] {
  return entries.map((entry) => leafHash(entryBytes(entry)))
}

export function rollRootOf(entries: readonly RollEntry[]): Uint8Array {
  return rootOf(rollLeaves(entries))
}
