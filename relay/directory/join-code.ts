// The code that a volunteer is given to take part: where authorities are, which network it is, and a right to be taken in that any of them can check.
//
// `culvert-join:` and base64url of  body ‖ signature[64] ‖ checksum[4];  body:
// version u8 = 1 ‖ network id [32] ‖ id [8] ‖ until varint ‖ uses varint ‖ certificate u16, bytes ‖ invites: count u8, each u16, bytes
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

export interface JoinCode {
  readonly networkId: Uint8Array
  /** Counted by each authority. */
  readonly id: Uint8Array
  readonly untilS: number
  /** How many relays may come by it. */
  readonly uses: number
  /** Of the authority that made it. */
  readonly certificate: Certificate
  readonly certificateBytes: Uint8Array
  /** Of authorities, to begin with. */
  readonly authorities: readonly Invite[]
}

const SCHEME = 'culvert-join:'
const PURPOSE = 'culvert v1 join code'
const AUTHORITIES_MAX = 4
const SIGNATURE_BYTES = 64
const CHECKSUM_BYTES = 4

export function encodeJoinCode(
  { networkId, id, untilS, uses, certificateBytes, authorities }: Omit<JoinCode, 'certificate'>,
  sign: Sign,
): string {
  const writer = new Writer(new Uint8Array(joinLimits.codeBytesMax))
  writer.u8(1).put(networkId).put(id).varint(untilS).varint(uses).u16(certificateBytes.length).put(certificateBytes)
  const named = authorities.slice(0, AUTHORITIES_MAX).map(encodeInviteBody)
  writer.u8(named.length)
  for (const body of named) writer.u16(body.length).put(body)
  const body = writer.done()
  const signed = concatBytes(body, sign(purposeBytes(PURPOSE, body)))
  return SCHEME + encodeBase64url(concatBytes(signed, checksum(signed)))
}

/** Checks that it is whole and signed by the key of its certificate; whether that is an authority's is for who knows the charter. Throws OperatorError. */
export function decodeJoinCode(text: string): JoinCode {
  const line = text.trim()
  if (!line.toLowerCase().startsWith(SCHEME)) throw new OperatorError('A join code begins with “culvert-join:”; this does not.')
  const bytes = line.length > 2 * joinLimits.codeBytesMax ? undefined : decodeBase64url(line.slice(SCHEME.length))
  if (bytes === undefined)
    throw new OperatorError('This join code has letters that do not belong in it, or is too long. Copy it again, whole.')
  const signed = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  if (!equalBytes(checksum(signed), bytes.subarray(signed.length)))
    throw new OperatorError('This join code is damaged: a letter is missing or wrong. Copy it again, whole.')
  try {
    return decode(signed)
  } catch (error) {
    if (error instanceof ProtocolError)
      throw new OperatorError('This join code is of a kind that this version does not know. Update culvert-relay.')
    throw error
  }
}

function decode(signed: Uint8Array): JoinCode {
  const body = signed.subarray(0, Math.max(0, signed.length - SIGNATURE_BYTES))
  const reader = new Reader(body, 'bad-directory')
  if (reader.u8() !== 1) throw reader.error('an unknown version')
  const [networkId, id] = [new Uint8Array(reader.take(32)), new Uint8Array(reader.take(8))]
  const [untilS, uses] = [reader.varint(), reader.varint()]
  const certificateBytes = new Uint8Array(reader.take(reader.u16()))
  const certificate = decodeCertificate(nodeCrypto, certificateBytes)
  const count = reader.u8()
  if (count > AUTHORITIES_MAX) throw reader.error('too many authorities')
  const authorities = Array.from({ length: count }, () => decodeInviteBody(reader.take(reader.u16()), 'bad-directory'))
  reader.end()
  if (!nodeCrypto.ed25519Verify(certificate.signingKey, purposeBytes(PURPOSE, body), signed.subarray(body.length)))
    throw reader.error('not signed by its maker')
  return { networkId, id, untilS, uses, certificate, certificateBytes, authorities }
}

function checksum(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_BYTES)
}
