// A visitor of an edge: plain requests by HTTP/1.1 and HTTP/2, and WebSockets, from an address that must not reach the origin.
import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { request as ask } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { Edge } from './edge.ts'

/** Another than the edge's own, so that it can be told from it. */
export const VISITOR_ADDRESS = '127.0.0.9'

export interface Visit {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Other than the edge's own where the edge is to be fronted. */
  readonly tlsName?: string
}

/** A request of which nothing but the head is sent. */
export function begin(edge: Edge, { path, method = 'GET', headers = {}, tlsName = edge.serverName }: Visit): ClientRequest {
  const [host, port] = hostPort(edge)
  const to = { host, port, servername: tlsName, localAddress: VISITOR_ADDRESS, rejectUnauthorized: false, agent: false }
  const asked = ask({ ...to, path, method, headers: { host: edge.serverName, ...headers } })
  asked.on('error', () => undefined)
  return asked
}

/** Resolves with the head of the answer; rejects where none comes. */
export function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve).once('error', reject)
  })
}

/** The whole answer to a request without a body. */
export async function get(edge: Edge, visit: Visit): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await answerOf(begin(edge, visit).end())
  return { status: answer.statusCode ?? 0, text: await textOf(answer) }
}

export async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The next so many bytes; what follows stays unread. */
export async function take(stream: IncomingMessage, bytes: number): Promise<string> {
  let chunk: Buffer | null = stream.read(bytes)
  while (chunk === null) {
    await once(stream, 'readable')
    chunk = stream.read(bytes)
  }
  return chunk.toString()
}

export function openWebSocket(edge: Edge, { path, headers = {}, tlsName = edge.serverName }: Visit): WebSocket {
  const [host, port] = hostPort(edge)
  const socket = new WebSocket(`wss://${edge.serverName}:${port}${path}`, {
    createConnection: () =>
      connectTls({ host, port, servername: tlsName, localAddress: VISITOR_ADDRESS, rejectUnauthorized: false } as never),
    perMessageDeflate: false,
    headers: { ...headers },
  })
  socket.on('error', () => undefined)
  return socket
}

/** Only where the edge speaks HTTP/2. */
export function openHttp2(edge: Edge): ClientHttp2Session {
  const [host, port] = hostPort(edge)
  return connectHttp2(`https://${edge.serverName}:${port}`, {
    createConnection: () => secure(connectTcp({ host, port, localAddress: VISITOR_ADDRESS }), edge.serverName),
  })
}

function secure(socket: Socket, servername: string): TLSSocket {
  return connectTls({ socket, servername, ALPNProtocols: ['h2'], rejectUnauthorized: false })
}

function hostPort({ address }: Edge): readonly [string, number] {
  const cut = address.lastIndexOf(':')
  return [address.slice(0, cut), Number(address.slice(cut + 1))]
}
