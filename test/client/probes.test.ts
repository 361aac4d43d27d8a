// Probes end, and end nothing else, whatever a network answers.
import dns from 'node:dns'
import { once } from 'node:events'
import { globalAgent } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { nodeRandom } from '#protocol/node'
import { type ProberOptions, runProbe } from '../../client/engine/probes.ts'

const OPTIONS: ProberOptions = {
  random: nodeRandom,
  visitor: { knock: () => Promise.reject(new Error('not asked')), visit: () => Promise.reject(new Error('not asked')) },
  isProxied: false,
}

afterEach(() => void vi.restoreAllMocks())

test('a name that is not found until nobody waits for it any more ends nothing', async () => {
  const answers: (() => void)[] = []
  vi.spyOn(dns, 'lookup').mockImplementation(((...told: unknown[]) => {
    answers.push(() => (told.at(-1) as (error: Error) => void)(new Error('EAI_AGAIN')))
  }) as typeof dns.lookup)
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
