import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { EDGE_KINDS, type Edge, type EdgeKind, startEdge } from './edge.ts'
import { startOrigin, type TestOrigin } from './origin.ts'
import { answerOf, begin, get, openHttp2, openWebSocket, take, textOf, VISITOR_ADDRESS } from './visitor.ts'

/** Whether this machine can run it. */
function canRun(kind: EdgeKind): boolean {
  if (kind === 'varnish') return needs('varnish')
  return kind === 'workerd' || needs('nginx')
}

const HTTP2_KINDS: readonly EdgeKind[] = ['nginx', 'nginx-421', 'nginx-buffering', 'nginx-cap', 'varnish']
/** All that a proxy before the edge may have said of the visitor. */
const SAYS_WHO = [
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Real-IP',
  'X-Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Forwarded',
  'Via',
]
const EARLIER = '203.0.113.7'

const EDGES = EDGE_KINDS.filter((kind) => kind !== 'evil')

describe.each(EDGES)('%s', (kind) => {
  describe.runIf(canRun(kind))('as an edge', () => {
    let origin: TestOrigin
    let edge: Edge
    beforeAll(async () => {
      origin = await startOrigin()
      edge = await startEdge(kind, { origin })
    })
    afterAll(async () => {
      await edge?.stop()
      await origin?.stop()
    })

    test('passes a WebSocket: its upgrade, and messages of any size both ways', async () => {
      const socket = openWebSocket(edge, { path: '/live', headers: { cookie: 'sid=abc' } })
      await once(socket, 'open')
      for (const size of [0, 1, 70_000, 3_000_000]) {
        const message = Buffer.alloc(size, 7)
        socket.send(message)
        const [back] = await once(socket, 'message')
        expect(message.equals(back)).toBe(true)
      }
      expect(origin.requests.at(-1)).toMatchObject({
        url: '/live',
        headers: { cookie: 'sid=abc', host: expect.stringContaining('origin.example') },
      })
      const gone = once(socket, 'close')
      socket.close()
      await gone
    })

    test('passes a body up, whole, and the answer down', async () => {
      const asked = origin.next('/up?x=1&y=%2F')
      const post = begin(edge, { path: '/up?x=1&y=%2F', method: 'POST' }).end(Buffer.alloc(2_000_000, 'up'))
      const { request, response } = await asked
      expect(request.method).toBe('POST')
      expect(await textOf(request)).toBe('up'.repeat(1_000_000))
      response.writeHead(201, { 'Content-Type': 'application/octet-stream' }).end(Buffer.alloc(2_000_000, 'down'))
      const answer = await answerOf(post)
      expect(answer.statusCode).toBe(201)
      expect(await textOf(answer)).toBe('down'.repeat(500_000))
    })

    test(kind === 'nginx-buffering' ? 'keeps an answer until it ends' : 'hands an answer on as it comes', async () => {
      const asked = origin.next('/stream')
      const wanted = begin(edge, { path: '/stream' }).end()
      const { response } = await asked
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' })
      response.write('first')
      if (kind === 'nginx-buffering') {
        let hasCome = false
        wanted.once('response', () => {
          hasCome = true
        })
        // What is written now reaches the edge after the first part: had that been handed on, it would be here by then.
        for (let i = 0; i < 3; i += 1) await get(edge, { path: '/count' })
        expect(hasCome).toBe(false)
        response.end('last')
        expect(await textOf(await answerOf(wanted))).toBe('firstlast')
      } else {
        const answer = await answerOf(wanted)
        expect(await take(answer, 5)).toBe('first')
        response.end('last')
        expect(await textOf(answer)).toBe('last')
      }
    })

    testWhere(kind === 'nginx-buffering')('keeps a body until it ends', async () => {
      const asked = origin.next('/slow-up')
      const post = begin(edge, { path: '/slow-up', method: 'POST', headers: { 'Content-Length': '9' } })
      post.write('first')
      let isAsked = false
      void asked.then(() => {
        isAsked = true
      })
      for (let i = 0; i < 3; i += 1) await get(edge, { path: '/count' })
      expect(isAsked).toBe(false)
      post.end('last')
      const { request, response } = await asked
      expect(await textOf(request)).toBe('firstlast')
      response.end()
    })

    testWhere(kind !== 'nginx-buffering')(`hands a${kind === 'varnish' ? ' large' : ''} body on as it comes`, async () => {
      // Varnish sends what fills its buffer.
      const first = kind === 'varnish' ? 'f'.repeat(200_000) : 'first'
      const asked = origin.next('/slow-up')
      const post = begin(edge, { path: '/slow-up', method: 'POST', headers: { 'Content-Length': String(first.length + 4) } })
      post.write(first)
      const { request, response } = await asked
      expect(await take(request, 5)).toBe(first.slice(0, 5))
      post.end('last')
      expect(await textOf(request)).toBe(`${first.slice(5)}last`)
      response.end()
    })

    test('keeps cookies, both ways', async () => {
      const asked = origin.next('/cookies')
      const cookie = `sid=${'A'.repeat(3_000)}; theme=dark`
      const wanted = begin(edge, { path: '/cookies', headers: { cookie } }).end()
      const { request, response } = await asked
      expect(request.headers.cookie).toBe(cookie)
      response.setHeader('Set-Cookie', ['a=1; Path=/; Secure', 'b=2; HttpOnly'])
      response.end()
      expect((await answerOf(wanted)).headers['set-cookie']).toEqual(['a=1; Path=/; Secure', 'b=2; HttpOnly'])
    })

    test('asks the origin each time, also for what may be cached', async () => {
      const first = Number((await get(edge, { path: '/count' })).text)
      expect(await get(edge, { path: '/count' })).toEqual({ status: 200, text: String(first + 1) })
    })

    test('tells the origin neither the visitor’s address nor what others said of them', async () => {
      const said = Object.fromEntries(SAYS_WHO.map((name) => [name, EARLIER]))
      await get(edge, { path: '/who', headers: said })
      const socket = openWebSocket(edge, { path: '/who', headers: said })
      await once(socket, 'open')
      socket.terminate()
      const told = origin.requests.filter(({ url }) => url === '/who')
      expect(told.length).toBe(2)
      for (const { rawHeaders } of told) {
        expect(rawHeaders.filter((text) => text.includes(EARLIER) || text.includes(VISITOR_ADDRESS))).toEqual([])
      }
    })

    test('leads visitors nowhere but to itself when the origin redirects', async () => {
      const asked = origin.next('/old')
      const wanted = begin(edge, { path: '/old' }).end()
      const { response } = await asked
      const own = kind === 'workerd' ? `https://${origin.serverName}:${origin.address.split(':')[1]}` : `https://${origin.serverName}`
      response.writeHead(301, { Location: `${own}/new` }).end()
      const { location } = (await answerOf(wanted)).headers
      expect(new URL(location ?? '', `https://${edge.serverName}/old`).pathname).toBe('/new')
      expect(location).not.toContain(origin.serverName)
    })

    testWhere(HTTP2_KINDS.includes(kind))('speaks HTTP/2 to visitors', async () => {
      const session = openHttp2(edge)
      session.on('error', () => undefined)
      const asked = origin.next('/h2')
      const stream = session.request({ ':method': 'POST', ':path': '/h2', ':authority': edge.serverName, cookie: 'sid=abc' })
      stream.end(Buffer.alloc(300_000, 'up'))
      const { request, response } = await asked
      expect(request.headers.cookie).toBe('sid=abc')
      expect(await textOf(request)).toBe('up'.repeat(150_000))
      response.end(Buffer.alloc(300_000, 'down'))
      expect(await textOf(stream)).toBe('down'.repeat(75_000))
      session.destroy()
    })
  })
})

/** A claim that not every kind of edge makes: where it does not, there is no test, rather than one that is skipped. */
function testWhere(isMade: boolean): (name: string, claim: () => Promise<void>) => void {
  return (name, claim) => {
    if (isMade) test(name, claim)
  }
}
