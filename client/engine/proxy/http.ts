// The HTTP proxy for apps on this machine: CONNECT, and requests in absolute form. Node's server parses, strictly. Names are never resolved
// here. Whatever is not meant for a proxy (a web page's request to this port, under any name) gets an empty 400 and is closed.
//
//   1. #serve, #connect, #upgrade   what a request asks for, and whether it may
//   2. #takeTurn                    one request at a time on each socket, in their order
//   3. forward (http-forward.ts)    or joinOutlet (local.ts)
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Target } from '#protocol'
import { Room } from '#protocol/room'
import { type ProxyLimits, proxyLimits } from '../limits.ts'
import { type AbsoluteForm, isOwnAddress, parseAbsoluteForm, parseAuthority } from './http-form.ts'
import { forward, type UpgradingSocket } from './http-forward.ts'
import { sendPasswordPage, sendRefusal, sendResetPage } from './http-page.ts'
import {
  createPasswordCheck,
  ignoreError,
  joinOutlet,
  type LocalProxy,
  type LocalProxyOptions,
  listenLocal,
  PendingSockets,
} from './local.ts'
import type { Outlet } from './outlet.ts'

/** Rejects with words for people when it can't listen there. */
export async function createHttpProxy(options: LocalProxyOptions): Promise<LocalProxy> {
  const proxy = new HttpProxy(options)
  try {
    const port = await listenLocal(proxy.server, options, options.limits ?? proxyLimits)
    return { port, close: async () => proxy.close() }
  } catch (error) {
    proxy.close()
    throw error
  }
}

const CONNECTED: Uint8Array = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n')
const HEAD_TOO_LARGE = 'HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
const NOT_HTTP = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

class HttpProxy {
  readonly server: Server
  readonly #room: Room
  readonly #outlet: Outlet
  readonly #limits: ProxyLimits
  readonly #isPassword: ((given: Uint8Array) => boolean) | undefined
  /** Sockets that were refused after Node's server had let go of them, until they close. */
  readonly #refused: PendingSockets<undefined>
  /** Sockets with a request under way, and the requests that wait behind it. */
  readonly #turns = new WeakMap<Socket, (() => void)[]>()

  constructor(options: LocalProxyOptions) {
    this.#outlet = options.outlet
    this.#limits = options.limits ?? proxyLimits
    this.#isPassword = options.password === undefined ? undefined : createPasswordCheck(options.password)
    this.#refused = new PendingSockets(this.#limits)
    this.server = createServer({
      maxHeaderSize: this.#limits.headBytesMax,
      headersTimeout: this.#limits.greetingMs,
      connectionsCheckingInterval: this.#limits.sweepMs,
      keepAliveTimeout: this.#limits.keepAliveMs,
      // An upload may take as long as it takes.
      requestTimeout: 0,
      shouldUpgradeCallback: isWebSocketUpgrade,
    })
    this.#room = new Room(this.server, this.#limits.socketsMax)
    // The head's size bounds the number of headers; beyond a number of its own Node would drop them silently.
    this.server.maxHeadersCount = 0
    this.server.on('request', (request, response) => this.#serve(request, response))
    // The site says whether to go on, so its 100 is passed on, and none of our own is made.
    this.server.on('checkContinue', (request, response) => this.#serve(request, response))
    // Any other expectation is the site's as well: Node would say 417 before anybody saw who asks.
    this.server.on('checkExpectation', (request, response) => this.#serve(request, response))
    this.server.on('connect', (request, socket, head) => this.#connect(request, socket, head))
    this.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.server.on('clientError', refuseBytes)
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
    this.#refused.close()
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#takeTurn(request.socket, response, () => {
      const form = this.#permit(request, response)
      if (form === undefined) return
      this.#room.settle(request.socket)
      void forward(this.#outlet, this.#limits, form, response, undefined)
    })
  }

  #connect(request: IncomingMessage, duplex: Duplex, head: Uint8Array): void {
    const socket = this.#release(duplex)
    if (socket === undefined) return
    const target = parseAuthority(request.url ?? '')
    if (target === undefined || this.#isOwn(target, socket)) return sendRefusal(this.#respond(request, socket), 400)
    if (!this.#isPermitted(request)) return sendPasswordPage(this.#respond(request, socket))
    this.#room.settle(socket)
    joinOutlet(this.#outlet, socket, target, head, CONNECTED, (code) => sendResetPage(this.#respond(request, socket), code))
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Uint8Array): void {
    const socket = this.#release(duplex)
    if (socket === undefined) return
    const response = this.#respond(request, socket)
    const form = this.#permit(request, response)
    const upgrading: UpgradingSocket = { socket, head }
    if (form === undefined) return
    this.#room.settle(socket)
    void forward(this.#outlet, this.#limits, form, response, upgrading)
  }

  /** What to forward; undefined when the request has been refused. */
  #permit(request: IncomingMessage, response: ServerResponse): AbsoluteForm | undefined {
    const form = parseAbsoluteForm(request.method ?? '', request.url ?? '')
    const coding = request.headers['transfer-encoding']
    if (form === undefined || this.#isOwn(form.target, request.socket)) sendRefusal(response, 400)
    else if (coding !== undefined && coding.toLowerCase() !== 'chunked') sendRefusal(response, 501)
    else if (!this.#isPermitted(request)) sendPasswordPage(response)
    else return form
    return undefined
  }

  #isOwn(target: Target, socket: Socket): boolean {
    return isOwnAddress(target, socket.localAddress, socket.localPort)
  }

  #isPermitted(request: IncomingMessage): boolean {
    if (this.#isPassword === undefined) return true
    const [, base64 = ''] = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(request.headers['proxy-authorization'] ?? '') ?? []
    const pair = Buffer.from(base64, 'base64')
    const colon = pair.indexOf(':')
    return colon >= 0 && this.#isPassword(pair.subarray(colon + 1))
  }

  /** Node emits pipelined requests at once; their order is what the app relies on. */
  #takeTurn(socket: Socket, response: ServerResponse, answer: () => void): void {
    const waiting = this.#turns.get(socket)
    if (waiting === undefined) {
      // A refusal has ended the socket; what stood behind it in the same packet is not read.
      if (!socket.writable) return
      this.#turns.set(socket, [])
      response.on('close', () => this.#endTurn(socket))
      answer()
    } else if (waiting.length < this.#limits.pipelinedMax) {
      waiting.push(() => this.#takeTurn(socket, response, answer))
    } else socket.destroy()
  }

  #endTurn(socket: Socket): void {
    const waiting = this.#turns.get(socket) ?? []
    this.#turns.delete(socket)
    for (const take of waiting) take()
  }

  /** Takes a socket that Node's server has let go of. undefined, and destroyed, when an answer to an earlier request is still under way. */
  #release(duplex: Duplex): Socket | undefined {
    if (!(duplex instanceof Socket) || this.#turns.has(duplex)) {
      duplex.destroy()
      return undefined
    }
    return duplex.removeAllListeners('timeout').setTimeout(0).on('error', ignoreError)
  }

  /** A response for a socket that Node's server has let go of; the socket ends with it. */
  #respond(request: IncomingMessage, socket: Socket): ServerResponse {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.on('finish', () => {
      response.detachSocket(socket)
      this.#refused.add(socket, undefined)
      socket.on('close', () => this.#refused.delete(socket))
      // Read until the app closes: a socket closed with unread bytes would be reset, and its answer lost.
      socket.resume().end()
    })
    return response
  }
}

/** Any other upgrade is an offer that a proxy leaves out; with a body it is a request first. */
function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  return headers.upgrade?.toLowerCase() === 'websocket' && !hasBody
}

/** For what the parser refuses. In the middle of an answer there is nothing to say. */
function refuseBytes(error: Error & { code?: string }, duplex: Duplex): void {
  const isFresh = duplex instanceof Socket && duplex.bytesWritten === 0 && duplex.writable
  if (!isFresh || error.code === 'ECONNRESET' || error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    duplex.destroy()
    return
  }
  duplex.write(error.code === 'HPE_HEADER_OVERFLOW' ? HEAD_TOO_LARGE : NOT_HTTP)
  duplex.destroySoon()
}
