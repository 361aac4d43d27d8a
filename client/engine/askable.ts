// Whom a relay's or an authority's word may have this computer ask or dial: places on the internet, and none of the network that the person sits in. Else whoever
// signs a policy, runs a relay or hands relays out could feel about there by the hands of their guests.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Endpoint, Invite, Policy } from '#protocol'
import { hostOf, type Place } from './control/way.ts'

/** What stands on the internet. Documentation's ranges, which ipaddr.js calls reserved, are the lab's. */
const PUBLIC: ReadonlySet<string> = new Set(['unicast', 'reserved'])
/** All that is given out as global unicast (IANA, November 2026). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** A gateway would dial the IPv4 address inside (RFC 6052 §2.1). */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
/** A page that wants people to sign in stands in the network itself, but not in this computer. */
const OWN: ReadonlySet<string> = new Set(['loopback', 'unspecified', 'linkLocal', 'multicast', 'broadcast'])

/** Names that are looked up in the network itself: RFC 6761, 6762 (with appendix G), 8375, and ICANN's `internal`. */
const LOCAL = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa)$/
/** Two labels at least, and a last one that no system reads as part of an address (RFC 3696 §2). */
const NAME = /^(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*$/

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv4) return PUBLIC.has(parsed.range())
  if (parsed.match(NAT64)) return PUBLIC.has(new ipaddr.IPv4(parsed.toByteArray().slice(12)).range())
  return parsed.match(GLOBAL_IPV6) && PUBLIC.has(parsed.range())
}

/** Where a page to sign in may stand: not in this computer. */
export function isOfNetwork(address: string): boolean {
  return isIP(address) !== 0 && !OWN.has(ipaddr.process(address).range())
}

/** By its text alone; where a name leads is looked at when it is dialled. */
export function isAskable(host: string): boolean {
  if (isIP(host) !== 0) return isPublicAddress(host)
  const name = host.toLowerCase().replace(/\.$/, '')
  return NAME.test(name) && !LOCAL.test(name)
}

/** Whether one of these, which the person was given, stands elsewhere than on the internet by its text: as at home, or where a network is tried. */
export function isInside(given: readonly Pick<Invite, 'endpoints'>[]): boolean {
  return given.some(({ endpoints }) => !endpoints.every(isOnInternet))
}

/** What somebody else named, as it is dialled: on the internet, by the texts and where names lead; anywhere where what the person was given is inside, too. */
export function placesNamed(endpoints: readonly Endpoint[], isInside: boolean): readonly Place[] {
  return isInside ? endpoints : endpoints.filter(isOnInternet).map((one) => ({ ...one, isPublic: true }))
}

/** The same of relays and authorities; those of which nothing is left are left out. */
export function invitesNamed(invites: readonly Invite[], isInside: boolean): readonly Invite[] {
  const named = invites.map((invite) => ({ ...invite, endpoints: placesNamed(invite.endpoints, isInside) }))
  return named.filter(({ endpoints }) => endpoints.length > 0)
}

function isOnInternet({ address }: Endpoint): boolean {
  return isAskable(hostOf(address))
}

/** The policy without the hosts that are not to be asked. */
export function askableOf<P extends Pick<Policy, 'canaries' | 'resolvers'>>(policy: P): P {
  const pick = (addresses: readonly string[]): readonly string[] => addresses.filter((address) => isAskable(hostOf(address)))
  const { domestic, foreign, udp } = policy.canaries
  const resolvers = policy.resolvers.filter((url) => URL.canParse(url) && isAskable(new URL(url).hostname.replace(/^\[|\]$/g, '')))
  return { ...policy, canaries: { domestic: pick(domestic), foreign: pick(foreign), udp: pick(udp) }, resolvers }
}
