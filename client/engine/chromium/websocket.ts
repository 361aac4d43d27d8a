// A carrier over a WebSocket of a hidden window: each of its messages is one of the window's line, as it comes.
//
// Down, what is under way is bounded by the session's own credit, since a WebSocket can't be told to wait. Up, the window says what it has sent, and the
// carrier has no room while UP_BYTES_MAX are with it.
import type { Carrier, CarrierEvents } from '#protocol'
import { letGo, type SealedRecord } from '#protocol/node'
import { type FromPane, UP_BYTES_MAX } from '../../contract/dialer-messages.ts'
import { chromiumLimits } from '../limits.ts'
import type { Pane } from './panes.ts'

export class PaneWebSocket implements Carrier {
  readonly #pane: Pane
  readonly #id: number
  readonly #events: CarrierEvents
  readonly #beforeBytes: number
  /** Given to the window and not sent by it. */
  #heldBytes = 0
  #wasFull = false
  #state: 'waiting' | 'live' | 'closing' | 'over' = 'waiting'
  /** Came before start(). */
  #early: Uint8Array[] = []
  #earlyBytes = 0

  /** The pane's WebSocket of this id is open. */
  constructor(pane: Pane, id: number, beforeBytes: number, events: CarrierEvents) {
    this.#pane = pane
    this.#id = id
    this.#beforeBytes = beforeBytes
    this.#events = events
    pane.listen({
      onMessage: (message) => this.#hear(message),
      onBytes: (from, bytes) => {
        if (from === id) this.#down(bytes)
      },
      onGone: () => this.#ended(true),
    })
  }

  start(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'live'
    for (const message of this.#early.splice(0)) this.#down(message)
  }

  get hasRoom(): boolean {
    const hasRoom = this.#isUp && this.#heldBytes < UP_BYTES_MAX
    this.#wasFull ||= this.#isUp && !hasRoom
    return hasRoom
  }

  /** By what passed the hop, so that half a message counts. */
  get receivedBytes(): number {
    return this.#pane.passage.receivedBytes - this.#beforeBytes
  }

  send(record: SealedRecord): void {
    if (!this.#isUp) return
    record.holds++
    this.#up([record.header, record.body, record.tag], () => letGo(record))
  }

  sendMessage(message: Uint8Array): void {
    if (this.#isUp) this.#up([message.slice()])
  }

  close(): void {
    if (!this.#isUp) return
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
    if (message.kind === 'taken') this.#taken(message.bytes)
    else if (message.kind === 'ended') this.#ended(!message.isClean)
  }

  #down(message: Uint8Array): void {
    if (this.#state === 'live') return this.#events.onMessage(message)
    if (this.#state !== 'waiting') return
    this.#early.push(message.slice())
    this.#earlyBytes += message.length
    if (this.#earlyBytes > chromiumLimits.earlyBytesMax) this.#ended(true)
  }

  #up(pieces: readonly Uint8Array[], onSent?: () => void): void {
    this.#heldBytes += pieces.reduce((sum, { length }) => sum + length, 0)
    this.#pane.send(this.#id, pieces, onSent)
  }

  #taken(bytes: number): void {
    this.#heldBytes = Math.max(0, this.#heldBytes - bytes)
    if (!this.#wasFull || !this.hasRoom) return
    this.#wasFull = false
    this.#events.onRoom()
  }

  #ended(wasReset: boolean): void {
    const isTold = !this.#isUp
    this.#over()
    if (!isTold) this.#events.onClosed(wasReset)
  }

  #over(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#early = []
    this.#pane.release()
  }
}
