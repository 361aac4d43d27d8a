import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ResetCode } from '#protocol'
import { proxyLimits } from '../../../client/engine/limits.ts'
import { createHttpProxy } from '../../../client/engine/proxy/http.ts'
import type { LocalProxyOptions } from '../../../client/engine/proxy/local.ts'
import { Cleanup, FakeOutlet, listenTcp, portOf, RawClient } from './fakes.ts'

const cleanup = new Cleanup()
let outlet: FakeOutlet

beforeEach(() => {
  outlet = new FakeOutlet()
})
afterEach(() => cleanup.run())

async function connectTo(options: Partial<LocalProxyOptions> = {}): Promise<RawClient> {
  const proxy = cleanup.add(await createHttpProxy({ host: '127.0.0.1', port: 0, outlet, ...options }))
  return await clientOf(proxy.port)
}

async function clientOf(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port)
  cleanup.defer(() => client.destroy())
  return client
}

/** A site that answers by `answer` and counts what it has seen. */
async function startSite(name: string, answer: RequestListener): Promise<void> {
  const server = createServer(answer)
  cleanup.defer(() => {
    server.close()
    server.closeAllConnections()
  })
  outlet.sites.set(name, await portOf(server))
}

/** A site that sends these bytes for whatever comes first, and what came. */
async function startRawSite(name: string, answer: string, thenEnd = true): Promise<{ received: () => string }> {
  let received = ''
  const port = await listenTcp(cleanup, (socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (received.includes('\r\n\r\n')) thenEnd ? socket.end(answer, 'latin1') : socket.write(answer, 'latin1')
    })
  })
  outlet.sites.set(name, port)
  return { received: () => received }
}

const echo: RequestListener = (request, response) => {
  void text(request).then((body) => response.end(`${request.method} ${request.url} ${request.headers.host} [${body}]`))
}

/** One answer with its length known, as head and body. */
async function answerOf(client: RawClient): Promise<{ head: string; body: string }> {
  const head = await client.textUntil('\r\n\r\n')
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  if (length !== undefined) return { head, body: Buffer.from(await client.bytes(Number(length))).toString() }
  let body = ''
  for (;;) {
    const size = Number.parseInt(await client.textUntil('\r\n'), 16)
    body += Buffer.from(await client.bytes(size)).toString()
    await client.bytes(2)
    if (size === 0) return { head, body }
  }
}

describe('CONNECT', () => {
  test('carries a stream, and what the app sent behind the request', async () => {
    outlet.sites.set('echo.test', await listenTcp(cleanup, (socket) => void socket.pipe(socket)))
    const client = await connectTo()
    client.write('CONNECT Echo.test:443 HTTP/1.1\r\nHost: echo.test:443\r\nProxy-Connection: keep-alive\r\n\r\nearly')
    expect(await client.textUntil('\r\n\r\n')).toBe('HTTP/1.1 200 Connection established\r\n\r\n')
    expect(Buffer.from(await client.bytes(5)).toString()).toBe('early')
    expect(Buffer.from(await client.write('late').bytes(4)).toString()).toBe('late')
    expect(outlet.targets).toEqual([{ host: 'echo.test', port: 443 }])
    client.end()
    expect(await client.rest()).toHaveLength(0)
  })

  test('leaves no listener on the socket, also after a request in absolute form', async () => {
    outlet.sites.set('echo.test', await listenTcp(cleanup, (socket) => void socket.pipe(socket)))
    await startSite('site.test', echo)
    const seen: unknown[] = []
    outlet.onJoin = (socket) => {
      const names = ['data', 'readable', 'close', 'timeout', 'drain', 'end']
      seen.push(
        names.map((name) => socket.listenerCount(name)),
        socket.isPaused(),
        socket.timeout ?? 0,
      )
    }
    const client = await connectTo()
    expect((await answerOf(client.write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'))).head).toContain('200 OK')
    await client.write('CONNECT echo.test:443 HTTP/1.1\r\n\r\nearly').textUntil('\r\n\r\n')
    expect(Buffer.from(await client.bytes(5)).toString()).toBe('early')
    expect(seen).toEqual([[0, 0, 0, 0, 0, 1], true, 0])
    expect(outlet.joined[0]?.listeners('error').some((listener) => listener.name === 'ignoreError')).toBe(false)
  })

  test.each([
    ['refused', 502],
    ['nameNotFound', 502],
    ['timeout', 504],
    ['denied', 403],
    ['overload', 503],
  ] as const)('answers %s with %i and words when it waits for the dial', async (name, status) => {
    outlet.waitForDial = true
    outlet.failWith = ResetCode[name]
    const client = (await connectTo()).write('CONNECT site.test:443 HTTP/1.1\r\nHost: site.test\r\n\r\n')
    const page = await client.restText()
    expect(page).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(page).toContain('<h1>')
    expect(page).not.toMatch(/culvert|node|server:|via:|proxy-status|date:/i)
  })

  test('in the middle of an answer closes the socket, so that the two never mix', async () => {
    outlet.sites.set('echo.test', await listenTcp(cleanup, (socket) => void socket.pipe(socket)))
    await startSite('slow.test', (_, response) => void response.write('part'))
    const client = await connectTo()
    await client.write('GET http://slow.test/ HTTP/1.1\r\nHost: slow.test\r\n\r\n').textUntil('part\r\n')
    client.write('CONNECT echo.test:443 HTTP/1.1\r\n\r\n')
    expect(await client.rest()).toHaveLength(0)
    expect(outlet.joined).toEqual([])
  })
})

describe('a request in absolute form', () => {
  test('reaches its site in origin form, with its own Host and without headers of this hop', async () => {
    const site = await startRawSite('site.test', 'HTTP/1.1 204 No Content\r\n\r\n')
    const client = await connectTo({ password: 'pw' })
    const headers = [
      'Host: other.test',
      'Proxy-Connection: keep-alive',
      `Proxy-Authorization: Basic ${btoa('u:pw')}`,
      'Connection: X-Hop',
      'X-Hop: 1',
      'TE: trailers',
      'Keep-Alive: 1',
      'X-End: 1',
      'Cookie: a=1',
      'Cookie: b=2',
    ]
    await client.write(`GET http://Site.test:80/p?q HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`).textUntil('\r\n\r\n')
    expect(site.received()).toBe(
      'GET /p?q HTTP/1.1\r\nHost: site.test\r\nX-End: 1\r\nCookie: a=1\r\nCookie: b=2\r\nConnection: close\r\n\r\n',
    )
  })

  test('is one of many to different sites on one socket', async () => {
    await startSite('a.test', echo)
    await startSite('b.test', echo)
    const client = await connectTo()
    for (const name of ['a.test', 'b.test', 'a.test']) {
      const { body } = await answerOf(client.write(`GET http://${name}/x HTTP/1.1\r\nHost: ${name}\r\n\r\n`))
      expect(body).toBe(`GET /x ${name} []`)
    }
    expect(outlet.targets.map(({ host }) => host)).toEqual(['a.test', 'b.test', 'a.test'])
  })

  test('that is pipelined is sent after the one before it is answered', async () => {
    const order: string[] = []
    await startSite('site.test', (request, response) => {
      order.push(`${request.url} asked`)
      response.on('finish', () => order.push(`${request.url} answered`)).end('ok')
    })
    const client = await connectTo()
    client.write(['/1', '/2', '/3'].map((path) => `GET http://site.test${path} HTTP/1.1\r\nHost: site.test\r\n\r\n`).join(''))
    for (let i = 0; i < 3; i++) expect((await answerOf(client)).body).toBe('ok')
    expect(order).toEqual(['/1', '/2', '/3'].flatMap((path) => [`${path} asked`, `${path} answered`]))
  })

  test('that is pipelined beyond the limit closes the socket', async () => {
    const client = await connectTo({ limits: { ...proxyLimits, pipelinedMax: 3 } })
    await startSite('site.test', () => {})
    client.write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'.repeat(5))
    expect(await client.rest()).toHaveLength(0)
  })

  test.each([
    ['a length', 'Content-Length: 5\r\n\r\nhello'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'],
    ['chunks and a trailer', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n'],
  ])('carries a body with %s', async (_, rest) => {
    await startSite('site.test', echo)
    const client = await connectTo()
    for (const method of ['POST', 'PUT', 'DELETE', 'GET']) {
      const { body } = await answerOf(client.write(`${method} http://site.test/ HTTP/1.1\r\nHost: site.test\r\n${rest}`))
      expect(body).toBe(`${method} / site.test [hello]`)
    }
  })

  test('without a body has none at the site either', async () => {
    const site = await startRawSite('site.test', 'HTTP/1.1 204 No Content\r\n\r\n')
    await (await connectTo()).write('POST http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n').textUntil('\r\n\r\n')
    expect(site.received()).toBe('POST / HTTP/1.1\r\nHost: site.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })

  test('waits with its body until the site says to go on', async () => {
    const server = createServer()
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      response.writeContinue()
      echo(request, response)
    })
    cleanup.add(server)
    outlet.sites.set('site.test', await portOf(server))
    const client = await connectTo()
    client.write('POST http://site.test/ HTTP/1.1\r\nHost: site.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
    expect(await client.textUntil('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect((await answerOf(client.write('hello'))).body).toBe('POST / site.test [hello]')
  })

  test('is told once to go on, however often the site says it', async () => {
    await startRawSite('site.test', `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000)}HTTP/1.1 204 No Content\r\n\r\n`)
    const client = await connectTo()
    client.write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n')
    expect((await client.textUntil('204 No Content')).split('100 Continue')).toHaveLength(2)
  })

  test('gets the site’s refusal instead of 100, and the socket ends, since nobody knows whether a body comes', async () => {
    const server = createServer(echo)
    server.on(
      'checkContinue',
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(413, { 'content-length': 2 }).end('no'),
    )
    cleanup.add(server)
    outlet.sites.set('site.test', await portOf(server))
    const client = await connectTo()
    client.write('POST http://site.test/ HTTP/1.1\r\nHost: site.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
    expect(await client.restText()).toMatch(/^HTTP\/1.1 413 [\s\S]*Connection: close\r\n\r\nno$/)
  })

  test('that is answered before its body is sent leaves a socket that serves the next one', async () => {
    await startSite('site.test', (request, response) => (request.method === 'GET' ? echo : refuse)(request, response))
    const refuse: RequestListener = (_, response) => void response.writeHead(413, { 'content-length': 2 }).end('no')
    const client = await connectTo()
    client.write('POST http://site.test/ HTTP/1.1\r\nHost: site.test\r\nContent-Length: 500000\r\n\r\n')
    expect((await answerOf(client)).head).toMatch(/^HTTP\/1.1 413 /)
    client.write(Buffer.alloc(500_000)).write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n')
    expect((await answerOf(client)).body).toBe('GET / site.test []')
  })

  test('with HEAD has the length and no body', async () => {
    await startRawSite('site.test', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nX-A: 1\r\nX-A: 2\r\n\r\n')
    const client = await connectTo()
    const request = 'HEAD http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'
    const head = await client.write(request).textUntil('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Length: 500\r\nX-A: 1\r\nX-A: 2\r\n/)
    expect(await client.write(request).textUntil('\r\n\r\n')).toBe(head)
  })

  test.each([
    ['chunks', 'HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['a length', 'HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\nhello'],
    ['its end', 'HTTP/1.1 200 Fine\r\nConnection: close\r\n\r\nhello'],
    ['its end, as HTTP/1.0 has it', 'HTTP/1.0 200 Fine\r\n\r\nhello'],
  ])('gets an answer that is bounded by %s, to HTTP/1.1 and 1.0', async (_, answer) => {
    await startRawSite('site.test', answer)
    const client = await connectTo()
    const modern = await answerOf(client.write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'))
    expect(modern).toEqual({ head: expect.stringMatching(/^HTTP\/1.1 200 Fine\r\n/), body: 'hello' })
    const old = await client.write('GET http://site.test/ HTTP/1.0\r\n\r\n').restText()
    expect(old).toMatch(/\r\n\r\nhello$/)
    expect(old).not.toMatch(/chunked/i)
  })

  test('gets an answer as it comes', async () => {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>()
    await startSite('site.test', (_, response) => {
      response.write('first')
      resolve(response)
    })
    const client = await connectTo()
    await client.write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n').textUntil('first')
    const response = await promise
    response.end('second')
    await client.textUntil('second')
  })

  test('whose answer breaks off ends the socket before the answer’s end', async () => {
    await startRawSite('site.test', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    const client = await connectTo()
    const answer = await client.write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n').restText()
    expect(answer).toContain('hello')
    expect(answer).not.toContain('\r\n0\r\n\r\n')
  })

  test('that the app gives up is given up at the site', async () => {
    const gone = Promise.withResolvers<void>()
    await startSite('site.test', (request, response) => {
      request.on('close', () => gone.resolve())
      response.write('first')
    })
    const client = await connectTo()
    await client.write('GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n').textUntil('first')
    client.destroy()
    await gone.promise
  })
})

describe('an upgrade', () => {
  const request = 'GET http://ws.test/chat HTTP/1.1\r\nHost: ws.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: k\r\n\r\n'

  test('to websocket passes, and then bytes both ways', async () => {
    const server = createServer()
    server.on('upgrade', (incoming: IncomingMessage, socket, head: Buffer) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Url: ${incoming.url}\r\n\r\nhi`)
      socket.write(head)
      socket.pipe(socket)
    })
    cleanup.add(server)
    outlet.sites.set('ws.test', await portOf(server))
    const client = await connectTo()
    const head = await client.write(`${request}early`).textUntil('\r\n\r\n')
    expect(head).toBe('HTTP/1.1 101 Switching Protocols\r\nX-Url: /chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    expect(Buffer.from(await client.bytes(7)).toString()).toBe('hiearly')
    expect(Buffer.from(await client.write('late').bytes(4)).toString()).toBe('late')
    client.end()
    expect(await client.rest()).toHaveLength(0)
  })

  test('that the site declines is its ordinary answer', async () => {
    await startSite('ws.test', (_, response) => void response.writeHead(426).end('no'))
    const answer = await (await connectTo()).write(request).restText()
    expect(answer).toMatch(/^HTTP\/1.1 426 [\s\S]*no/)
  })

  test('to anything else is left out', async () => {
    const site = await startRawSite('ws.test', 'HTTP/1.1 204 No Content\r\n\r\n')
    await (await connectTo()).write(request.replace('websocket', 'h2c')).textUntil('\r\n\r\n')
    expect(site.received()).not.toMatch(/upgrade/i)
  })

  test('that the site makes unasked is no answer', async () => {
    await startRawSite('ws.test', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    const client = (await connectTo()).write('GET http://ws.test/ HTTP/1.1\r\nHost: ws.test\r\n\r\n')
    expect((await answerOf(client)).head).toMatch(/^HTTP\/1.1 502 /)
  })
})

describe('an answer that can’t be had', () => {
  const get = 'GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'

  test.each([
    ['before the relay has dialled', false],
    ['after the relay has dialled', true],
  ])('is a page with words, known %s, and the socket serves the next one', async (_, waitForDial) => {
    outlet.sites.set('site.test', 1)
    outlet.waitForDial = waitForDial
    outlet.failWith = ResetCode.timeout
    const client = await connectTo()
    const { head, body } = await answerOf(client.write(get))
    expect(head).toMatch(/^HTTP\/1.1 504 /)
    expect(body).toContain('took too long')
    expect(head + body).not.toMatch(/culvert|node|server:|via:|proxy-status|date:|access-control/i)
    outlet.failWith = undefined
    await startSite('site.test', echo)
    expect((await answerOf(client.write(get))).body).toBe('GET / site.test []')
  })

  test.each([
    ['nothing', ''],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    ['an endless head', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['a status that is none', 'HTTP/1.1 099 No\r\n\r\n'],
    ['a reason that no app may be told', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n'],
  ])('because the site sends %s is a page as well', async (_, answer) => {
    await startRawSite('site.test', answer)
    expect((await (await connectTo()).write(get).textUntil('\r\n\r\n')).slice(0, 13)).toBe('HTTP/1.1 502 ')
  })
})
