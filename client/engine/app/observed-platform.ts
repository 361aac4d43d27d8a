// A platform that notes what the engine does with it: which way is tried, how far it came, what carries and how much. All else is the real one's, so the
// engine knows nothing of screens. What is noted stays in memory.
import type { Carrier, CarrierEvents, CarrierKind, Endpoint, Random } from '#protocol'
import type { SealedRecord } from '#protocol/node'
import type { Attempt } from '../../contract/app-status.ts'
import { statusLimits } from '../../contract/limits.ts'
import type { Reason } from '../../contract/status.ts'
import type { Probe, ProbeResult } from '../control/outcome.ts'
import { DialError, type DialRequest, type Platform } from '../platform.ts'

/** What is dialled, and by what. */
export interface Spot {
  readonly endpoint: Endpoint
  readonly carrier: CarrierKind
}

/** One dial, from its begin. */
export interface Dial {
  readonly spot: Spot
  readonly startedMs: number
  stage: Attempt['stage']
  endedMs: number | undefined
  reason: Reason | undefined
}

export interface LiveCarrier {
  readonly spot: Spot
  /** Since it joined a session. */
  readonly sinceMs: number
  /** In both directions, by now. */
  readonly bytes: number
}

export interface Observer {
  /** Something is different from before. */
  onChange(): void
  onJoined(spot: Spot, others: readonly Spot[]): void
  /** `wasCut`: not by our wish. */
  onLeft(spot: Spot, wasCut: boolean, others: readonly Spot[]): void
}

export class ObservedPlatform implements Platform {
  readonly random: Random
  readonly #platform: Platform
  readonly #observer: Observer
  readonly #live = new Set<ObservedCarrier>()
  #dials: Dial[] = []
  #down = 0
  #up = 0

  constructor(platform: Platform, observer: Observer) {
    this.#platform = platform
    this.#observer = observer
    this.random = platform.random
  }

  /** The newest last. */
  get dials(): readonly Dial[] {
    return this.#dials
  }

  /** Those that carry a session, the oldest first. */
  get live(): readonly LiveCarrier[] {
    return [...this.#live].filter(({ isJoined }) => isJoined)
  }

  /** Bytes of all carriers, those that ended included. */
  get carried(): { readonly down: number; readonly up: number } {
    const live = [...this.#live]
    return {
      down: live.reduce((sum, { receivedBytes }) => sum + receivedBytes, this.#down),
      up: live.reduce((sum, { sentBytes }) => sum + sentBytes, this.#up),
    }
  }

  /** A new search begins: what was tried before it is of no interest any more. */
  forgetDials(): void {
    this.#dials = this.#dials.filter(({ endedMs }) => endedMs === undefined)
  }

  nowS(): number {
    return this.#platform.nowS()
  }

  network(): Uint8Array {
    return this.#platform.network()
  }

  probe(probe: Probe, signal: AbortSignal): Promise<ProbeResult> {
    return this.#platform.probe(probe, signal)
  }

  async dial(request: DialRequest): Promise<Carrier> {
    const dial: Dial = { spot: request, startedMs: Date.now(), stage: 'dialling', endedMs: undefined, reason: undefined }
    this.#dials = [...this.#dials, dial].slice(-statusLimits.attemptsMax)
    const observed = new ObservedCarrier(
      request,
      () => this.#joined(observed, dial),
      (wasCut) => this.#left(observed, dial, wasCut),
    )
    this.#observer.onChange()
    try {
      observed.hold(await this.#platform.dial({ ...request, events: observed }))
      this.#live.add(observed)
      this.#step(dial, 'answered')
      return observed
    } catch (error) {
      this.#end(dial, request.signal.aborted ? 'given-up' : 'failed', error instanceof DialError ? error.reason : undefined)
      throw error
    }
  }

  /** The relay's own first message has come. */
  #joined(carrier: ObservedCarrier, dial: Dial): void {
    this.#end(dial, 'joined')
    this.#observer.onJoined(carrier.spot, this.#othersOf(carrier))
  }

  #left(carrier: ObservedCarrier, dial: Dial, wasCut: boolean): void {
    if (!this.#live.delete(carrier)) return
    this.#down += carrier.receivedBytes
    this.#up += carrier.sentBytes
    if (carrier.isJoined) this.#observer.onLeft(carrier.spot, wasCut, this.#othersOf(carrier))
    else this.#end(dial, wasCut ? 'failed' : 'given-up', wasCut ? 'reset' : undefined)
    this.#observer.onChange()
  }

  #othersOf(carrier: ObservedCarrier): Spot[] {
    return this.live.filter((other) => other !== carrier).map(({ spot }) => spot)
  }

  #step(dial: Dial, stage: Dial['stage']): void {
    if (dial.endedMs === undefined) dial.stage = stage
    this.#observer.onChange()
  }

  #end(dial: Dial, stage: Dial['stage'], reason?: Reason): void {
    if (dial.endedMs !== undefined) return
    dial.endedMs = Date.now()
    dial.reason = reason
    dial.stage = stage
    this.#observer.onChange()
  }
}

/** Stands between the engine and a real carrier, and counts. */
class ObservedCarrier implements Carrier, CarrierEvents, LiveCarrier {
  readonly spot: Spot
  readonly #events: CarrierEvents
  readonly #onJoined: () => void
  readonly #onLeft: (wasCut: boolean) => void
  #carrier: Carrier | undefined
  #joinedMs: number | undefined
  #isClosing = false
  sentBytes = 0

  constructor({ endpoint, carrier, events }: DialRequest, onJoined: () => void, onLeft: (wasCut: boolean) => void) {
    this.spot = { endpoint, carrier }
    this.#events = events
    this.#onJoined = onJoined
    this.#onLeft = onLeft
  }

  hold(carrier: Carrier): void {
    this.#carrier = carrier
  }

  get isJoined(): boolean {
    return this.#joinedMs !== undefined
  }

  get sinceMs(): number {
    return this.#joinedMs ?? 0
  }

  get bytes(): number {
    return this.receivedBytes + this.sentBytes
  }

  // As the carrier that the engine holds

  start(): void {
    this.#carrier?.start()
  }

  send(record: SealedRecord): void {
    this.sentBytes += record.header.length + record.body.length + record.tag.length
    this.#carrier?.send(record)
  }

  sendMessage(message: Uint8Array): void {
    this.sentBytes += message.length
    this.#carrier?.sendMessage(message)
  }

  get hasRoom(): boolean {
    return this.#carrier?.hasRoom === true
  }

  get receivedBytes(): number {
    return this.#carrier?.receivedBytes ?? 0
  }

  close(): void {
    this.#isClosing = true
    this.#carrier?.close()
  }

  // As what the real carrier tells

  onMessage(message: Uint8Array): void {
    this.#events.onMessage(message)
    if (this.#joinedMs !== undefined || this.#isClosing) return
    this.#joinedMs = Date.now()
    this.#onJoined()
  }

  onRoom(): void {
    this.#events.onRoom()
  }

  onClosed(wasReset?: boolean): void {
    this.#events.onClosed(wasReset)
    this.#onLeft(wasReset === true && !this.#isClosing)
  }
}
