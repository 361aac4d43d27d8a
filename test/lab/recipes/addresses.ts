// What a censor does who goes by addresses: block, reset, allow only a few, or cut everything.
import type { NamedPlace } from '../atlas.ts'
import { addressList, between, passing, RESET, type Recipe } from '../recipe.ts'

export const ipBlock = ({ places = ['relayA'] }: { readonly places?: readonly NamedPlace[] } = {}): Recipe => ({
  name: 'ip-block',
  sentence: 'Packets to and from certain addresses vanish.',
  verdict: 'interfered',
  rules: () => passing(...between(places, 'drop')),
})

export const ipReset = ({ places = ['relayA'] }: { readonly places?: readonly NamedPlace[] } = {}): Recipe => ({
  name: 'ip-reset',
  sentence: 'Every TCP packet to or from certain addresses is answered with a reset.',
  verdict: 'interfered',
  rules: () => passing(...between(places, RESET)),
})

export const udpOff = (): Recipe => ({
  name: 'udp-off',
  sentence: 'No UDP leaves the country but questions to name servers.',
  verdict: 'interfered',
  rules: () => passing('iifname client oifname abroad udp dport != 53 drop', 'iifname abroad oifname client udp sport != 53 drop'),
})

/** The name server is one of the domestic addresses, as an access provider's own is. */
const LET_PASS = ['domestic', 'dns', 'cdnNginx', 'cdnVarnish', 'cdnWorkerd'] as const

export interface Cutoff {
  readonly allowed?: readonly Parameters<typeof addressList>[0][number][]
  /** What becomes of flows in progress. */
  readonly established?: 'die' | 'survive'
}

export const cutoff = ({ allowed = LET_PASS, established = 'die' }: Cutoff = {}): Recipe => {
  const { v4, v6 } = addressList(allowed)
  return {
    name: established === 'die' ? 'cutoff' : 'cutoff-for-new-flows',
    sentence:
      established === 'die'
        ? 'Only domestic and CDN addresses can be reached; flows in progress to others die silently.'
        : 'New flows reach only domestic and CDN addresses; flows in progress go on.',
    verdict: 'cutoff',
    rules: () =>
      passing(
        ...(established === 'survive' ? ['ct state established,related accept'] : []),
        `iifname client ip daddr != { ${v4} } drop`,
        `oifname client ip saddr != { ${v4} } drop`,
        `iifname client ip6 daddr != { ${v6} } drop`,
        `oifname client ip6 saddr != { ${v6} } drop`,
      ),
  }
}

export const blackout = (): Recipe => ({
  name: 'blackout',
  sentence: 'Nothing passes, neither abroad nor inside the country.',
  verdict: 'offline',
  rules: () => passing('iifname client drop', 'oifname client drop'),
})
