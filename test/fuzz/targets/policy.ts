// Policies: what a relay signs, as bytes with a right signature, so that what is behind it is reached; and as they come.
import { decodePolicy, encodePolicy, type Policy } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { drawPolicyKeys } from '../../protocol/policy-keys.ts'
import { bytesOf, type FuzzTarget, must, outcome } from '../target.ts'

const NOW_S = 1_790_000_000
const { policyKey, sign } = drawPolicyKeys('policy fuzz')
const SIGNATURE_BYTES = 64
const PURPOSE = bytesOf('culvert v1 policy')

const PLAIN: Policy = {
  issuedS: NOW_S,
  expiresS: NOW_S + 86_400,
  canaries: { domestic: [], foreign: [], udp: [] },
  resolvers: [],
  endpoints: [],
  relays: [],
  rotation: { bytesMin: 1_000_000, bytesMax: 9_000_000, secondsMin: 60, secondsMax: 600 },
}
const FULL: Policy = {
  ...PLAIN,
  canaries: { domestic: ['192.0.2.7:443'], foreign: ['foreign.example:443', '[2001:db8::1]:8443'], udp: ['foreign.example:443'] },
  resolvers: ['https://resolver.example/dns-query'],
  endpoints: [
    {
      address: 'edge.example:443',
      serverName: 'edge.example',
      hostName: 'relay.example',
      path: '/live',
      pin: new Uint8Array(32).fill(5),
      carriers: ['websocket', 'http'],
      isEdge: true,
    },
  ],
  relays: ['culvert:AAAA', 'culvert:BBBB'],
  reportKey: new Uint8Array(32).fill(9),
}
const WORDS = ['culvert:', 'https://', ':443', '[::1]:1', ':0', ':65536', '/', ' ', '\u0000', '\u00ff\u00ff'].map(bytesOf)
const WHOLE = [PLAIN, FULL].map((policy) => encodePolicy(policy, sign))

export const policyBytes: FuzzTarget = {
  name: 'policy-bytes',
  seeds: WHOLE,
  words: WORDS,
  run: (input) => decode(input),
}

export const policyBody: FuzzTarget = {
  name: 'policy-body',
  seeds: WHOLE.map((bytes) => bytes.subarray(0, -SIGNATURE_BYTES)),
  words: WORDS,
  run: (input) => decode(Buffer.concat([input, sign(Buffer.concat([PURPOSE, input]))])),
}

function decode(bytes: Uint8Array): string {
  const decoded = outcome(['bad-policy'], () => decodePolicy(nodeCrypto, Uint8Array.from(bytes), policyKey, NOW_S))
  if ('code' in decoded) return decoded.message
  const { canaries, endpoints, relays, rotation } = decoded.value
  must(canaries.foreign.length <= 16 && endpoints.length <= 16 && relays.length <= 8, 'a policy is short')
  must(rotation.bytesMin <= rotation.bytesMax && rotation.secondsMin <= rotation.secondsMax, 'a life can be drawn')
  const again = decodePolicy(nodeCrypto, encodePolicy(decoded.value, sign), policyKey, NOW_S)
  must(JSON.stringify(again) === JSON.stringify(decoded.value), 'a policy can be written again')
  return `${endpoints.length} endpoints, ${relays.length} relays`
}
