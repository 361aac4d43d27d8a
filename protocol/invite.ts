// What a person is given to join: one line of text. Bytes: SPEC.md §3.
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, decodeBase64url, encodeBase64url, equalBytes, Reader, Writer } from './bytes.ts'
import { decodeEndpoint, type Endpoint, encodeEndpoint } from './endpoint.ts'
import { assert, ProtocolError, type ProtocolErrorCode } from './errors.ts'
import { INVITE_ENDPOINTS_MAX, INVITE_TEXT_BYTES_MAX } from './limits.ts'

export interface Invite {
  /** The relay's X25519 public key. */
  readonly relayKey: Uint8Array
  /** 32 bytes shared by everyone who holds this invite. */
  readonly psk: Uint8Array
  /** The relay's Ed25519 public key, which checks its policy. */
  readonly policyKey: Uint8Array
  /** In the order in which they should be tried. */
  readonly endpoints: readonly Endpoint[]
}

const SCHEME = 'culvert:'
const VERSION = 2
/** Of an invite of a network: network-invite.ts. */
export const NETWORK_VERSION = 3
/** What comes next counts as newer; any other number was made of letters that changed, as by a keyboard that capitalises, unless the checksum is right. */
export const NEWER_VERSION_MAX = 15
const CHECKSUM_BYTES = 4

export function encodeInvite(invite: Invite): string {
  return writeInviteText(encodeInviteBody(invite))
}

/** An invite's bytes, without scheme and checksum: how it stands in other documents. */
export function encodeInviteBody({ relayKey, psk, policyKey, endpoints }: Invite): Uint8Array {
  assert(relayKey.length === 32 && psk.length === 32 && policyKey.length === 32, 'keys are 32 bytes')
  assert(endpoints.length >= 1 && endpoints.length <= INVITE_ENDPOINTS_MAX, 'an invite has 1 to 8 endpoints')
  const writer = new Writer(new Uint8Array(INVITE_TEXT_BYTES_MAX))
  writer.u8(VERSION).put(relayKey).put(psk).put(policyKey).u8(endpoints.length)
  for (const endpoint of endpoints) encodeEndpoint(writer, endpoint)
  return writer.done()
}

/** Throws ProtocolError with this code. */
export function decodeInviteBody(bytes: Uint8Array, code: ProtocolErrorCode): Invite {
  const reader = new Reader(bytes, code)
  if (reader.u8() !== VERSION) throw reader.error('an invite of an unknown version')
  return decodeBody(reader)
}

/** Throws ProtocolError('bad-invite') whose message tells a person what is wrong with what they pasted. */
export function decodeInvite(text: string): Invite {
  const body = readInviteText(text)
  if (body[0] !== VERSION)
    throw new ProtocolError('bad-invite', 'This is an invite of a network, and the invite of one relay is wanted here.')
  return decodeBody(new Reader(body, 'bad-invite', 1))
}

/** What an invite's text stands for, of whichever kind it is, without its checksum. Throws as decodeInvite. */
export function readInviteText(text: string): Uint8Array {
  const line = text.trim()
  if (line.length > INVITE_TEXT_BYTES_MAX) throw new ProtocolError('bad-invite', 'This is too long to be an invite.')
  if (!line.toLowerCase().startsWith(SCHEME)) throw new ProtocolError('bad-invite', 'An invite begins with “culvert:”; this does not.')
  const bytes = decodeBase64url(line.slice(SCHEME.length))
  if (bytes === undefined) throw new ProtocolError('bad-invite', 'This invite has letters that do not belong in it. Copy it again, whole.')
  const [version] = bytes
  if (version === 1) throw new ProtocolError('bad-invite', 'This invite was made by an older version of Culvert. Ask for a new one.')
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  const isWhole = equalBytes(checksum(body), bytes.subarray(body.length))
  const isKnown = version === VERSION || version === NETWORK_VERSION
  if (!isKnown && version !== undefined && (isWhole || (version > NETWORK_VERSION && version <= NEWER_VERSION_MAX)))
    throw new ProtocolError('bad-invite', 'This invite is of a kind that this version of Culvert does not know. Update Culvert.')
  if (!isWhole) throw new ProtocolError('bad-invite', 'This invite is damaged: a letter is missing or wrong. Copy it again, whole.')
  return body
}

/** An invite's text, of whichever kind. */
export function writeInviteText(body: Uint8Array): string {
  const text = SCHEME + encodeBase64url(concatBytes(body, checksum(body)))
  assert(text.length <= INVITE_TEXT_BYTES_MAX, 'an invite can be read again')
  return text
}

function decodeBody(reader: Reader): Invite {
  const relayKey = new Uint8Array(reader.take(32))
  const psk = new Uint8Array(reader.take(32))
  const policyKey = new Uint8Array(reader.take(32))
  const count = reader.u8()
  if (count < 1 || count > INVITE_ENDPOINTS_MAX) throw reader.error('This invite names no relay that can be reached.')
  const endpoints = Array.from({ length: count }, () => decodeEndpoint(reader))
  reader.end()
  return { relayKey, psk, policyKey, endpoints }
}

function checksum(body: Uint8Array): Uint8Array {
  return sha256(body).subarray(0, CHECKSUM_BYTES)
}
