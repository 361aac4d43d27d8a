import { once } from 'node:events'
import { createServer as createH1, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createH2, type Http2Session } from 'node:http2'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import type { Endpoint } from '#protocol'
import type { HttpAnswer, HttpFlows } from '../../../client/engine/carriers/http-flows.ts'
import { Http1Flows } from '../../../client/engine/carriers/http1-flows.ts'
import { Http2Flows } from '../../../client/engine/carriers/http2-flows.ts'

const ENDPOINT: Endpoint = {
  address: '192.0.2.1:8443',
  serverName: 'front.example',
  hostName: 'hidden.example',
  path: '/news',
  pin: undefined,
  carriers: ['http'],
  isEdge: true,
}
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Stands in for TLS: these flows ask nothing of it but its ALPN. */
async function openTo(server: Server, alpn: string): Promise<TLSSocket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  return Object.assign(socket, { alpnProtocol: alpn }) as unknown as TLSSocket
}

async function listening<S extends Server>(server: S): Promise<S> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return server
}

function ask(flows: HttpFlows, body?: Uint8Array): Promise<HttpAnswer | undefined> {
  return new Promise((done) => flows.ask({ cookie: 'sid=abc', body }, done))
}

async function textOf(answer: HttpAnswer | undefined): Promise<string> {
  let text = ''
  for await (const chunk of answer?.body ?? []) text += chunk
  return text
}

describe('over HTTP/1.1', () => {
  async function flowsTo(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<HttpFlows> {
    const server = await listening(createH1({ keepAlive: true }, answer))
    const open = (): Promise<TLSSocket> => openTo(server, 'http/1.1')
    const flows = new Http1Flows(ENDPOINT, await open(), open)
    ends.push(() => flows.destroy())
    return flows
  }

  test('a request names the host that is meant, not the one of TLS', async () => {
    const flows = await flowsTo(({ method, url, headers }, response) =>
      response.end([method, url, headers.host, headers.cookie, headers.origin].join(' ')),
    )
    expect(await textOf(await ask(flows))).toBe('GET /news hidden.example:8443 sid=abc ')
    expect(await textOf(await ask(flows, new Uint8Array(3)))).toBe('POST /news hidden.example:8443 sid=abc https://hidden.example:8443')
  })

  test('a flow that the site ends while a request is on its way is replaced', async () => {
    let count = 0
    const flows = await flowsTo((request, response) => {
      count++
      if (count === 2) request.socket.destroy()
      else response.end(`answer ${count}`)
    })
    expect(await textOf(await ask(flows))).toBe('answer 1')
    expect(await textOf(await ask(flows))).toBe('answer 3')
  })

  test('another protocol in place of an answer is none', async () => {
    const server = await listening(createServer((socket) => socket.once('data', () => socket.write(SWITCHING))))
    const flows = new Http1Flows(ENDPOINT, await openTo(server, 'http/1.1'), () => openTo(server, 'http/1.1'))
    ends.push(() => flows.destroy())
    expect(await ask(flows)).toBe(undefined)
  })

  test('a site that ends every flow gets no third try', async () => {
    let count = 0
    const flows = await flowsTo((request, response) => {
      if (++count > 1) request.socket.destroy()
      else response.end()
    })
    await textOf(await ask(flows))
    expect(await ask(flows)).toBe(undefined)
    expect(count).toBe(3)
  })
})

describe('over HTTP/2', () => {
  test('a flow that ends while the next one can’t be had ends nothing else', async () => {
    const server = await listening(createH2())
    const sessions: Http2Session[] = []
    server.on('session', (session) => sessions.push(session))
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 })
      stream.write('first')
      stream.session?.goaway()
    })
    const first = await openTo(server, 'h2')
    const next = Promise.withResolvers<TLSSocket>()
    const flows = new Http2Flows(ENDPOINT, first, () => next.promise)
    ends.push(() => flows.destroy())
    const answer = await ask(flows)
    await once(answer?.body as Readable, 'data')
    const second = ask(flows)
    for (const session of sessions) session.destroy()
    await once(first, 'close')
    await new Promise(setImmediate)
    next.reject(new Error('blocked'))
    expect(await second).toBe(undefined)
    // A rejection that nobody takes would end this run.
    await new Promise(setImmediate)
  })

  test('a site that says goodbye finishes what is under way, and the next request goes to a new flow', async () => {
    const sessions: Http2Session[] = []
    const server = await listening(createH2())
    server.on('session', (session) => sessions.push(session))
    server.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200, 'content-type': 'text/plain' })
      stream.write(`${headers[':authority']} on flow ${sessions.length}`)
      if (headers[':method'] === 'GET') {
        stream.session?.goaway()
        stream.end(', goodbye')
      } else stream.end()
    })
    const open = (): Promise<TLSSocket> => openTo(server, 'h2')
    const flows = new Http2Flows(ENDPOINT, await open(), open)
    ends.push(() => flows.destroy())
    expect(await textOf(await ask(flows))).toBe('hidden.example:8443 on flow 1, goodbye')
    expect(await textOf(await ask(flows, new Uint8Array(1)))).toBe('hidden.example:8443 on flow 2')
  })

  test('where no flow can be had there is no answer, and the next request tries again', async () => {
    const server = await listening(createH2())
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 })
      stream.end('at last')
    })
    let tries = 0
    const open = (): Promise<TLSSocket> => (++tries === 1 ? Promise.reject(new Error('blocked')) : openTo(server, 'h2'))
    const dead = await openTo(server, 'h2')
    const flows = new Http2Flows(ENDPOINT, dead, open)
    ends.push(() => flows.destroy())
    dead.destroy()
    await once(dead, 'close')
    expect(await ask(flows)).toBe(undefined)
    expect(await textOf(await ask(flows))).toBe('at last')
  })
})
