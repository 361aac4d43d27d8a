// Hands an admitted request to the process that has its session, as it came, and passes on what both sides say.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpResponse } from '../carriers/http-response.ts'
import type { Reach } from '../cluster/hop.ts'
import type { SiteRequest } from '../cover/site.ts'
import { workerLimits } from '../limits.ts'

/** An upgrade whose 101 is out already. The other process answers with its own, which stays here. */
export function handOverUpgrade(reach: Reach, at: string, cookie: string, socket: Duplex, head: Buffer): void {
  const inner = reach(at, {
    path: '/',
    timeout: workerLimits.answerMs,
    headers: {
      Host: 'culvert',
      Cookie: cookie,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': `${'A'.repeat(22)}==`,
    },
  })
  socket.on('error', () => inner.destroy())
  socket.on('close', () => inner.destroy())
  inner.on('error', () => socket.destroy())
  inner.on('timeout', () => socket.destroy())
  // It has no room for this carrier any more.
  inner.on('response', () => socket.destroy())
  inner.on('upgrade', (_answer: IncomingMessage, other: Socket, first: Buffer) => {
    other.setTimeout(0)
    other.on('error', () => socket.destroy())
    socket.on('error', () => other.destroy())
    other.on('close', () => socket.destroy())
    socket.on('close', () => other.destroy())
    if (head.length > 0) other.write(head)
    if (first.length > 0) socket.write(first)
    socket.pipe(other).pipe(socket)
  })
  inner.end()
}

/** A request that is no upgrade. `refused` is called where the other process does not take it, or is gone: then nothing has been answered. */
export function handOverRequest(reach: Reach, at: string, request: SiteRequest, response: HttpResponse, refused: () => void): void {
  const inner = reach(at, { path: '/', method: request.method ?? 'GET', headers: passedOn(request.headers) })
  let isAnswered = false
  const refuse = (): void => {
    if (isAnswered) return void response.destroy()
    isAnswered = true
    request.unpipe(inner)
    refused()
  }
  inner.on('response', (answer) => {
    if (answer.statusCode !== 200) {
      answer.resume()
      return refuse()
    }
    isAnswered = true
    const headers = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name))
    response.writeHead(200, Object.fromEntries(headers))
    answer.on('error', () => response.destroy())
    answer.pipe(response)
  })
  inner.on('error', refuse)
  response.on('close', () => inner.destroy())
  request.on('error', () => inner.destroy())
  request.pipe(inner)
}

/** RFC 9110 §7.6.1. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection'])

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { cookie, 'content-length': length, 'transfer-encoding': coding } = headers
  return {
    host: 'culvert',
    ...(cookie !== undefined && { cookie }),
    ...(length !== undefined && { 'content-length': length }),
    ...(coding !== undefined && { 'transfer-encoding': coding }),
  }
}
