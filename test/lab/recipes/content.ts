// What a censor does who looks into packets: names, questions for names, first packets that look like nothing known.
import { type Addresses, addressesOf, type NamedPlace, ROUTERS } from '../atlas.ts'
import { namesOf, passing, RESET, type Recipe, residual } from '../recipe.ts'

export const sniReset = ({
  places = ['relayA'],
  residualS = 30,
}: {
  readonly places?: readonly NamedPlace[]
  readonly residualS?: number
} = {}): Recipe => {
  const { sets, remember, punish } = residual(residualS)
  return {
    name: 'sni-reset',
    sentence: `A TLS flow that names a certain host is reset, and so is all between the same two addresses and port for ${residualS} s after.`,
    verdict: 'interfered',
    searches: namesOf(places),
    rules: ({ mark }) => `${sets}
chain caught { ${remember.join('; ')}; }
${passing(`iifname client meta l4proto tcp meta mark & ${mark} == ${mark} jump caught`, ...punish(RESET))}`,
  }
}

export interface DnsLie {
  readonly places?: readonly NamedPlace[]
  /** Where the names lead then. */
  readonly to?: Addresses
}

export const dnsLie = ({ places = ['relayA', 'target'], to = addressesOf('domestic') }: DnsLie = {}): Recipe => ({
  name: 'dns-lie',
  sentence: 'Every plain question for certain names, to whichever name server, is answered with another machine’s address.',
  verdict: 'interfered',
  lies: { names: namesOf(places), to },
  rules: ({ liarPort }) => {
    const { v4, v6 } = ROUTERS.toClient
    return `chain asking {
 type nat hook prerouting priority dstnat;
 iifname client meta l4proto { tcp, udp } meta nfproto ipv4 th dport 53 dnat ip to ${v4}:${liarPort}
 iifname client meta l4proto { tcp, udp } meta nfproto ipv6 th dport 53 dnat ip6 to [${v6}]:${liarPort}
}`
  },
})

export interface RandomFirstPacket {
  /** Of a suspicious flow being blocked. */
  readonly probability?: number
  readonly residualS?: number
}

/**
 * After Wu et al., "How the Great Firewall of China Detects and Blocks Fully Encrypted Traffic" (USENIX Security 2023): p = .263 and 180 s, and of
 * its exemptions Ex2 (six printable bytes at the start) and Ex5 (TLS and HTTP). Counting bits (Ex1) and printable runs (Ex3, Ex4) is beyond nft.
 */
export const randomFirstPacket = ({ probability = 0.263, residualS = 180 }: RandomFirstPacket = {}): Recipe => {
  const { sets, remember, punish } = residual(residualS)
  const printable = [0, 8, 16, 24, 32, 40].map((bit) => `@ih,${bit},8 0x20-0x7e`).join(' ')
  const [get, put, post, head] = ['GET ', 'PUT ', 'POST', 'HEAD'].map((method) => `0x${Buffer.from(method).toString('hex')}`)
  return {
    name: 'random-first-packet',
    sentence: `A TCP flow whose first packet looks like nothing known is blocked with a probability of ${probability}, and its kind for ${residualS} s after.`,
    verdict: 'open',
    rules: () => `${sets}
set examined { typeof ct id; flags dynamic,timeout; timeout 10m; size 65535; }
chain caught { ${remember.join('; ')}; drop; }
chain examine {
 @ih,0,1 { 0, 1 } add @examined { ct id }
 @ih,0,16 { 0x1603, 0x1703 } return
 @ih,0,32 { ${get}, ${put}, ${post}, ${head} } return
 ${printable} return
 @ih,0,1 { 0, 1 } numgen random mod 1000 <= ${Math.round(probability * 1000) - 1} jump caught
}
${passing(...punish('drop'), 'iifname client oifname abroad meta l4proto tcp ct id != @examined jump examine')}`,
  }
}
