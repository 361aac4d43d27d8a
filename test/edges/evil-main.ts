// A program: an edge in plain Node, HTTP/1.1 and WebSocket, that damages what passes. node evil-main.ts OPTIONS.json
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as ask, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { argv } from 'node:process'
import { type Duplex, PassThrough, pipeline, type Transform } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws'
import { type EvilOptions, STRUCK } from './evil.ts'
import { damagedBody, damagedMessages, type Fault, Meter } from './fault.ts'

const { listen, certificate, key, origin, fault } = JSON.parse(readFileSync(argv[2] ?? '', 'utf8')) as EvilOptions
const meter = fault && new Meter(fault, () => console.log(STRUCK))
const cut = origin.address.lastIndexOf(':')
const to = {
  host: origin.address.slice(0, cut).replace(/^\[|\]$/g, ''),
  port: Number(origin.address.slice(cut + 1)),
  servername: origin.serverName,
  ca: origin.certificate,
}
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false })

const server = createServer({ cert: certificate, key }, forward)
server.on('upgrade', forwardUpgrade)
server.on('clientError', (_error, socket) => socket.destroy())
server.listen(listen.port, listen.host, () => console.log(`listening ${(server.address() as AddressInfo).port}`))

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { method, url } = request
  const asked = ask({ ...to, method, path: url, headers: headersFor(request), agent: false })
  asked.on('error', () => response.destroy())
  asked.on('response', (answered) => {
    response.writeHead(answered.statusCode ?? 502, unmeasured('down', answered.headers))
    response.flushHeaders()
    pipeline(answered, damage('down', damagedBody), response, () => asked.destroy())
  })
  response.on('close', () => asked.destroy())
  pipeline(request, damage('up', damagedBody), asked, () => undefined)
}

function forwardUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => undefined)
  const { cookie = '', origin: from = '' } = request.headers
  const far = new WebSocket(`wss://${origin.address}${request.url}`, {
    createConnection: () => connectTls({ ...to, ALPNProtocols: ['http/1.1'] }),
    perMessageDeflate: false,
    headers: { host: origin.serverName, cookie, origin: from },
  })
  far.on('error', () => socket.destroy())
  // Whoever left before the relay has answered leaves there too, as by any honest edge.
  socket.on('close', () => far.terminate())
  far.on('unexpected-response', (_request, { statusCode }) => {
    socket.end(`HTTP/1.1 ${statusCode} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    far.terminate()
  })
  far.on('open', () => {
    upgrades.handleUpgrade(request, socket, head, (near) => {
      const [here, there] = [near, far].map((one) => createWebSocketStream(one, { objectMode: true })) as [Duplex, Duplex]
      pipeline(here, damage('up', damagedMessages), there, () => far.close())
      pipeline(there, damage('down', damagedMessages), here, () => near.close())
    })
  })
}

function damage(way: Fault['way'], by: (meter: Meter) => Transform): Transform {
  return meter?.fault.way === way ? by(meter) : new PassThrough({ objectMode: by === damagedMessages })
}

function headersFor(request: IncomingMessage): NodeJS.Dict<string | string[]> {
  const headers = unmeasured('up', request.headers)
  delete headers['connection']
  return { ...headers, host: origin.serverName }
}

/** Where bodies are damaged, no length is announced that would give it away. */
function unmeasured(way: Fault['way'], headers: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> {
  const { 'content-length': length, 'transfer-encoding': _coding, ...rest } = headers
  if (length === undefined || meter?.fault.way === way) return rest
  return { ...rest, 'content-length': length }
}
