// One side of a session: the production Session, driven on virtual time the way protocol/node/drive.ts drives it on real time.
//
// Unlike that driver it outlives its carriers: it loses one, and goes on with the next.
import { type Carrier, type CarrierEvents, Cipher, type Crypto, ProtocolError, Session, type SessionEvents, type Stream } from '#protocol'
import { HEADROOM_BYTES } from '../../protocol/outgoing.ts'
import { checkBounds, claim } from './check.ts'
import type { Appointment, Clock } from './clock.ts'
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
  /** The carrier is gone. */
  readonly onLost: () => void
}

export class Side implements CarrierEvents {
  readonly session: Session
  readonly #options: SideOptions
  readonly #clock: Clock
  #carrier: Carrier | undefined
  readonly #inbox: Uint8Array[] = []
  /** Streams whose sources wait for room, though nothing of theirs is queued. */
  readonly #waiting = new Set<Stream>()
  #isWoken = false
  #isPumping = false
  #timer: Appointment | undefined
  #busyUntilMs = 0

  constructor(options: SideOptions) {
    const { clock, dice, crypto, role, secrets, onOpen, onGoaway } = options
    this.#options = options
    this.#clock = clock
    this.session = new Session(
      { crypto, cipher: Cipher.aes256gcm, role, ...secrets, random: (length) => dice.bytes(length), nowMs: clock.nowMs },
      {
        onWake: () => this.#wake(),
        onOpen: onOpen ?? (() => claim(false, 'the relay opens no stream')),
        onGoaway: onGoaway ?? (() => claim(false, 'the client says no goaway')),
      },
    )
  }

  get hasCarrier(): boolean {
    return this.#carrier !== undefined
  }

  /** `next`: what the peer expects, on every carrier but the first. */
  attach(carrier: Carrier, next: number | undefined): void {
    this.detach()
    this.#carrier = carrier
    if (next !== undefined) this.session.resume(next, this.#clock.nowMs)
    this.#wake()
    this.#schedule()
  }

  /** Drops the carrier and whatever it still holds. */
  detach(): void {
    const carrier = this.#carrier
    this.#carrier = undefined
    this.#inbox.length = 0
    this.#timer?.cancel()
    this.#timer = undefined
    carrier?.close()
  }

  /** As Drive.write: at once where it can be, queued where not. */
  write(stream: Stream, buffer: Uint8Array, start: number, end: number): boolean {
    if (this.#carrier?.hasRoom) {
      const record = this.session.sealNow(stream, buffer, start, end, this.#clock.nowMs)
      if (record !== undefined) {
        this.#carrier.send(record)
        if (this.#hasRoom) return true
        this.#waiting.add(stream)
        return false
      }
    }
    const copy = new Uint8Array(HEADROOM_BYTES + end - start)
    copy.set(buffer.subarray(start, end), HEADROOM_BYTES)
    return stream.write(copy, HEADROOM_BYTES)
  }

  get #hasRoom(): boolean {
    return this.#carrier?.hasRoom === true && this.session.hasRoom
  }

  /** The event loop does something else for so long. */
  stall(durationMs: number): void {
    this.#busyUntilMs = this.#clock.nowMs + durationMs
  }

  onMessage(message: Uint8Array): void {
    this.#inbox.push(message)
    this.#turn(() => this.#read())
  }

  onRoom(): void {
    this.#turn(() => this.#pump())
  }

  onClosed(): void {
    this.#lose()
  }

  /** Does it now, or when the event loop comes round. */
  #turn(action: () => void): void {
    const run = (): void => (this.#clock.nowMs < this.#busyUntilMs ? void this.#clock.at(this.#busyUntilMs, run) : action())
    run()
  }

  #read(): void {
    while (this.#inbox.length > 0) {
      try {
        this.session.receive(this.#inbox.shift() as Uint8Array, this.#clock.nowMs)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        const isCarriers = error.code === 'bad-record' || error.code === 'record-gap'
        claim(isCarriers && this.#options.mayGarble, `no honest peer causes a ${error.code} error (${error.message})`)
        return this.#lose()
      }
      checkBounds(this.session)
    }
    this.#schedule()
  }

  #wake(): void {
    if (this.#isWoken || this.#isPumping) return
    this.#isWoken = true
    this.#clock.after(this.#options.dice.fraction() * this.#options.turnMs, () =>
      this.#turn(() => {
        this.#isWoken = false
        this.#pump()
      }),
    )
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.#carrier?.hasRoom) {
      const record = this.session.produce(this.#clock.nowMs)
      if (record === undefined) break
      this.#carrier.send(record)
    }
    this.#isPumping = false
    checkBounds(this.session)
    this.#resume()
    this.#schedule()
  }

  /** Lets one source go on a turn. */
  #resume(): void {
    if (!this.#hasRoom) return
    for (const stream of this.#waiting) {
      this.#waiting.delete(stream)
      if (stream.isOver) continue
      if (this.#waiting.size > 0) this.#wake()
      return stream.handler.onRoom()
    }
  }

  #schedule(): void {
    const atMs = Math.max(this.session.deadlineMs(), this.#clock.nowMs + 1)
    if (this.#carrier === undefined || atMs >= (this.#timer?.atMs ?? Number.POSITIVE_INFINITY)) return
    this.#timer?.cancel()
    this.#timer = this.#clock.at(atMs, () => this.#turn(() => this.#tick()))
  }

  #tick(): void {
    this.#timer = undefined
    if (this.#carrier === undefined) return
    if (!this.session.tick(this.#clock.nowMs)) return this.#lose()
    this.#schedule()
  }

  #lose(): void {
    if (this.#carrier === undefined) return
    this.detach()
    this.#options.onLost()
  }
}
