// The dialer against real servers on loopback and a real name server.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ResetCode } from '#protocol'
import { Dialer, type DialOptions, type DialResult, type UdpDestination } from '../../../relay/dial/dial.ts'
import { Resolver } from '../../../relay/dial/resolver.ts'
import { type SocketShare, Sockets } from '../../../relay/dial/sockets.ts'
import { dialLimits, resolverLimits } from '../../../relay/limits.ts'
import { addressRecords, DnsServer, type Reply } from './dns-server.ts'
import { FakeSockets, type Fate, ROOMY } from './fake-sockets.ts'

const LOOPBACK = ['127.0.0.0/8', '::1/128']
const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

/** A server on a port of the system's choice; `accept` gets each socket. */
async function serve(accept: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    cleanUps.push(() => socket.destroy())
    accept(socket)
  })
  server.listen(0, host)
  cleanUps.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function named(addresses: (index: number) => Reply | readonly string[]): Promise<{ dns: DnsServer; resolver: Resolver }> {
  const dns = await DnsServer.start((question, index) => {
    const reply = addresses(index)
    return Array.isArray(reply) && reply.every((entry) => typeof entry === 'string') ? addressRecords(question, reply) : (reply as Reply)
  })
  const resolver = new Resolver({ servers: [dns.address], hostsFile: '', limits: { ...resolverLimits, queryMs: 20, triesMax: 1 } })
  cleanUps.push(
    () => resolver.close(),
    () => dns.close(),
  )
  return { dns, resolver }
}

const noNames: Pick<Resolver, 'lookup'> = { lookup: () => expect.fail('a literal address was looked up') }

function dialer(options: Partial<DialOptions> = {}): Dialer {
  return new Dialer({ allow: LOOPBACK, deny: [], resolver: noNames, ...options })
}

function dial(to: Dialer, host: string, port: number): Promise<DialResult> {
  return new Promise((resolve) => to.dialTcp({ host, port }, ROOMY, resolve))
}

async function dialSocket(to: Dialer, host: string, port: number): Promise<Socket> {
  const result = await dial(to, host, port)
  if ('code' in result) expect.fail(`the dial failed with code ${result.code}`)
  cleanUps.push(() => result.socket.destroy())
  return result.socket
}

function fakes(fate: Fate): FakeSockets {
  const sockets = new FakeSockets(() => fate)
  cleanUps.push(() => {
    for (const socket of sockets.sockets) socket.destroy()
  })
  return sockets
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a socket that is handed over', () => {
  test('is paused, and nothing that came early is lost', async () => {
    const greeting = Buffer.alloc(100_000, 'x')
    const port = await serve((socket) => socket.end(greeting))
    const socket = await dialSocket(dialer(), '127.0.0.1', port)
    expect([socket.isPaused(), socket.bytesRead]).toEqual([true, 0])
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await turn()
    expect(socket.bytesRead).toBe(0)
    socket.resume()
    await once(socket, 'end')
    expect(Buffer.concat(chunks).equals(greeting)).toBe(true)
  })

  test('is half-open after the other side has ended', async () => {
    const received: Promise<string>[] = []
    const port = await serve((socket) => {
      socket.end('bye')
      received.push(socket.toArray().then((chunks) => Buffer.concat(chunks).toString()))
    })
    const socket = await dialSocket(dialer(), '127.0.0.1', port)
    socket.resume()
    await once(socket, 'end')
    socket.end('still here')
    expect(await received[0]).toBe('still here')
  })

  test('is read into the buffers of the caller, after resume only', async () => {
    const port = await serve((socket) => socket.end('early words'))
    const buffer = new Uint8Array(65_536)
    let text = ''
    const callback = (count: number, bytes: Uint8Array): boolean => {
      expect(bytes).toBe(buffer)
      text += Buffer.from(bytes.subarray(0, count)).toString()
      return true
    }
    const result = await new Promise<DialResult>((resolve) =>
      dialer().dialTcp({ host: '127.0.0.1', port }, ROOMY, resolve, { buffer, callback }),
    )
    const { socket } = result as Extract<DialResult, { socket: unknown }>
    await turn()
    expect(text).toBe('')
    socket.resume()
    await once(socket, 'end')
    socket.destroy()
    expect(text).toBe('early words')
  })

  test('leaves a reset that follows to its owner', async () => {
    const accepted: Socket[] = []
    const port = await serve((socket) => accepted.push(socket))
    const socket = await dialSocket(dialer(), '127.0.0.1', port)
    while (accepted.length === 0) await turn()
    accepted[0]?.resetAndDestroy()
    socket.resume()
    expect(((await once(socket, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNRESET')
  })

  test('may be IPv6', async () => {
    const port = await serve(() => {}, '::1')
    expect((await dialSocket(dialer(), '::1', port)).remoteAddress).toBe('::1')
  })
})

describe('a dial that fails', () => {
  test('says refused when nobody listens', async () => {
    expect(await dial(dialer(), '127.0.0.1', await closedPort())).toEqual({ code: ResetCode.refused })
  })

  test('says denied for its own address, which allow would open', async () => {
    const port = await serve(() => expect.fail('the dial came through'))
    expect(await dial(dialer({ allow: [], deny: ['127.0.0.1'] }), '127.0.0.1', port)).toEqual({ code: ResetCode.denied })
    expect(await dial(dialer({ allow: [] }), '127.0.0.1', port)).toEqual({ code: ResetCode.denied })
  })

  test.each([
    ['EHOSTUNREACH', ResetCode.hostUnreachable],
    ['ENETUNREACH', ResetCode.networkUnreachable],
    ['ETIMEDOUT', ResetCode.timeout],
  ] as const)('on %s says code %i', async (fate, code) => {
    expect(await dial(dialer({ connect: fakes(fate).connect }), '127.0.0.1', 80)).toEqual({ code })
  })

  test('says timeout when the address stays silent, and gives the socket up', async () => {
    const sockets = fakes('silent')
    const to = dialer({ connect: sockets.connect, limits: { ...dialLimits, dialMs: 5, sweepMs: 1 } })
    expect(await dial(to, '127.0.0.1', 80)).toEqual({ code: ResetCode.timeout })
    expect(sockets.sockets[0]?.destroyed).toBe(true)
    expect(await dial(to, '127.0.0.1', 80)).toEqual({ code: ResetCode.timeout })
  })

  test('says overload above dialsMax, and frees its place when it ends or is cancelled', async () => {
    const to = dialer({ connect: fakes('silent').connect, limits: { ...dialLimits, dialsMax: 1 } })
    const cancel = to.dialTcp({ host: '127.0.0.1', port: 80 }, ROOMY, () => expect.fail('a cancelled dial called back'))
    expect(await dial(to, '127.0.0.1', 80)).toEqual({ code: ResetCode.overload })
    cancel()
    cancel()
    const cancelSecond = to.dialTcp({ host: '127.0.0.1', port: 80 }, ROOMY, () => expect.fail('a cancelled dial called back'))
    expect(await dial(to, '127.0.0.1', 80)).toEqual({ code: ResetCode.overload })
    cancelSecond()
  })
})

test('who has most dials under way is refused first, and others still get theirs', async () => {
  const to = dialer({ connect: fakes('silent').connect, limits: { ...dialLimits, dialsMax: 4 } })
  const all = new Sockets(100)
  const [greedy, modest] = [all.enter(), all.enter()]
  const begin = (share: SocketShare): (() => void) =>
    to.dialTcp({ host: '127.0.0.1', port: 80 }, share, () => expect.fail('a silent dial called back'))
  const cancels = [begin(greedy), begin(greedy), begin(modest)]
  expect(await new Promise((resolve) => to.dialTcp({ host: '127.0.0.1', port: 80 }, greedy, resolve))).toEqual({ code: ResetCode.overload })
  for (const cancel of cancels) cancel()
  begin(greedy)()
})

describe('a cancelled dial', () => {
  test('does not call back, whether it was about to fail or to connect', async () => {
    const sockets = fakes('connects')
    const to = dialer({ connect: sockets.connect })
    for (const host of ['127.0.0.1', '10.0.0.1']) to.dialTcp({ host, port: 80 }, ROOMY, () => expect.fail('a cancelled dial called back'))()
    await turn()
    await turn()
    expect(sockets.sockets[0]?.destroyed).toBe(true)
  })

  test('after its callback does nothing to the socket', async () => {
    const port = await serve(() => {})
    let cancel: () => void = () => {}
    const result = await new Promise<DialResult>((resolve) => {
      cancel = dialer().dialTcp({ host: '127.0.0.1', port }, ROOMY, resolve)
    })
    cancel()
    const { socket } = result as Extract<DialResult, { socket: unknown }>
    expect(socket.destroyed).toBe(false)
    socket.destroy()
  })
})

describe('a name', () => {
  test('is resolved and dialled', async () => {
    const port = await serve(() => {})
    const { resolver } = await named(() => ['127.0.0.1'])
    expect((await dialSocket(dialer({ resolver }), 'app.example', port)).remoteAddress).toBe('127.0.0.1')
  })

  test('falls back from an address that refuses to one that listens', async () => {
    const port = await serve(() => {}, '127.0.0.3')
    const { resolver } = await named(() => ['::1', '127.0.0.2', '127.0.0.3'])
    expect((await dialSocket(dialer({ resolver }), 'app.example', port)).remoteAddress).toBe('127.0.0.3')
  })

  test('is dialled over IPv4 when its AAAA query is never answered', async () => {
    const port = await serve(() => {})
    const dns = await DnsServer.start((question) => (question.type === 'AAAA' ? 'silence' : addressRecords(question, ['127.0.0.1'])))
    const resolver = new Resolver({ servers: [dns.address], hostsFile: '' })
    cleanUps.push(
      () => resolver.close(),
      () => dns.close(),
    )
    expect((await dialSocket(dialer({ resolver }), 'half.example', port)).remoteAddress).toBe('127.0.0.1')
  })

  test.each([
    ['does not exist', 'noSuchName', ResetCode.nameNotFound],
    ['has no address', [], ResetCode.nameNotFound],
    ['is on a failing name server', 'serverFailure', ResetCode.nameNotFound],
    ['is on a silent name server', 'silence', ResetCode.timeout],
    ['has only private addresses', ['10.0.0.1', 'fd00::1'], ResetCode.denied],
  ] as const)('that %s fails with a code of its own', async (_what, reply, code) => {
    const { resolver } = await named(() => reply)
    expect(await dial(dialer({ resolver }), 'app.example', 80)).toEqual({ code })
    expect(await new Promise((resolve) => dialer({ resolver }).resolveUdp({ host: 'app.example', port: 53 }, ROOMY, resolve))).toBe(code)
  })

  test('that is cancelled while it is looked up is never dialled', async () => {
    const sockets = fakes('connects')
    const { resolver } = await named(() => ['127.0.0.1'])
    dialer({ resolver, connect: sockets.connect }).dialTcp({ host: 'app.example', port: 80 }, ROOMY, () => expect.fail('called back'))()
    for (const family of [4, 6] as const) await new Promise((resolve) => resolver.lookup('app.example', family, {}, resolve))
    expect(sockets.dialled).toEqual([])
  })

  // Goal: DNS rebinding gains nothing. Method: the zone turns private once its A answer is out. The dial that asked may not ask again
  // between check and connect; a dial after the TTL asks again, and the new answer is checked as the first one was.
  test('that rebinds to a private address is dialled at the address that was checked, and refused from then on', async () => {
    const sockets = fakes('connects')
    let isPrivate = false
    let nowMs = 0
    const dns = await DnsServer.start((question) => {
      const records = addressRecords(question, isPrivate ? ['127.0.0.1', '::1'] : ['93.184.215.14'], 0)
      if (question.type === 'A') isPrivate = true
      return records
    })
    const resolver = new Resolver({ servers: [dns.address], hostsFile: '', nowMs: () => nowMs })
    cleanUps.push(() => dns.close())
    const to = dialer({ allow: [], resolver, connect: sockets.connect })
    expect(await dial(to, 'rebind.example', 80)).toHaveProperty('socket')
    expect(dns.asked.toSorted()).toEqual(['A rebind.example', 'AAAA rebind.example'])
    nowMs = resolverLimits.ttlMaxMs
    expect(await dial(to, 'rebind.example', 80)).toEqual({ code: ResetCode.denied })
    expect(sockets.dialled).toEqual(['93.184.215.14'])
  })
})

describe('resolveUdp', () => {
  const resolve = (to: Dialer, host: string): Promise<UdpDestination | ResetCode> =>
    new Promise((done) => to.resolveUdp({ host, port: 53 }, ROOMY, done))

  test('gives an address before it returns', () => {
    const given: unknown[] = []
    dialer().resolveUdp({ host: '1.1.1.1', port: 53 }, ROOMY, (result) => given.push(result))
    dialer().resolveUdp({ host: '2606:4700:4700::1111', port: 53 }, ROOMY, (result) => given.push(result))
    dialer().resolveUdp({ host: '10.0.0.1', port: 53 }, ROOMY, (result) => given.push(result))
    expect(given).toEqual([{ address: '1.1.1.1', family: 4 }, { address: '2606:4700:4700::1111', family: 6 }, ResetCode.denied])
  })

  test('prefers IPv4, asks for IPv6 only without it, and skips what is refused', async () => {
    const both = await named(() => ['2606:4700::1', '10.0.0.1', '1.1.1.1'])
    expect(await resolve(dialer({ resolver: both.resolver }), 'both.example')).toEqual({ address: '1.1.1.1', family: 4 })
    expect(both.dns.asked).toEqual(['A both.example'])
    const six = await named(() => ['10.0.0.1', '2606:4700::1'])
    expect(await resolve(dialer({ resolver: six.resolver }), 'six.example')).toEqual({ address: '2606:4700::1', family: 6 })
  })
})
