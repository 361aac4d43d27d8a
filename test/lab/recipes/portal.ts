// No censor at all, but looks like one: the hotel's page that wants a click before anything else passes.
import { addressesOf } from '../atlas.ts'
import { passing, type Recipe } from '../recipe.ts'
import { PORTAL_PORT } from '../servers/sites.ts'

export const captivePortal = (): Recipe => {
  const { v4, v6 } = addressesOf('domestic')
  return {
    name: 'captive-portal',
    sentence: 'Plain web requests are led to a sign-in page, and nothing else passes but questions for names.',
    verdict: 'offline',
    rules: () => `chain leading {
 type nat hook prerouting priority dstnat;
 iifname client meta nfproto ipv4 tcp dport 80 dnat ip to ${v4}:${PORTAL_PORT}
 iifname client meta nfproto ipv6 tcp dport 80 dnat ip6 to [${v6}]:${PORTAL_PORT}
}
${passing(`iifname client tcp dport != ${PORTAL_PORT} reject with icmpx type admin-prohibited`, 'iifname client udp dport != 53 drop')}`,
  }
}
