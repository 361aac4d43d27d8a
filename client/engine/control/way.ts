// A way: one manner to reach one relay. What plan orders, link dials, and outcomes are told of.
import { type CarrierKind, type Endpoint, encodeHex } from '#protocol'

/** An endpoint as it is dialled. */
export interface Place extends Endpoint {
  /** Named by a policy: it is dialled on the internet, wherever its name leads. Left out: the person was given it, and it may stand anywhere. */
  readonly isPublic?: true
}

export interface Way {
  /** The same for the same way in any run. Names the relay and the endpoint, so it is never shown, logged or stored as it is. */
  readonly id: string
  /** Into the list given to `waysOf`. */
  readonly relayIndex: number
  readonly endpointIndex: number
  readonly endpoint: Place
  readonly carrier: CarrierKind
  /** What is dialled, without the port: censors block by it, and flows are counted by it. */
  readonly host: string
}

export interface Relay {
  readonly relayKey: Uint8Array
  /** The invite's, then the policy's. */
  readonly endpoints: readonly Place[]
  /** Its share of sessions, where a directory says; 0: not to be used. */
  readonly weight?: number | undefined
}

/** All ways to all relays; an endpoint that invite and policy both name counts once. */
export function waysOf(relays: readonly Relay[]): Way[] {
  const ways = new Map<string, Way>()
  for (const [relayIndex, { relayKey, endpoints }] of relays.entries()) {
    for (const [endpointIndex, endpoint] of endpoints.entries()) {
      for (const carrier of endpoint.carriers) {
        const place = [encodeHex(relayKey), endpoint.address, endpoint.serverName, endpoint.hostName, endpoint.path]
        const id = [...place, carrier].join(' ')
        if (!ways.has(id)) ways.set(id, { id, relayIndex, endpointIndex, endpoint, carrier, host: hostOf(endpoint.address) })
      }
    }
  }
  return [...ways.values()]
}

/** TLS flows that it may have at once: an http carrier reads on one while it writes on another. */
export function flowsOf(way: Way): number {
  return way.carrier === 'websocket' ? 1 : 2
}

/** The host of `host:port`, IPv6 without its brackets. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}
