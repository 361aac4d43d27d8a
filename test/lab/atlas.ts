// The lab's geography: which hosts there are, where they stand, what they are called. All addresses are of the ranges kept for documentation and benchmarks.

export interface Addresses {
  readonly v4: string
  readonly v6: string
}

/** client and censor are inside, domestic is behind the censor's own router, the others stand abroad. */
export const HOSTS = [
  'client',
  'censor',
  'abroad',
  'domestic',
  'dns',
  'relayA',
  'relayB',
  'cdnNginx',
  'cdnVarnish',
  'cdnWorkerd',
  'target',
] as const
export type HostName = (typeof HOSTS)[number]

/** What a whole network takes besides: a second country with a censor of its own, and a machine each for many relays and for authorities. */
export const NETWORK_HOSTS = ['neighbour', 'neighbourCensor', 'relays', 'authorities'] as const
export type NetworkHost = (typeof NETWORK_HOSTS)[number]

export const EDGES = { nginx: 'cdnNginx', varnish: 'cdnVarnish', workerd: 'cdnWorkerd' } as const satisfies Record<string, HostName>
export type EdgeName = keyof typeof EDGES

const inCountry = (last: number): Addresses => ({ v4: `192.0.2.${last}`, v6: `2001:db8:1::${last}` })
const atDomestic = (last: number): Addresses => ({ v4: `198.51.100.${last}`, v6: `2001:db8:2::${last}` })
const inNeighbour = (last: number): Addresses => ({ v4: `198.18.4.${last}`, v6: `2001:db8:4::${last}` })
const atAbroad = (last: number): Addresses => ({ v4: `203.0.113.${last}`, v6: `2001:db8:3::${last}` })

/** The censor's addresses on its three sides, and the far router's two. */
export const ROUTERS = {
  toClient: inCountry(1),
  toDomestic: atDomestic(1),
  toAbroad: { v4: '198.18.0.1', v6: '2001:db8:f::1' },
  fromCensor: { v4: '198.18.0.2', v6: '2001:db8:f::2' },
  abroad: atAbroad(1),
  toNeighbour: inNeighbour(1),
  fromNeighbour: { v4: '198.18.2.1', v6: '2001:db8:e::1' },
  abroadToNeighbour: { v4: '198.18.2.2', v6: '2001:db8:e::2' },
} as const satisfies Record<string, Addresses>

export const PLACES = {
  client: inCountry(2),
  domestic: atDomestic(80),
  dns: atAbroad(53),
  relayA: atAbroad(10),
  relayB: atAbroad(11),
  cdnNginx: atAbroad(20),
  cdnVarnish: atAbroad(21),
  cdnWorkerd: atAbroad(22),
  target: atAbroad(80),
} as const satisfies Partial<Record<HostName, Addresses>>
export type PlacedHost = keyof typeof PLACES

/** The client of the second country. */
export const NEIGHBOUR: Addresses = inNeighbour(2)
export const NETWORK_RELAYS = 6
export const NETWORK_AUTHORITIES = 5
/** Where relay and authority number so-and-so of a network are found, and by which address a relay's guests leave. */
export const NETWORK = {
  relay: (number: number): Addresses => atAbroad(100 + number),
  exit: (number: number): Addresses => atAbroad(110 + number),
  authority: (number: number): Addresses => atAbroad(120 + number),
} as const

/** Further addresses of the target's machine: a site to compare with, and truth about names. */
export const FURTHER = { canary: atAbroad(81), doh: atAbroad(82) } as const

/** What the name server knows. */
export const NAMES = {
  domestic: 'news.example',
  relayA: 'relay-a.example',
  relayB: 'relay-b.example',
  cdnNginx: 'nginx.cdn.example',
  cdnVarnish: 'varnish.cdn.example',
  cdnWorkerd: 'workerd.cdn.example',
  target: 'target.example',
  canary: 'canary.example',
  doh: 'doh.example',
} as const satisfies Partial<Record<PlacedHost | keyof typeof FURTHER, string>>
export type NamedPlace = keyof typeof NAMES

export function addressesOf(place: PlacedHost | keyof typeof FURTHER): Addresses {
  return { ...PLACES, ...FURTHER }[place]
}
