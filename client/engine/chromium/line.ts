// A window's line to the engine: a WebSocket on loopback, inside what the hop's password admits. Chromium's own network process moves its bytes, which costs
// a tenth of what messages between processes do (docs/decisions/chromium-dialer.md). Messages are those of client/contract/dialer-messages.ts.
//
// 1. a request for it comes through the hop, of a window that the hop knows        LineDoor
// 2. what the window says: text is messages, and binary is bytes of the last one named      #text, #binary
// 3. what the engine says, likewise: tell, send
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { encodeMessageHeader, encodePong, encodeTextHeader, ProtocolError, WebSocketReader } from '#protocol'
import { captureReads, type ReadSink } from '#protocol/node'
import { type FromPane, readFromPane, type ToPane } from '../../contract/dialer-messages.ts'

export interface LineEvents {
  onMessage(message: FromPane): void
  /** Of that WebSocket or request; a view that is valid during the call only. */
  onBytes(id: number, bytes: Uint8Array): void
  /** The window is gone, or what it said makes no sense. Called once. */
  onClosed(): void
}

export class Line implements ReadSink {
  readonly #socket: Socket
  readonly #reader: WebSocketReader
  #head: Uint8Array
  #events: LineEvents | undefined
  /** Whose bytes come, and go. */
  #from: number | undefined
  #to: number | undefined

  /** Takes the socket over. `head`: what came behind the upgrade. */
  constructor(socket: Socket, head: Uint8Array) {
    this.#socket = socket
    this.#head = head
    this.#reader = new WebSocketReader(true, {
      onMessage: (bytes) => this.#binary(bytes),
      onText: (text) => this.#text(text),
      onPing: (payload) => void socket.write(encodePong(payload, false)),
      onClose: () => this.close(),
    })
    socket.setNoDelay(true)
    socket.setTimeout(0)
    socket.on('error', () => this.close())
    socket.on('end', () => this.close())
    socket.on('close', () => this.#closed())
  }

  /** Begins to hand out what the window says. */
  start(events: LineEvents): void {
    this.#events = events
    if (this.#socket.destroyed) return this.#closed()
    const head = this.#head
    this.#head = new Uint8Array()
    if (this.#guard(() => this.#reader.take(head))) captureReads(this.#socket, this)
  }

  tell(message: ToPane): void {
    const text = Buffer.from(JSON.stringify(message))
    this.#write(encodeTextHeader(text.length), text)
  }

  /** One binary message, in pieces; `onSent` is called once the kernel has them, or never will. */
  send(id: number, pieces: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#socket.destroyed) return onSent?.()
    this.#socket.cork()
    if (this.#to !== id) this.tell({ kind: 'bytes', id })
    this.#to = id
    this.#write(
      encodeMessageHeader(
        pieces.reduce((sum, { length }) => sum + length, 0),
        false,
      ),
    )
    for (const piece of pieces.slice(0, -1)) this.#write(piece)
    this.#socket.write(pieces.at(-1) ?? new Uint8Array(), onSent)
    this.#socket.uncork()
  }

  close(): void {
    this.#socket.destroy()
  }

  // For the socket

  get target(): Uint8Array {
    return this.#reader.target
  }

  filled(count: number): boolean {
    this.#guard(() => this.#reader.filled(count))
    return true
  }

  #text(text: Uint8Array): void {
    const message = readFromPane(Buffer.from(text.buffer, text.byteOffset, text.length).toString())
    // What makes no sense may have been about bytes of a carrier: it can't go on without them.
    if (message === undefined) this.close()
    else if (message.kind === 'bytes') this.#from = message.id
    else this.#events?.onMessage(message)
  }

  #binary(bytes: Uint8Array): void {
    if (this.#from === undefined) this.close()
    else this.#events?.onBytes(this.#from, bytes)
  }

  #write(...pieces: readonly Uint8Array[]): void {
    if (this.#socket.destroyed) return
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
  }

  #guard(read: () => void): boolean {
    try {
      read()
      return !this.#socket.destroyed
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.close()
      return false
    }
  }

  #closed(): void {
    const events = this.#events
    this.#events = undefined
    this.#reader.close()
    events?.onClosed()
  }
}

/** `ws` answers the upgrade and lets go of the socket. Takes the place of its framing: @types/ws does not declare setSocket, so nothing marks this as an override. */
class UnframedWebSocket extends WebSocket {
  setSocket(): void {}
}

/** Where lines are opened: an HTTP server without a port, for sockets that the hop has admitted. */
export class LineDoor {
  readonly #server: Server = createServer((request) => request.socket.destroy())
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    WebSocket: UnframedWebSocket,
  })
  readonly #waiting = new WeakMap<Duplex, (line: Line) => void>()

  constructor() {
    this.#server.on('clientError', (_error, socket: Duplex) => socket.destroy())
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const onLine = this.#waiting.get(socket)
      this.#upgrades.handleUpgrade(request, socket, head, () => onLine?.(new Line(socket as Socket, head)))
    })
  }

  /** What comes on this socket is the request for a line. */
  open(socket: Duplex, onLine: (line: Line) => void): void {
    this.#waiting.set(socket, onLine)
    this.#server.emit('connection', socket)
  }
}
