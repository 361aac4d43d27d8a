// A carrier of two pipes, its ends as the production drives know them, and its ways to die.
import type { Carrier, CarrierEvents } from '#protocol'
import type { SealedRecord } from '../../protocol/record.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import { type PathShape, Pipe } from './pipe.ts'

export interface CarrierShape {
  readonly up: PathShape
  readonly down: PathShape
}

export const NOBODY: CarrierEvents = { onMessage() {}, onRoom() {}, onClosed() {} }

/** One side's end. `events` is to be set before anything arrives. */
export class CarrierEnd implements Carrier {
  events: CarrierEvents = NOBODY
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

  get isClosed(): boolean {
    return this.#isClosed
  }

  start(): void {}

  get hasRoom(): boolean {
    return !this.#isClosed && this.#hasRoom()
  }

  send({ header, body, tag }: SealedRecord): void {
    this.sendMessage(Buffer.concat([header, body, tag]))
  }

  sendMessage(message: Uint8Array): void {
    if (!this.#isClosed) this.#send(message.slice())
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose()
    this.events.onClosed()
  }

  /** The world says so: this end is gone. */
  closed(wasReset: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.events.onClosed(wasReset)
  }

  /** A part of a message has come. */
  progressed(bytes: number): void {
    this.receivedBytes += bytes
  }

  arrived(message: Uint8Array): void {
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
  /** Cut or frozen: nothing more can be done to it. */
  #isDead = false

  constructor(clock: Clock, dice: Dice, shape: CarrierShape) {
    this.#clock = clock
    this.#dice = dice
    const pipe = (of: PathShape, to: () => CarrierEnd, from: () => CarrierEnd): Pipe =>
      new Pipe(clock, dice, of, {
        onProgress: (bytes) => to().progressed(bytes),
        onMessage: (message) => to().arrived(message),
        onEnd: () => to().closed(false),
        onRoom: () => from().roomy(),
      })
    const end = (pipeOut: () => Pipe): CarrierEnd =>
      new CarrierEnd(
        (message) => pipeOut().send(message),
        () => pipeOut().hasRoom,
        () => pipeOut().end(),
      )
    this.client = end(() => this.up)
    this.relay = end(() => this.down)
    this.up = pipe(
      shape.up,
      () => this.relay,
      () => this.client,
    )
    this.down = pipe(
      shape.down,
      () => this.client,
      () => this.relay,
    )
  }

  /** Whether both ends still hold it, and nothing has happened to it. */
  get isAlive(): boolean {
    return !this.#isDead && !this.client.isClosed && !this.relay.isClosed
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
      this.#clock.after(this.#dice.fraction() * 2 * (pipe.shape.delayMs + pipe.shape.jitterMs + 1), () => end.closed(true))
    }
  }

  /** Lets it die in silence, in one direction or both. */
  freeze(direction: 'up' | 'down' | 'both'): void {
    if (this.#isDead) return
    this.#isDead = direction === 'both'
    if (direction !== 'down') this.up.freeze()
    if (direction !== 'up') this.down.freeze()
  }

  /** Nothing passes until then; what was sent arrives late. */
  hold(untilMs: number): void {
    this.up.hold(untilMs)
    this.down.hold(untilMs)
  }

  /** From now on, so many bytes a millisecond at most. */
  throttle(bytesPerMs: number): void {
    for (const pipe of [this.up, this.down]) pipe.shape = { ...pipe.shape, bytesPerMs: Math.min(pipe.shape.bytesPerMs, bytesPerMs) }
  }
}
