// One way to reach a relay, as it stands in invites and policies. Bytes: SPEC.md §3.
import type { Reader, Writer } from './bytes.ts'
import type { CarrierKind } from './carrier.ts'
import { assert } from './errors.ts'

export interface Endpoint {
  /** host:port as dialled; IPv6 in brackets. */
  readonly address: string
  /** For SNI and the certificate's name. */
  readonly serverName: string
  /** For the Host header and Origin. Differs from serverName only where an edge allows fronting. */
  readonly hostName: string
  /** Path of the request, with its slash. */
  readonly path: string
  /** SHA-256 of the certificate's SubjectPublicKeyInfo; undefined: a public authority must vouch for the name. */
  readonly pin: Uint8Array | undefined
  /** Which carriers pass here, preferred first; at least one. */
  readonly carriers: readonly CarrierKind[]
  /** A CDN or somebody's web server that forwards to the relay. */
  readonly isEdge: boolean
}

const CARRIER_FLAGS: readonly (readonly [CarrierKind, number])[] = [
  ['websocket', 1],
  ['http', 2],
]
const EDGE_FLAG = 4
const ALL_FLAGS = 7

/** Carriers are written as a set: decodeEndpoint gives them in the order of preference. */
export function encodeEndpoint(writer: Writer, endpoint: Endpoint): void {
  const { address, serverName, hostName, path, pin, carriers, isEdge } = endpoint
  assert(carriers.length > 0, 'an endpoint has a carrier')
  assert(pin === undefined || pin.length === 32, 'a pin has 32 bytes')
  const flags = CARRIER_FLAGS.reduce((sum, [kind, flag]) => sum + (carriers.includes(kind) ? flag : 0), isEdge ? EDGE_FLAG : 0)
  writer
    .text8(address)
    .text8(serverName)
    .text8(hostName === serverName ? '' : hostName)
    .text8(path)
    .u8(flags)
  writer.u8(pin?.length ?? 0).put(pin ?? new Uint8Array())
}

/** Throws ProtocolError with the reader's code and words for a person. The pin is a copy. */
export function decodeEndpoint(reader: Reader): Endpoint {
  const address = reader.text8()
  const serverName = reader.text8()
  const otherHostName = reader.text8()
  const path = reader.text8()
  const flags = reader.u8()
  const pinBytes = reader.u8()
  if (pinBytes !== 0 && pinBytes !== 32) throw reader.error('An endpoint has a certificate pin of the wrong size.')
  const pin = pinBytes === 0 ? undefined : new Uint8Array(reader.take(32))
  if (!isAddress(address)) throw reader.error('An endpoint has an address that cannot be dialled.')
  if (!isName(serverName)) throw reader.error('An endpoint has a site name that is not one.')
  if (otherHostName === serverName || (otherHostName !== '' && !isName(otherHostName)))
    throw reader.error('An endpoint has a host name that is not one.')
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw reader.error('An endpoint has a path that is not one.')
  const carriers = CARRIER_FLAGS.flatMap(([kind, flag]) => ((flags & flag) === 0 ? [] : [kind]))
  if (flags > ALL_FLAGS || carriers.length === 0) throw reader.error('An endpoint is of a kind that this version of Culvert does not know.')
  return { address, serverName, hostName: otherHostName || serverName, path, pin, carriers, isEdge: (flags & EDGE_FLAG) !== 0 }
}

function isAddress(text: string): boolean {
  return /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):[1-9]\d{0,4}$/i.test(text) && Number(text.slice(text.lastIndexOf(':') + 1)) <= 65535
}

function isName(text: string): boolean {
  return /^[a-z0-9.-]+$/i.test(text)
}
