// One direction of a carrier: a queue at the sender, a bandwidth, a way of some length, and what a censor or an edge does to it.
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
export type Tampering = 'garble' | 'drop' | 'double' | 'truncate' | 'reorder'

export interface PipeEvents {
  /** Bytes came, perhaps only a part of a message. */
  onProgress(bytes: number): void
  onMessage(message: Uint8Array): void
  /** The sender has ended it, and all that it sent has come. */
  onEnd(): void
  onRoom(): void
}

/** What a socket takes from the wire at once. */
const SEGMENT_BYTES = 1_400

export class Pipe {
  readonly #clock: Clock
  readonly #dice: Dice
  readonly #events: PipeEvents
  shape: PathShape
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isSending = false
  #wasFull = false
  #isEnding = false
  /** On their way, in order; undefined: the end. */
  #flying: (Uint8Array | undefined)[] = []
  #lastArrivalMs = 0
  #state: 'open' | 'frozen' | 'cut' = 'open'
  #heldUntilMs = 0
  #tampering: Tampering | undefined
  #withheld: Uint8Array | undefined
  sentBytes = 0
  readonly #crossings: { readonly bytes: number; readonly onCrossed: () => void }[] = []
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
    const hasRoom = this.#state !== 'cut' && !this.#isEnding && this.#queuedBytes < this.shape.queueBytesMax
    this.#wasFull ||= !hasRoom
    return hasRoom
  }

  send(message: Uint8Array): void {
    if (this.#state === 'cut' || this.#isEnding) return
    this.#queue.push(message)
    this.#queuedBytes += message.length
    this.#transmit()
  }

  /** Ends behind what was sent. */
  end(): void {
    this.#isEnding = true
    this.#transmit()
  }

  /** Nothing more passes, and nobody is told. Of what is on its way, some is past the censor. */
  freeze(passes = this.#dice.between(0, this.#flying.length)): void {
    if (this.#state !== 'open') return
    this.#state = 'frozen'
    this.#flying = this.#flying.slice(0, passes)
  }

  /** What waits is lost; of what is on its way, some still arrives. */
  cut(): void {
    this.#state = 'cut'
    this.#queue.length = 0
    this.#flying = this.#flying.slice(0, this.#dice.between(0, this.#flying.length))
  }

  /** Nothing arrives until then. */
  hold(untilMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMs)
  }

  /** Lets so many more bytes pass, then no more, and calls back. */
  spendAfter(bytes: number, onSpent: () => void): void {
    this.#bytesLeft = bytes
    this.#onSpent = onSpent
  }

  /** Calls back once so much has been sent in all; nothing is lost by that. */
  crossAfter(bytes: number, onCrossed: () => void): void {
    this.#crossings.push({ bytes: this.sentBytes + bytes, onCrossed })
  }

  /** Does this to the next message. */
  tamper(how: Tampering): void {
    this.#tampering = how
  }

  #transmit(): void {
    if (this.#isSending || this.#state !== 'open') return
    const message = this.#queue[0]
    if (message === undefined) {
      if (this.#isEnding) this.#fly(undefined)
      return
    }
    const wait = Math.max(0, this.#heldUntilMs - this.#clock.nowMs)
    this.#isSending = true
    this.#clock.after(wait + message.length / this.shape.bytesPerMs, () => this.#sent(message))
    this.#trickle(message, wait)
  }

  #sent(message: Uint8Array): void {
    this.#isSending = false
    if (this.#state !== 'open') return
    this.#queue.shift()
    this.#queuedBytes -= message.length
    this.sentBytes += message.length
    this.#bytesLeft -= message.length
    if (this.#bytesLeft < 0) {
      this.#bytesLeft = Number.POSITIVE_INFINITY
      this.freeze(this.#flying.length)
      return this.#onSpent()
    }
    while ((this.#crossings[0]?.bytes ?? Number.POSITIVE_INFINITY) <= this.sentBytes) this.#crossings.shift()?.onCrossed()
    this.#tampered(message)
    if (this.#wasFull && this.#queuedBytes <= this.shape.queueBytesMax / 2) {
      this.#wasFull = false
      this.#events.onRoom()
    }
    this.#transmit()
  }

  /** On a slow way the other side sees the parts of a message come long before its end. */
  #trickle(message: Uint8Array, waitMs: number): void {
    const { bytesPerMs, delayMs } = this.shape
    const partMs = Math.max(100, SEGMENT_BYTES / bytesPerMs)
    const left = this.#bytesLeft
    for (let ms = partMs; ms < message.length / bytesPerMs && ms * bytesPerMs <= left; ms += partMs) {
      this.#clock.after(waitMs + ms + delayMs, () => this.#state !== 'cut' && this.#events.onProgress(Math.floor(partMs * bytesPerMs)))
    }
  }

  #tampered(message: Uint8Array): void {
    const how = this.#tampering
    this.#tampering = undefined
    if (how === 'reorder') {
      this.#withheld = message
      return
    }
    if (how === 'garble') this.#fly(this.#garbled(message))
    else if (how === 'truncate') this.#fly(message.subarray(0, this.#dice.between(0, message.length - 1)))
    else if (how !== 'drop') this.#fly(message)
    if (how === 'double') this.#fly(message)
    if (this.#withheld !== undefined) this.#fly(this.#withheld)
    this.#withheld = undefined
  }

  #fly(message: Uint8Array | undefined): void {
    const { delayMs, jitterMs } = this.shape
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#clock.nowMs + delayMs + jitterMs * this.#dice.fraction(), this.#heldUntilMs)
    this.#flying.push(message)
    this.#clock.at(this.#lastArrivalMs, () => this.#arrive())
  }

  /** Appointments of the same moment come in any order; messages do not. */
  #arrive(): void {
    if (this.#flying.length === 0) return
    const now = this.#clock.nowMs
    if (now < this.#heldUntilMs) return void this.#clock.at(this.#heldUntilMs, () => this.#arrive())
    const message = this.#flying.shift()
    if (message === undefined) return this.#events.onEnd()
    this.#events.onProgress(message.length)
    this.#events.onMessage(message)
  }

  #garbled(message: Uint8Array): Uint8Array {
    const garbled = message.slice()
    const at = this.#dice.between(0, garbled.length - 1)
    garbled[at] = (garbled[at] as number) ^ (1 << this.#dice.between(0, 7))
    return garbled
  }
}
