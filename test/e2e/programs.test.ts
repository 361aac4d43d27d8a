// Programs that others wrote, or that share nothing with our code, through the SOCKS5 proxy: git, ssh, a Python client, DNS.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { networkInterfaces, userInfo } from 'node:os'
import { join } from 'node:path'
import packet from 'dns-packet'
import { SocksClient } from 'socks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { gitSite } from './git-site.ts'
import { makeSshd } from './sshd.ts'
import { type Client, NAME, type Relay, World } from './world.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

const world = new World()
let relay: Relay
let client: Client

beforeAll(async () => {
  relay = await world.relay()
  client = await world.client(relay.inviteFile)
})
afterAll(() => world.close())

/** What the program has said when it ends well; throws when it does not. */
async function outputOf(argv: readonly string[], options: { input?: string; env?: Record<string, string> } = {}): Promise<string> {
  const program = world.run(argv, options)
  const { code, signal } = await program.ended
  if (code !== 0) throw new Error(`${argv[0]} ended with ${code ?? signal}: ${program.stderr}`)
  return program.stdout
}

describe.runIf(needs('git'))('git', () => {
  const git = (...args: string[]): Promise<string> => {
    const who = ['-c', 'user.name=A', '-c', 'user.email=a@b.c', '-c', 'init.defaultBranch=main']
    return outputOf(['git', ...who, '-c', `http.proxy=socks5h://${client.socks}`, ...args], { env: { GIT_CONFIG_NOSYSTEM: '1' } })
  }

  test('clones over HTTP, and pushes back', async () => {
    const [origin, first, second] = ['origin.git', 'first', 'second'].map((name) => join(world.folder, name)) as [string, string, string]
    await git('init', '--bare', origin)
    await git('-C', origin, 'config', 'http.receivepack', 'true')
    const url = `http://${NAME}:${await world.serve(createHttpServer(gitSite(world.folder)))}/origin.git`
    await git('clone', url, first)
    writeFileSync(join(first, 'file'), randomBytes(2_000_000))
    await git('-C', first, 'add', 'file')
    await git('-C', first, 'commit', '-m', 'a file')
    await git('-C', first, 'push', 'origin', 'HEAD:main')
    await git('clone', '--branch', 'main', url, second)
    expect(readFileSync(join(second, 'file')).equals(readFileSync(join(first, 'file')))).toBe(true)
  })
})

describe.runIf(needs('ssh', 'netcat'))('ssh', () => {
  test('runs a command on a real sshd, with nc as its way through', async () => {
    const sshd = makeSshd(world.folder)
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      const child = spawn(sshd.program, ['-i', '-f', '/dev/null', ...sshd.settings], { stdio: [socket, socket, 'ignore'] })
      child.once('exit', () => socket.destroy())
      world.defer(() => child.kill('SIGKILL'))
    })
    const port = await world.serve(server)
    const trust = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-o', 'BatchMode=yes']
    const way = ['-o', `ProxyCommand=${findProgram('netcat')} -X 5 -x ${client.socks} %h %p`]
    const input = randomBytes(500_000).toString('hex')
    const command = [
      'ssh',
      '-F',
      'none',
      ...trust,
      ...way,
      '-i',
      sshd.userKey,
      '-p',
      String(port),
      `${userInfo().username}@${NAME}`,
      'sha256sum',
    ]
    expect(await outputOf(command, { input })).toContain(createHash('sha256').update(input).digest('hex'))
  })
})

describe.runIf(needs('python'))('a Python client', () => {
  const script = join(import.meta.dirname, 'socks-client.py')
  const python = async (kind: 'tcp' | 'udp', host: string, port: number, text: string): Promise<unknown> =>
    JSON.parse(await outputOf([findProgram('python') as string, script, String(client.socksPort), kind, host, String(port), text]))
  const hosts: readonly (readonly [string, string, string])[] = [
    ['a name', NAME, '127.0.0.1'],
    ['an IPv4 address', '127.0.0.1', '127.0.0.1'],
    ...(hasIpv6 ? [['an IPv6 address', '::1', '::1'] as const] : []),
  ]

  test.each(hosts)('connects to %s', async (_, host, address) => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
    expect(await python('tcp', host, await world.serve(echo, address), 'hello')).toEqual({ reply: 'succeeded', heard: 'hello' })
  })

  test.each(hosts)('exchanges datagrams with %s', async (_, host, address) => {
    const echo = await udpServer(address, (bytes, answer) => answer(bytes))
    const { port } = echo.address()
    expect(await python('udp', host, port, 'ping')).toEqual({ reply: 'succeeded', heard: 'ping', from: [address, port] })
  })
})

describe('DNS over a UDP association', () => {
  test('asks 100 questions at once and gets each its answer', async () => {
    const responder = await udpServer('127.0.0.1', (bytes, answer) => {
      const { id, questions = [] } = packet.decode(bytes)
      const name = questions[0]?.name ?? ''
      const answers = [{ type: 'TXT' as const, name, data: [name, 'x'.repeat(200)] }]
      answer(packet.encode({ type: 'response', ...(id === undefined ? {} : { id }), questions, answers }))
    })
    const { info, socket, own } = await associate()
    const expected = Array.from({ length: 100 }, (_, id) => `host-${id}.test`)
    const heard = new Map<number, string>()
    const all = new Promise<void>((resolve) => {
      own.on('message', (bytes) => {
        const { data, remoteHost } = SocksClient.parseUDPFrame(bytes)
        const { id, answers } = packet.decode(data)
        const [answer] = answers ?? []
        heard.set(id ?? -1, `${remoteHost.host} ${answer?.type === 'TXT' ? (answer.data as Buffer[])[0] : ''}`)
        if (heard.size === expected.length) resolve()
      })
    })
    const remoteHost = { host: '127.0.0.1', port: responder.address().port }
    for (const [id, name] of expected.entries()) {
      const data = packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ type: 'TXT', name }] })
      own.send(SocksClient.createUDPFrame({ remoteHost, data }), info.port, info.host)
    }
    await all
    expect([...heard].sort(([a], [b]) => a - b).map(([, text]) => text)).toEqual(expected.map((name) => `127.0.0.1 ${name}`))
    socket.destroy()
  })

  test('hears nobody whom it has not asked', async () => {
    const sent = Promise.withResolvers<number>()
    const stranger = await udpServer('127.0.0.1', () => undefined)
    const asked = await udpServer('127.0.0.1', (_bytes, answer, from) => {
      // From another port first: were it let through, it would come first.
      stranger.send('stranger', from.port, from.address, () => {
        answer(Buffer.from('asked'))
        sent.resolve(from.port)
      })
    })
    const { info, socket, own } = await associate()
    const heard = once(own, 'message')
    const remoteHost = { host: '127.0.0.1', port: asked.address().port }
    own.send(SocksClient.createUDPFrame({ remoteHost, data: Buffer.from('?') }), info.port, info.host)
    await sent.promise
    expect(String(SocksClient.parseUDPFrame((await heard)[0] as Buffer).data)).toBe('asked')
    socket.destroy()
  })
})

async function associate(): Promise<{ info: { host: string; port: number }; socket: { destroy(): unknown }; own: UdpSocket }> {
  const proxy = { host: '127.0.0.1', port: client.socksPort, type: 5 as const }
  const asking = new SocksClient({ proxy, command: 'associate', destination: { host: '0.0.0.0', port: 0 } })
  const established = once(asking, 'established')
  void asking.connect()
  const [{ remoteHost, socket }] = await established
  const own = await udpServer('127.0.0.1', () => undefined)
  return { info: remoteHost, socket, own }
}

type Answer = (bytes: Uint8Array) => void

async function udpServer(
  address: string,
  serve: (bytes: Buffer, answer: Answer, from: { address: string; port: number }) => void,
): Promise<UdpSocket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (bytes, from) => serve(bytes, (answer) => socket.send(answer, from.port, from.address), from))
  socket.bind(0, address)
  await once(socket, 'listening')
  world.defer(() => socket.close())
  return socket
}
