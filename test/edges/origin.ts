// A site behind an edge, for the tests: it says what it was asked, and answers as slowly as a test wants.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { createCertificate } from '../../relay/certificate.ts'
import type { Origin } from './edge.ts'

export const ORIGIN_NAME = 'origin.example'

export interface TestOrigin extends Origin {
  /** What it was asked, in order, WebSockets included. */
  readonly requests: readonly IncomingMessage[]
  /** Resolves with the next request for `path`, of which nothing is read yet, and its answer, of which nothing is written. */
  next(path: string): Promise<Asked>
  stop(): Promise<void>
}

export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Answers `/count` with the number of times it was asked, cacheable; sends WebSocket messages back; leaves all else to next(). */
export async function startOrigin(): Promise<TestOrigin> {
  const { certificate, key } = createCertificate(ORIGIN_NAME, Date.now())
  const requests: IncomingMessage[] = []
  const waiting = new Map<string, (asked: Asked) => void>()
  let count = 0
  const server = createServer({ cert: certificate, key }, (request, response) => {
    requests.push(request)
    response.on('error', () => undefined)
    if (request.url === '/count') {
      count += 1
      response.writeHead(200, { 'Cache-Control': 'public, max-age=600', 'Content-Type': 'text/css' }).end(String(count))
      return
    }
    const take = waiting.get(request.url ?? '')
    if (take === undefined) response.writeHead(404).end()
    else take({ request, response })
  })
  const upgrades = new WebSocketServer({ server, perMessageDeflate: false })
  upgrades.on('connection', (socket, request) => {
    requests.push(request)
    socket.on('error', () => undefined)
    socket.on('message', (message) => socket.send(message))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    serverName: ORIGIN_NAME,
    certificate,
    requests,
    next: (path) =>
      new Promise((resolve) => {
        waiting.set(path, (asked) => {
          waiting.delete(path)
          resolve(asked)
        })
      }),
    stop: async () => {
      for (const socket of upgrades.clients) socket.terminate()
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
