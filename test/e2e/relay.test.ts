// The relay as a process: what it remembers when it is killed, how it ends when it is asked to, how many it holds, and what it says meanwhile.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { createClientHandshake } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { linkLimits } from '../../client/engine/limits.ts'
import { NODE_DIALER_NOTE } from '../../client/engine/platform-node.ts'
import { HELD_INPUT } from './program.ts'
import { readAll, readExactly, through } from './through.ts'
import { DOMAIN, event, NAME, type Relay, status, World } from './world.ts'

const IDLE_SESSIONS = 1000

const world = new World()
afterAll(() => world.close())

/** What the relay answers to a WebSocket upgrade with this cookie, less what names the moment. */
async function upgradeWith(relay: Relay, cookie: string): Promise<string> {
  const socket = connect({
    port: relay.port,
    host: '127.0.0.1',
    servername: DOMAIN,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  })
  const { path = '' } = relay.invite.endpoints[0] ?? {}
  const head = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`, 'Sec-WebSocket-Version: 13']
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${DOMAIN}\r\n${head.join('\r\n')}\r\nCookie: ${cookie}\r\n\r\n`)
  const status = await readExactly(socket, 12)
  if (String(status).endsWith('101')) {
    socket.destroy()
    return 'admitted'
  }
  // Asks for the end of a persistent connection, so that all of the answer is read.
  socket.write(`GET /none HTTP/1.1\r\nHost: ${DOMAIN}\r\nConnection: close\r\n\r\n`)
  return `${status}${await readAll(socket)}`.replace(/^Date: .*$/gm, '')
}

test('an admission that was seen once gets the cover site, also after the relay was killed', async () => {
  const relay = await world.relay()
  const { cookie } = createClientHandshake(nodeCrypto, nodeRandom, relay.invite, Math.floor(Date.now() / 1000))
  const cover = await upgradeWith(relay, 'session=none')
  expect(cover).toMatch(/^HTTP\/1\.1 404/)
  expect(await upgradeWith(relay, cookie)).toBe('admitted')
  expect(await upgradeWith(relay, cookie)).toBe(cover)
  await relay.program.kill()
  const again = await world.relay(relay.dir)
  expect(await upgradeWith(again, cookie)).toBe(cover)
})

test('SIGTERM lets a download finish while new streams go to the relay that takes over', async () => {
  const relay = await world.relay()
  const client = await world.client(relay.inviteFile)
  await status(client, 'connected')
  const sockets: Socket[] = []
  const slow = createServer((socket) => void sockets.push(socket.on('error', () => undefined)))
  const { socket } = await through(client.socksPort, '127.0.0.1', await world.serve(slow))
  const download = readAll(socket)
  if (sockets.length === 0) await once(slow, 'connection')
  const from = client.program.lineCount
  relay.program.signal('SIGTERM')
  expect(await event(relay.program, ({ event }) => event === 'draining')).toEqual({ event: 'draining', sessions: 1 })
  await status(client, 'waiting', from)
  const successor = await world.relay(relay.dir)
  expect(successor.port).toBe(relay.port)
  await status(client, 'connected', from)
  const echo = createServer({ allowHalfOpen: true }, (one) => one.pipe(one))
  const other = await through(client.socksPort, '127.0.0.1', await world.serve(echo))
  other.socket.end('to the successor')
  expect(String(await readAll(other.socket))).toBe('to the successor')
  const rest = Buffer.alloc(5_000_000, 'rest')
  sockets[0]?.end(rest)
  expect((await download).equals(rest)).toBe(true)
  socket.end()
  expect(await relay.program.ended).toEqual({ code: 0, signal: undefined })
})

test('SIGTERM ends a relay by its stated time, whatever is still open, and tells who waits for it', async () => {
  const relay = await world.relay()
  const client = await world.client(relay.inviteFile)
  const silent = createServer((socket) => socket.on('error', () => undefined).write('?'))
  const { socket } = await through(client.socksPort, '127.0.0.1', await world.serve(silent))
  await readExactly(socket, 1)
  const reset = once(socket, 'error')
  const fromMs = performance.now()
  relay.program.signal('SIGTERM')
  await event(relay.program, ({ event }) => event === 'ended')
  expect(await relay.program.ended).toEqual({ code: 0, signal: undefined })
  expect(((await reset)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET')
  // By the relay's word, and not since the client has waited in vain.
  expect(performance.now() - fromMs).toBeLessThan(linkLimits.orphanMs / 2)
})

test(`one relay holds ${IDLE_SESSIONS} sessions, and serves one more`, async () => {
  const relay = await world.relay()
  const client = await world.client(relay.inviteFile)
  const program = join(import.meta.dirname, '../bench/many-sessions.ts')
  const crowd = world.run([process.execPath, program, relay.inviteFile, String(IDLE_SESSIONS)], { input: HELD_INPUT })
  const { count, failed } = await event(crowd, ({ count }) => count !== undefined)
  expect([count, failed]).toEqual([IDLE_SESSIONS, 0])
  const echo = createServer({ allowHalfOpen: true }, (one) => one.pipe(one))
  const { socket } = await through(client.socksPort, '127.0.0.1', await world.serve(echo))
  socket.end('still here')
  expect(String(await readAll(socket))).toBe('still here')
  relay.program.signal('SIGTERM')
  expect(await event(relay.program, ({ event }) => event === 'draining')).toEqual({ event: 'draining', sessions: IDLE_SESSIONS + 1 })
  expect((await relay.program.ended).code).toBe(0)
})

test('neither relay nor client says or writes where anyone went', async () => {
  const dir = await world.init()
  const relay = world.run([process.execPath, 'relay/main.ts', 'run', '--dir', dir, '--allow-destination', '127.0.0.0/8'], { folder: '.' })
  await relay.line((line) => line || undefined)
  const client = world.run([process.execPath, 'client/engine/cli.ts', 'connect', '--invite', join(dir, 'invite')], { folder: '.' })
  const [socksPort] = await client.line((line) => /SOCKS5 at 127\.0\.0\.1:(\d+)/.exec(line)?.slice(1).map(Number))
  await client.line((line) => (line === 'Connected.' ? line : undefined))
  const page = await world.serve(createHttpServer((_request, response) => response.end('secret')))
  for (const [host, port] of [
    [NAME, page],
    ['127.0.0.1', page],
    ['127.0.0.1', 1],
    ['10.0.0.1', 80],
    ['nothing.onion', 443],
  ] as const) {
    const { socket } = await through(socksPort as number, host, port)
    socket.on('error', () => undefined).end('GET / HTTP/1.0\r\n\r\n')
    await readAll(socket).catch(() => undefined)
  }
  relay.signal('SIGTERM')
  await relay.ended
  client.signal('SIGTERM')
  expect((await client.ended).code).toBe(0)
  expect(relay.stderr + client.stderr).toBe('')
  expect(relay.stdout.replaceAll(/\d+/g, '#')).toBe(
    'The relay is ready on #.#.#.#:#.\nEnding: # sessions have # s to finish.\nThe relay has ended.\n',
  )
  const sentences = new Set(client.stdout.replaceAll(/\d+/g, '#').split('\n'))
  expect(
    [...sentences].filter(
      (line) =>
        !/^(?:Connecting …|Connected\.|[A-Z].*\. Trying again(?: in # seconds)?\.|Nothing stands in the way here\.|A relay or a CDN does not answer, while others do: [^#/]*\.|)$/.test(
          line,
        ),
    ),
  ).toEqual(['Programs can use SOCKS# at #.#.#.#:# and HTTP at #.#.#.#:#.', NODE_DIALER_NOTE])
  const written = readdirSync(dir).filter((name) => !['site', 'invite', 'config.json', 'keys.json'].includes(name))
  expect([...new Set(written.map((name) => name.replace(/\.\d+$/, '')))].sort()).toEqual([
    'admissions',
    'certificate.key',
    'certificate.pem',
  ])
})
