// A relay and pebble, the test authority of Let's Encrypt's own authors: a real order, a real proof over HTTP, a real certificate.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { createCertificate, pinOf } from '../../relay/certificate.ts'
import { needs } from '../needs.ts'
import { readExactly, through } from './through.ts'
import { DOMAIN, type Event, event, status, World } from './world.ts'

const world = new World()
afterAll(() => world.close())

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface Authority {
  readonly directory: string
  readonly certificateFile: string
  /** Where it asks for proofs, in place of port 80. */
  readonly httpPort: number
}

/** Pebble, and a name server that leads every name to this machine. */
async function startAuthority(): Promise<Authority> {
  const [port, management, httpPort, tlsPort, dns, names] = await Promise.all(Array.from({ length: 6 }, freePort))
  const { certificate, key } = createCertificate('localhost', Date.now())
  const file = (name: string, text: string): string => {
    writeFileSync(join(world.folder, name), text)
    return join(world.folder, name)
  }
  const certificateFile = file('authority.pem', certificate)
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: certificateFile,
    privateKey: file('authority.key', key),
    httpPort,
    tlsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  }
  world.run([
    'pebble-challtestsrv',
    '-defaultIPv4',
    '127.0.0.1',
    '-defaultIPv6',
    '',
    '-dns01',
    `127.0.0.1:${dns}`,
    '-management',
    `127.0.0.1:${names}`,
    '-http01',
    '',
    '-https01',
    '',
    '-tlsalpn01',
    '',
  ])
  const config = file('pebble.json', JSON.stringify({ pebble }))
  // A nonce in four is refused, as a busy authority's may be.
  const server = world.run(['pebble', '-config', config, '-dnsserver', `127.0.0.1:${dns}`], {
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '25' },
  })
  await server.line((line) => (/Listening on: .*\d$/.test(line) && line.includes(`:${port}`) ? line : undefined))
  return { directory: `https://localhost:${port}/dir`, certificateFile, httpPort: httpPort as number }
}

function shownBy(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { port, host: '127.0.0.1', servername: DOMAIN, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
      () => {
        resolve(socket.getPeerX509Certificate() as X509Certificate)
        socket.destroy()
      },
    ).on('error', reject)
  })
}

function visit(port: number, path: string): Promise<{ status: number | undefined; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path, agent: false, headers: { Host: DOMAIN } }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, location: response.headers.location })
    }).on('error', reject)
  })
}

test('a relay with --acme whose port 80 is taken names what says where that is', async () => {
  const port = await world.serve(createServer())
  const dir = await world.init('--acme', '--acme-listen', `127.0.0.1:${port}`)
  const relay = world.startRelay(dir)
  expect(await relay.ended).toEqual({ code: 1, signal: undefined })
  expect(relay.stderr).toMatch(
    new RegExp(`^Another program is already on 127\\.0\\.0\\.1:${port}\\. .*“tls\\.acme\\.listen” in config\\.json`),
  )
  expect(relay.stderr).not.toContain('--listen')
})

test('a relay with --acme whose port is taken says so and ends, and leaves nothing listening', async () => {
  const taken = createServer()
  const port = await world.serve(taken)
  const dir = await world.init('--listen', `127.0.0.1:${port}`, '--acme', '--acme-listen', `127.0.0.1:${await freePort()}`)
  const relay = world.startRelay(dir)
  expect(await relay.ended).toEqual({ code: 1, signal: undefined })
  expect(relay.stderr).toContain(`Another program is already on 127.0.0.1:${port}.`)
})

describe.runIf(needs('pebble'))('a relay that was made with --acme', () => {
  test('shows a certificate of its own until the authority has proved the name, then that one, over the same key and under sessions that live on', async () => {
    const { directory, certificateFile, httpPort } = await startAuthority()
    const dir = await world.init('--acme', directory, '--acme-listen', `127.0.0.1:${httpPort}`, '--email', 'operator@example.org')
    const first = readFileSync(join(dir, 'certificate.pem'), 'utf8')
    // The authority can't be reached yet: its own certificate is not known to this process.
    const alone = world.startRelay(dir)
    const ready = await event(alone, ({ event }) => event === 'ready')
    const failed = await event(alone, ({ event }) => event === 'certificate-not-renewed')
    expect(failed).toEqual({ event: 'certificate-not-renewed' })
    expect((await shownBy(portOf(ready))).fingerprint256).toBe(new X509Certificate(first).fingerprint256)
    alone.signal('SIGTERM')
    await alone.ended

    const echo = await world.serve(createServer((socket) => socket.on('error', () => undefined).pipe(socket)))
    const client = await world.client(join(dir, 'invite'))
    const relay = world.run([process.execPath, 'relay/main.ts', 'run', '--dir', dir, '--allow-destination', '127.0.0.0/8', '--json'], {
      env: { NODE_EXTRA_CA_CERTS: certificateFile },
      folder: '.',
    })
    const port = portOf(await event(relay, ({ event }) => event === 'ready'))
    await status(client, 'connected')
    const { socket } = await through(client.socksPort, '127.0.0.1', echo)
    socket.write('before')
    expect(String(await readExactly(socket, 6))).toBe('before')
    await event(relay, ({ event }) => event === 'certificate')
    const shown = await shownBy(port)
    expect(shown.issuer).toMatch(/Pebble Intermediate CA/)
    expect(shown.checkHost(DOMAIN)).toBe(DOMAIN)
    expect(pinOf(shown.toString())).toEqual(pinOf(first))
    socket.write('after')
    expect(String(await readExactly(socket, 5))).toBe('after')
    socket.destroy()
    expect(await visit(httpPort, '/a?b')).toEqual({
      status: 301,
      location: expect.stringMatching(new RegExp(`^https://${DOMAIN}(:\\d+)?/a\\?b$`)),
    })
    expect((await visit(httpPort, '/.well-known/acme-challenge/none')).status).toBe(301)
    relay.signal('SIGTERM')
    expect((await relay.ended).code).toBe(0)
  })
})

function portOf({ listen }: Event): number {
  return Number(String(listen).split(':').at(-1))
}
