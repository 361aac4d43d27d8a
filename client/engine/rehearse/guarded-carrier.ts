// A carrier that can be taken away: cut, as by a reset that both sides see, or silenced, as by a censor that drops its packets from some moment on.
import type { Carrier, CarrierEvents, CarrierKind, Endpoint } from '#protocol'
import type { SealedRecord } from '#protocol/node'
import type { DialRequest } from '../platform.ts'

/** What is dialled, and by what. */
export interface Spot {
  readonly endpoint: Endpoint
  readonly carrier: CarrierKind
}

export class GuardedCarrier implements Carrier, CarrierEvents {
  readonly spot: Spot
  readonly #events: CarrierEvents
  readonly #onMessage: (spot: Spot) => void
  readonly #onEnd: () => void
  #carrier: Carrier | undefined
  /** `left`: silent, and its user has closed it. */
  #state: 'passes' | 'silent' | 'left' | 'over' = 'passes'
  /** As it was when it stopped to pass. */
  #knownBytes = 0

  constructor({ endpoint, carrier, events }: DialRequest, onMessage: (spot: Spot) => void, onEnd: () => void) {
    this.spot = { endpoint, carrier }
    this.#events = events
    this.#onMessage = onMessage
    this.#onEnd = onEnd
  }

  hold(carrier: Carrier): void {
    this.#carrier = carrier
  }

  take(manner: 'reset' | 'silence'): void {
    if (this.#state !== 'passes') return
    this.#knownBytes = this.receivedBytes
    if (manner === 'silence') {
      this.#state = 'silent'
      return
    }
    this.release()
    this.#events.onClosed(true)
  }

  /** Ends what is really there, without a word to whoever used it. */
  release(): void {
    this.#state = 'over'
    this.#carrier?.close()
    this.#onEnd()
  }

  // As the carrier that its user holds

  start(): void {
    this.#carrier?.start()
  }

  send(record: SealedRecord): void {
    if (this.#state === 'passes') this.#carrier?.send(record)
  }

  sendMessage(message: Uint8Array): void {
    if (this.#state === 'passes') this.#carrier?.sendMessage(message)
  }

  /** The system's own queue takes what is sent into a silent flow, for a good while. */
  get hasRoom(): boolean {
    return this.#state === 'silent' || (this.#state === 'passes' && this.#carrier?.hasRoom === true)
  }

  get receivedBytes(): number {
    return this.#state === 'passes' ? (this.#carrier?.receivedBytes ?? 0) : this.#knownBytes
  }

  /** The end of a silent flow does not reach the other side: what is really there stays until it is released. */
  close(): void {
    if (this.#state === 'passes') this.#carrier?.close()
    if (this.#state !== 'silent') return
    this.#state = 'left'
    this.#events.onClosed()
  }

  // As what the real carrier tells

  onMessage(message: Uint8Array): void {
    if (this.#state !== 'passes') return
    this.#onMessage(this.spot)
    this.#events.onMessage(message)
  }

  onRoom(): void {
    if (this.#state === 'passes') this.#events.onRoom()
  }

  onClosed(wasReset?: boolean): void {
    if (this.#state !== 'passes') return
    this.#knownBytes = this.receivedBytes
    this.#state = 'over'
    this.#onEnd()
    this.#events.onClosed(wasReset)
  }
}
