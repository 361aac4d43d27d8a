// What the body of a POST meets on its way from the engine through a hidden window to a site that does as it likes: bodies that go by the window's line, and
// such as the window asks the hop for.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants, createSecureServer, type Http2SecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { HttpAnswer } from '../../../client/engine/carriers/http-flows.ts'
import { type Pane, Panes } from '../../../client/engine/chromium/panes.ts'
import { PaneRequests } from '../../../client/engine/chromium/requests.ts'
import { NodePlatform } from '../../../client/engine/platform-node.ts'
import { pinOf } from '../../../relay/certificate.ts'
import { needs } from '../../needs.ts'
import { HOST } from '../../relay/probes/corpus.ts'
import { makeFixture } from '../../relay/probes/fixtures.ts'
import { Electron } from './electron.ts'

/** By the line, and from the hop. */
const LENGTHS = [1_000, 900_000]
const MANY = 24

describe.runIf(needs('electron'))('the body of a POST', () => {
  let electron: Electron
  let panes: Panes
  let site: Http2SecureServer
  let pane: Pane
  let requests: PaneRequests
  /** What the site does with each request of a test. */
  let serve: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void
  beforeAll(async () => {
    const fixture = makeFixture()
    electron = await Electron.start()
    panes = new Panes(await electron.attach())
    site = createSecureServer({ cert: fixture.cert, key: fixture.key })
    site.on('stream', (stream, headers) => {
      stream.on('error', () => undefined)
      serve(stream, headers)
    })
    await once(site.listen(0, '127.0.0.1'), 'listening')
    const address = `127.0.0.1:${(site.address() as AddressInfo).port}`
    const pin = pinOf(fixture.cert)
    const endpoint = { address, serverName: HOST, hostName: HOST, path: '/up', pin, carriers: ['http'] as const, isEdge: false }
    const node = new NodePlatform()
    pane = await panes.take(endpoint, (signal) => node.connect(endpoint, signal), new AbortController().signal)
  })
  afterEach(() => requests.drop())
  afterAll(async () => {
    panes?.close()
    site?.close()
    await electron?.close()
  })

  /** Asks by the window; resolves with the answer, or undefined where there is none. */
  function ask(body: Uint8Array, cookie = 'number=1'): Promise<HttpAnswer | undefined> {
    return new Promise((done) => requests.ask({ cookie, body }, done))
  }

  async function said(answer: HttpAnswer | undefined): Promise<string | undefined> {
    return answer && text(answer.body)
  }

  function begin(does: typeof serve): void {
    serve = does
    requests = new PaneRequests(pane, '/up')
  }

  test('arrives whole and with its own cookie, however many and of whatever lengths are under way', async () => {
    const seen = new Map<string | undefined, unknown>()
    begin(async (stream, headers) => {
      const hash = createHash('sha256')
      for await (const chunk of stream) hash.update(chunk as Uint8Array)
      seen.set(headers.cookie, [headers['content-type'], headers['content-length'], hash.digest('hex')])
      stream.respond({ ':status': 200 })
      stream.end()
    })
    const bodies = Array.from({ length: MANY }, (_, i) => randomBytes(LENGTHS[i % LENGTHS.length] as number))
    const answers = await Promise.all(bodies.map((body, i) => ask(body, `number=${i}`)))
    expect(answers.map((answer) => answer?.status)).toEqual(bodies.map(() => 200))
    const wanted = bodies.map((body) => ['application/octet-stream', String(body.length), createHash('sha256').update(body).digest('hex')])
    expect(bodies.map((_, i) => seen.get(`number=${i}`))).toEqual(wanted)
    expect(pane.passage.bodies.size).toBe(0)
  })

  test.each(LENGTHS)('is sent once more, and whole, where a site refused it halfway: %d bytes', async (length) => {
    let count = 0
    begin(async (stream) => {
      if (count++ === 0) return void stream.once('data', () => stream.close(constants.NGHTTP2_REFUSED_STREAM))
      const received = await text(stream)
      stream.respond({ ':status': 200 })
      stream.end(String(received.length))
    })
    const answer = await ask(Buffer.alloc(length, 'a'))
    expect([await said(answer), count]).toEqual([String(length), 2])
  })

  test.each(LENGTHS)('may be answered before it has been read: %d bytes', async (length) => {
    begin((stream) => {
      stream.respond({ ':status': 200 })
      stream.end('early', () => stream.close())
    })
    const answer = await ask(randomBytes(length))
    expect([answer?.status, await said(answer)]).toEqual([200, 'early'])
  })

  test.each(LENGTHS)('goes nowhere else where a site says so: %d bytes', async (length) => {
    let count = 0
    begin((stream) => {
      count++
      stream.resume().on('end', () => {
        stream.respond({ ':status': 307, location: '/elsewhere' })
        stream.end()
      })
    })
    const answer = await ask(randomBytes(length))
    expect([answer?.status, count]).toEqual([0, 1])
  })

  test.each(LENGTHS)('ends with its carrier, halfway: %d bytes', async (length) => {
    const asked = new Promise<ServerHttp2Stream>((resolve) => begin((stream) => stream.once('data', () => resolve(stream.pause()))))
    const answer = ask(randomBytes(length))
    const stream = await asked
    requests.drop()
    await once(stream, 'close')
    expect([await answer, stream.rstCode]).toEqual([undefined, constants.NGHTTP2_CANCEL])
  })

  test('that its window asks for in vain ends the request, and nothing goes out in its place', async () => {
    let count = 0
    begin((stream) => {
      count++
      stream.respond({ ':status': 200 })
      stream.end()
    })
    const lost = ask(randomBytes(Math.max(...LENGTHS)))
    pane.passage.bodies.clear()
    expect(await lost).toBe(undefined)
    expect((await ask(randomBytes(Math.min(...LENGTHS))))?.status).toBe(200)
    expect(count).toBe(1)
  })
})
