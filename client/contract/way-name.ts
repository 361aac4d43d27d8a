// What a way is called wherever people read of it: by its place in the invite, never by an address or a name.

export interface WayName {
  /** From 1; left out where there is only one relay. */
  readonly relay?: number
  /** The relay's own address, or somebody's web server that forwards to it. */
  readonly place: 'direct' | 'edge'
  /** From 1 among those of its relay; left out where there is only one own address. */
  readonly number?: number
  readonly carrier: 'websocket' | 'http'
}

/** Such as “edge 2”, or “relay 1, direct”. */
export function placePhrase({ relay, place, number }: Omit<WayName, 'carrier'>): string {
  const spot = number === undefined ? place : `${place} ${number}`
  return relay === undefined ? spot : `relay ${relay}, ${spot}`
}

/** Such as “direct WebSocket”, or “edge 2 by requests”. */
export function wayPhrase(name: WayName): string {
  const manner = name.carrier === 'websocket' ? 'WebSocket' : 'requests'
  return name.place === 'direct' && name.number === undefined ? `${placePhrase(name)} ${manner}` : `${placePhrase(name)} by ${manner}`
}
