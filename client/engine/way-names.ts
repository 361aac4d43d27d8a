// Names for ways: relays and edges are counted, in the order in which invites and policies have them.
import type { CarrierKind, Endpoint } from '#protocol'
import type { WayName } from '../contract/way-name.ts'
import type { Way } from './control/way.ts'

type Spot = Pick<Way, 'relayIndex' | 'endpoint'>

export class WayNames {
  readonly #severalRelays: boolean
  /** The endpoints of each relay, each once. */
  readonly #endpoints = new Map<number, Endpoint[]>()

  constructor(ways: readonly Spot[]) {
    this.#severalRelays = new Set(ways.map(({ relayIndex }) => relayIndex)).size > 1
    for (const { relayIndex, endpoint } of ways) {
      const known = this.#endpoints.get(relayIndex) ?? []
      if (!known.some((other) => isSameEndpoint(other, endpoint))) known.push(endpoint)
      this.#endpoints.set(relayIndex, known)
    }
  }

  placeOf({ relayIndex, endpoint }: Spot): Omit<WayName, 'carrier'> {
    const alike = (this.#endpoints.get(relayIndex) ?? []).filter(({ isEdge }) => isEdge === endpoint.isEdge)
    const number = alike.findIndex((other) => isSameEndpoint(other, endpoint)) + 1
    const hasNumber = endpoint.isEdge || alike.length > 1
    return {
      ...(this.#severalRelays ? { relay: relayIndex + 1 } : {}),
      place: endpoint.isEdge ? 'edge' : 'direct',
      ...(hasNumber ? { number } : {}),
    }
  }

  nameOf(way: Spot & { readonly carrier: CarrierKind }): WayName {
    return { ...this.placeOf(way), carrier: way.carrier }
  }
}

/** Whether two are the same place on the network, whatever passes there. */
export function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.serverName === b.serverName && a.hostName === b.hostName && a.path === b.path
}
