// Who the authorities of a network are, and which keys they sign with now. Bytes: SPEC.md §14.2 and §14.3.
//
// 1. root keys stay in a safe; k of them sign a charter, which names all of them                        encodeCharter
// 2. each root key certifies one signing key, which lives on the authority's machine                    encodeCertificate
// 3. a client holds one charter, and follows to a later one that k of the old roots and k of the new have signed    followCharters
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, Reader, Writer } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { ProtocolError } from '../errors.ts'
import { AUTHORITIES_MAX, CERTIFICATE_LIFE_S_MAX, CHARTERS_MAX, EPOCH_S_MAX, MEETING_MORE_PHASES, PERIOD_S_MAX } from '../limits.ts'
import {
  decodeCount,
  decodeSignatures,
  encodeSignatures,
  isSigned,
  type KeySignature,
  purposeBytes,
  refuseDisorder,
  SIGNATURE_BYTES,
  type Sign,
  take,
} from './signed.ts'

/** An organisation, by its key: an authority's root key, or a witness's. */
export interface Member {
  /** Of letters, digits and hyphens; signs as `<network>/<name>`. */
  readonly name: string
  readonly key: Uint8Array
}

/** By which all authorities go, in seconds. */
export interface Times {
  /** From meeting to meeting. */
  readonly periodS: number
  /** Of a meeting's phases, each. */
  readonly phaseS: number
  /** After so long it is decided anew who is handed which relays. */
  readonly epochS: number
}

export interface Charter {
  /** The network's name, which stands in its checkpoints. */
  readonly name: string
  /** From 1. */
  readonly number: number
  /** SHA-256 of the body of the charter before this one; zeros for the first. */
  readonly previous: Uint8Array
  /** Seconds since 1970. */
  readonly issuedS: number
  readonly times: Times
  /** How many authorities must sign. */
  readonly threshold: number
  /** In the order of their keys. */
  readonly authorities: readonly Member[]
  /** How many witnesses must sign a checkpoint; may be none. */
  readonly witnessThreshold: number
  readonly witnesses: readonly Member[]
}

export interface SignedCharter {
  readonly charter: Charter
  readonly body: Uint8Array
  readonly signatures: readonly KeySignature[]
}

export interface Certificate {
  readonly networkId: Uint8Array
  readonly rootKey: Uint8Array
  readonly signingKey: Uint8Array
  /** Grows with each one that the root key certifies; of two the higher counts, and the lower one is void. */
  readonly serial: number
  readonly fromS: number
  readonly untilS: number
}

export const CHARTER_PURPOSE = 'culvert v1 charter'
const CERTIFICATE_PURPOSE = 'culvert v1 authority certificate'
const VERSION = 1
const CHARTER_BYTES_MAX = 8_192
const CERTIFICATE_BYTES_MAX = 256
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/

/** Throws ProtocolError('bad-directory') for a charter that nobody could read. */
export function encodeCharterBody(charter: Charter): Uint8Array {
  const writer = new Writer(new Uint8Array(CHARTER_BYTES_MAX))
  writer.u8(VERSION).text8(charter.name).varint(charter.number).put(charter.previous).varint(charter.issuedS)
  writer.varint(charter.times.periodS).varint(charter.times.phaseS).varint(charter.times.epochS)
  encodeMembers(writer.u8(charter.threshold), charter.authorities)
  encodeMembers(writer.u8(charter.witnessThreshold), charter.witnesses)
  const body = writer.done().slice()
  decodeBody(body)
  return body
}

/** What the holder of a root key signs. */
export function charterSignedBytes(body: Uint8Array): Uint8Array {
  return purposeBytes(CHARTER_PURPOSE, body)
}

export function encodeCharter(body: Uint8Array, signatures: readonly KeySignature[]): Uint8Array {
  const writer = new Writer(new Uint8Array(2 * CHARTER_BYTES_MAX))
  encodeSignatures(writer.u16(body.length).put(body), signatures)
  return writer.done().slice()
}

/** Throws ProtocolError('bad-directory'). Whether enough have signed is for `followCharters`. */
export function decodeCharter(bytes: Uint8Array): SignedCharter {
  const reader = new Reader(bytes, 'bad-directory')
  const body = take(reader, reader.u16())
  const signatures = decodeSignatures(reader)
  reader.end()
  return { charter: decodeBody(body), body, signatures }
}

/** A network's name for code: what its first charter hashes to. Whoever has these 32 bytes needs nothing else to know the network. */
export function charterHash(body: Uint8Array): Uint8Array {
  return sha256(body)
}

/**
 * The last of a chain of charters, each the successor of the one before. `known`: the charter that is trusted already, or only the network's id. Charters
 * that are older than what is known are passed over. Throws ProtocolError('directory-unsigned' | 'directory-mixed').
 */
export function followCharters(
  crypto: Crypto,
  chain: readonly SignedCharter[],
  networkId: Uint8Array,
  known: SignedCharter | undefined,
): SignedCharter {
  let current = known
  for (const next of chain) {
    if (current !== undefined && next.charter.number <= current.charter.number) continue
    if (current === undefined) {
      if (!equalBytes(charterHash(next.body), networkId))
        throw new ProtocolError('directory-mixed', 'This directory is of another network.')
    } else if (next.charter.number !== current.charter.number + 1 || !equalBytes(next.charter.previous, charterHash(current.body)))
      throw new ProtocolError('directory-mixed', 'The charters of this directory don’t follow each other.')
    else if (next.charter.times.epochS !== current.charter.times.epochS)
      throw new ProtocolError('directory-mixed', 'A later charter has another epoch than the first, from which epochs are counted.')
    else refuseFew(countSignatures(crypto, next, current.charter.authorities), current.charter.threshold)
    refuseFew(countSignatures(crypto, next, next.charter.authorities), next.charter.threshold)
    current = next
  }
  if (current === undefined) throw new ProtocolError('directory-mixed', 'This directory has no charter.')
  return current
}

/** How many of these have signed the charter. */
export function countSignatures(crypto: Crypto, { body, signatures }: SignedCharter, members: readonly Member[]): number {
  return signatures.filter(
    ({ key, signature }) => members.some((one) => equalBytes(one.key, key)) && isSigned(crypto, CHARTER_PURPOSE, body, signature, key),
  ).length
}

function refuseFew(count: number, threshold: number): void {
  if (count < threshold)
    throw new ProtocolError('directory-unsigned', `Only ${count} authorities have signed the charter, and ${threshold} must.`)
}

export function encodeCertificate(certificate: Certificate, sign: Sign): Uint8Array {
  const { networkId, rootKey, signingKey, serial, fromS, untilS } = certificate
  const writer = new Writer(new Uint8Array(CERTIFICATE_BYTES_MAX))
  writer.u8(VERSION).put(networkId).put(rootKey).put(signingKey).varint(serial).varint(fromS).varint(untilS)
  const body = writer.done()
  return concatBytes(body, sign(purposeBytes(CERTIFICATE_PURPOSE, body)))
}

/** Checks the root key's signature, and nothing of the time. Throws ProtocolError('bad-directory'). */
export function decodeCertificate(crypto: Crypto, bytes: Uint8Array): Certificate {
  const body = bytes.subarray(0, Math.max(0, bytes.length - SIGNATURE_BYTES))
  const reader = new Reader(body, 'bad-directory')
  if (bytes.length > CERTIFICATE_BYTES_MAX || reader.u8() !== VERSION) throw reader.error('a certificate of an unknown version')
  const [networkId, rootKey, signingKey] = [take(reader, 32), take(reader, 32), take(reader, 32)]
  const [serial, fromS, untilS] = [reader.varint(), reader.varint(), reader.varint()]
  reader.end()
  if (untilS <= fromS || untilS - fromS > CERTIFICATE_LIFE_S_MAX) throw reader.error('a certificate of impossible life')
  if (!isSigned(crypto, CERTIFICATE_PURPOSE, body, bytes.subarray(body.length), rootKey))
    throw reader.error('a certificate that its root key did not sign')
  return { networkId, rootKey, signingKey, serial, fromS, untilS }
}

/** The name under which a member's signatures stand in checkpoints. */
export function keyNameOf(charter: Charter, member: Member): string {
  return `${charter.name}/${member.name}`
}

/** The log that the authorities of a network keep. */
export function originOf({ name }: Charter): string {
  return `${name}/directory`
}

export function memberOf({ authorities }: Charter, rootKey: Uint8Array): Member | undefined {
  return authorities.find(({ key }) => equalBytes(key, rootKey))
}

function encodeMembers(writer: Writer, members: readonly Member[]): void {
  writer.u8(members.length)
  for (const { name, key } of members) writer.text8(name).put(key)
}

function decodeBody(body: Uint8Array): Charter {
  const reader = new Reader(body, 'bad-directory')
  if (body.length > CHARTER_BYTES_MAX || reader.u8() !== VERSION) throw reader.error('a charter of an unknown version')
  const name = reader.text8()
  const [number, previous, issuedS] = [reader.varint(), take(reader, 32), reader.varint()]
  const times = { periodS: reader.varint(), phaseS: reader.varint(), epochS: reader.varint() }
  const threshold = reader.u8()
  const authorities = decodeMembers(reader)
  const witnessThreshold = reader.u8()
  const witnesses = decodeMembers(reader)
  reader.end()
  if (!NAME.test(name)) throw reader.error('a charter without a proper name')
  if (number < 1 || (number === 1) !== previous.every((byte) => byte === 0)) throw reader.error('a charter without its place in the chain')
  // Nobody would read a directory that has it, and there is no way back from a charter.
  if (number > CHARTERS_MAX) throw reader.error('one charter more than a network can have')
  // Most must sign: else two halves could each have a directory of their own.
  if (2 * threshold <= authorities.length || threshold > authorities.length) throw reader.error('a charter with an impossible threshold')
  if (!isPossible(times, authorities.length - threshold + 1))
    throw reader.error('a charter whose meetings don’t fit its period, or whose period or epoch is too long')
  if (witnessThreshold > witnesses.length) throw reader.error('a charter that asks for more witnesses than there are')
  return { name, number, previous, issuedS, times, threshold, authorities, witnessThreshold, witnesses }
}

/** A period holds a whole meeting: what comes before it, its phases, and the signatures. */
function isPossible({ periodS, phaseS, epochS }: Times, phases: number): boolean {
  const isMet = phaseS > 0 && periodS >= (phases + MEETING_MORE_PHASES) * phaseS && periodS <= PERIOD_S_MAX
  return isMet && epochS > 0 && epochS <= EPOCH_S_MAX
}

function decodeMembers(reader: Reader): Member[] {
  const members = decodeCount(reader, AUTHORITIES_MAX, () => ({ name: reader.text8(), key: take(reader, 32) }))
  refuseDisorder(
    reader,
    members.map(({ key }) => key),
  )
  if (!members.every(({ name }) => NAME.test(name)) || new Set(members.map(({ name }) => name)).size < members.length)
    throw reader.error('a member without a name of its own')
  return members
}
