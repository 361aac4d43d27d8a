// The window's line to the engine: a WebSocket to the engine's hop on this machine, by which all that a carrier carries comes and goes.
import { type FromPane, readToPane, type ToPane } from '../../../contract/dialer-messages.ts'

export interface LineEvents {
  onMessage(message: ToPane): void
  /** Of that WebSocket or request; the buffer is the callee's. */
  onBytes(id: number, bytes: ArrayBuffer): void
  /** The engine is gone. */
  onClosed(): void
}

export class Line {
  readonly #socket: WebSocket
  /** Whose bytes come, and go. */
  #from: number | undefined
  #to: number | undefined

  constructor(port: number, events: LineEvents) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => {
      const message = typeof data === 'string' ? readToPane(data) : undefined
      if (message?.kind === 'bytes') this.#from = message.id
      else if (message !== undefined) events.onMessage(message)
      else if (data instanceof ArrayBuffer && this.#from !== undefined) events.onBytes(this.#from, data)
    }
    socket.onclose = () => events.onClosed()
    this.#socket = socket
  }

  tell(message: FromPane): void {
    this.#socket.send(JSON.stringify(message))
  }

  /** One message of that WebSocket, or a piece of that answer. */
  send(id: number, bytes: ArrayBuffer | Uint8Array): void {
    if (this.#to !== id) this.tell({ kind: 'bytes', id })
    this.#to = id
    this.#socket.send(bytes as BufferSource)
  }
}
