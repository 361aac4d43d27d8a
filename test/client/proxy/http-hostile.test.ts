// What a web page, a script kiddie or a broken app may send to the HTTP proxy.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHttpProxy } from '../../../client/engine/proxy/http.ts'
import type { LocalProxyOptions } from '../../../client/engine/proxy/local.ts'
import { Cleanup, FakeOutlet, listenTcp, RawClient, smallLimits } from './fakes.ts'

const cleanup = new Cleanup()
let outlet: FakeOutlet

beforeEach(() => {
  outlet = new FakeOutlet()
})
afterEach(() => cleanup.run())

async function startProxy(options: Partial<LocalProxyOptions> = {}): Promise<number> {
  return cleanup.add(await createHttpProxy({ host: '127.0.0.1', port: 0, outlet, ...options })).port
}

async function answerTo(bytes: string, port?: number): Promise<string> {
  const client = await RawClient.connect(port ?? (await startProxy()))
  cleanup.defer(() => client.destroy())
  return await client.write(Buffer.from(bytes, 'latin1')).restText()
}

describe('a web page that reaches for the port', () => {
  test.each([
    ['a request to the port itself', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a rebound name', 'GET / HTTP/1.1\r\nHost: attacker.example\r\nOrigin: http://attacker.example\r\n\r\n'],
    [
      'a CORS preflight',
      'OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://a.example\r\nAccess-Control-Request-Private-Network: true\r\n\r\n',
    ],
    [
      'a cross-protocol POST',
      'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 45\r\n\r\nGET http://site.test/ HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    ['a request smuggled behind the first', 'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'],
    ['a CONNECT smuggled behind the first', 'GET / HTTP/1.1\r\nHost: x\r\n\r\nCONNECT site.test:443 HTTP/1.1\r\n\r\n'],
    ['a websocket', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n'],
    ['an expectation that nobody knows', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: wonders\r\n\r\n'],
    ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['another scheme', 'GET ftp://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'],
    ['https in absolute form', 'GET https://site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'],
  ])('by %s gets an empty 400 and is closed', async (_, request) => {
    const answer = await answerTo(request)
    expect(answer).toBe('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    expect(outlet.targets).toEqual([])
  })

  test.each(['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', 'a.localhost', '127.1.1.1'])(
    'in absolute form or by CONNECT, as %s, gets no more',
    async (host) => {
      const port = await startProxy()
      expect(await answerTo(`GET http://${host}:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`, port)).toMatch(/^HTTP\/1.1 400 /)
      expect(await answerTo(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n\r\n`, port)).toMatch(/^HTTP\/1.1 400 /)
      expect(outlet.targets).toEqual([])
    },
  )
})

describe('a request that parsers read differently', () => {
  test.each([
    [
      'a length and chunks',
      'POST http://site.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST http://site.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    ['two lengths in one', 'POST http://site.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello'],
    ['a length with a sign', 'POST http://site.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello'],
    ['chunked, but not last', 'POST http://site.test/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['bare line feeds', 'GET http://site.test/ HTTP/1.1\nHost: x\n\n'],
    ['one bare line feed', 'GET http://site.test/ HTTP/1.1\r\nHost: x\nX: y\r\n\r\n'],
    ['a bare carriage return', 'GET http://site.test/ HTTP/1.1\r\nHost: x\rX: y\r\n\r\n'],
    ['a folded header', 'GET http://site.test/ HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n'],
    ['a space before the colon', 'GET http://site.test/ HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello'],
    ['a zero byte in a header', 'GET http://site.test/ HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
    ['no Host', 'GET http://site.test/ HTTP/1.1\r\n\r\n'],
    ['a user name in the address', 'GET http://user:pw@site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n'],
    ['an unknown method', 'FROB http://site.test/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an unknown version', 'GET http://site.test/ HTTP/3.7\r\nHost: x\r\n\r\n'],
    ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['SOCKS5', '\x05\x01\x00'],
    ['CONNECT without a port', 'CONNECT site.test HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT with a path', 'CONNECT http://site.test/ HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('by %s is refused', async (_, request) => {
    expect(await answerTo(request)).toMatch(/^HTTP\/1.1 400 /)
    expect(outlet.targets).toEqual([])
  })

  test.each(['gzip, chunked', 'xchunked'])('by the coding %s is not implemented', async (coding) => {
    const request = `POST http://site.test/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`
    expect(await answerTo(request)).toMatch(/^HTTP\/1.1 501 /)
  })

  test.each([
    ['one long header', `X: ${'a'.repeat(20_000)}\r\n`],
    ['many headers', 'X: a\r\n'.repeat(9_000)],
  ])('by a head of %s is too large', async (_, headers) => {
    expect(await answerTo(`GET http://site.test/ HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)).toMatch(/^HTTP\/1.1 431 /)
  })

  test('reaches the site with every header up to that size', async () => {
    let received = ''
    const port = await listenTcp(cleanup, (socket) => {
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
        if (received.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 204 No Content\r\n\r\n')
      })
    })
    outlet.sites.set('site.test', port)
    await answerTo(`GET http://site.test/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${'a:b\r\n'.repeat(2_500)}\r\n`)
    expect(received.match(/a: b/g)).toHaveLength(2_500)
  })
})

describe('a password', () => {
  const get = (headers: string): string => `GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n${headers}\r\n`

  test.each([
    ['is missing', ''],
    ['is wrong', `Proxy-Authorization: Basic ${btoa('user:wrong')}\r\n`],
    ['has no user name', `Proxy-Authorization: Basic ${btoa('secret')}\r\n`],
    ['is no base64', 'Proxy-Authorization: Basic !!!\r\n'],
    ['is of another scheme', 'Proxy-Authorization: Bearer secret\r\n'],
    ['is meant for the site', `Authorization: Basic ${btoa('user:secret')}\r\n`],
  ])('that %s is asked for', async (_, headers) => {
    const port = await startProxy({ password: 'secret' })
    const asked = /^HTTP\/1.1 407 [\s\S]*\r\nProxy-Authenticate: Basic realm="proxy"/
    expect(await answerTo(get(headers), port)).toMatch(asked)
    expect(await answerTo(`CONNECT site.test:443 HTTP/1.1\r\nHost: x\r\n${headers}\r\n`, port)).toMatch(asked)
    expect(outlet.targets).toEqual([])
  })

  test('that is right opens, with any user name and with colons', async () => {
    const port = await startProxy({ password: 'se:cret' })
    const page = await answerTo(get(`Proxy-Authorization: Basic ${btoa('someone:se:cret')}\r\n`), port)
    expect(page).toMatch(/^HTTP\/1.1 502 [\s\S]*no site of this name/)
    expect(outlet.targets).toEqual([{ host: 'site.test', port: 80 }])
  })

  test('is not asked of a web page, which gets its 400', async () => {
    expect(await answerTo('GET / HTTP/1.1\r\nHost: x\r\n\r\n', await startProxy({ password: 'secret' }))).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('limits', () => {
  test('an app that sends no whole head is closed after a while', async () => {
    const port = await startProxy({ limits: smallLimits })
    expect(await answerTo('', port)).toBe('')
    expect(await answerTo('GET http://site.test/ HTTP/1.1\r\nHo', port)).toBe('')
  })

  test('a proxy that closes leaves no socket of its own open', async () => {
    const proxy = await createHttpProxy({ host: '127.0.0.1', port: 0, outlet })
    const client = await RawClient.connect(proxy.port)
    client.write('GET http')
    const other = await RawClient.connect(proxy.port)
    await other.write('CONNECT nowhere HTTP/1.1\r\n\r\n').rest()
    await proxy.close()
    expect(await client.rest()).toHaveLength(0)
    expect(await startProxy({ port: proxy.port })).toBe(proxy.port)
  })
})

test('no bytes make the proxy throw', async () => {
  const port = await startProxy()
  const token = fc.constantFrom(
    ...[
      'GET ',
      'POST ',
      'CONNECT ',
      'http://a.test/',
      'a.test:1',
      '/',
      ' HTTP/1.1\r\n',
      ' HTTP/1.0\r\n',
      'Host: a\r\n',
      '\r\n',
      '\r\n\r\n',
    ],
    ...[
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: Upgrade\r\n',
      'Upgrade: websocket\r\n',
      'Expect: 100-continue\r\n',
    ],
    ...['Connection: close\r\n', 'abc', '3\r\nabc\r\n0\r\n\r\n', '\0', '\n', ':', 'Proxy-Authorization: Basic ====\r\n'],
  )
  const plausible = fc.array(token, { maxLength: 14 }).map((parts) => Buffer.from(parts.join(''), 'latin1'))
  await fc.assert(
    fc.asyncProperty(fc.oneof(plausible, plausible, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
      const client = await RawClient.connect(port)
      client.write(bytes).end()
      await client.rest()
      client.destroy()
    }),
    { numRuns: 250 },
  )
})
