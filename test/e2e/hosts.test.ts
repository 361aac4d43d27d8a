// Three hosts that are one relay, behind a real haproxy with consistent hashing, with a real Redis between them.
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createClientHandshake } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { ManyNetworks } from './many-networks.ts'
import type { Program } from './program.ts'
import { reportOf } from './report-of.ts'
import { fateOf, readAll, readExactly, through } from './through.ts'
import { DOMAIN, type Relay, status, World } from './world.ts'

const HOSTS = 3
const world = new World()
afterAll(() => world.close())

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await world.serve(server)
  await once(server.close(), 'close')
  return port
}

interface Hosts {
  readonly relays: readonly Relay[]
  /** Before all of them: haproxy's port, then this. */
  readonly networks: ManyNetworks
  readonly store: Program
  readonly storePort: number
}

function startStore(port: number): Program {
  return world.run([
    findProgram('redis') as string,
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    world.folder,
  ])
}

async function startHosts(): Promise<Hosts> {
  const storePort = await freePort()
  const store = startStore(storePort)
  await store.line((line) => (line.includes('Ready to accept connections') ? line : undefined))
  const networks = new ManyNetworks()
  world.defer(() => networks.cut())
  const address = `127.0.0.1:${await world.serve(networks.server)}`
  const first = await world.init('--address', address)
  const relays: Relay[] = []
  for (let n = 0; n < HOSTS; n++) {
    const dir = n === 0 ? first : `${first}-${n}`
    if (n > 0) cpSync(first, dir, { recursive: true })
    const cluster = { store: `redis://127.0.0.1:${storePort}`, at: `127.0.0.1:${await freePort()}` }
    const config = JSON.parse(readFileSync(join(first, 'config.json'), 'utf8'))
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...config, listen: '127.0.0.1:0', cluster }))
  }
  for (let n = 0; n < HOSTS; n++) relays.push(await world.relay(n === 0 ? first : `${first}-${n}`))
  networks.ports.push(await startBalancer(relays))
  for (const relay of relays) await vi.waitFor(async () => expect((await reportOf(relay.dir)).health.state).not.toBe('failing'), 20_000)
  return { relays, networks, store, storePort }
}

/** By the visitor's address, so that few move when a host is lost. */
async function startBalancer(relays: readonly Relay[]): Promise<number> {
  const port = await freePort()
  const servers = relays.map((relay, n) => `  server host${n} 127.0.0.1:${relay.port} check inter 500ms fall 1`).join('\n')
  const file = join(world.folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend all
  bind 127.0.0.1:${port}
  default_backend hosts
backend hosts
  balance source
  hash-type consistent
  option redispatch
${servers}
`,
  )
  world.run([findProgram('haproxy') as string, '-db', '-q', '-f', file])
  await vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', servername: DOMAIN, rejectUnauthorized: false }, () => {
          socket.destroy()
          resolve()
        }).on('error', reject)
      }),
    20_000,
  )
  return port
}

async function echoes(socket: Socket, text: string): Promise<boolean> {
  socket.write(text)
  return String(await readExactly(socket, text.length)) === text
}

/** All that a host answers to a WebSocket upgrade with this cookie and to a page asked for on the same socket, less what names the moment. */
async function upgradeAt(relay: Relay, cookie: string): Promise<string> {
  const options = { port: relay.port, host: '127.0.0.1', servername: DOMAIN, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false }
  const socket = connect(options as ConnectionOptions)
  const { path = '' } = relay.invite.endpoints[0] ?? {}
  const head = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`, 'Sec-WebSocket-Version: 13']
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${DOMAIN}\r\n${head.join('\r\n')}\r\nCookie: ${cookie}\r\n\r\n`)
  const line = String(await readExactly(socket, 12))
  if (line.endsWith('101')) {
    socket.destroy()
    return 'admitted'
  }
  socket.write(`GET /none HTTP/1.1\r\nHost: ${DOMAIN}\r\nConnection: close\r\n\r\n`)
  return `${line}${await readAll(socket)}`.replace(/^Date: .*$/gm, '')
}

function handshake({ invite }: Relay): string {
  return createClientHandshake(nodeCrypto, nodeRandom, invite, Math.floor(Date.now() / 1000)).cookie
}

describe.runIf(needs('redis', 'haproxy'))('three hosts behind haproxy', () => {
  test('carry sessions on wherever a carrier lands, let a copy in nowhere, lose with a host its own sessions only, and let nobody in without their store', async () => {
    const { relays, networks, store, storePort } = await startHosts()
    const [one, other, third] = relays as [Relay, Relay, Relay]
    const client = await world.client(one.inviteFile)
    await status(client, 'connected')
    const echo = await world.serve(createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket)))
    const { socket } = await through(client.socksPort, '127.0.0.1', echo)
    for (let n = 0; n < 4; n++) {
      expect(await echoes(socket, `before cut ${n}`)).toBe(true)
      networks.cut()
      expect(await echoes(socket, `after cut ${n}`)).toBe(true)
    }

    const cover = await upgradeAt(other, 'session=none')
    expect(cover).toMatch(/^HTTP\/1\.1 404/)
    const cookie = handshake(one)
    const answers = await Promise.all([...relays, ...relays].map((relay) => upgradeAt(relay, cookie)))
    expect(answers.filter((answer) => answer === 'admitted')).toHaveLength(1)
    expect(new Set(answers.filter((answer) => answer !== 'admitted'))).toEqual(new Set([cover]))
    // As garbage of the same size does.
    expect(await upgradeAt(third, cookie.replace(/.{20}$/, 'A'.repeat(20)))).toBe(cover)

    // Whose session it is shows in its count of streams: the handshake above began a session, too, which has none.
    const holders: boolean[] = []
    for (const relay of relays) holders.push((await reportOf(relay.dir)).now.streams > 0)
    expect(holders.filter((holds) => holds)).toHaveLength(1)
    const victim = relays[holders.indexOf(true)] as Relay
    const fate = fateOf(socket)
    await victim.program.kill()
    expect(await fate).toBe('ECONNRESET')
    const again = await through(client.socksPort, '127.0.0.1', echo)
    expect(await echoes(again.socket, 'on another host')).toBe(true)

    const living = relays.filter((relay) => relay !== victim) as [Relay, Relay]
    await store.kill()
    await vi.waitFor(async () => expect((await reportOf(living[0].dir)).health.state).toBe('failing'), 20_000)
    expect(await upgradeAt(living[0], handshake(one))).toBe(cover)
    expect(await echoes(again.socket, 'who is inside stays')).toBe(true)
    // It comes back without its memory: what it may have forgotten could be shown again.
    startStore(storePort)
    await vi.waitFor(async () => expect((await reportOf(living[1].dir)).health.warnings[0]?.says).toMatch(/lost its memory/), 20_000)
    expect(await upgradeAt(living[1], handshake(one))).toBe(cover)
  })
})
