// A stream: one app's bytes both ways inside a session, with credit. It holds state only; the session moves its bytes.
import { assert, type ResetCode } from './errors.ts'
import { PIECE_BYTES, STREAM_QUEUE_BYTES_MAX, STREAM_WINDOW_BYTES } from './limits.ts'
import type { Target } from './target.ts'

/** What happens to a stream. Called during Session.receive: a handler may write, and must not wait. */
export interface StreamHandler {
  /** The relay has dialled (only where the open asked to be told). */
  onOpened(): void
  /** The bytes are the handler's; each must be given back by Stream.consumed, at once or later. `isAlone`: so is the whole buffer behind them. */
  onData(bytes: Uint8Array, isAlone: boolean): void
  onFin(): void
  /** The stream is over, by the peer or by the session's end. Not called after Stream.reset. */
  onReset(code: ResetCode): void
  /** There is room again after Stream.write said there was none. */
  onRoom(): void
  /** A view, valid during the call only. */
  onDatagram(target: Target, bytes: Uint8Array): void
}

/** Bytes waiting to be sealed: `buffer` from `start` to `end`. */
export interface Chunk {
  readonly buffer: Uint8Array
  start: number
  readonly end: number
}

/** What a stream asks of its session. */
export interface StreamOwner {
  /** The stream has something to send. */
  ready(stream: Stream): void
  /** A frame outside the data order is due: window, opened or reset. */
  due(stream: Stream): void
  consumed(stream: Stream, bytes: number): void
}

const NOTHING: StreamHandler = { onOpened() {}, onData() {}, onFin() {}, onReset() {}, onRoom() {}, onDatagram() {} }

export class Stream {
  /** 0 until the open frame is written: ids grow in the order of open frames. */
  id: number
  readonly #owner: StreamOwner
  /** Set by whoever opens or accepts the stream, before anything can arrive. */
  handler: StreamHandler = NOTHING

  // Sending: what the session's scheduler reads and writes.
  /** An open frame still to be sent. */
  opening: { readonly target: Target; readonly flags: number } | undefined
  readonly queue: Chunk[] = []
  queuedBytes = 0
  sentBytes = 0
  /** The peer takes bytes up to this offset. */
  sendLimit: number
  finQueued = false
  finSent = false
  /** Somebody waits for onRoom. */
  wantsRoom = false
  /** In one of the scheduler's queues. */
  isScheduled = false
  /** Sent since it was last idle: decides between interactive and bulk. */
  burstBytes = 0
  lastSentMs = 0

  // Receiving.
  receivedBytes = 0
  unconsumedBytes = 0
  /** In which these came. */
  pieceCount = 0
  windowBytes: number = STREAM_WINDOW_BYTES
  receiveLimit: number = STREAM_WINDOW_BYTES
  lastWindowMs = 0
  finReceived = false

  // Frames that are due.
  openedDue = false
  windowDue = false
  resetDue: ResetCode | undefined
  /** Reset by either side, or closed both ways. */
  isOver = false

  constructor(id: number, owner: StreamOwner, sendLimit: number) {
    this.id = id
    this.#owner = owner
    this.sendLimit = sendLimit
  }

  /** Queues bytes, which with all of their buffer are the stream's from now on. False: pause until onRoom. */
  write(buffer: Uint8Array, start = 0, end: number = buffer.length): boolean {
    assert(!this.finQueued, 'nothing is written after fin')
    if (this.isOver) return true
    if (end > start) {
      this.queue.push({ buffer, start, end })
      this.queuedBytes += end - start
      this.#owner.ready(this)
    }
    this.wantsRoom = this.waitingBytes >= STREAM_QUEUE_BYTES_MAX / 2
    return !this.wantsRoom
  }

  /** No more bytes from this side; the other direction lives on. */
  fin(): void {
    if (this.finQueued || this.isOver) return
    this.finQueued = true
    this.#owner.ready(this)
  }

  /** Ends both directions; what is queued is dropped. */
  reset(code: ResetCode): void {
    if (this.isOver) return
    this.resetDue = code
    this.#owner.due(this)
  }

  /** Tells the peer that the dial succeeded. */
  opened(): void {
    if (this.isOver) return
    this.openedDue = true
    this.#owner.due(this)
  }

  /** Gives credit back for bytes that onData handed out. */
  consumed(bytes: number): void {
    if (this.isOver) return
    assert(bytes >= 0 && bytes <= this.unconsumedBytes, 'only what was received is consumed')
    if (bytes > 0) this.#owner.consumed(this, bytes)
  }

  /** What the queue takes, its chunks included. */
  get waitingBytes(): number {
    return this.queuedBytes + this.queue.length * PIECE_BYTES
  }

  /** What its reader has still to take, pieces included. */
  get heldBytes(): number {
    return this.unconsumedBytes + this.pieceCount * PIECE_BYTES
  }

  /** Bytes that may be sealed now. */
  get sendable(): number {
    return Math.min(this.queuedBytes, this.sendLimit - this.sentBytes)
  }

  /** Whether the scheduler has anything to do for it. */
  get hasWork(): boolean {
    if (this.isOver) return false
    return this.opening !== undefined || this.sendable > 0 || (this.finQueued && !this.finSent && this.queuedBytes === 0)
  }
}
