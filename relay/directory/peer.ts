// What authorities ask each other, and relays ask authorities, on streams to `authority.invalid`, and how a question shows whose it is.
//
// register:  01 ‖ pass u16, bytes (join-code.ts; may be empty) ‖ descriptor          answer: empty for taken, or a word for why not
// peers':    kind u8 ‖ argument varint ‖ time varint ‖ certificate u16, bytes ‖ signature [64]
//            02 ballots of a round    03 the checkpoint of a round    04 descriptors received after a count
// The signature is over "culvert v1 authority request" ‖ relay key of who is asked ‖ all before it, by the certified key.
import {
  type Certificate,
  concatBytes,
  decodeCertificate,
  ProtocolError,
  parseTarget,
  purposeBytes,
  Reader,
  type Sign,
  type Target,
  Writer,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { authorityLimits } from './limits.ts'

export const AUTHORITY_TARGET: Target = parseTarget('authority.invalid', 1)

export const PeerKind = { ballots: 2, note: 3, descriptors: 4 } as const
export type PeerKind = (typeof PeerKind)[keyof typeof PeerKind]

export type AuthorityRequest =
  | { readonly kind: 'register'; readonly pass: Uint8Array; readonly descriptor: Uint8Array }
  | { readonly kind: PeerKind; readonly argument: number; readonly timeS: number; readonly certificate: Certificate }

const PURPOSE = 'culvert v1 authority request'
const SIGNATURE_BYTES = 64

export function encodeRegister(pass: Uint8Array, descriptor: Uint8Array): Uint8Array {
  return new Writer(new Uint8Array(authorityLimits.requestBytesMax)).u8(1).u16(pass.length).put(pass).put(descriptor).done()
}

export interface Asker {
  readonly certificate: Uint8Array
  readonly sign: Sign
  /** Of who is asked. */
  readonly relayKey: Uint8Array
}

export function encodePeerRequest(kind: PeerKind, argument: number, timeS: number, { certificate, sign, relayKey }: Asker): Uint8Array {
  const writer = new Writer(new Uint8Array(1_024)).u8(kind).varint(argument).varint(timeS).u16(certificate.length).put(certificate)
  const body = writer.done()
  return concatBytes(body, sign(purposeBytes(PURPOSE, concatBytes(relayKey, body))))
}

/** `relayKey`: ours. Throws ProtocolError('bad-directory'). Whether the certificate is one of an authority is for who knows the charter. */
export function decodeAuthorityRequest(bytes: Uint8Array, relayKey: Uint8Array): AuthorityRequest {
  const reader = new Reader(bytes, 'bad-directory')
  const kind = reader.u8()
  if (kind === 1) {
    const pass = new Uint8Array(reader.take(reader.u16()))
    return { kind: 'register', pass, descriptor: new Uint8Array(reader.take(reader.remaining)) }
  }
  if (kind !== PeerKind.ballots && kind !== PeerKind.note && kind !== PeerKind.descriptors)
    throw reader.error('a request of an unknown kind')
  const [argument, timeS] = [reader.varint(), reader.varint()]
  const certificate = decodeCertificate(nodeCrypto, new Uint8Array(reader.take(reader.u16())))
  const signature = reader.take(SIGNATURE_BYTES)
  reader.end()
  const body = concatBytes(relayKey, bytes.subarray(0, bytes.length - SIGNATURE_BYTES))
  if (!nodeCrypto.ed25519Verify(certificate.signingKey, purposeBytes(PURPOSE, body), signature))
    throw new ProtocolError('bad-directory', 'a request that nobody signed')
  return { kind, argument, timeS, certificate }
}

export function encodeDescriptors(list: readonly { readonly received: number; readonly descriptor: Uint8Array }[]): Uint8Array {
  const writer = new Writer(new Uint8Array(16 + list.reduce((sum, { descriptor }) => sum + descriptor.length + 16, 0))).u16(list.length)
  for (const { received, descriptor } of list) writer.varint(received).u16(descriptor.length).put(descriptor)
  return writer.done()
}

/** Throws ProtocolError('bad-directory'). */
export function decodeDescriptors(bytes: Uint8Array): readonly { readonly received: number; readonly descriptor: Uint8Array }[] {
  const reader = new Reader(bytes, 'bad-directory')
  const count = reader.u16()
  if (count > authorityLimits.descriptorsMax) throw reader.error('more descriptors than were asked for')
  const list = Array.from({ length: count }, () => ({ received: reader.varint(), descriptor: new Uint8Array(reader.take(reader.u16())) }))
  reader.end()
  return list
}
