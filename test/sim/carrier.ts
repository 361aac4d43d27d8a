// A carrier of two pipes, its ends as the production drivers know them, and its ways to die.
import type { Carrier, CarrierEvents } from '#protocol'
import type { SealedRecord } from '../../protocol/record.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import { type PathShape, Pipe } from './pipe.ts'

export interface CarrierShape {
  readonly up: PathShape
  readonly down: PathShape
}

/** One side's end. `events` is to be set before anything arrives. */
export class CarrierEnd implements Carrier {
  events: CarrierEvents = { onMessage() {}, onRoom() {}, onClosed() {} }
  readonly #send: (message: Uint8Array) => void
  readonly #hasRoom: () => boolean
  readonly #onClose: () => void
  #isClosed = false
  receivedBytes = 0

  constructor(send: (message: Uint8Array) => void, hasRoom: () => boolean, onClose: () => void) {
    this.#send = send
    this.#hasRoom = hasRoom
    this.#onClose = onClose
  }

  start(): void {}

  get hasRoom(): boolean {
    return !this.#isClosed && this.#hasRoom()
  }

  send({ header, body, tag }: SealedRecord): void {
    this.sendMessage(Buffer.concat([header, body, tag]))
  }

  sendMessage(message: Uint8Array): void {
    if (!this.#isClosed) this.#send(message)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose()
  }

  /** The world says so: this end is gone. */
  closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.events.onClosed()
  }

  arrived(message: Uint8Array): void {
    this.receivedBytes += message.length
    if (!this.#isClosed) this.events.onMessage(message)
  }

  roomy(): void {
    if (!this.#isClosed) this.events.onRoom()
  }
}

export class SimCarrier {
  readonly #clock: Clock
  readonly #dice: Dice
  readonly up: Pipe
  readonly down: Pipe
  readonly client: CarrierEnd
  readonly relay: CarrierEnd
  #isDead = false

  constructor(clock: Clock, dice: Dice, shape: CarrierShape) {
    this.#clock = clock
    this.#dice = dice
    this.up = new Pipe(clock, dice, shape.up, { onMessage: (message) => this.relay.arrived(message), onRoom: () => this.client.roomy() })
    this.down = new Pipe(clock, dice, shape.down, {
      onMessage: (message) => this.client.arrived(message),
      onRoom: () => this.relay.roomy(),
    })
    this.client = new CarrierEnd(
      (message) => this.up.send(message),
      () => this.up.hasRoom,
      () => this.cut(),
    )
    this.relay = new CarrierEnd(
      (message) => this.down.send(message),
      () => this.down.hasRoom,
      () => this.cut(),
    )
  }

  /** Ends it as a reset does: each side notices sooner or later. */
  cut(): void {
    if (this.#isDead) return
    this.#isDead = true
    for (const [pipe, end] of [
      [this.up, this.relay],
      [this.down, this.client],
    ] as const) {
      pipe.cut()
      this.#clock.after(this.#dice.fraction() * 2 * (pipe.shape.delayMs + pipe.shape.jitterMs + 1), () => end.closed())
    }
  }

  /** Lets it die in silence, in one direction or both. */
  freeze(direction: 'up' | 'down' | 'both'): void {
    if (this.#isDead) return
    this.#isDead = direction === 'both'
    if (direction !== 'down') this.up.freeze()
    if (direction !== 'up') this.down.freeze()
  }
}
