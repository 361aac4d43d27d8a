// What a relay says of itself to the authorities, signed by its own Ed25519 key, and the commitment that stands for it in public. Bytes: SPEC.md §14.4.
//
// The commitment is a hash of the relay's invite. That holds a psk of 32 random bytes, so nobody learns a relay from its commitment, and whoever holds the
// invite can find it.
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, Reader, utf8, Writer } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { assert, ProtocolError } from '../errors.ts'
import { decodeInviteBody, encodeInviteBody, type Invite } from '../invite.ts'
import { DESCRIPTOR_BYTES_MAX, DESCRIPTOR_LIFE_S_MAX } from '../limits.ts'
import { isSigned, purposeBytes, SIGNATURE_BYTES, type Sign } from './signed.ts'

/** major, minor, patch */
export type Version = readonly [number, number, number]

export interface Descriptor {
  /** Seconds since 1970. */
  readonly issuedS: number
  readonly expiresS: number
  /** The relay goes away: not to be listed any more. */
  readonly isLeaving: boolean
  readonly version: Version
  /** What it is ready to carry, bytes a second. */
  readonly capacityBytesPerS: number
  /** How to reach whoever runs it, if they like: shown to authorities only. */
  readonly contact: string
  readonly invite: Invite
}

const PURPOSE = 'culvert v1 relay descriptor'
const COMMITMENT = utf8('culvert v1 relay commitment')
const VERSION = 1
const LEAVING = 1

/** `sign` is by the invite's policy key. */
export function encodeDescriptor(descriptor: Descriptor, sign: Sign): Uint8Array {
  const { issuedS, expiresS, isLeaving, version, capacityBytesPerS, contact, invite } = descriptor
  const writer = new Writer(new Uint8Array(DESCRIPTOR_BYTES_MAX))
  const inviteBody = encodeInviteBody(invite)
  writer
    .u8(VERSION)
    .varint(issuedS)
    .varint(expiresS)
    .u8(isLeaving ? LEAVING : 0)
  encodeVersion(writer, version)
  writer.varint(capacityBytesPerS).text8(contact).u16(inviteBody.length).put(inviteBody)
  const body = writer.done()
  const bytes = concatBytes(body, sign(purposeBytes(PURPOSE, body)))
  assert(bytes.length <= DESCRIPTOR_BYTES_MAX, 'a descriptor can be read again')
  return bytes
}

/** Throws ProtocolError('bad-descriptor'). */
export function decodeDescriptor(crypto: Crypto, bytes: Uint8Array, nowS: number): Descriptor {
  if (bytes.length > DESCRIPTOR_BYTES_MAX || bytes.length <= SIGNATURE_BYTES)
    throw new ProtocolError('bad-descriptor', 'a descriptor of impossible size')
  const body = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const descriptor = decodeBody(new Reader(body, 'bad-descriptor'))
  if (!isSigned(crypto, PURPOSE, body, bytes.subarray(body.length), descriptor.invite.policyKey))
    throw new ProtocolError('bad-descriptor', 'a descriptor that its relay did not sign')
  if (descriptor.expiresS <= nowS) throw new ProtocolError('bad-descriptor', 'a descriptor that has expired')
  if (descriptor.issuedS > nowS + DESCRIPTOR_LIFE_S_MAX) throw new ProtocolError('bad-descriptor', 'a descriptor of the future')
  return descriptor
}

/** What stands for a relay in the roll. */
export function commitmentOf(invite: Invite): Uint8Array {
  return sha256(concatBytes(COMMITMENT, encodeInviteBody(invite)))
}

/** What stands for a relay's keys where they are revoked, whatever its endpoints are. */
export function revocationOf({ policyKey }: Pick<Invite, 'policyKey'>): Uint8Array {
  return sha256(concatBytes(utf8('culvert v1 relay revocation'), policyKey))
}

export function encodeVersion(writer: Writer, version: Version): void {
  for (const part of version) writer.varint(part)
}

export function decodeVersion(reader: Reader): Version {
  return [reader.varint(), reader.varint(), reader.varint()]
}

/** Of a version as package.json has it: what stands behind the three numbers does not count. */
export function versionOf(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map((part) => Number.parseInt(part, 10))
  return [major, minor, patch]
}

/** Below, equal to or above zero. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

function decodeBody(reader: Reader): Descriptor {
  if (reader.u8() !== VERSION) throw reader.error('a descriptor of an unknown version')
  const [issuedS, expiresS, flags] = [reader.varint(), reader.varint(), reader.u8()]
  const version = decodeVersion(reader)
  const capacityBytesPerS = reader.varint()
  const contact = reader.text8()
  const inviteBytes = reader.take(reader.u16())
  reader.end()
  if (expiresS <= issuedS || expiresS - issuedS > DESCRIPTOR_LIFE_S_MAX) throw reader.error('a descriptor of impossible life')
  if (flags > LEAVING) throw reader.error('a descriptor with an unknown flag')
  return {
    issuedS,
    expiresS,
    isLeaving: flags === LEAVING,
    version,
    capacityBytesPerS,
    contact,
    invite: decodeInviteBody(inviteBytes, 'bad-descriptor'),
  }
}
