// Probes end, and end nothing else, whatever a network answers.
import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'
import { globalAgent } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, connect, createServer, type NetConnectOpts } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { nodeRandom } from '#protocol/node'
import type { Probe } from '../../client/engine/control/outcome.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { type ProberOptions, runProbe } from '../../client/engine/probes.ts'
import { leadTo } from './lead-to.ts'

const OPTIONS: ProberOptions = {
  random: nodeRandom,
  visitor: { knock: () => Promise.reject(new Error('not asked')), visit: () => Promise.reject(new Error('not asked')) },
  isProxied: false,
}

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

test('a name that is not found until nobody waits for it any more ends nothing', async () => {
  const answers: (() => void)[] = []
  vi.spyOn(dns, 'lookup').mockImplementation(((...told: unknown[]) => {
    answers.push(() => (told.at(-1) as (error: Error) => void)(new Error('EAI_AGAIN')))
  }) as typeof dns.lookup)
  syncBuiltinESMExports()
  const stop = new AbortController()
  const probe = runProbe({ kind: 'udp', address: 'slow.example:443' }, OPTIONS, stop.signal)
  await vi.waitFor(() => expect(answers).not.toEqual([]))
  stop.abort()
  expect(await probe).toMatchObject({ answers: false })
  for (const answer of answers) answer()
  // An error that nobody takes would end this run.
  await new Promise(setImmediate)
})

test('a site that answers with another protocol is no portal, and holds nobody up', async () => {
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  vi.spyOn(globalAgent, 'createConnection').mockImplementation(() => connect(port, '127.0.0.1'))
  expect(await runProbe({ kind: 'portal', address: 'site.example:443' }, OPTIONS, new AbortController().signal)).toMatchObject({
    found: 'nothing',
  })
  server.close()
})

// A relay's policy may name its own domain, and let it lead to the printer of whoever asks.
test('a name that leads into the own network is neither dialled nor sent anything', async () => {
  let heard = 0
  const server = createServer((socket) => {
    heard++
    socket.on('error', () => undefined).end('HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\n\r\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const datagrams = createSocket('udp4').on('message', () => heard++)
  await once(datagrams.bind(port, '127.0.0.1'), 'listening')
  leadTo('127.0.0.1')
  vi.spyOn(globalAgent, 'createConnection').mockImplementation((options) => connect({ ...options, port } as NetConnectOpts))
  const address = `printer.example:${port}`
  const { signal } = new AbortController()
  const way = { host: '203.0.113.7' } as Extract<Probe, { kind: 'dns' }>['way']
  const probes: Probe[] = [
    { kind: 'canary', side: 'foreign', address },
    { kind: 'udp', address },
    { kind: 'portal', address },
    { kind: 'dns', way, resolver: `https://${address}/dns-query` },
  ]
  const platform = new NodePlatform()
  const results = await Promise.all(probes.map((probe) => platform.probe(probe, signal)))
  expect(results).toMatchObject([{ fault: 'no-name' }, { answers: false }, { found: 'nothing' }, { found: 'unknown' }])
  expect(heard).toBe(0)
  server.close()
  datagrams.close()
})
