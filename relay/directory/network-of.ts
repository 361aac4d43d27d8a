// Which network a relay is in, as far as its address tells: relays of one bucket are to be in different ones, so that one block of a range leaves some.
import ipaddr from 'ipaddr.js'
import type { Invite } from '#protocol'

/** What hosts assign to one customer or rack, about; a finer cut would call neighbours strangers. */
const PREFIX_BYTES = { ipv4: 2, ipv6: 4 } as const

/** The address's prefix; a name's registered part where it is one. */
export function networkOf({ endpoints }: Pick<Invite, 'endpoints'>): string {
  const address = endpoints[0]?.address ?? ''
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  if (!ipaddr.isValid(host)) return host.split('.').slice(-2).join('.')
  const ip = ipaddr.process(host)
  return `${ip.kind()} ${ip.toByteArray().slice(0, PREFIX_BYTES[ip.kind()]).join('.')}`
}
