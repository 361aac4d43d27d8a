// One direction of a carrier: a queue at the sender, a bandwidth, a way of some length, and what a censor does to it.
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'

export interface PathShape {
  readonly bytesPerMs: number
  /** One way. */
  readonly delayMs: number
  /** Added to the delay, from none to all of it; order is kept. */
  readonly jitterMs: number
  /** Waiting at the sender; past it the carrier has no room. */
  readonly queueBytesMax: number
}

/** What a censor, or a broken box, does to one message. */
export type Tampering = 'garble' | 'drop' | 'double'

export interface PipeEvents {
  onMessage(message: Uint8Array): void
  onRoom(): void
}

export class Pipe {
  readonly #clock: Clock
  readonly #dice: Dice
  readonly #events: PipeEvents
  shape: PathShape
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isSending = false
  #wasFull = false
  /** On their way, in order. */
  #flying: Uint8Array[] = []
  #lastArrivalMs = 0
  #state: 'open' | 'frozen' | 'cut' = 'open'
  #tampering: Tampering | undefined
  #bytesLeft = Number.POSITIVE_INFINITY
  #onSpent: () => void = () => undefined

  constructor(clock: Clock, dice: Dice, shape: PathShape, events: PipeEvents) {
    this.#clock = clock
    this.#dice = dice
    this.shape = shape
    this.#events = events
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get hasRoom(): boolean {
    const hasRoom = this.#state !== 'cut' && this.#queuedBytes < this.shape.queueBytesMax
    this.#wasFull ||= !hasRoom
    return hasRoom
  }

  send(message: Uint8Array): void {
    if (this.#state === 'cut') return
    this.#queue.push(message)
    this.#queuedBytes += message.length
    this.#transmit()
  }

  /** Nothing more arrives, and nobody is told. */
  freeze(): void {
    this.#state = 'frozen'
    this.#flying = []
  }

  /** What waits is lost; of what is on its way, some still arrives. */
  cut(): void {
    this.#state = 'cut'
    this.#queue.length = 0
    this.#flying = this.#flying.slice(0, this.#dice.between(0, this.#flying.length))
  }

  /** Calls back once so many more bytes have been sent; the message that they end in is lost. */
  spendAfter(bytes: number, onSpent: () => void): void {
    this.#bytesLeft = bytes
    this.#onSpent = onSpent
  }

  /** Does this to the next message. */
  tamper(how: Tampering): void {
    this.#tampering = how
  }

  #transmit(): void {
    const message = this.#queue[0]
    if (message === undefined || this.#isSending || this.#state !== 'open') return
    this.#isSending = true
    this.#clock.after(message.length / this.shape.bytesPerMs, () => {
      this.#isSending = false
      if (this.#state !== 'open') return
      this.#queue.shift()
      this.#queuedBytes -= message.length
      this.#bytesLeft -= message.length
      if (this.#bytesLeft < 0) return this.#onSpent()
      this.#fly(message)
      if (this.#wasFull && this.#queuedBytes <= this.shape.queueBytesMax / 2) {
        this.#wasFull = false
        this.#events.onRoom()
      }
      this.#transmit()
    })
  }

  #fly(message: Uint8Array): void {
    const how = this.#tampering
    this.#tampering = undefined
    if (how === 'drop') return
    const copies = how === 'double' ? [message, message] : [how === 'garble' ? this.#garbled(message) : message]
    for (const copy of copies) {
      const { delayMs, jitterMs } = this.shape
      this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#clock.nowMs + delayMs + jitterMs * this.#dice.fraction())
      this.#flying.push(copy)
      this.#clock.at(this.#lastArrivalMs, () => this.#arrive())
    }
  }

  /** Appointments of the same moment come in any order; messages do not. */
  #arrive(): void {
    const message = this.#flying.shift()
    if (message !== undefined) this.#events.onMessage(message)
  }

  #garbled(message: Uint8Array): Uint8Array {
    const garbled = message.slice()
    const at = this.#dice.between(0, garbled.length - 1)
    garbled[at] = (garbled[at] as number) ^ (1 << this.#dice.between(0, 7))
    return garbled
  }
}
