// Carriers of ordinary requests, at the relay: which there are, whose a request is, and when one has lived.
//
// 1. an admitted first request makes a carrier                                begin
// 2. a further one is claimed before anything is answered, then served         keyOf, claim, serve
// 3. every second: turns that are over, carriers that nobody asks for any more  #sweep
import { type Carrier, type CarrierEvents, type CarrierKeys, decodeSequence, RequestUse } from '#protocol'
import { nodeRandom, type SealedRecord } from '#protocol/node'
import type { SiteRequest } from '../cover/site.ts'
import { type HttpLimits, httpLimits } from '../limits.ts'
import type { Registry } from '../workers/elsewhere.ts'
import { HttpDown } from './http-down.ts'
import { type HttpResponse, widen, writeHead } from './http-response.ts'
import { HttpUp } from './http-up.ts'

/**
 * Whether `request` is one that a carrier's client sends, but for its cookie. HTTP/1.0, expectations and upgrades are ordinary for other servers, but no
 * client of ours sends them.
 */
export function isHttpRequest({ method, httpVersion, headers }: SiteRequest): boolean {
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  return (
    ((method === 'GET' && !hasBody) || method === 'POST') &&
    (httpVersion === '1.1' || httpVersion === '2.0') &&
    headers.upgrade === undefined &&
    headers.expect === undefined
  )
}

/** A further request that its carrier awaits: to be served in the same turn of the event loop. */
export interface HttpClaim {
  readonly carrier: HttpCarrier
  readonly number: number
  readonly use: RequestUse
  /** A front asks, before it lets a POST's body come, whether the POST is awaited: it sends the same cookie in a GET. */
  readonly isQuestion: boolean
}

export class HttpCarriers {
  readonly #limits: HttpLimits
  readonly #carriers = new Map<string, HttpCarrier>()
  readonly #timer: NodeJS.Timeout
  readonly #registry: Registry | undefined

  constructor(limits: HttpLimits = httpLimits, registry?: Registry) {
    this.#limits = limits
    this.#registry = registry
    this.#timer = setInterval(() => this.#sweep(), limits.sweepMs)
    this.#timer.unref()
  }

  get count(): number {
    return this.#carriers.size
  }

  /** Whether one more may begin: asked before anything tells a newcomer that this is a relay. */
  get hasRoom(): boolean {
    return this.#carriers.size < this.#limits.carriersMax
  }

  /** For `consumeRequest`. */
  keyOf(id: Uint8Array): Uint8Array | undefined {
    return this.#carriers.get(nameOf(id))?.keys.key
  }

  /** undefined for what the carrier does not await, which gets the cover. */
  claim(method: string | undefined, id: Uint8Array, sequence: number): HttpClaim | undefined {
    const carrier = this.#carriers.get(nameOf(id))
    const which = decodeSequence(sequence)
    if (carrier === undefined || which === undefined || (method === 'POST' && which.use !== RequestUse.up)) return undefined
    const isQuestion = method !== 'POST' && which.use === RequestUse.up
    return carrier.awaits(which.use, which.number) ? { carrier, ...which, isQuestion } : undefined
  }

  /** Answers an admitted first request, with what the caller then sends. */
  begin(keys: CarrierKeys, response: HttpResponse, events: CarrierEvents): Carrier {
    const name = nameOf(keys.id)
    const carrier = new HttpCarrier(keys, events, this.#limits, () => {
      this.#carriers.delete(name)
      this.#registry?.carrierEnded(name)
    })
    this.#carriers.set(name, carrier)
    this.#registry?.carrierBegan(name, keys.key)
    carrier.beginWith(response)
    return carrier
  }

  serve({ carrier, number, use, isQuestion }: HttpClaim, request: SiteRequest, response: HttpResponse): void {
    if (!isQuestion) return carrier.serve(use, number, request, response)
    writeHead(response, 0)
    response.end()
  }

  close(): void {
    clearInterval(this.#timer)
    for (const carrier of [...this.#carriers.values()]) carrier.fail()
  }

  #sweep(): void {
    const nowMs = performance.now()
    for (const carrier of this.#carriers.values()) carrier.sweep(nowMs)
    this.#bound()
  }

  /** More is held unread than may be: carriers end that hold most of it, and their sessions live. */
  #bound(): void {
    const holding = [...this.#carriers.values()].filter(({ unreadBytes }) => unreadBytes > 0).sort((a, b) => b.unreadBytes - a.unreadBytes)
    let unread = holding.reduce((sum, { unreadBytes }) => sum + unreadBytes, 0)
    for (const carrier of holding) {
      if (unread <= this.#limits.unreadBytesMax) return
      unread -= carrier.unreadBytes
      carrier.fail()
    }
  }
}

/** For tables. */
export function nameOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1')
}

export class HttpCarrier implements Carrier {
  readonly keys: CarrierKeys
  readonly #events: CarrierEvents
  readonly #limits: HttpLimits
  readonly #onOver: () => void
  readonly #down: HttpDown
  readonly #up: HttpUp
  #state: 'live' | 'closing' | 'over' = 'live'
  /** When it last had a request under way, no gap, and was live. */
  #askedMs: number = performance.now()
  #soundMs: number = performance.now()
  #liveMs: number = performance.now()
  receivedBytes = 0

  /** `onOver` is called once, when no request of this carrier is to be expected any more. */
  constructor(keys: CarrierKeys, events: CarrierEvents, limits: HttpLimits, onOver: () => void) {
    this.keys = { id: keys.id.slice(), key: keys.key }
    this.#events = events
    this.#limits = limits
    this.#onOver = onOver
    this.#down = new HttpDown(limits, {
      onRoom: () => {
        if (this.#state === 'live') events.onRoom()
      },
      onBroken: () => this.fail(),
    })
    this.#up = new HttpUp({
      onMessage: (message) => {
        if (this.#state === 'live') events.onMessage(message)
      },
      onBytes: (count) => {
        this.receivedBytes += count
      },
      onClose: () => this.close(),
      onBroken: () => this.fail(),
    })
  }

  /** The first answer ends by itself, so that an edge that buffers lets it go. */
  beginWith(response: HttpResponse): void {
    const lifeMs = between(this.#limits.firstAnswerMsMin, this.#limits.firstAnswerMsMax)
    this.#down.ask(0, RequestUse.stream, response, lifeMs)
    setTimeout(() => this.#down.sweep(), lifeMs).unref()
  }

  /** Messages come with further requests, and so never during this call. */
  start(): void {}

  get hasRoom(): boolean {
    return this.#state === 'live' && this.#down.hasRoom
  }

  send(record: SealedRecord): void {
    if (this.#state === 'live') this.#down.send(record)
  }

  sendMessage(message: Uint8Array): void {
    if (this.#state === 'live') this.#down.sendMessage(message)
  }

  close(): void {
    if (this.#state !== 'live') return
    this.#state = 'closing'
    this.#down.close()
    this.#events.onClosed()
  }

  get unreadBytes(): number {
    return this.#up.unreadBytes
  }

  awaits(use: RequestUse, number: number): boolean {
    return use === RequestUse.up ? this.#up.awaits(number) : this.#down.awaits(number)
  }

  serve(use: RequestUse, number: number, request: SiteRequest, response: HttpResponse): void {
    widen(request)
    this.#askedMs = performance.now()
    if (use === RequestUse.up) return this.#up.take(number, request, response)
    const { streamMs, pollMsMin, pollMsMax } = this.#limits
    this.#down.ask(number, use, response, use === RequestUse.stream ? streamMs : between(pollMsMin, pollMsMax))
  }

  sweep(nowMs: number): void {
    const { idleMs, gapMs, closeMs } = this.#limits
    this.#down.sweep()
    if (this.#down.count + this.#up.count > 0) this.#askedMs = nowMs
    if (!this.#down.hasGap && !this.#up.hasGap) this.#soundMs = nowMs
    if (this.#state === 'live') this.#liveMs = nowMs
    if (nowMs - this.#askedMs > idleMs || nowMs - this.#soundMs > gapMs || nowMs - this.#liveMs > closeMs) this.fail()
  }

  /** Ends it without a word. */
  fail(): void {
    const wasLive = this.#state === 'live'
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#down.destroy()
    this.#up.destroy()
    this.#onOver()
    if (wasLive) this.#events.onClosed()
  }
}

/** Whole, as timers are. */
function between(minMs: number, maxMs: number): number {
  return Math.round(minMs + ((maxMs - minMs) * (nodeRandom(1)[0] as number)) / 255)
}
