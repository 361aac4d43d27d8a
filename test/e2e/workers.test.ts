// A relay of several processes, with real clients whose carriers come from many networks: sessions go on wherever a carrier lands, a copy of an admission
// opens nothing in any process, and a process that is killed takes its own sessions along and no others.
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterAll, expect, test, vi } from 'vitest'
import { createClientHandshake } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { placesFor } from '../../relay/workers/crew.ts'
import { ManyNetworks, networkAddress } from './many-networks.ts'
import { reportOf } from './report-of.ts'
import { fateOf, readAll, readExactly, through } from './through.ts'
import { type Client, DOMAIN, type Relay, status, World } from './world.ts'

/** A process takes longer than that to serve. */
const BEGINS = { timeout: 10_000, interval: 5 }

const world = new World()
afterAll(() => world.close())

interface Crewed {
  readonly relay: Relay
  readonly networks: ManyNetworks
}

async function crewed(workers: number): Promise<Crewed> {
  const networks = new ManyNetworks()
  world.defer(() => networks.cut())
  const port = await world.serve(networks.server)
  const relay = await world.relay(await world.init('--address', `127.0.0.1:${port}`), '--workers', String(workers))
  networks.ports.push(relay.port)
  return { relay, networks }
}

async function echoPort(): Promise<number> {
  return world.serve(createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket)))
}

async function echoes(socket: Socket, text: string): Promise<boolean> {
  socket.write(text)
  return String(await readExactly(socket, text.length)) === text
}

function workerIds({ program }: Relay): number[] {
  return readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

test('a session goes on by carriers that land in other processes, WebSockets and ordinary requests alike', async () => {
  const { relay, networks } = await crewed(3)
  const client = await world.client(relay.inviteFile)
  await status(client, 'connected')
  const { socket } = await through(client.socksPort, '127.0.0.1', await echoPort())
  for (let n = 0; n < 6; n++) {
    expect(await echoes(socket, `before cut ${n}`)).toBe(true)
    networks.cut()
    expect(await echoes(socket, `after cut ${n}`)).toBe(true)
  }
  socket.end('and the end')
  expect(String(await readAll(socket))).toBe('and the end')
  expect((await reportOf(relay.dir)).workers).toBe(3)
  relay.program.signal('SIGTERM')
  expect((await relay.program.ended).code).toBe(0)
})

test('an admission that is shown to all processes at once is admitted by one of them, and later by none', async () => {
  const { relay } = await crewed(3)
  const show = (cookie: string, count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => upgradeFrom(networkAddress(n), relay, cookie)))
  for (let round = 0; round < 5; round++) {
    const { cookie } = createClientHandshake(nodeCrypto, nodeRandom, relay.invite, Math.floor(Date.now() / 1000))
    expect((await show(cookie, 12)).filter((answer) => answer === '101')).toHaveLength(1)
    expect(new Set(await show(cookie, 12))).toEqual(new Set(['404']))
  }
})

test('a process that is killed under load takes its own sessions along and no others, and another takes its place', async () => {
  const places = [0, 1, 2]
  const { relay, networks } = await crewed(places.length)
  const echo = await echoPort()
  const sockets: Socket[] = []
  const clients: Client[] = []
  for (const place of places) {
    networks.stay = Array.from({ length: 200 }, (_, n) => n).find((n) => placesFor(networkAddress(n).replace(/\.1$/, ''), 3)[0] === place)
    const client = await world.client(relay.inviteFile)
    await status(client, 'connected')
    const { socket } = await through(client.socksPort, '127.0.0.1', echo)
    expect(await echoes(socket, 'here')).toBe(true)
    clients.push(client)
    sockets.push(socket)
  }
  // They were started in the order of their places.
  const [victim] = workerIds(relay)
  const fate = fateOf(sockets[0] as Socket)
  process.kill(victim as number, 'SIGKILL')
  for (const socket of sockets.slice(1)) expect(await echoes(socket, 'still here')).toBe(true)
  expect(await fate).toBe('ECONNRESET')
  const again = await through((clients[0] as Client).socksPort, '127.0.0.1', echo)
  expect(await echoes(again.socket, 'again')).toBe(true)
  await vi.waitFor(async () => {
    const { workers, health } = await reportOf(relay.dir)
    expect([workers, health.warnings.map(({ kind }) => kind)]).toEqual([3, ['workers']])
  }, 20_000)
  for (const socket of sockets.slice(1)) expect(await echoes(socket, 'and here')).toBe(true)
})

test('a process that ends twice before it serves is started until it does', async () => {
  const { relay } = await crewed(2)
  const known = new Set(workerIds(relay))
  process.kill([...known][0] as number, 'SIGKILL')
  for (let killed = 0; killed < 2; killed++) {
    const begun = await vi.waitFor(() => {
      const id = workerIds(relay).find((one) => !known.has(one))
      if (id === undefined) throw new Error('nothing has begun yet')
      return id
    }, BEGINS)
    known.add(begun)
    process.kill(begun, 'SIGKILL')
  }
  await vi.waitFor(async () => expect((await reportOf(relay.dir)).workers).toBe(2), 20_000)
})

/** The status of the relay's answer to a WebSocket upgrade with this cookie. */
async function upgradeFrom(localAddress: string, relay: Relay, cookie: string): Promise<string> {
  const options = {
    port: relay.port,
    host: '127.0.0.1',
    localAddress,
    servername: DOMAIN,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  }
  const socket = connect(options as ConnectionOptions)
  const { path = '' } = relay.invite.endpoints[0] ?? {}
  const head = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`, 'Sec-WebSocket-Version: 13']
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${DOMAIN}\r\n${head.join('\r\n')}\r\nCookie: ${cookie}\r\n\r\n`)
  const line = String(await readExactly(socket, 12))
  socket.destroy()
  return line.slice(9)
}
