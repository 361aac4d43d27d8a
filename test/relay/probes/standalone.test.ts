// A relay that stands alone answers strangers like a Node site that has no relay in it. Method: every probe to both, every byte compared.
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folderSite } from '../../../relay/cover/site.ts'
import { type Listening, listen, SITE_OPTIONS } from '../../../relay/listen.ts'
import { CAPTURED, CAPTURED_LONG, FRESH, get, patientProbes, probes, requestProbes, upgrade, upgradeProbes } from './corpus.ts'
import { admitOnce, type Fixture, makeFixture } from './fixtures.ts'
import { type Answer, openTls, runProbes } from './run.ts'

// Patience first: the others run meanwhile.
const corpus = [...probes, ...upgradeProbes('/news.html'), ...requestProbes('/news.html'), ...patientProbes('/news.html')]
const REPLAY_LATER = ['a', 'b', 'c', 'd']
const nobody = { admit: () => undefined, accept: () => {}, serve: () => {} }
let fixture: Fixture
let reference: Http2SecureServer
let relay: Listening
let expected: Map<string, Answer>
let seen: Map<string, Answer>
const accepted: { token: string; socket: Duplex; head: Buffer }[] = []
const waiting: (() => void)[] = []

beforeAll(async () => {
  fixture = makeFixture()
  const { cert, key } = fixture
  const site = folderSite(fixture.site)
  reference = createSecureServer({ ...SITE_OPTIONS, cert, key }, site)
  await new Promise<void>((resolve) => reference.listen(0, '127.0.0.1', resolve))
  relay = await listen({
    host: '127.0.0.1',
    port: 0,
    tls: { cert, key },
    site,
    admit: admitOnce(CAPTURED, CAPTURED_LONG, FRESH, ...REPLAY_LATER),
    accept: (token, socket, head) => {
      accepted.push({ token, socket, head })
      waiting.shift()?.()
    },
    serve: (token, _request, response) => response.end(`for ${token}`),
  })
  await admitted(upgrade('/news.html', CAPTURED))
  expect(await answerTo(relay.port, get('/news.html', `Cookie: sid=${CAPTURED_LONG}`, 'Connection: close'))).toContain(
    `for ${CAPTURED_LONG}`,
  )
  const referencePort = (reference.address() as AddressInfo).port
  ;[expected, seen] = await Promise.all([runProbes(corpus, referencePort), runProbes(corpus, relay.port)])
})

afterAll(async () => {
  await relay.close()
  reference.close()
  fixture.remove()
})

describe('a stranger', () => {
  test.each(corpus.map(({ name }) => name))('learns nothing from: %s', (name) => {
    expect(seen.get(name)).toEqual(expected.get(name))
  })

  test('sees a live site after all of that', () => {
    expect(expected.get('a page')?.bytes).toContain('200 OK')
    expect(expected.get('h2: a page')?.bytes).toContain('Welcome')
    expect(expected.get('exact replay')?.bytes).toContain('News')
    expect(expected.get('request: replay')?.bytes).toContain('News')
    expect(expected.get('request: POST replayed')?.bytes).toContain('405')
  })

  test('never uses up an admission by sending it in a request that is no proper upgrade', async () => {
    expect((await admitted(upgrade('/news.html', FRESH))).token).toBe(FRESH)
  })
})

describe('an admitted request', () => {
  test('hands over every byte after it, however it was cut', async () => {
    const payload = Buffer.alloc(400_000, 'sealed')
    const { socket, head } = await admitted(upgrade('/x', 'a'), payload)
    const received = [head]
    let count = head.length
    socket.on('error', () => {})
    for await (const chunk of socket) {
      received.push(chunk)
      count += chunk.length
      if (count === payload.length) break
    }
    expect(Buffer.concat(received).equals(payload)).toBe(true)
  })

  test('hands over a socket that neither flows nor has listeners of the HTTP server or of ws', async () => {
    const { socket } = await admitted(upgrade('/x', 'b'))
    expect((socket as Duplex & { readableFlowing: unknown }).readableFlowing).toBe(null)
    for (const event of ['data', 'readable', 'drain', 'timeout', 'pause', 'resume'])
      expect([event, socket.listenerCount(event)]).toEqual([event, 0])
  })

  test('is answered 101 and nothing more', async () => {
    const client = openTls(relay.port)
    const taken = next()
    client.write(upgrade('/x', 'c'))
    const { socket } = await taken
    socket.on('error', () => {})
    socket.end('raw')
    let text = ''
    for await (const chunk of client) text += chunk
    expect(text).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nraw',
    )
  })

  test('is not admitted while an answer before it is still under way', async () => {
    const client = openTls(relay.port)
    const before = accepted.length
    client.write(`GET /photo.jpg HTTP/1.1\r\nHost: x\r\n\r\n${upgrade('/news.html', 'd')}`)
    let text = ''
    for await (const chunk of client) {
      text += chunk
      if (text.includes('News')) break
    }
    expect(accepted.length).toBe(before)
  })
})

test('closing ends what came in, and the port is free again', async () => {
  const { cert, key } = fixture
  const make = (port: number): Promise<Listening> =>
    listen({ host: '127.0.0.1', port, tls: { cert, key }, site: folderSite(fixture.site), ...nobody })
  const first = await make(0)
  const client = openTls(first.port)
  const closed = new Promise((resolve) => client.on('close', resolve).on('error', () => {}))
  await new Promise((resolve) => client.once('secureConnect', resolve))
  client.resume()
  await first.close()
  client.end()
  await closed
  await (await make(first.port)).close()
})

test('a relay behind a front refuses to listen where strangers can reach it', async () => {
  const options = { port: 0, tls: undefined, site: () => {}, ...nobody }
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'localhost.example', ''])
    await expect(listen({ ...options, host })).rejects.toThrow('loopback')
})

async function answerTo(port: number, request: string): Promise<string> {
  const client = openTls(port)
  client.write(request)
  let text = ''
  for await (const chunk of client) text += chunk
  return text
}

function next(): Promise<{ token: string; socket: Duplex; head: Buffer }> {
  return new Promise((resolve) => waiting.push(() => resolve(accepted.at(-1)!)))
}

async function admitted(request: string, after = Buffer.alloc(0)): Promise<{ token: string; socket: Duplex; head: Buffer }> {
  const client = openTls(relay.port)
  client.on('error', () => {})
  const taken = next()
  client.write(Buffer.concat([Buffer.from(request, 'latin1'), after]))
  return taken
}
