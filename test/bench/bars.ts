// What Culvert promises in numbers, each beside the tool it is compared with in the same run.

import { PRODUCT_NAME } from './product.ts'
import type { Bar } from './report.ts'

const WEBSOCKET_PEERS = ['vmess-ws-tls', 'vless-ws-tls', 'vless-ws-tls-mux8', 'ss-v2ray-plugin', 'ss-v2ray-plugin-mux1']
const BULK = [
  ['down1', 'download, 1 stream'],
  ['down8', 'download, 8 streams'],
  ['up1', 'upload, 1 stream'],
  ['up8', 'upload, 8 streams'],
] as const

export const BARS: readonly Bar[] = [
  ...BULK.flatMap(([test, words]) => [
    atLeast(`${words}: ≥ 2.0× the best WebSocket peer, MB/s`, test, 'mbPerSecond', 2, WEBSOCKET_PEERS),
    atLeast(`${words}: ≥ 1.0× trojan, MB/s`, test, 'mbPerSecond', 1, ['trojan']),
    atMost(`${words}: ≤ 0.5× vmess-ws-tls, CPU s/GiB`, test, 'cpuSecondsPerGib', 0.5, ['vmess-ws-tls']),
    atMost(`${words}: ≤ 1.1× trojan, CPU s/GiB`, test, 'cpuSecondsPerGib', 1.1, ['trojan']),
  ]),
  atMost('download paced by 100 ms RTT: ≤ 1.3× trojan, CPU s/GiB', 'down1-far', 'cpuSecondsPerGib', 1.3, ['trojan']),
  within('first byte, 100 ms RTT: 1 RTT + 5 ms, p50 ms', 'first-far', 'p50Ms', 105),
  atMost('first byte, RTT 0: ≤ trojan, p50 ms', 'first', 'p50Ms', 1, ['trojan']),
  atLeast('50 short requests at a time: ≥ 1.5× trojan, requests/s', 'rate50', 'perSecond', 1.5, ['trojan']),
  atLeast('50 short requests at a time: ≥ 0.6× vless mux 8, requests/s', 'rate50', 'perSecond', 0.6, ['vless-ws-tls-mux8']),
  within('memory per idle stream, relay, KiB', 'hold', 'serverKibPerStream', 8),
  within('memory per idle session of 1,000, relay, KiB', 'sessions1000', 'relayKibPerSession', 60),
  within('memory per idle session of 5,000, relay, KiB', 'sessions5000', 'relayKibPerSession', 60),
  {
    ...atMost('first byte while 8 downloads run: p95 ≤ 2× idle + 5 ms', 'busy', 'p95Ms', 2, [PRODUCT_NAME]),
    ofValue: 'idleP95Ms',
    plus: 5,
  },
  {
    ...atMost('first byte while 8 downloads run, 100 ms RTT: p95 ≤ 2× idle + 5 ms', 'busy-far', 'p95Ms', 2, [PRODUCT_NAME]),
    ofValue: 'idleP95Ms',
    plus: 5,
  },
  {
    ...atMost('first byte while a download runs, home line: p95 ≤ 2× idle + 5 ms', 'busy-home', 'p95Ms', 2, [PRODUCT_NAME]),
    ofValue: 'idleP95Ms',
    plus: 5,
  },
  { ...atLeast("flood of refusals: another user keeps ≥ 0.9 of a download's rate", 'flood', 'keptShare', 1, []), plus: 0.9 },
  atLeast('download at 100 ms RTT: ≥ 0.95× a direct TLS download, MB/s', 'down1-far', 'mbPerSecond', 0.95, ['direct-tls']),
  atLeast('download at 100 ms RTT, 1 % loss: ≥ 0.95× a direct TLS download, MB/s', 'down1-lossy', 'mbPerSecond', 0.95, ['direct-tls']),
]

function atLeast(claim: string, test: string, value: string, factor: number, of: readonly string[]): Bar {
  return { claim, test, value, sense: 'at least', factor, plus: 0, of }
}

function atMost(claim: string, test: string, value: string, factor: number, of: readonly string[]): Bar {
  return { claim, test, value, sense: 'at most', factor, plus: 0, of }
}

function within(claim: string, test: string, value: string, limit: number): Bar {
  return { claim: `${claim} (≤ ${limit})`, test, value, sense: 'at most', factor: 1, plus: limit, of: [] }
}
