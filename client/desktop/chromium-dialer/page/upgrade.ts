// One WebSocket: its messages to the engine in batches, the engine's batches into it, no more at a time than it has room for.
import { DOWN_BATCH_BYTES, type FromPane, MESSAGE_BYTES_MAX, type ToPane, UP_BYTES_MAX } from '../../../contract/dialer-messages.ts'
import type { CookieTurn } from './cookie-turn.ts'

/** Nothing tells when a WebSocket has sent what it held: while it holds much, one looks so often. */
const LOOK_MS = 2
/** What the WebSocket may hold before the engine's next batch is taken: enough for the network service never to wait. */
const HELD_BYTES_MAX = UP_BYTES_MAX / 2

type Order<Kind extends ToPane['kind']> = Extract<ToPane, { readonly kind: Kind }>

export class Upgrade {
  readonly id: number
  readonly #port: MessagePort
  #socket: WebSocket | undefined
  #isOpen = false
  #isOver = false
  /** Came down and not handed on. */
  #messages: ArrayBuffer[] = []
  #bytes = 0
  /** The engine has not read the batch before. */
  #isBusy = false
  #untakenBytes = 0
  #isLooking = false

  constructor(port: MessagePort, turn: CookieTurn, { id, path, cookie }: Order<'upgrade'>) {
    this.#port = port
    this.id = id
    turn.take(cookie, () => new Promise<void>((settled) => this.#open(path, settled)).catch(() => this.#over(false)))
  }

  obey(order: Order<'up' | 'more' | 'end'>): void {
    if (order.kind === 'up') this.#send(order.items)
    else if (order.kind === 'more') this.#more()
    else this.end()
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
      this.#tell({ kind: 'upgraded', id: this.id })
    }
    socket.onmessage = ({ data }) => this.#message(data)
    socket.onclose = ({ wasClean }) => {
      settled()
      this.#over(wasClean)
    }
    this.#socket = socket
  }

  #send(items: Uint8Array): void {
    if (!this.#isOpen || this.#isOver) return
    let offset = 0
    while (offset + 2 < items.length) {
      const start = offset + 2
      offset = start + (((items[offset] as number) << 8) | (items[offset + 1] as number))
      this.#socket?.send(items.subarray(start, offset) as BufferSource)
    }
    this.#untakenBytes += items.length
    this.#look()
  }

  #more(): void {
    this.#isBusy = false
    if (this.#bytes > 0) this.#hand()
  }

  #message(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0 || data.byteLength > MESSAGE_BYTES_MAX) return this.#over(false)
    this.#messages.push(data)
    this.#bytes += data.byteLength
    if (!this.#isBusy || this.#bytes >= DOWN_BATCH_BYTES) this.#hand()
  }

  #hand(): void {
    this.#isBusy = true
    this.#tell({ kind: 'down', id: this.id, messages: this.#messages })
    this.#messages = []
    this.#bytes = 0
  }

  #look(): void {
    if (this.#isLooking || this.#untakenBytes === 0) return
    const held = this.#socket?.bufferedAmount ?? 0
    if (held <= HELD_BYTES_MAX) {
      this.#tell({ kind: 'taken', id: this.id, bytes: this.#untakenBytes })
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
    if (this.#bytes > 0) this.#hand()
    this.#isOver = true
    const socket = this.#socket
    if (socket !== undefined) {
      socket.onmessage = null
      socket.close()
    }
    this.#tell({ kind: 'ended', id: this.id, isClean })
  }

  #tell(message: FromPane): void {
    this.#port.postMessage(message)
  }
}
