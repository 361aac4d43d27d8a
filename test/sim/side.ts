// One side of a session: the production drive and session, on a virtual clock and an event loop that may stall.
import {
  type Carrier,
  type CarrierEvents,
  Cipher,
  type Crypto,
  type Lane,
  ProtocolError,
  Session,
  type SessionEvents,
  type Stream,
} from '#protocol'
import { Drive, type DriveEvents, type Timing } from '#protocol/node'
import type { SealedRecord } from '../../protocol/record.ts'
import { checkBounds, claim } from './check.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'

export interface SideOptions {
  readonly clock: Clock
  readonly dice: Dice
  readonly crypto: Crypto
  readonly role: 'client' | 'relay'
  readonly secrets: { readonly up: Uint8Array; readonly down: Uint8Array }
  /** How long a turn of the event loop takes at most. */
  readonly turnMs: number
  /** Whether a censor may alter what is sent; else a record that can't be opened is a bug. */
  readonly mayGarble: boolean
  readonly onOpen?: SessionEvents['onOpen']
  readonly onGoaway?: SessionEvents['onGoaway']
  readonly onLost: DriveEvents['onLost']
  readonly onLate: DriveEvents['onLate']
}

export class Side {
  readonly drive: Drive
  readonly #clock: Clock
  /** What waits for the event loop to come round. */
  readonly #pending: (() => void)[] = []
  #busyUntilMs = 0
  /** What a drive would pass over as the peer's fault, or a bug in one session of many. */
  #failure: unknown

  constructor({ clock, dice, crypto, role, secrets, turnMs, mayGarble, onOpen, onGoaway, onLost, onLate }: SideOptions) {
    this.#clock = clock
    const timing: Timing = {
      now: () => clock.nowMs,
      soon: (action) => this.#later(dice.fraction() * turnMs, action),
      after: (delayMs, action) => this.#later(delayMs, action),
    }
    const options = {
      crypto,
      cipher: Cipher.aes256gcm,
      role,
      ...secrets,
      takesParts: true,
      random: (length: number) => dice.bytes(length),
      nowMs: clock.nowMs,
    }
    const fail = (error: unknown): void => {
      if (!(mayGarble && isOfCarrier(error))) this.#failure ??= error
    }
    this.drive = new Drive(
      (onWake): Session =>
        new WatchedSession(
          options,
          {
            onWake,
            onOpen: onOpen ?? (() => claim(false, 'the relay opens no stream')),
            onGoaway: onGoaway ?? (() => claim(false, 'the client says no goaway')),
            onRetire: (lane) => this.drive.onRetire(lane),
          },
          fail,
        ),
      { onEnd: (why) => fail(new Error(`the session ended: ${why}`)), onLost, onLate },
      timing,
    )
  }

  get session(): Session {
    return this.drive.session
  }

  /** Takes a carrier in, and what it hands out from now on goes through the event loop. */
  attach(carrier: Carrier, counter: number, peerExpects: number, gone: readonly number[]): CarrierEvents {
    const events = this.drive.attach(carrier, counter, peerExpects, gone)
    return {
      onMessage: (message) => this.turn(() => events.onMessage(message)),
      onRoom: () => this.turn(() => events.onRoom()),
      onClosed: (wasReset) => this.turn(() => events.onClosed(wasReset)),
    }
  }

  write(stream: Stream, buffer: Uint8Array, start: number, end: number): boolean {
    return this.drive.write(stream, buffer, start, end)
  }

  /** The event loop does something else for so long. */
  stall(durationMs: number): void {
    this.#busyUntilMs = this.#clock.nowMs + durationMs
  }

  /** Does it now, or when the event loop comes round; in the order in which it was asked for. */
  turn(action: () => void): void {
    this.#pending.push(action)
    if (this.#pending.length === 1) this.#go()
  }

  #go(): void {
    if (this.#clock.nowMs < this.#busyUntilMs) return void this.#clock.at(this.#busyUntilMs, () => this.#go())
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      next()
      this.#pending.shift()
      if (this.#failure !== undefined) throw this.#failure
    }
  }

  #later(delayMs: number, action: () => void): () => void {
    let isWanted = true
    const appointment = this.#clock.after(delayMs, () => this.turn(() => isWanted && action()))
    return () => {
      isWanted = false
      appointment.cancel()
    }
  }
}

/** Checks its bounds at every step, and keeps errors that its drive would swallow. */
class WatchedSession extends Session {
  readonly #fail: (error: unknown) => void

  constructor(options: ConstructorParameters<typeof Session>[0], events: SessionEvents, fail: (error: unknown) => void) {
    super(options, events)
    this.#fail = fail
  }

  override attach(...args: Parameters<Session['attach']>): Lane {
    return this.#watched(() => super.attach(...args))
  }

  override receive(...args: Parameters<Session['receive']>): void {
    return this.#watched(() => super.receive(...args))
  }

  override produce(...args: Parameters<Session['produce']>): SealedRecord | undefined {
    return this.#watched(() => super.produce(...args))
  }

  #watched<T>(step: () => T): T {
    try {
      const done = step()
      checkBounds(this)
      return done
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }
}

function isOfCarrier(error: unknown): boolean {
  return error instanceof ProtocolError && (error.code === 'bad-record' || error.code === 'record-gap')
}
