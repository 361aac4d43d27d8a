// A carrier over a WebSocket of a hidden window: messages in batches, with credit both ways.
//
// Down, the window sends a batch at once while the engine has read the one before, and gathers meanwhile; what is under way is bounded by the session's own
// credit, since a WebSocket can't be told to wait. Up, the window says what it has sent, and holds UP_BYTES_MAX at most.
import type { Carrier, CarrierEvents } from '#protocol'
import { BodyQueue, type SealedRecord } from '#protocol/node'
import { type FromPane, UP_BATCH_BYTES, UP_BYTES_MAX } from '../../contract/dialer-messages.ts'
import { chromiumLimits } from '../limits.ts'
import type { Pane } from './panes.ts'

export class PaneWebSocket implements Carrier {
  readonly #pane: Pane
  readonly #id: number
  readonly #events: CarrierEvents
  readonly #queue = new BodyQueue()
  readonly #beforeBytes: number
  /** Handed to the window and not sent by it. */
  #heldBytes = 0
  #wasFull = false
  #isFlushing = false
  #state: 'waiting' | 'live' | 'closing' | 'over' = 'waiting'
  /** Came before start(): one batch, since the next waits for a word. */
  #early: readonly ArrayBuffer[] = []

  /** The pane's WebSocket of this id is open. */
  constructor(pane: Pane, id: number, beforeBytes: number, events: CarrierEvents) {
    this.#pane = pane
    this.#id = id
    this.#beforeBytes = beforeBytes
    this.#events = events
    pane.listen({ onMessage: (message) => this.#hear(message), onGone: () => this.#ended(true) })
  }

  start(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'live'
    const early = this.#early
    this.#early = []
    if (early.length > 0) this.#read(early)
  }

  get hasRoom(): boolean {
    const hasRoom = this.#isUp && this.#queue.bytes + this.#heldBytes < UP_BYTES_MAX
    this.#wasFull ||= this.#isUp && !hasRoom
    return hasRoom
  }

  /** By what passed the hop, so that half a message counts. */
  get receivedBytes(): number {
    return this.#pane.passage.receivedBytes - this.#beforeBytes
  }

  send(record: SealedRecord): void {
    if (!this.#isUp) return
    this.#queue.addRecord(record)
    this.#soon()
  }

  sendMessage(message: Uint8Array): void {
    if (!this.#isUp) return
    this.#queue.addMessage(message)
    this.#soon()
  }

  close(): void {
    if (!this.#isUp) return
    this.#flush(Number.POSITIVE_INFINITY)
    this.#state = 'closing'
    this.#pane.tell({ kind: 'end', id: this.#id })
    setTimeout(() => this.#over(), chromiumLimits.closeMs).unref()
    this.#events.onClosed()
  }

  get #isUp(): boolean {
    return this.#state === 'waiting' || this.#state === 'live'
  }

  #hear(message: FromPane): void {
    if (!('id' in message) || message.id !== this.#id) return
    if (message.kind === 'down') this.#down(message.messages)
    else if (message.kind === 'taken') this.#taken(message.bytes)
    else if (message.kind === 'ended') this.#ended(!message.isClean)
  }

  #down(messages: readonly ArrayBuffer[]): void {
    if (this.#state === 'waiting') this.#early = [...this.#early, ...messages]
    else this.#read(messages)
  }

  #read(messages: readonly ArrayBuffer[]): void {
    for (const message of messages) if (this.#state === 'live') this.#events.onMessage(new Uint8Array(message))
    if (this.#state !== 'over') this.#pane.tell({ kind: 'more', id: this.#id })
  }

  #taken(bytes: number): void {
    this.#heldBytes = Math.max(0, this.#heldBytes - bytes)
    this.#flush(UP_BYTES_MAX)
    if (!this.#wasFull || !this.hasRoom) return
    this.#wasFull = false
    this.#events.onRoom()
  }

  /** What is sent in one go shares a batch. */
  #soon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    queueMicrotask(() => {
      this.#isFlushing = false
      this.#flush(UP_BYTES_MAX)
    })
  }

  #flush(heldBytesMax: number): void {
    while (this.#isUp && this.#queue.bytes > 0 && this.#heldBytes < heldBytesMax) {
      const items = this.#queue.take(UP_BATCH_BYTES)
      this.#heldBytes += items.length
      this.#pane.tell({ kind: 'up', id: this.#id, items })
    }
  }

  #ended(wasReset: boolean): void {
    const isTold = !this.#isUp
    this.#over()
    if (!isTold) this.#events.onClosed(wasReset)
  }

  #over(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#queue.clear()
    this.#pane.release()
  }
}
