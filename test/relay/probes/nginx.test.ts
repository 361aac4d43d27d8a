// Behind nginx, a relay changes nothing that a stranger can see. Method: the generated site file against the same site written without the relay, each
// in a real nginx; every probe to both, every byte compared; with the relay up, down, and at paths of every kind.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folderSite } from '../../../relay/cover/site.ts'
import { nginxSite } from '../../../relay/front/nginx.ts'
import { type Listening, listen } from '../../../relay/listen.ts'
import { CAPTURED, CAPTURED_LONG, get, HOST, type Probe, patientProbes, probes, requestProbes, upgrade, upgradeProbes } from './corpus.ts'
import { admitOnce, type Fixture, makeFixture } from './fixtures.ts'
import { type Answer, openTls, runProbes } from './run.ts'
import { freePort, isInstalled, type RunningServer, startNginx } from './servers.ts'

const SESSION_BYTES = Buffer.alloc(300_000, 'sealed')
let fixture: Fixture

/** The site of nginxSite() as it would stand without a relay. */
const plainSite = (port: number): string => `server {
    listen ${port} ssl http2;
    listen [::]:${port} ssl http2;
    server_name ${HOST};
    ssl_certificate ${fixture.certificateFile};
    ssl_certificate_key ${fixture.keyFile};
    root ${fixture.site};
    index index.html;
    access_log off;
    location / {
        error_page 404 /404.html;
        try_files $uri $uri/ =404;
    }
}`

beforeAll(() => {
  fixture = makeFixture()
})

afterAll(() => fixture.remove())

interface Case {
  readonly path: string
  readonly relay: 'up' | 'down' | 'broken'
  readonly corpus: readonly Probe[]
  readonly isHurried?: boolean
}

const cases: readonly Case[] = [
  { path: '/news.html', relay: 'up', corpus: [...probes, ...upgradeProbes('/news.html'), ...requestProbes('/news.html')] },
  { path: '/live', relay: 'up', corpus: [...upgradeProbes('/live'), ...requestProbes('/live')] },
  { path: '/blog', relay: 'up', corpus: [...upgradeProbes('/blog'), ...requestProbes('/blog')] },
  { path: '/blog/', relay: 'up', corpus: [...upgradeProbes('/blog/'), ...requestProbes('/blog/')] },
  { path: '/news.html', relay: 'up', corpus: patientProbes('/news.html'), isHurried: true },
  { path: '/news.html', relay: 'down', corpus: [...upgradeProbes('/news.html'), ...requestProbes('/news.html')] },
  { path: '/news.html', relay: 'broken', corpus: [...upgradeProbes('/news.html'), ...requestProbes('/news.html')] },
]

describe.skipIf(!isInstalled('nginx')).each(cases)('with the relay $relay, a stranger at $path', ({ path, relay, corpus, isHurried }) => {
  let expected: Map<string, Answer>
  let seen: Map<string, Answer>
  let servers: RunningServer[] = []

  beforeAll(async () => {
    const behind =
      relay === 'up' ? await listenBehind() : relay === 'broken' ? await listenBroken() : { port: await freePort(), close: async () => {} }
    const ports = [await freePort(), await freePort()] as const
    const start = (site: string, port: number): Promise<RunningServer> =>
      startNginx(join(fixture.folder, `nginx-${port}`), site, port, isHurried)
    servers = [
      await start(plainSite(ports[0]), ports[0]),
      await start(siteWithRelay(ports[1], behind.port, path), ports[1]),
      { stop: () => behind.close() },
    ]
    if (relay === 'up') {
      await expectEcho(ports[1], path)
      await expectServed(ports[1], path)
    }
    ;[expected, seen] = await Promise.all([runProbes(corpus, ports[0]), runProbes(corpus, ports[1], upgrade(path, 'other'))])
  })

  afterAll(async () => {
    for (const server of servers) await server.stop()
  })

  test.each(corpus.map(({ name }) => name))('learns nothing from: %s', (name) => {
    expect(seen.get(name)).toEqual(expected.get(name))
  })
})

function siteWithRelay(port: number, relayPort: number, path: string): string {
  return nginxSite({
    domain: HOST,
    port,
    relay: { host: '127.0.0.1', port: relayPort },
    path,
    cookieName: 'sid',
    cover: { kind: 'folder', folder: fixture.site },
    tls: fixture,
  })
}

describe.skipIf(!isInstalled('nginx'))('with a proxied cover', () => {
  test.each(['', '/blog'])('under %j, whom the relay does not admit sees that page', async (prefix) => {
    const cover = createHttpServer(folderSite(fixture.site)).listen(0, '127.0.0.1')
    await once(cover, 'listening')
    const behind = await listenBehind()
    const port = await freePort()
    const url = `http://127.0.0.1:${(cover.address() as AddressInfo).port}${prefix}/`
    const relay = { host: '127.0.0.1', port: behind.port }
    const site = nginxSite({ domain: HOST, port, relay, path: '/index.html', cookieName: 'sid', cover: { kind: 'url', url }, tls: fixture })
    const server = await startNginx(join(fixture.folder, `proxied-${port}`), site, port)
    await expectEcho(port, '/index.html')
    await expectServed(port, '/index.html')
    const name = 'replay'
    const seen = await runProbes(
      [
        { name, send: [upgrade('/index.html', CAPTURED)] },
        { name: 'page', send: [get('/index.html')] },
      ],
      port,
    )
    expect(seen.get(name)?.bytes).toContain(prefix === '' ? '<p>Welcome.' : '<title>Blog')
    expect(seen.get(name)).toEqual(seen.get('page'))
    await server.stop()
    await behind.close()
    cover.close()
  })
})

/** A relay behind a front that echoes what comes after the captured admission, once. */
function listenBehind(): Promise<Listening> {
  return listen({
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    site: () => {},
    admit: admitOnce(CAPTURED, CAPTURED_LONG),
    serve: (_token, _request, response) => response.end('served'),
    accept: (_token, socket, head) => {
      socket.on('error', () => {})
      socket.write(head)
      socket.pipe(socket)
    },
  })
}

/** Something in the relay's place that hangs up on everybody. */
async function listenBroken(): Promise<Pick<Listening, 'port' | 'close'>> {
  const server = createServer((socket) => socket.on('error', () => {}).destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: async () => void server.close() }
}

async function expectEcho(port: number, path: string): Promise<void> {
  const client = openTls(port)
  client.write(Buffer.concat([Buffer.from(upgrade(path, CAPTURED, `X-Padding: ${'p'.repeat(4000)}`)), SESSION_BYTES]))
  let received = Buffer.alloc(0)
  for await (const chunk of client) {
    received = Buffer.concat([received, chunk as Buffer])
    if (received.subarray(-SESSION_BYTES.length).equals(SESSION_BYTES)) break
  }
  expect(received.toString('latin1', 0, 34)).toBe('HTTP/1.1 101 Switching Protocols\r\n')
}

async function expectServed(port: number, path: string): Promise<void> {
  const client = openTls(port)
  client.write(get(path, `Cookie: sid=${CAPTURED_LONG}`, 'Connection: close'))
  let text = ''
  for await (const chunk of client) text += chunk
  expect(text).toContain('served')
}
