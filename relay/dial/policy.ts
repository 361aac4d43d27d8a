// Where the relay agrees to dial: which ports, which host texts may be names, which addresses. Names are resolved first and every address
// of the answer is checked here; what passes is dialled as that very address, so a name that changes its answer gains nothing.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** True for an address that may be dialled. Anything but a plain dotted IPv4 or an IPv6 text without zone and brackets is false. */
export type AddressPolicy = (address: string) => boolean

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [Address, number]

const SMTP = 25

/**
 * Compiles the policy. `allow` opens ranges of addresses, never ports, and wins over everything else, so that a test (or an operator
 * with an inner site) can reach them; `deny` (the relay's own addresses) wins over what is otherwise public. Both take CIDRs or single
 * addresses. Throws an Error with words for the operator when one is neither.
 */
export function createAddressPolicy(allow: readonly string[], deny: readonly string[]): AddressPolicy {
  const opened = allow.map(parseRange)
  const own = deny.map(parseRange)
  const permits = (address: Address): boolean => {
    if (isWithin(address, opened)) return true
    if (isWithin(address, own)) return false
    if (address instanceof ipaddr.IPv4) return !isWithin(address, REFUSED_IPV4)
    // A NAT64 gateway would dial the IPv4 address inside; DNS64 networks need these, so the inner address decides.
    if (isWithin(address, NAT64)) return permits(new ipaddr.IPv4(address.toByteArray().slice(12)))
    return isWithin(address, GLOBAL_IPV6) && !isWithin(address, REFUSED_IPV6)
  }
  // isIP reads exactly what the operating system's inet_pton does; ipaddr.parse alone would also take octal, hex and short forms.
  return (address) => isIP(address) !== 0 && !address.includes('%') && permits(ipaddr.parse(address))
}

/** Port 25 would make the relay a source of spam. `allow` does not open it. */
export function isPortRefused(port: number): boolean {
  return !(Number.isInteger(port) && port > 0 && port <= 65535) || port === SMTP
}

/**
 * The name to ask DNS for: lower case, no trailing dot. undefined for what is no host name, which includes every text that some system
 * would read as an address: 127.1, 0x7f.1, 2130706433, `127.0.0.1.`, full-width digits, brackets, zones, percent signs. Names in other
 * scripts have to come as punycode.
 */
export function nameToAsk(host: string): string | undefined {
  const name = (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase()
  return name.length <= 253 && NAME.test(name) ? name : undefined
}

/** Labels of letters, digits, hyphens and underscores; the last one starts with a letter, as every top-level domain does (RFC 3696 §2). */
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** IANA IPv4 Special-Purpose Address Registry (November 2026) and multicast, less what is globally reachable. */
const REFUSED_IPV4 = [
  '0.0.0.0/8', // "this network"; Linux dials itself at 0.0.0.0
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; metadata at 100.100.100.200
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's host agent, a public address that only means the machine's own host
  '169.254.0.0/16', // link-local; metadata at 169.254.169.254
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; metadata at 192.0.0.192
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays, deprecated
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
].map(parseRange)

/** RFC 6052 §2.1. Its sibling for local use, 64:ff9b:1::/48 (RFC 8215), stays refused: what it reaches is not public. */
const NAT64 = ['64:ff9b::/96'].map(parseRange)

/**
 * All that IANA has given out as global unicast. Outside it lie ::, ::1, mapped and compatible IPv4, unique-local with the metadata
 * addresses fd00:ec2::254 and fd20:ce::254, link-local, site-local, multicast, discard, segment routing, and whatever comes next.
 */
const GLOBAL_IPV6 = ['2000::/3'].map(parseRange)

/** IANA IPv6 Special-Purpose Address Registry (November 2026), the part inside 2000::/3. */
const REFUSED_IPV6 = [
  '2001::/23', // protocol assignments: Teredo (IPv4 inside), benchmarks, ORCHID, DRIP
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4 (IPv4 inside)
  '3fff::/20', // documentation
].map(parseRange)

function isWithin(address: Address, ranges: readonly Range[]): boolean {
  for (const range of ranges) if (address.kind() === range[0].kind() && address.match(range[0], range[1])) return true
  return false
}

function parseRange(text: string): Range {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  const bitsMax = family === 4 ? 32 : 128
  const count = bits === undefined ? bitsMax : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (family === 0 || address.includes('%') || rest.length > 0 || !(count <= bitsMax)) {
    throw new Error(`'${text}' is not an address or a range of addresses like 192.0.2.0/24 or 2001:db8::/32`)
  }
  return [ipaddr.parse(address), count]
}
