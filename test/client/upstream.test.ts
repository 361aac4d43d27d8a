// Going out through another proxy that refuses: what control makes of it.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { Control } from '../../client/engine/control/control.ts'
import { type Way, waysOf } from '../../client/engine/control/way.ts'
import { faultOf } from '../../client/engine/dial-way.ts'
import { DialError } from '../../client/engine/platform.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { parseUpstream, type Upstream, upstreamOf } from '../../client/engine/upstream.ts'
import { Upstream as SocksProxy } from '../e2e/upstream-socks.ts'
import { PLACES } from './control/places.ts'

let proxy: SocksProxy
let platform: NodePlatform
beforeEach(async () => {
  proxy = new SocksProxy('refuses')
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

test.each(['', 'proxy.example:8080', 'https://192.0.2.1', 'http://', 'socks4://192.0.2.1'])('%j is no address of a proxy', (text) => {
  expect(() => parseUpstream(text)).toThrow('--upstream wants a SOCKS5 or HTTP proxy')
})

test('what was set and is no address of a proxy leads nowhere, and nothing leads straight', async () => {
  const { signal } = new AbortController()
  await expect(upstreamOf('proxy.example:8080')?.dial('192.0.2.1', 443, signal)).rejects.toMatchObject({ reason: 'upstream', step: 'tcp' })
  expect(upstreamOf('')).toBeUndefined()
})

/** An HTTP server that answers CONNECT, and whatever else, like this. */
async function serveHttp(answer: string): Promise<{ readonly server: Server; readonly asked: string[]; readonly upstream: Upstream }> {
  const asked: string[] = []
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (bytes) => {
        asked.push(String(bytes))
        socket.write(answer)
      })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, asked, upstream: parseUpstream(`http://me:a%20b@127.0.0.1:${(server.address() as AddressInfo).port}`) }
}

describe('an HTTP proxy', () => {
  test('is asked for the host by its name, with the password, and gives its socket', async () => {
    const { server, asked, upstream } = await serveHttp('HTTP/1.1 200 OK\r\n\r\n')
    const socket = await upstream.dial('relay.example', 443, new AbortController().signal)
    expect(asked[0]).toMatch(
      /^CONNECT relay\.example:443 HTTP\/1\.1\r\nHost: relay\.example:443\r\nProxy-Authorization: Basic bWU6YSBi\r\n/,
    )
    socket.destroy()
    const six = await upstream.dial('2001:db8::1', 443, new AbortController().signal)
    expect(asked[1]).toMatch(/^CONNECT \[2001:db8::1\]:443 /)
    six.destroy()
    server.close()
  })

  test.each([
    ['wants a password', 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n'],
    ['forbids it', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'],
    ['speaks before the relay does', 'HTTP/1.1 200 OK\r\n\r\n220 hello\r\n'],
    ['is none', 'SSH-2.0-x\r\n'],
  ])('that %s is an upstream that can’t be used', async (_, answer) => {
    const { server, upstream } = await serveHttp(answer)
    const dialled = upstream.dial('relay.example', 443, new AbortController().signal)
    await expect(dialled).rejects.toMatchObject({ reason: 'upstream', step: 'tcp' })
    server.close()
  })

  test('that never answers holds nothing up once the dial is given up', async () => {
    const { server, upstream } = await serveHttp('')
    const stop = new AbortController()
    const dialled = upstream.dial('relay.example', 443, stop.signal)
    stop.abort()
    await expect(dialled).rejects.toMatchObject({ step: 'tcp' })
    server.close()
  })
})

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
