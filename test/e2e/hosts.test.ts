// Three hosts that are one relay, behind a real haproxy or nginx with consistent hashing, with a real Redis between them.
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createClientHandshake } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { type Need, needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { type BalancerKind, startBalancer } from './balancers.ts'
import { ManyNetworks } from './many-networks.ts'
import type { Program } from './program.ts'
import { reportOf } from './report-of.ts'
import { fateOf, readAll, readExactly, type Through, through } from './through.ts'
import { DOMAIN, type Relay, status, World } from './world.ts'

const HOSTS = 3
/** A host rounds what it tells of itself up to a multiple of 8: with so many, nobody else's can be taken for theirs. */
const GUEST_STREAMS = 24
const LATER = pathToFileURL(join(import.meta.dirname, '../lab/later.ts')).href
/** Longer than an admission is fresh. */
const BEHIND_S = 600
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
  /** Before all of them: the balancer's port, then this. */
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

async function startHosts(kind: BalancerKind): Promise<Hosts> {
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
  const port = await freePort()
  await startBalancer(kind, { folder: world.folder, port, hosts: relays.map((relay) => relay.port), run: (argv) => world.run(argv) })
  networks.ports.push(port)
  for (const relay of relays) await vi.waitFor(async () => expect((await reportOf(relay.dir)).health.state).not.toBe('failing'), 20_000)
  return { relays, networks, store, storePort }
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

function handshake({ invite }: Relay, laterS = 0): string {
  return createClientHandshake(nodeCrypto, nodeRandom, invite, Math.floor(Date.now() / 1000) + laterS).cookie
}

/** Somebody with something open, and the host that holds it. */
interface Guest {
  readonly socksPort: number
  readonly socket: Socket
  readonly host: Relay
}

const NEEDS = { haproxy: ['redis', 'haproxy'], nginx: ['redis', 'nginx', 'nginxStream'] } as const satisfies Record<
  BalancerKind,
  readonly Need[]
>

for (const kind of ['haproxy', 'nginx'] as const) {
  describe.runIf(needs(...NEEDS[kind]))(`three hosts behind ${kind}`, () => {
    let hosts: Hosts
    let echo: number
    let first: Guest
    /** Held by another host. */
    let second: Guest
    /** The hosts' streams when the last guest had come. */
    let counted: readonly number[] = []

    beforeAll(async () => {
      hosts = await startHosts(kind)
      echo = await world.serve(createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket)))
    }, 60_000)

    const streams = (): Promise<readonly number[]> => Promise.all(hosts.relays.map(async ({ dir }) => (await reportOf(dir)).now.streams))

    /** A guest who comes from this network. Whose session it is shows in the hosts' counts of streams. */
    async function guest(network: number): Promise<Guest> {
      hosts.networks.stay = network
      const client = await world.client((hosts.relays[0] as Relay).inviteFile)
      await status(client, 'connected')
      const opened = await Promise.all(Array.from({ length: GUEST_STREAMS }, () => through(client.socksPort, '127.0.0.1', echo)))
      for (const { socket } of opened) {
        socket.on('error', () => undefined)
        expect(await echoes(socket, 'here')).toBe(true)
      }
      // What a host says of itself may be a moment old.
      const [host, now] = await vi.waitFor(async () => {
        const now = await streams()
        const risen = hosts.relays.filter((_, n) => (now[n] ?? 0) - (counted[n] ?? 0) > GUEST_STREAMS / 2)
        expect(risen).toHaveLength(1)
        return [risen[0] as Relay, now] as const
      }, 20_000)
      counted = now
      return { socksPort: client.socksPort, socket: (opened[0] as Through).socket, host }
    }

    test('carry a session on wherever its carriers land', async () => {
      first = await guest(0)
      hosts.networks.stay = undefined
      for (let n = 0; n < 4; n++) {
        hosts.networks.cut()
        expect(await echoes(first.socket, `after cut ${n}`)).toBe(true)
      }
      expect((await streams()).map((count) => count >= GUEST_STREAMS)).toEqual(hosts.relays.map((relay) => relay === first.host))
    })

    test('let a copy of an admission in nowhere', async () => {
      const { relays } = hosts
      const cover = await upgradeAt(relays[1] as Relay, 'session=none')
      expect(cover).toMatch(/^HTTP\/1\.1 404/)
      const cookie = handshake(relays[0] as Relay)
      const answers = await Promise.all([...relays, ...relays].map((relay) => upgradeAt(relay, cookie)))
      expect(answers.filter((answer) => answer === 'admitted')).toHaveLength(1)
      expect(new Set(answers.filter((answer) => answer !== 'admitted'))).toEqual(new Set([cover]))
      // As garbage of the same size does.
      expect(await upgradeAt(relays[2] as Relay, cookie.replace(/.{20}$/, 'A'.repeat(20)))).toBe(cover)
    })

    test('lose with one that is killed its own sessions and no others, and let in nobody whom it had let in before', async () => {
      const { relays } = hosts
      second = await guest(1)
      for (let network = 2; second.host === first.host; network++) second = await guest(network)
      const cookie = handshake(first.host)
      expect(await upgradeAt(first.host, cookie)).toBe('admitted')
      const fate = fateOf(first.socket)
      await first.host.program.kill()
      expect(await echoes(second.socket, 'still here')).toBe(true)
      expect(await fate).toBe('ECONNRESET')
      const again = await through(first.socksPort, '127.0.0.1', echo)
      expect(await echoes(again.socket, 'on another host')).toBe(true)
      expect(await echoes(second.socket, 'and here')).toBe(true)
      const living = relays.filter((relay) => relay !== first.host)
      const cover = await upgradeAt(living[0] as Relay, 'session=none')
      expect(await Promise.all(living.map((relay) => upgradeAt(relay, cookie)))).toEqual([cover, cover])
    })

    // What stands before them has no part in it: one of the two is enough.
    if (kind !== 'haproxy') return
    test('let nobody in by one whose clock is minutes behind: by it what the store has forgotten would be fresh again', async () => {
      const [one] = hosts.relays.filter((relay) => relay !== first.host) as [Relay]
      const dir = `${one.dir}-behind`
      cpSync(one.dir, dir, { recursive: true })
      const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))
      const cluster = { ...config.cluster, at: `127.0.0.1:${await freePort()}` }
      writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...config, cluster }))
      const behind = await world.relayWith({ NODE_OPTIONS: `--import=${LATER}`, CULVERT_LATER_S: `${-BEHIND_S}` }, dir)
      const says = expect.stringMatching(/clock of this host is minutes off/)
      await vi.waitFor(async () => expect((await reportOf(dir)).health.warnings[0]?.says).toEqual(says), 20_000)
      const cover = await upgradeAt(one, 'session=none')
      expect(await upgradeAt(behind, handshake(behind, -BEHIND_S))).toBe(cover)
      await behind.program.kill()
    })

    test('let nobody in without their store, nor after it lost its memory; who is inside stays', async () => {
      const [one, other] = hosts.relays.filter((relay) => relay !== first.host) as [Relay, Relay]
      const cover = await upgradeAt(one, 'session=none')
      await hosts.store.kill()
      await vi.waitFor(async () => expect((await reportOf(one.dir)).health.state).toBe('failing'), 20_000)
      expect(await upgradeAt(one, handshake(one))).toBe(cover)
      expect(await echoes(second.socket, 'who is inside stays')).toBe(true)
      // It comes back without its memory: what it may have forgotten could be shown again.
      startStore(hosts.storePort)
      await vi.waitFor(async () => expect((await reportOf(other.dir)).health.warnings[0]?.says).toMatch(/lost its memory/), 20_000)
      expect(await upgradeAt(other, handshake(one))).toBe(cover)
    })
  })
}
