// Going out through another proxy that refuses: what control makes of it.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { Control } from '../../client/engine/control/control.ts'
import { type Way, waysOf } from '../../client/engine/control/way.ts'
import { faultOf } from '../../client/engine/dial-way.ts'
import { DialError } from '../../client/engine/platform.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { parseUpstream } from '../../client/engine/upstream.ts'
import { Upstream } from '../e2e/upstream-socks.ts'
import { PLACES } from './control/places.ts'

let proxy: Upstream
let platform: NodePlatform
beforeEach(async () => {
  proxy = new Upstream('refuses')
  await once(proxy.server.listen(0, '127.0.0.1'), 'listening')
  platform = new NodePlatform(parseUpstream(`socks5://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`))
})
afterEach(() => void proxy.server.close())

const ways = waysOf(PLACES.relays)
const [WAY] = ways as [Way]
/** By which something comes, so that the first's silence tells something. */
const OTHER = ways.find(({ host }) => host !== WAY.host) as Way
const control = (): Control =>
  new Control({ crypto: nodeCrypto, random: nodeRandom, saved: undefined, network: new Uint8Array(), nowMs: 0, ...PLACES })

async function refusal(): Promise<DialError> {
  const silent = { onMessage: () => undefined, onRoom: () => undefined, onClosed: () => undefined }
  const { endpoint, carrier } = WAY
  const request = { endpoint, carrier, cookie: 'a=b', requestCookie: () => 'a=b', events: silent, signal: new AbortController().signal }
  const error: unknown = await platform.dial(request).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof DialError)) throw new Error('it was not refused')
  return error
}

test.each(['socks5://me:100%@127.0.0.1', 'socks5://%zz@127.0.0.1'])('%s is refused in words that say what it lacks', (text) => {
  expect(() => parseUpstream(text)).toThrow('--upstream wants %25 for each %')
})

test('a dial that the proxy refuses reached nothing, and clears no relay of being blocked', async () => {
  const { reason, step } = await refusal()
  expect([reason, step]).toEqual(['upstream', 'tcp'])
  const one = control()
  for (let nowMs = 0; nowMs < 120_000; nowMs += 30_000) {
    one.note({ kind: 'dialled', way: OTHER, ms: 50 }, nowMs)
    one.note({ kind: 'dial-failed', way: WAY, step: 'tcp', fault: 'timeout', afterMs: 10_000 }, nowMs)
  }
  const before = one.finding()
  expect(before.evidence).toContainEqual(expect.objectContaining({ code: 'address-silent' }))
  const error = await refusal()
  for (let nowMs = 120_000; nowMs < 720_000; nowMs += 15_000)
    one.note({ kind: 'dial-failed', way: WAY, step: error.step, fault: faultOf(error), afterMs: 10 }, nowMs)
  expect(one.finding()).toEqual(before)
})

test('a proxy that refuses every dial and every probe is evidence of no censor and of no dead network', async () => {
  const one = control()
  const error = await refusal()
  const signal = new AbortController().signal
  for (let nowMs = 0; nowMs < 600_000; nowMs += 10_000) {
    one.note({ kind: 'dial-failed', way: WAY, step: error.step, fault: faultOf(error), afterMs: 10 }, nowMs)
    const probes = await Promise.all(
      (['domestic', 'foreign'] as const).map((side) => platform.probe({ kind: 'canary', side, address: `${side}.example:443` }, signal)),
    )
    for (const result of [...probes, await platform.probe({ kind: 'way', way: WAY }, signal)]) one.note({ kind: 'probed', result }, nowMs)
  }
  expect(one.finding()).toEqual({ verdict: 'open', evidence: [] })
})
