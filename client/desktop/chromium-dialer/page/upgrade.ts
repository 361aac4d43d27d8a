// One WebSocket: its messages to the engine as they come, the engine's messages into it, no more at a time than it has room for.
import { CREDIT_BYTES, MESSAGE_BYTES_MAX, type ToPane, UP_BYTES_MAX } from '../../../contract/dialer-messages.ts'
import type { CookieTurn } from './cookie-turn.ts'
import type { Line } from './line.ts'

/** Nothing tells when a WebSocket has sent what it held: while it holds much, one looks so often. */
const LOOK_MS = 2
/** What the WebSocket may hold before the engine is told of more as taken: enough for the network service never to wait. */
const HELD_BYTES_MAX = UP_BYTES_MAX / 2

export class Upgrade {
  readonly id: number
  readonly #line: Line
  #socket: WebSocket | undefined
  #isOpen = false
  #isOver = false
  #untakenBytes = 0
  #isLooking = false

  constructor(line: Line, turn: CookieTurn, { id, path, cookie }: Extract<ToPane, { readonly kind: 'upgrade' }>) {
    this.#line = line
    this.id = id
    turn.take(cookie, () => new Promise<void>((settled) => this.#open(path, settled)).catch(() => this.#over(false)))
  }

  send(message: ArrayBuffer): void {
    if (!this.#isOpen || this.#isOver) return
    this.#socket?.send(message)
    this.#untakenBytes += message.byteLength
    this.#look()
  }

  /** What was sent still goes out, and the close frame behind it. */
  end(): void {
    if (this.#isOpen) this.#socket?.close()
    else this.#over(false)
  }

  #open(path: string, settled: () => void): void {
    if (this.#isOver) return settled()
    const socket = new WebSocket(`wss://${location.host}${path}`)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      settled()
      this.#isOpen = true
      this.#line.tell({ kind: 'upgraded', id: this.id })
    }
    socket.onmessage = ({ data }) => this.#message(data)
    socket.onclose = ({ wasClean }) => {
      settled()
      this.#over(wasClean)
    }
    this.#socket = socket
  }

  #message(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0 || data.byteLength > MESSAGE_BYTES_MAX) this.#over(false)
    else this.#line.send(this.id, data)
  }

  #look(): void {
    if (this.#isLooking || this.#untakenBytes < CREDIT_BYTES) return
    const held = this.#socket?.bufferedAmount ?? 0
    if (held <= HELD_BYTES_MAX) {
      this.#line.tell({ kind: 'taken', id: this.id, bytes: this.#untakenBytes })
      this.#untakenBytes = 0
      return
    }
    this.#isLooking = true
    setTimeout(() => {
      this.#isLooking = false
      if (!this.#isOver) this.#look()
    }, LOOK_MS)
  }

  #over(isClean: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    const socket = this.#socket
    if (socket !== undefined) {
      socket.onmessage = null
      socket.close()
    }
    this.#line.tell({ kind: 'ended', id: this.id, isClean })
  }
}
