// The SOCKS5 proxy for apps on this machine: RFC 1928 CONNECT and UDP ASSOCIATE, RFC 1929 when a password is set. Names are never resolved
// here; the relay does that. What is not SOCKS5 (SOCKS4, TLS, a web page's request) is closed without a byte.
//
//   1. #accept    a socket comes in and has greetingMs for its request
//   2. #receive   its messages are read in one go, as far as they have come: greeting, password, request
//   3. #connect   the socket goes to the outlet, with whatever followed the request; the reply is written when the outlet answers
//      #associate or a UDP socket is opened, which lives as long as this one
//   4. #refuse    or the app gets its reply code, and has greetingMs to close
import { createServer, type Server, type Socket } from 'node:net'
import type { Target } from '#protocol'
import { Room } from '#protocol/room'
import { type ProxyLimits, proxyLimits } from '../limits.ts'
import {
  createPasswordCheck,
  ignoreError,
  joinOutlet,
  type LocalProxy,
  type LocalProxyOptions,
  listenLocal,
  PendingSockets,
  targetOf,
} from './local.ts'
import type { Outlet } from './outlet.ts'
import {
  COMMAND_CONNECT,
  encodeReply,
  METHOD_NONE,
  METHOD_NONE_ANSWER,
  METHOD_PASSWORD,
  METHOD_PASSWORD_ANSWER,
  METHOD_REFUSED_ANSWER,
  PASSWORD_RIGHT_ANSWER,
  PASSWORD_WRONG_ANSWER,
  Reply,
  type Request,
  readGreeting,
  readPassword,
  readRequest,
  replyOfReset,
} from './socks5-messages.ts'
import { openUdpAssociation } from './socks5-udp.ts'

/** Rejects with words for people when it can't listen there. */
export async function createSocks5Proxy(options: LocalProxyOptions): Promise<LocalProxy> {
  const proxy = new Socks5Proxy(options)
  try {
    const port = await listenLocal(proxy.server, options, options.limits ?? proxyLimits)
    return { port, close: async () => proxy.close() }
  } catch (error) {
    proxy.close()
    throw error
  }
}

/** What is awaited of an app, and the bytes of it that have come. After a refusal only its close is awaited. */
interface Dialogue {
  awaits: 'greeting' | 'password' | 'request' | 'close'
  held: Uint8Array
}

const EMPTY = new Uint8Array(0)
const SUCCEEDED = encodeReply(Reply.succeeded)

class Socks5Proxy {
  readonly server: Server
  readonly #room: Room
  readonly #outlet: Outlet
  readonly #limits: ProxyLimits
  readonly #isPassword: ((given: Uint8Array) => boolean) | undefined
  readonly #pending: PendingSockets<Dialogue>
  /** The sockets whose close ends a UDP association. */
  readonly #controls = new Set<Socket>()
  /** One function for all sockets: thousands come and go each second. */
  readonly #onData: (this: Socket, chunk: Uint8Array) => void
  readonly #onClose: (this: Socket) => void

  constructor(options: LocalProxyOptions) {
    this.#outlet = options.outlet
    this.#limits = options.limits ?? proxyLimits
    this.#isPassword = options.password === undefined ? undefined : createPasswordCheck(options.password)
    this.#pending = new PendingSockets(this.#limits)
    const receive = (socket: Socket, chunk: Uint8Array): void => this.#receive(socket, chunk)
    const pending = this.#pending
    this.#onData = function (chunk) {
      receive(this, chunk)
    }
    this.#onClose = function () {
      pending.delete(this)
    }
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
    this.#room = new Room(this.server, this.#limits.socketsMax)
  }

  close(): void {
    this.server.close()
    this.#pending.close()
    for (const control of this.#controls) control.destroy()
  }

  #accept(socket: Socket): void {
    this.#pending.add(socket, { awaits: 'greeting', held: EMPTY })
    socket.on('error', ignoreError).on('close', this.#onClose).on('end', destroyThis).on('data', this.#onData)
  }

  /** What is held is never more than an incomplete message: 512 bytes. */
  #receive(socket: Socket, chunk: Uint8Array): void {
    const dialogue = this.#pending.get(socket)
    if (dialogue === undefined) return
    let bytes = dialogue.held.length === 0 ? chunk : Buffer.concat([dialogue.held, chunk])
    while (this.#pending.get(socket) === dialogue) {
      const length = this.#read(socket, dialogue, bytes)
      if (length === undefined) return
      bytes = bytes.subarray(length)
    }
  }

  /** Reads one message and does what it asks; returns its length, or undefined when there is nothing to go on with. */
  #read(socket: Socket, dialogue: Dialogue, bytes: Uint8Array): number | undefined {
    const message =
      dialogue.awaits === 'greeting' ? readGreeting(bytes) : dialogue.awaits === 'password' ? readPassword(bytes) : readRequest(bytes)
    if (message === 'short') dialogue.held = bytes
    else if (message === 'garbage') socket.destroy()
    else if (typeof message === 'number') this.#refuse(socket, encodeReply(message))
    else if ('command' in message) this.#obey(socket, message, bytes.subarray(message.length))
    else {
      if ('methods' in message) this.#answerGreeting(socket, dialogue, message.methods)
      else this.#answerPassword(socket, dialogue, message.password)
      return message.length
    }
    return undefined
  }

  #answerGreeting(socket: Socket, dialogue: Dialogue, methods: Uint8Array): void {
    const method = this.#isPassword === undefined ? METHOD_NONE : METHOD_PASSWORD
    if (!methods.includes(method)) return this.#refuse(socket, METHOD_REFUSED_ANSWER)
    dialogue.awaits = method === METHOD_NONE ? 'request' : 'password'
    socket.write(method === METHOD_NONE ? METHOD_NONE_ANSWER : METHOD_PASSWORD_ANSWER)
  }

  #answerPassword(socket: Socket, dialogue: Dialogue, password: Uint8Array): void {
    if (this.#isPassword?.(password) !== true) return this.#refuse(socket, PASSWORD_WRONG_ANSWER)
    dialogue.awaits = 'request'
    socket.write(PASSWORD_RIGHT_ANSWER)
  }

  #obey(socket: Socket, request: Request, head: Uint8Array): void {
    if (request.command !== COMMAND_CONNECT) return this.#associate(socket, request)
    const target = targetOf(request.host, request.port)
    if (target === undefined) return this.#refuse(socket, encodeReply(Reply.generalFailure))
    this.#connect(socket, target, head)
  }

  #connect(socket: Socket, target: Target, head: Uint8Array): void {
    this.#pending.delete(socket)
    this.#room.settle(socket)
    socket.removeListener('data', this.#onData).removeListener('end', destroyThis).removeListener('close', this.#onClose)
    joinOutlet(this.#outlet, socket, target, head, SUCCEEDED, (code) => this.#refuse(socket, encodeReply(replyOfReset(code))))
  }

  #associate(socket: Socket, request: Request): void {
    if (this.#controls.size >= this.#limits.associationsMax) return this.#refuse(socket, encodeReply(Reply.generalFailure))
    this.#pending.delete(socket)
    this.#room.settle(socket)
    socket.removeListener('data', this.#onData).removeListener('close', this.#onClose)
    this.#controls.add(socket)
    socket.on('close', () => this.#controls.delete(socket))
    openUdpAssociation(socket, request.port, this.#outlet, this.#limits)
  }

  /** Reads on until the app closes: a socket closed with unread bytes would be reset, and its reply lost. */
  #refuse(socket: Socket, answer: Uint8Array): void {
    this.#pending.add(socket, { awaits: 'close', held: EMPTY })
    socket.removeListener('data', this.#onData).removeListener('end', destroyThis).removeListener('close', this.#onClose)
    socket.on('close', this.#onClose).resume().end(answer)
  }
}

function destroyThis(this: Socket): void {
  this.destroy()
}
