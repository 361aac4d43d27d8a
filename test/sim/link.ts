// The client's carriers: how many it wants, when it dials another, and what it tells the relay of those that it gave up.
//
// A plain version of client/engine/link.ts: no choice of ways, a dial whenever a carrier is lost or late, and the old one retired when it is replaced.
import { type AttachKeys, consumeAttached, createAttach, ProtocolError } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { type CarrierShape, NOBODY, SimCarrier } from './carrier.ts'
import { claim } from './check.ts'
import type { Appointment, Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import type { Door } from './door.ts'
import type { Side } from './side.ts'

/** The client gives up on a dial that has no answer by then. */
const REPLY_MS = 4_000
const RETRY_MS_MIN = 500
/** After many dials in a row that came to nothing: a censor may count them. */
const RETRY_MS_MAX = 60_000
/** A carrier that was retired and is not closed by then is dropped. */
const RETIRED_MS = 20_000
/** As many as an attach can name. */
const GONE_MAX = 7
/** Dialling and attached, in all: the relay takes no more than seven beside a new one. */
const LEGS_MAX = 7

interface Leg {
  readonly counter: number
  readonly carrier: SimCarrier
  state: 'dialling' | 'attached' | 'retiring'
  timeout: Appointment | undefined
}

export interface LinkOptions {
  readonly clock: Clock
  readonly dice: Dice
  readonly keys: AttachKeys
  readonly shape: CarrierShape
  /** How many carriers are to live at once. */
  readonly wanted: number
}

export class Link {
  readonly #options: LinkOptions
  readonly #clock: Clock
  readonly #client: Side
  readonly #door: Door
  readonly #legs = new Map<number, Leg>()
  readonly #gone: number[] = []
  shape: CarrierShape
  /** Asked for each new carrier: what the censor has prepared for it. */
  readonly onCarrier: Set<(carrier: SimCarrier) => void> = new Set<(carrier: SimCarrier) => void>()
  #redial: Appointment | undefined
  #carrierCount = 0
  /** Dials in a row that came to nothing. */
  #failures = 0
  /** The last first message that was answered, as somebody in between could have kept it. */
  recorded: Uint8Array | undefined

  constructor(options: LinkOptions, client: Side, door: Door) {
    this.#options = options
    this.#clock = options.clock
    this.#client = client
    this.#door = door
    this.shape = options.shape
  }

  /** Those that the client has not given up; a censor may have ended some. */
  get carriers(): readonly SimCarrier[] {
    return [...this.#legs.values()].map(({ carrier }) => carrier)
  }

  /** The newest of them. */
  get carrier(): SimCarrier | undefined {
    return this.carriers.at(-1)
  }

  /** How many were dialled. */
  get carrierCount(): number {
    return this.#carrierCount
  }

  /** Dials until there are as many as there should be. */
  keep(): void {
    while (this.#sound.length < this.#options.wanted && this.#legs.size < LEGS_MAX) this.#dial(undefined)
  }

  /** One that answers, and holds all up beside another, goes in order; then, as for any that is late, another is dialled. */
  late(counter: number): void {
    const leg = this.#legs.get(counter)
    if (leg?.state === 'attached' && this.#client.drive.isSlow(counter) && this.#sound.some(({ state }) => state === 'attached')) {
      this.#endSoon(leg)
      this.#client.drive.relieve(counter)
    }
    this.keep()
  }

  /** A carrier is gone: its place is taken again, after a moment. */
  lost(counter: number): void {
    const leg = this.#legs.get(counter)
    if (leg === undefined) return
    this.#leave(leg)
    this.#keepSoon()
  }

  /** Dials a carrier that takes the oldest one's place. */
  rotate(): void {
    if (this.#legs.size < LEGS_MAX) this.#dial(this.#sound.find(({ state }) => state === 'attached'))
  }

  /** Dials one more beside those that live. */
  join(): void {
    if (this.#legs.size < LEGS_MAX) this.#dial(undefined)
  }

  /** Shows the relay what was seen before, on a carrier of somebody else's. */
  replay(message: Uint8Array): void {
    const { refusals } = this.#door
    const carrier = new SimCarrier(this.#clock, this.#options.dice.fork(), this.#options.shape)
    this.#door.open(carrier.relay)
    carrier.client.events = {
      ...NOBODY,
      onMessage: () => claim(false, 'what was seen before is not answered'),
      onClosed: () => claim(this.#door.refusals > refusals, 'what was seen before is refused'),
    }
    carrier.client.sendMessage(message)
  }

  get #sound(): Leg[] {
    const { drive } = this.#client
    return [...this.#legs.values()].filter(({ state, counter }) => state === 'dialling' || (state === 'attached' && !drive.isLate(counter)))
  }

  #dial(replaces: Leg | undefined): void {
    const { dice, keys } = this.#options
    const { drive } = this.#client
    const counter = this.#carrierCount++
    const carrier = new SimCarrier(this.#clock, dice.fork(), this.shape)
    const leg: Leg = {
      counter,
      carrier,
      state: 'dialling',
      timeout: this.#clock.after(REPLY_MS, () => this.#client.turn(() => this.#failed(leg))),
    }
    this.#legs.set(counter, leg)
    const gone = [...this.#gone, ...drive.live.filter((one) => drive.isLate(one))].slice(-GONE_MAX)
    carrier.client.events = {
      onMessage: (message) => this.#client.turn(() => this.#answered(leg, message, attach, gone, replaces)),
      onRoom: () => undefined,
      onClosed: () => this.#client.turn(() => this.#failed(leg)),
    }
    this.#door.open(carrier.relay)
    const attach = createAttach(nodeCrypto, keys, { counter, expected: drive.session.expected, gone })
    for (const prepare of this.onCarrier) prepare(carrier)
    carrier.client.sendMessage(attach)
  }

  #answered(leg: Leg, message: Uint8Array, attach: Uint8Array, gone: readonly number[], replaces: Leg | undefined): void {
    if (leg.state !== 'dialling' || !this.#legs.has(leg.counter)) return
    const expected = this.#read(leg, message)
    if (expected === undefined) return this.#failed(leg)
    leg.timeout?.cancel()
    leg.state = 'attached'
    this.#failures = 0
    this.recorded = attach
    for (const counter of gone) {
      const late = this.#legs.get(counter)
      if (late !== undefined) this.#leave(late)
    }
    const { client } = leg.carrier
    client.events = this.#client.attach(client, leg.counter, expected, gone)
    // It may have ended while its answer waited for the event loop.
    if (client.isClosed) client.events.onClosed()
    if (replaces?.state === 'attached' && this.#legs.has(replaces.counter)) this.#retire(replaces)
    this.keep()
  }

  /** undefined: it is not the relay's answer. */
  #read(leg: Leg, message: Uint8Array): number | undefined {
    try {
      return consumeAttached(nodeCrypto, this.#options.keys, leg.counter, message)
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }

  #retire(leg: Leg): void {
    this.#endSoon(leg)
    this.#client.drive.retire(leg.counter)
  }

  #endSoon(leg: Leg): void {
    leg.state = 'retiring'
    leg.timeout = this.#clock.after(RETIRED_MS, () => this.#client.turn(() => this.#leave(leg)))
  }

  #failed(leg: Leg): void {
    if (leg.state !== 'dialling' || !this.#legs.has(leg.counter)) return
    this.#failures++
    this.#leave(leg)
    this.#keepSoon()
  }

  #leave(leg: Leg): void {
    if (!this.#legs.delete(leg.counter)) return
    leg.timeout?.cancel()
    this.#gone.push(leg.counter)
    if (this.#gone.length > GONE_MAX) this.#gone.shift()
    this.#client.drive.drop(leg.counter)
    leg.carrier.client.close()
  }

  #keepSoon(): void {
    this.#redial?.cancel()
    const retryMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#failures)
    this.#redial = this.#clock.after(this.#options.dice.fraction() * retryMs, () => this.#client.turn(() => this.keep()))
  }
}
