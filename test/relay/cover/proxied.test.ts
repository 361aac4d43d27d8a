// A proxied cover shows another site's pages, tells it nothing of the visitor's hop, and fails as ordinary servers do.
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { connect as connectH2, createServer as createH2Server } from 'node:http2'
import { type AddressInfo, connect, createServer as createNetServer, type Server as NetServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { coverLimits } from '../../../relay/cover/limits.ts'
import { proxiedSite } from '../../../relay/cover/proxied.ts'

const servers: NetServer[] = []
let asked: { request: IncomingMessage; body: string }[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  asked = []
})

test('method, path, query, body and end-to-end headers reach the other site; the hop and the visitor do not', async () => {
  const cover = await origin()
  const port = await serve(createServer(proxiedSite(`http://127.0.0.1:${cover}/base/`)))
  const headers = {
    Cookie: 'a=b',
    'X-A': '1',
    Connection: 'close, x-hop',
    'X-Hop': '1',
    'Keep-Alive': '9',
    TE: 'trailers',
    Upgrade: 'websocket',
  }
  await ask(port, '/p%20q?x=y', { method: 'POST', headers }, 'hello')
  const { request, body } = asked[0]!
  expect([request.method, request.url, body]).toEqual(['POST', '/base/p%20q?x=y', 'hello'])
  expect(request.headers).toMatchObject({ host: `127.0.0.1:${cover}`, cookie: 'a=b', 'x-a': '1' })
  for (const name of ['x-hop', 'te', 'upgrade', 'x-forwarded-for', 'forwarded', 'via', 'expect'])
    expect([name, request.headers[name]]).toEqual([name, undefined])
})

test('status, body, repeated headers and validators come back; what belongs to the hop does not', async () => {
  const port = await serve(createServer(proxiedSite(`http://127.0.0.1:${await origin()}`)))
  const { status, headers, body } = await ask(port, '/')
  expect([status, body]).toEqual([203, 'page'])
  expect(headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], etag: '"x"', date: 'Thu, 01 Jan 2026 00:00:00 GMT' })
  expect(headers['x-hop']).toBe(undefined)
})

test('HEAD, absolute and asterisk targets are asked as they mean', async () => {
  const port = await serve(createServer(proxiedSite(`http://127.0.0.1:${await origin()}`)))
  await ask(port, '/h', { method: 'HEAD' })
  await ask(port, 'http://elsewhere.example/abs?q')
  await ask(port, '*', { method: 'OPTIONS' })
  expect(asked.map(({ request }) => `${request.method} ${request.url}`)).toEqual(['HEAD /h', 'GET /abs?q', 'OPTIONS /'])
})

test('an HTTP/2 visitor sees the same page', async () => {
  const port = await serve(createH2Server(proxiedSite(`http://127.0.0.1:${await origin()}`)))
  const { status, headers, body } = await askH2(port, '/two')
  expect([status, headers['etag'], body]).toEqual([203, '"x"', 'page'])
  expect(asked[0]!.request.headers.host).toMatch(/^127\.0\.0\.1:/)
})

test('a site that is not there is a 502, one that is silent a 504, a body over the limit a 413', async () => {
  const gone = await origin()
  servers.pop()!.close()
  const silent = await serve(createServer(() => {}))
  const patient = { ...coverLimits, proxiedIdleMs: 50, proxiedBodyBytesMax: 4 }
  expect((await ask(await serve(createServer(proxiedSite(`http://127.0.0.1:${gone}`))), '/')).status).toBe(502)
  const port = await serve(createServer(proxiedSite(`http://127.0.0.1:${silent}`, patient)))
  expect((await ask(port, '/')).status).toBe(504)
  expect((await ask(port, '/', { method: 'POST', headers: { 'Content-Length': 5 } }, 'hello')).status).toBe(413)
  expect((await ask(port, '/', { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } }, 'hello')).status).toBe(413)
})

test.each([
  ['a status that Node can’t send', 'HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nno', 502],
  ['a status that is none', 'HTTP/1.1 042 What\r\nContent-Length: 2\r\n\r\nno', 502],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 502],
  ['an early hint', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 200],
  ['one header twice', `HTTP/1.1 200 OK\r\n${'X-Content-Type-Options: nosniff\r\n'.repeat(2)}Content-Length: 2\r\n\r\nok`, 200],
  ['a header of the hop’s', 'HTTP/1.1 200 OK\r\nHTTP2-Settings: AA\r\nContent-Length: 2\r\n\r\nok', 200],
])('%s from the other site is answered over HTTP/1.1 and HTTP/2', async (_what, reply, status) => {
  const cover = await serve(createNetServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(reply))))
  const site = proxiedSite(`http://127.0.0.1:${cover}`)
  const seen = [(await ask(await serve(createServer(site)), '/')).status, (await askH2(await serve(createH2Server(site)), '/')).status]
  expect(seen).toEqual([status, status])
})

test('over HTTP/2, what comes twice stands in one line, but for cookies', async () => {
  const lines = ['Vary: a', 'Vary: b', 'Date: x', 'Date: x', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'Content-Length: 2']
  const cover = await serve(
    createNetServer((socket) => socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\nok`))),
  )
  const { headers } = await askH2(await serve(createH2Server(proxiedSite(`http://127.0.0.1:${cover}`))), '/')
  expect(headers).toMatchObject({ vary: 'a, b', date: 'x', 'set-cookie': ['a=1', 'b=2'] })
})

test('a page that breaks off there breaks off here', async () => {
  const breaking = await serve(
    createServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': 10 }).write('half', () => response.destroy())
    }),
  )
  const port = await serve(createServer(proxiedSite(`http://127.0.0.1:${breaking}`)))
  await expect(ask(port, '/')).rejects.toThrow(/aborted|hang up/)
})

test('a visitor who leaves ends the request there', async () => {
  let left = (): void => {}
  const done = new Promise<void>((resolve) => {
    left = resolve
  })
  const slow = await serve(createServer((_request, response) => void response.on('close', left).write('first')))
  const port = await serve(createServer(proxiedSite(`http://127.0.0.1:${slow}`)))
  const visitor = connect(port, '127.0.0.1')
  visitor.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  visitor.once('data', () => visitor.destroy())
  await done
})

function origin(): Promise<number> {
  return serve(
    createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      asked.push({ request, body })
      response.writeHead(203, [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['ETag', '"x"'],
        ['Date', 'Thu, 01 Jan 2026 00:00:00 GMT'],
        ['Connection', 'keep-alive, x-hop'],
        ['X-Hop', '1'],
      ] as unknown as string[])
      response.end('page')
    }),
  )
}

async function askH2(port: number, path: string): Promise<{ status: unknown; headers: Record<string, unknown>; body: string }> {
  const session = connectH2(`http://127.0.0.1:${port}`)
  const stream = session.request({ ':path': path })
  try {
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => stream.on('response', resolve).on('error', reject))
    let body = ''
    for await (const chunk of stream) body += chunk
    return { status: headers[':status'], headers, body }
  } finally {
    session.destroy()
  }
}

async function serve(server: Server | NetServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function ask(
  port: number,
  path: string,
  options: object = {},
  body?: string,
): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, agent: false, ...options }, async (response) => {
      try {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve({ status: response.statusCode, headers: response.headers, body: text })
      } catch (error) {
        reject(error)
      }
    })
    asking.on('error', reject).end(body)
  })
}
