// What sites send that browsers take, and what an app is told of it: heads that break the rules, interim answers, trailers, bytes too many.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHttpProxy } from '../../../client/engine/proxy/http.ts'
import { Cleanup, FakeOutlet, listenTcp, RawClient } from './fakes.ts'

const cleanup = new Cleanup()
let outlet: FakeOutlet

beforeEach(() => {
  outlet = new FakeOutlet()
})
afterEach(() => cleanup.run())

/** Its port. */
async function siteThatSends(answer: string, thenEnd = true): Promise<number> {
  return await listenTcp(cleanup, (socket) => {
    socket.once('data', () => (thenEnd ? socket.end(answer, 'latin1') : socket.write(answer, 'latin1')))
  })
}

/** A client of a proxy whose one site sends `answer` for each head that comes. */
async function connectToSite(answer: string, thenEnd = true): Promise<RawClient> {
  outlet.sites.set('site.test', await siteThatSends(answer, thenEnd))
  const proxy = cleanup.add(await createHttpProxy({ host: '127.0.0.1', port: 0, outlet }))
  const client = await RawClient.connect(proxy.port)
  cleanup.defer(() => client.destroy())
  return client
}

const get = (headers = '', version = '1.1'): string =>
  `GET http://site.test/ HTTP/${version}\r\nHost: site.test\r\nConnection: close\r\n${headers}\r\n`

/** Head and body, whatever bounds the body: the site's own framing never goes on unread. */
async function askOnce(answer: string, thenEnd = true): Promise<[head: string, body: string]> {
  const text = await (await connectToSite(answer, thenEnd)).write(get()).restText()
  const [head = '', ...rest] = text.replace(/^HTTP\/1.1 1\d\d [\s\S]*?\r\n\r\n/, '').split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  return [head, /^transfer-encoding: chunked/im.test(head) ? body.replace(/[0-9a-f]+\r\n([\s\S]*?)\r\n/g, '$1') : body]
}

describe('an answer that breaks the rules, and that browsers take,', () => {
  test.each([
    ['bare line feeds', 'HTTP/1.1 200 OK\nX-A: 1 2\nContent-Length: 5\n\nhello'],
    ['one bare line feed', 'HTTP/1.1 200 OK\r\nX-A: 1 2\nContent-Length: 5\r\n\r\nhello'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 5\r\n\r\nhello'],
    ['its length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1 2\r\ncontent-length: 5\r\n\r\nhello'],
    ['its length twice in one', 'HTTP/1.1 200 OK\r\nX-A: 1 2\r\nContent-Length: 5, 5\r\n\r\nhello'],
    [
      'its length twice, after an interim answer',
      'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1 2\r\nContent-Length: 5,5\r\n\r\nhello',
    ],
    ['bytes behind its end', 'HTTP/1.1 200 OK\r\nX-A: 1 2\r\nContent-Length: 5\r\n\r\nhello\r\n\r\nHTTP/1.1 200 Evil\r\n\r\n'],
    [
      'sizes of chunks with spaces behind them',
      'HTTP/1.1 200 OK\r\nX-A: 1 2\r\nTransfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\n0\r\n\r\n',
    ],
    ['a version that there is not', 'HTTP/1.2 200 OK\r\nX-A: 1 2\r\nContent-Length: 5\r\n\r\nhello'],
  ])('by %s reaches the app', async (_, answer) => {
    const [head, body] = await askOnce(answer)
    expect(head).toMatch(/HTTP\/1\.1 200 OK\r\n/)
    expect(head).toContain('\r\nX-A: 1 2')
    expect(body).toBe('hello')
  })

  test.each([1, 2, 3, 7])('reaches it, too, when it comes %i bytes at a time', async (size) => {
    const answer = Buffer.from('HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 5\nX-A: 1\n 2\nContent-Length: 5\n\nhello')
    const port = await listenTcp(cleanup, (socket) => {
      socket.once('data', () => {
        for (let i = 0; i < answer.length; i += size) socket.write(answer.subarray(i, i + size))
        socket.end()
      })
    })
    const client = await connectToSite('')
    outlet.sites.set('site.test', port)
    expect(await client.write(get()).restText()).toMatch(/HTTP\/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1 2\r\n[\s\S]*\r\n\r\nhello$/)
  })

  test.each([
    ['a body that HEAD has none of', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['a body that 204 has none of', 'GET', 'HTTP/1.1 204 No\r\n\r\nhello'],
    ['a body that 304 has none of', 'GET', 'HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\nhello'],
  ])('by %s reaches it without', async (_, method, answer) => {
    const client = await connectToSite(answer)
    const text = await client.write(get().replace('GET', method)).restText()
    expect(text).toMatch(/^HTTP\/1.1 (200|204|304) /)
    expect(text).not.toContain('hello')
  })
})

describe('an answer whose end the site tells in two ways', () => {
  test.each([
    ['a length, and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['a length, and no coding but its end', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: identity\r\n\r\nhello'],
  ])('by %s has one end for the app', async (_, answer) => {
    const [head, body] = await askOnce(answer)
    expect(head).not.toMatch(/content-length/i)
    expect(body).toBe('hello')
  })

  test('never becomes the answer to the next request on the app’s socket', async () => {
    const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
    const heads = [
      'Content-Length: 0\r\n',
      'Content-Length: 0\r\nTransfer-Encoding: identity\r\n',
      'Transfer-Encoding: chunked, x\r\nContent-Length: 0\r\n',
    ]
    const client = await connectToSite('')
    outlet.sites.set('good.test', await siteThatSends('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood'))
    for (const head of heads) {
      outlet.sites.set('site.test', await siteThatSends(`HTTP/1.1 200 OK\r\n${head}\r\n${evil}`))
      const [answer, next] = ['site.test', 'good.test'].map((name) => `GET http://${name}/ HTTP/1.1\r\nHost: ${name}\r\n\r\n`)
      client.write(`${answer}${next}`)
      expect((await client.textUntil('good')).split('\r\n\r\n').at(-2)).toMatch(/HTTP\/1.1 200 OK\r\nContent-Length: 4/)
    }
  })

  test('by two lengths is none', async () => {
    const [head] = await askOnce('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!')
    expect(head).toMatch(/^HTTP\/1.1 502 /)
  })
})

describe('interim answers', () => {
  const final = 'HTTP/1.1 204 No Content\r\n\r\n'

  test('go on to the app with their headers, in their order, before the answer', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 9\r\n\r\n'
    const client = await connectToSite(`HTTP/1.1 102 Processing\r\n\r\n${hints}HTTP/1.1 199 Mine\r\nX-A: 1\r\nX-A: 2\r\n\r\n${final}`)
    client.write(get())
    expect(await client.textUntil('\r\n\r\n')).toBe('HTTP/1.1 102 Processing\r\n\r\n')
    expect(await client.textUntil('\r\n\r\n')).toBe('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n')
    expect(await client.textUntil('\r\n\r\n')).toBe('HTTP/1.1 199 Mine\r\nX-A: 1\r\nX-A: 2\r\n\r\n')
    expect(await client.restText()).toMatch(/^HTTP\/1.1 204 No Content\r\n/)
  })

  test('come at once, not with the answer', async () => {
    const client = (await connectToSite('HTTP/1.1 103 Early Hints\r\n\r\n', false)).write(get())
    expect(await client.textUntil('\r\n\r\n')).toBe('HTTP/1.1 103 Early Hints\r\n\r\n')
  })

  test('are few, however many the site sends', async () => {
    const client = await connectToSite(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)}${final}`)
    const text = await client.write(get()).restText()
    expect(text).toContain('HTTP/1.1 204 No Content')
    expect(text.split('103 Early Hints').length).toBeLessThanOrEqual(65)
  })

  test('go to no app of HTTP/1.0, which knows none', async () => {
    const client = await connectToSite(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${final}`)
    expect(await client.write(get('', '1.0')).restText()).toMatch(/^HTTP\/1.1 204 No Content\r\n/)
  })
})

describe('trailers', () => {
  const chunks = 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\nContent-Length: 9\r\n\r\n'

  test('of an answer reach the app, without those that would frame it', async () => {
    const text = await (await connectToSite(`HTTP/1.1 200 OK\r\n${chunks}`)).write(get()).restText()
    expect(text).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n$/)
  })

  test('of an answer to HTTP/1.0, which has no place for them, are left out', async () => {
    const text = await (await connectToSite(`HTTP/1.1 200 OK\r\n${chunks}`)).write(get('', '1.0')).restText()
    expect(text).toMatch(/\r\n\r\nhello$/)
  })

  test('with a character that must not go out harm neither the answer nor the proxy', async () => {
    const client = await connectToSite(`HTTP/1.1 200 OK\r\n${chunks.replace(': 2', ': \x01')}`)
    expect(await client.write(get()).restText()).toMatch(/hello\r\n0\r\n(X-Sum: 1\r\n)?\r\n$/)
  })

  test('of a request reach the site', async () => {
    const received = Promise.withResolvers<string>()
    const client = await connectToSite('')
    const port = await listenTcp(cleanup, (socket) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (text.endsWith('\r\n\r\n') && text.includes('hello')) received.resolve(text)
      })
    })
    outlet.sites.set('site.test', port)
    client.write(`POST http://site.test/ HTTP/1.1\r\nHost: site.test\r\n${chunks.replace('Content-Length: 9\r\n', '')}`)
    expect(await received.promise).toMatch(/hello\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n$/)
  })
})
