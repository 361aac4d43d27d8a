// The hop: a proxy on loopback through which the hidden windows reach their endpoints, and nothing else. Chromium asks it for the endpoint's name; the hop
// dials the address that the engine chose, as the Node dialer does (upstream proxy and names included), and copies bytes. TLS is Chromium's, end to end.
//
// It is an HTTP proxy rather than SOCKS, since Chromium gives a password to the former only. Who asks without this run's password learns nothing and gets
// nothing (407); each window has a name of its own in it, which says whose address is meant.
//
// By the same words the window reaches the hop itself, where its line to the engine begins (line.ts): once, and from nowhere else. A request that comes to
// the port itself, as another program or a page of some browser would make it, finds no such thing.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Room } from '#protocol/room'
import type { HopAccess } from '../../contract/dialer-messages.ts'
import { chromiumLimits } from '../limits.ts'
import { Flow, type Reach } from './flow.ts'
import { type Line, LineDoor } from './line.ts'

const CHALLENGE = 'Basic realm="hop"'
const HOP_HEADERS = `Proxy-Authenticate: ${CHALLENGE}\r\nContent-Length: 0\r\n\r\n`

/** What the hop knows of one window: whom it may reach, and how its flows fare. */
export class Passage {
  readonly #reach: Reach
  /** The only host:port that may be asked for. */
  readonly authority: string
  readonly #flows = new Set<Flow>()
  #latest: Flow | undefined
  /** Told of the window's line, once. */
  onLine: ((line: Line) => void) | undefined
  /** Of all flows, those that are over included. */
  receivedBytes = 0

  constructor(authority: string, reach: Reach) {
    this.authority = authority
    this.#reach = reach
  }

  /** How the last flow fared; undefined: none was asked for. */
  get latest(): Flow | undefined {
    return this.#latest
  }

  /** Somebody has taken the window: what was before is not theirs. */
  begin(): void {
    this.#latest = undefined
  }

  async join(near: Duplex, head: Uint8Array): Promise<void> {
    if (this.#flows.size >= chromiumLimits.flowsMax) {
      near.destroy()
      return
    }
    const flow = new Flow(near, (bytes) => {
      this.receivedBytes += bytes
    })
    this.#latest = flow
    this.#flows.add(flow)
    await flow.run(this.#reach, head)
    this.#flows.delete(flow)
  }

  /** Cuts all flows: whoever takes the window next begins with new ones. */
  cut(): void {
    for (const flow of this.#flows) flow.cut()
  }
}

export class Hop {
  readonly #server: Server
  readonly #room: Room
  readonly #password = randomBytes(24).toString('base64url')
  readonly #passages = new Map<string, Passage>()
  readonly #door = new LineDoor()
  readonly #sockets = new Set<Socket>()
  #listening: Promise<number> | undefined
  /** As a window names the hop itself. */
  #authority: string | undefined

  constructor() {
    this.#server = createServer((request, response) => this.#greet(request, response))
    this.#server.on('connect', (request: IncomingMessage, near: Duplex, head: Uint8Array) => void this.#connect(request, near, head))
    this.#server.on('upgrade', (_request, socket: Duplex) => socket.destroy())
    this.#server.on('clientError', (_error, socket: Duplex) => socket.destroy())
    // Of accepting one, with descriptors used up: whoever came is lost, and nothing else.
    this.#server.on('error', () => undefined)
    this.#room = new Room(this.#server, chromiumLimits.hopSocketsMax)
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  /** Lets the window that says these words reach this passage's endpoint, until `leave`. */
  async admit(user: string, passage: Passage): Promise<HopAccess> {
    this.#listening ??= this.#listen()
    const port = await this.#listening
    this.#passages.set(user, passage)
    return { port, user, password: this.#password }
  }

  leave(user: string): void {
    this.#passages.get(user)?.cut()
    this.#passages.delete(user)
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const { address, port } = this.#server.address() as AddressInfo
    this.#authority = `${address}:${port}`
    return port
  }

  /** A plain request is a window's first, by which Chromium learns the password. */
  #greet(request: IncomingMessage, response: ServerResponse): void {
    const isKnown = this.#passageOf(request) !== undefined
    response.writeHead(isKnown ? 204 : 407, isKnown ? {} : { 'Proxy-Authenticate': CHALLENGE }).end()
  }

  async #connect(request: IncomingMessage, near: Duplex, head: Uint8Array): Promise<void> {
    near.on('error', () => near.destroy())
    const passage = this.#passageOf(request)
    if (passage === undefined) return void near.end(`HTTP/1.1 407 Proxy Authentication Required\r\n${HOP_HEADERS}`)
    this.#room.settle(request.socket)
    if (request.url === this.#authority && passage.onLine !== undefined) return this.#openLine(near, passage.onLine, passage)
    if (request.url !== passage.authority) return void near.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    await passage.join(near, head)
  }

  #openLine(near: Duplex, onLine: (line: Line) => void, passage: Passage): void {
    passage.onLine = undefined
    near.write('HTTP/1.1 200 OK\r\n\r\n')
    this.#door.open(near, onLine)
  }

  #passageOf({ headers }: IncomingMessage): Passage | undefined {
    const [, words = ''] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers['proxy-authorization'] ?? '') ?? []
    const text = Buffer.from(words, 'base64').toString('latin1')
    const cut = text.indexOf(':')
    return isSame(text.slice(cut + 1), this.#password) ? this.#passages.get(text.slice(0, cut)) : undefined
  }
}

function isSame(said: string, password: string): boolean {
  const [a, b] = [Buffer.from(said, 'latin1'), Buffer.from(password, 'latin1')]
  return a.length === b.length && timingSafeEqual(a, b)
}
