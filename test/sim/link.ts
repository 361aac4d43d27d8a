// The way between the two sides: the client dials carrier after carrier, and each begins with what its side expects next.
import { Reader, Writer } from '#protocol'
import { type CarrierEnd, type CarrierShape, SimCarrier } from './carrier.ts'
import type { Appointment, Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import type { Side } from './side.ts'

/** The client gives up on a dial that has no answer by then. */
const REPLY_MS = 10_000
const RETRY_MS_MAX = 500

export class Link {
  readonly #clock: Clock
  readonly #dice: Dice
  readonly #sides: { readonly client: Side; readonly relay: Side }
  shape: CarrierShape
  /** No dial succeeds before then. */
  blockedUntilMs = 0
  /** Called for each new carrier: what the censor has prepared for it. */
  onCarrier: (carrier: SimCarrier) => void = () => undefined
  #carrier: SimCarrier | undefined
  #redial: Appointment | undefined
  #carrierCount = 0
  /** The relay takes no carrier that was dialled before the one that it has: its greeting is out of date. */
  #acceptedNumber = 0

  constructor(clock: Clock, dice: Dice, sides: { readonly client: Side; readonly relay: Side }, shape: CarrierShape) {
    this.#clock = clock
    this.#dice = dice
    this.#sides = sides
    this.shape = shape
  }

  /** The newest; it may be dead by now. */
  get carrier(): SimCarrier | undefined {
    return this.#carrier
  }

  get carrierCount(): number {
    return this.#carrierCount
  }

  /** Dials again, after a moment. */
  redial(): void {
    this.#redial?.cancel()
    this.#redial = this.#clock.after(this.#dice.fraction() * RETRY_MS_MAX, () => this.dial())
  }

  /** Dials a carrier; the one before it, alive or still being dialled, is left first. */
  dial(): void {
    const { client } = this.#sides
    client.detach()
    this.#carrier?.client.close()
    if (this.#clock.nowMs < this.blockedUntilMs) return this.redial()
    const number = ++this.#carrierCount
    const isFirst = number === 1
    const carrier = new SimCarrier(this.#clock, this.#dice.fork(), this.shape)
    this.#carrier = carrier
    this.onCarrier(carrier)
    this.#redial?.cancel()
    this.#redial = this.#clock.after(REPLY_MS, () => {
      carrier.client.close()
      this.redial()
    })
    const retry = (): void => {
      this.#redial?.cancel()
      this.redial()
    }
    greet(carrier.client, client, retry, (next) => {
      this.#redial?.cancel()
      client.attach(carrier.client, isFirst ? undefined : next)
    })
    greet(
      carrier.relay,
      this.#sides.relay,
      () => undefined,
      (next) => {
        if (number < this.#acceptedNumber) return carrier.relay.close()
        this.#acceptedNumber = number
        this.#sides.relay.attach(carrier.relay, isFirst ? undefined : next)
        carrier.relay.sendMessage(encodeNext(this.#sides.relay.session.expected))
      },
    )
    carrier.client.sendMessage(encodeNext(client.session.expected))
  }
}

/** The first message says what the other side expects; the rest is the session's. A message that is none ends the carrier. */
function greet(end: CarrierEnd, side: Side, onLost: () => void, onNext: (next: number) => void): void {
  end.events = {
    onMessage: (message) => {
      const next = decodeNext(message)
      if (next === undefined) {
        end.close()
        return onLost()
      }
      end.events = side
      onNext(next)
    },
    onRoom: () => undefined,
    onClosed: onLost,
  }
}

const GREETING_BYTES = 8

/** The number and its complement: whatever really carries it is authentic. */
function encodeNext(next: number): Uint8Array {
  return new Writer(new Uint8Array(GREETING_BYTES)).u32(next).u32(~next >>> 0).bytes
}

function decodeNext(message: Uint8Array): number | undefined {
  if (message.length !== GREETING_BYTES) return undefined
  const reader = new Reader(message, 'bad-record')
  const next = reader.u32()
  return reader.u32() === ~next >>> 0 ? next : undefined
}
