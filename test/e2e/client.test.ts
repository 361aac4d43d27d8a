// The client when things go wrong: what it says, that it says it in words, and that it finds its way again by itself.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer, request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { encodeInvite, type Invite } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { reasonSentence, type Status } from '../../client/contract/status.ts'
import { Clock } from '../../client/engine/clock.ts'
import { Control } from '../../client/engine/control/control.ts'
import { Link } from '../../client/engine/link.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { createCertificate } from '../../relay/certificate.ts'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { freePort } from '../relay/probes/servers.ts'
import type { Program } from './program.ts'
import { through } from './through.ts'
import { Upstream } from './upstream-socks.ts'
import { DOMAIN, type Event, event, type Relay, status, World } from './world.ts'

const DAY_S = 86_400

const world = new World()
let relay: Relay
let page: string

beforeAll(async () => {
  relay = await world.relay()
  page = `http://127.0.0.1:${await world.serve(createHttpServer((_request, response) => response.end('here')))}/`
})
afterAll(() => world.close())

/** The relay's own invite but for this. */
function altered(changes: Partial<Invite> & { readonly endpoint?: Partial<Invite['endpoints'][0]> }): string {
  const [endpoint] = relay.invite.endpoints
  return encodeInvite({ ...relay.invite, ...changes, endpoints: [{ ...(endpoint as Invite['endpoints'][0]), ...changes.endpoint }] })
}

async function fetchPage(httpPort: number): Promise<string> {
  const [response] = await once(request({ port: httpPort, path: page, agent: false }).end(), 'response')
  return (await response.setEncoding('utf8').toArray()).join('')
}

describe('an invite or option that is none ends the client with one sentence', () => {
  const cases: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    ['a damaged invite', () => ['--invite', damaged()], /This invite is damaged/],
    [
      'an invite of a newer kind',
      () => ['--invite', `culvert:${Buffer.from([9, ...randomBytes(90)]).toString('base64url')}`],
      /Update Culvert/,
    ],
    ['a file that holds something else', () => ['--invite', textFile()], /An invite begins with “culvert:”/],
    ['a file that is not there', () => ['--invite', join(world.folder, 'none')], /can’t be read/],
    ['no invite', () => [], /--invite/],
    ['an address that is none', () => ['--invite', relay.inviteFile, '--socks', 'here'], /--socks wants an address and a port/],
    ['an address that others reach', () => ['--invite', relay.inviteFile, '--socks', '0.0.0.0:0'], /add --beyond-loopback/],
    [
      'a port that another program has',
      () => ['--invite', relay.inviteFile, '--socks', `127.0.0.1:${relay.port}`],
      /Another program has that port/,
    ],
    [
      'an address that the machine does not have',
      () => ['--invite', relay.inviteFile, '--socks', '192.0.2.1:0', '--beyond-loopback'],
      /does not have that address/,
    ],
    ['a folder that is a file', () => ['--invite', relay.inviteFile, '--dir', textFile()], /There can be no folder .* Give another one/],
    ['what the screens have a place for', () => ['--ui', '--country', 'IR'], /--ui and --country don’t go together/],
    ['a country in words', () => ['--invite', relay.inviteFile, '--country', 'Iran'], /two letters/],
    [
      'an upstream that is none',
      () => ['--invite', relay.inviteFile, '--upstream', 'ftp://127.0.0.1:1'],
      /--upstream wants a SOCKS5 or HTTP proxy/,
    ],
  ]
  const damaged = (): string => `${encodeInvite(relay.invite).slice(0, -3)}AAA`
  const textFile = (): string => {
    writeFileSync(join(world.folder, 'text'), 'hello')
    return join(world.folder, 'text')
  }

  test.each(cases)('%s', async (_, args, words) => {
    const program = world.connect(args())
    expect((await program.ended).code).toBe(1)
    expect(program.stderr).toMatch(words)
    expect(program.stderr).not.toMatch(/^\s+at /m)
  })
})

describe('the client says why it has no relay', () => {
  const reasonOf = async (invite: string, ...args: readonly string[]): Promise<unknown> => {
    const { reason, sentence } = await status(await world.client(invite, ...args), 'waiting')
    expect(sentence).toBe(reasonSentence(reason as Parameters<typeof reasonSentence>[0]))
    return reason
  }

  test('when nothing listens there', async () => {
    const server = createServer()
    const port = await world.serve(server)
    await once(server.close(), 'close')
    expect(await reasonOf(altered({ endpoint: { address: `127.0.0.1:${port}` } }))).toBe('refused')
  })

  test('when the certificate is another, and then has sent it nothing', async () => {
    let heardBytes = 0
    const { certificate, key } = createCertificate(DOMAIN, Date.now())
    const impostor = createTlsServer({ cert: certificate, key }, (socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (bytes: Buffer) => {
          heardBytes += bytes.length
        })
    })
    const address = `127.0.0.1:${await world.serve(impostor)}`
    expect(await reasonOf(altered({ endpoint: { address } }))).toBe('wrong-certificate')
    expect(heardBytes).toBe(0)
  })

  test('when the certificate has no pin and no authority vouches for it', async () => {
    expect(await reasonOf(altered({ endpoint: { pin: undefined } }))).toBe('wrong-certificate')
  })

  test('when an authority vouches for the certificate, but only from next month on: the clock must be wrong', async () => {
    const { certificate, key } = createCertificate(DOMAIN, Date.now() + 30 * DAY_S * 1000)
    const file = join(world.folder, 'future.pem')
    writeFileSync(file, certificate)
    const address = `127.0.0.1:${await world.serve(createTlsServer({ cert: certificate, key }))}`
    const program = trusting(altered({ endpoint: { address, pin: undefined } }), file)
    expect(await firstVerdict(program)).toMatchObject({ reason: 'wrong-clock' })
  })

  test('when the certificate has expired: the clock may be ahead, or somebody else answers', async () => {
    const { certificate, key } = createCertificate(DOMAIN, Date.now() - 400 * DAY_S * 1000)
    const file = join(world.folder, 'past.pem')
    writeFileSync(file, certificate)
    const address = `127.0.0.1:${await world.serve(createTlsServer({ cert: certificate, key }))}`
    const program = trusting(altered({ endpoint: { address, pin: undefined } }), file)
    expect(await firstVerdict(program)).toMatchObject({ reason: 'expired-certificate' })
  })

  test('when the relay does not know the invite', async () => {
    expect(await reasonOf(altered({ psk: randomBytes(32) }))).toBe('not-admitted')
    expect(await reasonOf(altered({ relayKey: randomBytes(32) }))).toBe('not-admitted')
  })

  test('when what listens there speaks something else', async () => {
    const chatter = createServer((socket) => socket.on('error', () => undefined).end('220 mail.example ready\r\n'))
    const address = `127.0.0.1:${await world.serve(chatter)}`
    expect(await reasonOf(altered({ endpoint: { address } }))).not.toBe('not-admitted')
  })

  test('when the upstream proxy is gone or refuses', async () => {
    const refusing = new Upstream('refuses')
    const port = await world.serve(refusing.server)
    expect(await reasonOf(relay.inviteFile, '--upstream', `socks5://127.0.0.1:${port}`)).toBe('upstream')
    await once(refusing.server.close(), 'close')
    expect(await reasonOf(relay.inviteFile, '--upstream', `socks5://127.0.0.1:${port}`)).toBe('upstream')
  })
})

test('the client needs no pin where an authority vouches for the certificate', async () => {
  const pair = createCertificate(DOMAIN, Date.now())
  const [certificate, key] = [join(world.folder, 'site.pem'), join(world.folder, 'site.key')]
  writeFileSync(certificate, pair.certificate)
  writeFileSync(key, pair.key)
  const { invite } = await world.relay(await world.init('--cert', certificate, '--key', key))
  const endpoints = invite.endpoints.map((endpoint) => ({ ...endpoint, pin: undefined }))
  expect(await firstVerdict(trusting(encodeInvite({ ...invite, endpoints }), certificate))).toMatchObject({ state: 'connected' })
})

/** A client for which this certificate is an authority's. */
function trusting(invite: string, certificateFile: string): Program {
  return world.connect(['--invite', invite, '--json'], { NODE_EXTRA_CA_CERTS: certificateFile })
}

function firstVerdict(program: Program): Promise<Event> {
  return event(program, ({ state }) => state === 'waiting' || state === 'connected')
}

test('the client reaches the relay through an upstream proxy, and by nothing else', async () => {
  const upstream = new Upstream('serves')
  const port = await world.serve(upstream.server)
  const client = await world.client(relay.inviteFile, '--upstream', `socks5://127.0.0.1:${port}`)
  await status(client, 'connected')
  expect(await fetchPage(client.httpPort)).toBe('here')
  expect(new Set(upstream.asked)).toEqual(new Set([`127.0.0.1:${relay.port}`]))
})

test.runIf(needs('tinyproxy'))(
  'where only an HTTP proxy with a password leads out, the client goes through that, and by no wrong password',
  async () => {
    const port = await freePort()
    const file = join(world.folder, 'tinyproxy.conf')
    writeFileSync(file, `Port ${port}\nListen 127.0.0.1\nTimeout 600\nAllow 127.0.0.1\nBasicAuth me password\nConnectPort ${relay.port}\n`)
    world.run([findProgram('tinyproxy') as string, '-d', '-c', file])
    const probe = (): Promise<unknown> => {
      const socket = connect(port, '127.0.0.1')
      return once(socket, 'connect').finally(() => socket.destroy())
    }
    await vi.waitFor(probe, 10_000)
    const client = await world.client(relay.inviteFile, '--upstream', `http://me:password@127.0.0.1:${port}`)
    await status(client, 'connected')
    expect(await fetchPage(client.httpPort)).toBe('here')
    const stranger = await world.client(relay.inviteFile, '--upstream', `http://me:guess@127.0.0.1:${port}`)
    expect(await status(stranger, 'waiting')).toMatchObject({ reason: 'upstream' })
  },
)

test.each([
  ['a day behind', -DAY_S],
  ['a day ahead', DAY_S],
])('a client whose clock is %s learns the time of the relay’s site, and connects', async (_, offsetS) => {
  class WrongClock extends NodePlatform {
    override nowS(): number {
      return super.nowS() + offsetS
    }
  }
  const connected = Promise.withResolvers<void>()
  const said: Status['state'][] = []
  const onStatus = ({ state }: Status): void => {
    said.push(state)
    if (state !== 'connecting') connected.resolve()
  }
  const platform = new WrongClock()
  const invites = [relay.invite]
  const network = new Uint8Array()
  const control = new Control({
    crypto: nodeCrypto,
    random: nodeRandom,
    saved: undefined,
    network,
    nowMs: performance.now(),
    relays: invites,
    policy: undefined,
  })
  const events = { onStatus, onLearned: () => undefined, onSession: () => undefined }
  const link = new Link({ platform, crypto: nodeCrypto, control, invites, clock: new Clock(() => platform.nowS(), 0), events })
  await connected.promise
  expect(said).toEqual(['connecting', 'connected'])
  link.stop()
})

test('a relay that died and came back has forgotten the session: what was open is reset, what was asked for meanwhile is answered', async () => {
  const mortal = await world.relay()
  const client = await world.client(mortal.inviteFile)
  await status(client, 'connected')
  const silent = createServer((socket) => socket.on('error', () => undefined).write('?'))
  const { socket } = await through(client.socksPort, '127.0.0.1', await world.serve(silent))
  await once(socket, 'readable')
  const reset = once(socket, 'error')
  const from = client.program.lineCount
  await mortal.program.kill()
  expect((await status(client, 'recovering', from))['reason']).toMatch(/^(?:carrier-closed|reset)$/)
  const refused = await client.program.line((line) => (line.includes('"reason":"refused"') ? line : undefined), from)
  expect(refused).toContain('Nothing answers at the relay’s address')
  // Asked for while there is no relay: it waits for one.
  const early = fetchPage(client.httpPort)
  await world.relay(mortal.dir)
  await status(client, 'connected', from)
  expect(await early).toBe('here')
  expect(((await reset)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET')
})
