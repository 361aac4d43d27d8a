// What a person is given to join: one line of text. Bytes: SPEC.md §3.
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, decodeBase64url, encodeBase64url, equalBytes, Reader, Writer } from './bytes.ts'
import { assert, ProtocolError } from './errors.ts'
import { INVITE_ENDPOINTS_MAX, INVITE_TEXT_BYTES_MAX } from './limits.ts'

/** One way to reach the relay by WebSocket. */
export interface Endpoint {
  /** host:port as dialled; IPv6 in brackets. */
  readonly address: string
  /** For SNI, Host and the certificate's name. */
  readonly serverName: string
  /** Path of the WebSocket request, with its slash. */
  readonly path: string
  /** SHA-256 of the certificate's SubjectPublicKeyInfo; undefined: a public authority must vouch for the name. */
  readonly pin: Uint8Array | undefined
}

export interface Invite {
  /** The relay's X25519 public key. */
  readonly relayKey: Uint8Array
  /** 32 bytes shared by everyone who holds this invite. */
  readonly psk: Uint8Array
  readonly endpoints: readonly Endpoint[]
}

const SCHEME = 'culvert:'
const VERSION = 1
const CHECKSUM_BYTES = 4

export function encodeInvite(invite: Invite): string {
  assert(invite.relayKey.length === 32 && invite.psk.length === 32, 'keys are 32 bytes')
  assert(invite.endpoints.length >= 1 && invite.endpoints.length <= INVITE_ENDPOINTS_MAX, 'an invite has 1 to 8 endpoints')
  const writer = new Writer(new Uint8Array(INVITE_TEXT_BYTES_MAX))
  writer.u8(VERSION).put(invite.relayKey).put(invite.psk).u8(invite.endpoints.length)
  for (const endpoint of invite.endpoints) {
    writer.text8(endpoint.address).text8(endpoint.serverName).text8(endpoint.path)
    writer.u8(endpoint.pin?.length ?? 0).put(endpoint.pin ?? new Uint8Array())
  }
  const body = writer.done()
  const text = SCHEME + encodeBase64url(concatBytes(body, checksum(body)))
  assert(text.length <= INVITE_TEXT_BYTES_MAX, 'an invite can be read again')
  return text
}

/** Throws ProtocolError('bad-invite') whose message tells a person what is wrong with what they pasted. */
export function decodeInvite(text: string): Invite {
  const line = text.trim()
  if (line.length > INVITE_TEXT_BYTES_MAX) throw new ProtocolError('bad-invite', 'This is too long to be an invite.')
  if (!line.toLowerCase().startsWith(SCHEME)) throw new ProtocolError('bad-invite', 'An invite begins with “culvert:”; this does not.')
  const bytes = decodeBase64url(line.slice(SCHEME.length))
  if (bytes === undefined) throw new ProtocolError('bad-invite', 'This invite has letters that do not belong in it. Copy it again, whole.')
  if (bytes.length > 0 && bytes[0] !== VERSION) {
    throw new ProtocolError('bad-invite', 'This invite is of a kind that this version of Culvert does not know. Update Culvert.')
  }
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  if (!equalBytes(checksum(body), bytes.subarray(body.length))) {
    throw new ProtocolError('bad-invite', 'This invite is damaged: a letter is missing or wrong. Copy it again, whole.')
  }
  return decodeBody(new Reader(body, 'bad-invite', 1))
}

function decodeBody(reader: Reader): Invite {
  const relayKey = reader.take(32).slice()
  const psk = reader.take(32).slice()
  const count = reader.u8()
  if (count < 1 || count > INVITE_ENDPOINTS_MAX) throw new ProtocolError('bad-invite', 'This invite names no relay that can be reached.')
  const endpoints = Array.from({ length: count }, () => decodeEndpoint(reader))
  reader.end()
  return { relayKey, psk, endpoints }
}

function decodeEndpoint(reader: Reader): Endpoint {
  const address = reader.text8()
  const serverName = reader.text8()
  const path = reader.text8()
  const pinBytes = reader.u8()
  if (pinBytes !== 0 && pinBytes !== 32) throw new ProtocolError('bad-invite', 'This invite has a certificate pin of the wrong size.')
  const pin = pinBytes === 0 ? undefined : reader.take(32).slice()
  if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):[1-9]\d{0,4}$/i.test(address) || Number(address.slice(address.lastIndexOf(':') + 1)) > 65535) {
    throw new ProtocolError('bad-invite', 'This invite has an address that cannot be dialled.')
  }
  if (!/^[a-z0-9.-]+$/i.test(serverName)) throw new ProtocolError('bad-invite', 'This invite has a site name that is not one.')
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw new ProtocolError('bad-invite', 'This invite has a path that is not one.')
  return { address, serverName, path, pin }
}

function checksum(body: Uint8Array): Uint8Array {
  return sha256(body).subarray(0, CHECKSUM_BYTES)
}
