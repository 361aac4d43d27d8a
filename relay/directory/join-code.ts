// The code that a volunteer is given to take part: where authorities are, and a right to be taken in that any of them can check and none can use for itself.
//
// ticket: version u8 = 2 ‖ network id [32] ‖ key [32] ‖ until varint ‖ uses varint ‖ certificate u16, bytes ‖ signature [64], by the key of the certificate
// code:   `culvert-join:` and base64url of  ticket u16, bytes ‖ secret half of the ticket's key [32] ‖ invites: count u8, each u16, bytes ‖ checksum [4]
// pass:   ticket u16, bytes ‖ signature [64] over the relay's policy key, by the ticket's: what a relay shows, and nobody can use for another relay
import { createHash } from 'node:crypto'
import {
  type Certificate,
  concatBytes,
  decodeBase64url,
  decodeCertificate,
  decodeInviteBody,
  encodeBase64url,
  encodeInviteBody,
  equalBytes,
  type Invite,
  ProtocolError,
  purposeBytes,
  Reader,
  type Sign,
  Writer,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { OperatorError } from '../operator-error.ts'
import { joinLimits } from './limits.ts'
import { signingKeyOf } from './signing-key.ts'

/** The right to bring some relays, as its maker signed it. */
export interface Ticket {
  readonly networkId: Uint8Array
  /** Whoever holds its secret half may bring relays. Each authority counts them. */
  readonly key: Uint8Array
  readonly untilS: number
  /** How many relays may come by it. */
  readonly uses: number
  /** Of the authority that made it. */
  readonly certificate: Certificate
}

export interface JoinCode {
  readonly ticket: Ticket
  readonly ticketBytes: Uint8Array
  readonly secret: Uint8Array
  /** Of authorities, to begin with. */
  readonly authorities: readonly Invite[]
}

export interface JoinCodeParts extends Pick<Ticket, 'networkId' | 'untilS' | 'uses'> {
  /** 32 random bytes. */
  readonly secret: Uint8Array
  readonly certificateBytes: Uint8Array
  readonly authorities: readonly Invite[]
}

const SCHEME = 'culvert-join:'
const VERSION = 2
const TICKET_PURPOSE = 'culvert v1 join ticket'
const PASS_PURPOSE = 'culvert v1 join pass'
const AUTHORITIES_MAX = 4
const SIGNATURE_BYTES = 64
const CHECKSUM_BYTES = 4

/** `sign`: by the key of the certificate. */
export function encodeJoinCode({ networkId, secret, untilS, uses, certificateBytes, authorities }: JoinCodeParts, sign: Sign): string {
  const key = signingKeyOf(secret).publicKey
  const body = new Writer(new Uint8Array(joinLimits.codeBytesMax)).u8(VERSION).put(networkId).put(key).varint(untilS).varint(uses)
  body.u16(certificateBytes.length).put(certificateBytes)
  const ticket = concatBytes(body.done(), sign(purposeBytes(TICKET_PURPOSE, body.done())))
  const writer = new Writer(new Uint8Array(joinLimits.codeBytesMax)).u16(ticket.length).put(ticket).put(secret)
  const named = authorities.slice(0, AUTHORITIES_MAX).map(encodeInviteBody)
  writer.u8(named.length)
  for (const one of named) writer.u16(one.length).put(one)
  const bytes = writer.done()
  return SCHEME + encodeBase64url(concatBytes(bytes, checksum(bytes)))
}

/** Checks that it is whole and signed by the key of its certificate; whether that is an authority's is for who knows the charter. Throws OperatorError. */
export function decodeJoinCode(text: string): JoinCode {
  const line = text.trim()
  if (!line.toLowerCase().startsWith(SCHEME)) throw new OperatorError('A join code begins with “culvert-join:”; this does not.')
  const bytes = line.length > 2 * joinLimits.codeBytesMax ? undefined : decodeBase64url(line.slice(SCHEME.length))
  if (bytes === undefined)
    throw new OperatorError('This join code has letters that do not belong in it, or is too long. Copy it again, whole.')
  const whole = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  if (!equalBytes(checksum(whole), bytes.subarray(whole.length)))
    throw new OperatorError('This join code is damaged: a letter is missing or wrong. Copy it again, whole.')
  try {
    return decode(new Reader(whole, 'bad-directory'))
  } catch (error) {
    if (error instanceof ProtocolError)
      throw new OperatorError('This join code is of a kind that this version does not know. Update culvert-relay, or ask for another code.')
    throw error
  }
}

function decode(reader: Reader): JoinCode {
  const ticketBytes = new Uint8Array(reader.take(reader.u16()))
  const secret = new Uint8Array(reader.take(32))
  const count = reader.u8()
  if (count > AUTHORITIES_MAX) throw reader.error('too many authorities')
  const authorities = Array.from({ length: count }, () => decodeInviteBody(reader.take(reader.u16()), 'bad-directory'))
  reader.end()
  const ticket = decodeTicket(ticketBytes)
  if (!equalBytes(signingKeyOf(secret).publicKey, ticket.key)) throw reader.error('a secret of another ticket')
  return { ticket, ticketBytes, secret, authorities }
}

/** What the relay of this policy key shows to authorities. */
export function encodePass({ ticketBytes, secret }: JoinCode, policyKey: Uint8Array): Uint8Array {
  const writer = new Writer(new Uint8Array(joinLimits.codeBytesMax)).u16(ticketBytes.length).put(ticketBytes)
  return writer.put(signingKeyOf(secret).sign(purposeBytes(PASS_PURPOSE, policyKey))).done()
}

/** Of a pass of the relay of this policy key. Throws ProtocolError('bad-directory'), also where it is another's. */
export function decodePass(bytes: Uint8Array, policyKey: Uint8Array): Ticket {
  const reader = new Reader(bytes, 'bad-directory')
  const ticket = decodeTicket(reader.take(reader.u16()))
  const signature = reader.take(SIGNATURE_BYTES)
  reader.end()
  if (!nodeCrypto.ed25519Verify(ticket.key, purposeBytes(PASS_PURPOSE, policyKey), signature)) throw reader.error('a pass of another relay')
  return ticket
}

function decodeTicket(bytes: Uint8Array): Ticket {
  const body = bytes.subarray(0, Math.max(0, bytes.length - SIGNATURE_BYTES))
  const reader = new Reader(body, 'bad-directory')
  if (reader.u8() !== VERSION) throw reader.error('an unknown version')
  const [networkId, key] = [new Uint8Array(reader.take(32)), new Uint8Array(reader.take(32))]
  const [untilS, uses] = [reader.varint(), reader.varint()]
  const certificate = decodeCertificate(nodeCrypto, new Uint8Array(reader.take(reader.u16())))
  reader.end()
  if (!nodeCrypto.ed25519Verify(certificate.signingKey, purposeBytes(TICKET_PURPOSE, body), bytes.subarray(body.length)))
    throw reader.error('not signed by its maker')
  return { networkId, key, untilS, uses, certificate }
}

function checksum(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_BYTES)
}
