// The worst edge: takes a request whole before it asks the origin, and the answer whole before it gives any of it.
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import type { SiteRequest, SiteResponse } from '../../relay/cover/site.ts'
import type { Origin } from './origin.ts'

export interface Edge {
  readonly port: number
  close(): Promise<void>
}

export async function startBufferingEdge(origin: Origin): Promise<Edge> {
  const { cert, key } = origin.fixture
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => void forward(origin.port, request, response))
  server.on('session', (session) => session.on('error', () => undefined))
  const sockets = new Set<{ destroy(): unknown }>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function forward(port: number, request: SiteRequest, response: SiteResponse): Promise<void> {
  try {
    const body = await whole(request)
    const { host: _, ...headers } = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':')))
    const asked = requestHttps({ port, host: '127.0.0.1', method: request.method, path: request.url, headers, rejectUnauthorized: false })
    response.on('close', () => asked.destroy())
    asked.on('error', () => response.destroy())
    asked.end(body)
    const [answered] = await once(asked, 'response')
    const bytes = await whole(answered)
    response.statusCode = answered.statusCode
    response.setHeader('Content-Type', answered.headers['content-type'] ?? 'text/html')
    response.setHeader('Content-Length', bytes.length)
    ;(response as { end(bytes: Buffer): void }).end(bytes)
  } catch {
    response.destroy()
  }
}

async function whole(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
