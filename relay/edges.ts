// Edges as they stand in config.json: CDNs and web servers of others that forward to this relay, by which people may come in as well.
import type { CarrierKind, Endpoint } from '#protocol'
import { checked, type Fields, wrong } from './fields.ts'
import { formatHostPort, type HostPort, parseDomain, parseHostPort } from './host-port.ts'
import { edgeLimits } from './limits.ts'
import { OperatorError } from './operator-error.ts'

/** Preferred first. */
export const CARRIERS: readonly CarrierKind[] = ['websocket', 'http']

export interface Edge {
  /** The name that people dial and that the edge's certificate has. */
  readonly name: string
  readonly address: HostPort
  /** The site's name inside TLS, where the edge allows it to be another; else the same as `name`. */
  readonly hostName: string
  readonly carriers: readonly CarrierKind[]
  /** SHA-256 of its certificate's SubjectPublicKeyInfo; undefined: a public authority vouches for the name, as for every CDN. */
  readonly pin: Uint8Array | undefined
}

/** path: of the carriers' requests, which edges pass on as it is. */
export function edgeEndpoint(edge: Edge, path: string): Endpoint {
  const { name, address, hostName, carriers, pin } = edge
  return { address: formatHostPort(address), serverName: name, hostName, path, pin, carriers, isEdge: true }
}

/** Whether two are the same way in; there is no sense in both. */
export function isSameEdge(one: Edge, other: Edge): boolean {
  return one.name === other.name && one.hostName === other.hostName && formatHostPort(one.address) === formatHostPort(other.address)
}

/** The value of “edges” in config.json; parseEdges reads it back to the same. */
export function encodeEdges(edges: readonly Edge[]): unknown {
  return edges.map(({ name, address, hostName, carriers, pin }) => ({
    name,
    address: formatHostPort(address),
    ...(hostName !== name && { host: hostName }),
    carriers,
    ...(pin && { pin: Buffer.from(pin).toString('base64url') }),
  }))
}

/** Throws OperatorError. No field at all: no edge. */
export function parseEdges(list: readonly Fields[]): readonly Edge[] {
  if (list.length > edgeLimits.edgesMax) throw wrong('edges', `may hold ${edgeLimits.edgesMax} at most`)
  const edges = list.map(parseEdge)
  const twice = edges.find((edge, n) => edges.findIndex((one) => isSameEdge(one, edge)) < n)
  if (twice !== undefined) throw wrong('edges', `holds ${twice.name} twice`)
  return edges
}

function parseEdge(fields: Fields): Edge {
  const name = checked('edges.name', () => parseDomain(fields.text('name')))
  const address = checked('edges.address', () => parseHostPort(fields.text('address'), 1))
  const hostName = checked('edges.host', () => parseDomain(fields.optionalText('host') ?? name))
  const carriers = checked('edges.carriers', () => parseCarriers(fields.texts('carriers')))
  const pin = checked('edges.pin', () => parsePin(fields.optionalText('pin')))
  fields.end()
  return { name, address, hostName, carriers, pin }
}

/** In the order of preference. Throws OperatorError in words that fit after “--carrier ”. */
export function parseCarriers(kinds: readonly string[]): readonly CarrierKind[] {
  const unknown = kinds.find((kind) => !CARRIERS.some((one) => one === kind))
  if (unknown !== undefined || kinds.length === 0)
    throw new OperatorError(`must be ${CARRIERS.join(', ')} or both, but is “${unknown ?? ''}”`)
  return CARRIERS.filter((kind) => kinds.includes(kind))
}

function parsePin(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) throw new OperatorError('must be 32 bytes of base64url')
  return new Uint8Array(Buffer.from(text, 'base64url'))
}
