// A carrier of ordinary requests, at the client (SPEC.md §2.5): joins the two halves, over whatever makes requests: TLS flows of Node's, or a browser.
import type { TLSSocket } from 'node:tls'
import type { Carrier, Random } from '#protocol'
import type { SealedRecord } from '#protocol/node'
import { httpLimits, linkLimits } from '../limits.ts'
import { DialError, type DialRequest } from '../platform.ts'
import { HttpDown } from './http-down.ts'
import { type HttpAnswer, type HttpFlows, type HttpQuestion, isRelaysAnswer } from './http-flows.ts'
import { HttpUp } from './http-up.ts'
import { Http1Flows } from './http1-flows.ts'
import { Http2Flows } from './http2-flows.ts'
import { refusalOf } from './site.ts'

/** `open` makes a flow to the endpoint whose ALPN offers h2 and http/1.1. Resolves when the site answered as a relay does. Rejects with a DialError. */
export async function dialHttp(
  request: DialRequest,
  random: Random,
  open: (signal: AbortSignal) => Promise<TLSSocket>,
  deadline: AbortSignal,
): Promise<Carrier> {
  const first = await open(deadline)
  const openNext = (): Promise<TLSSocket> => open(AbortSignal.timeout(linkLimits.dialMs))
  return beginHttp(
    new (first.alpnProtocol === 'h2' ? Http2Flows : Http1Flows)(request.endpoint, first, openNext),
    request,
    random,
    deadline,
  )
}

/** The same over flows that are there; they are destroyed when this rejects. */
export async function beginHttp(flows: HttpFlows, request: DialRequest, random: Random, deadline: AbortSignal): Promise<Carrier> {
  try {
    const answer = await firstAnswer(flows, { cookie: request.cookie, body: undefined }, deadline)
    if (!isRelaysAnswer(answer)) throw refusalOf(answer.status, answer.date)
    return new HttpCarrier(flows, answer, request, random)
  } catch (error) {
    flows.destroy()
    throw error
  }
}

/** Rejects with a DialError. */
export function firstAnswer(flows: HttpFlows, question: HttpQuestion, deadline: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new DialError('timeout'))
    if (deadline.aborted) return onAbort()
    deadline.addEventListener('abort', onAbort)
    flows.ask(question, (answer) => {
      deadline.removeEventListener('abort', onAbort)
      if (answer === undefined) reject(new DialError('reset'))
      else resolve(answer)
    })
  })
}

class HttpCarrier implements Carrier {
  readonly #flows: HttpFlows
  readonly #first: HttpAnswer
  readonly #request: DialRequest
  readonly #down: HttpDown
  readonly #up: HttpUp
  #timer: NodeJS.Timeout | undefined
  #state: 'live' | 'closing' | 'over' = 'live'
  /** Until the relay's reply is known, there is no key for further requests. */
  #isReplied = false
  receivedBytes = 0

  constructor(flows: HttpFlows, first: HttpAnswer, request: DialRequest, random: Random) {
    this.#flows = flows
    this.#first = first
    this.#request = request
    const { events, requestCookie } = request
    const onBytes = (count: number): void => {
      this.receivedBytes += count
    }
    this.#down = new HttpDown(httpLimits, () => (random(1)[0] as number) / 255, {
      ask: (sequence, done) => flows.ask({ cookie: requestCookie(sequence), body: undefined }, done),
      onMessage: (message) => {
        if (this.#state === 'live') events.onMessage(message)
        this.#isReplied = true
      },
      onBytes,
      onClose: () => this.#end(),
      onBroken: () => this.#end(),
    })
    this.#up = new HttpUp(httpLimits, {
      ask: (sequence, body, done) => flows.ask({ cookie: requestCookie(sequence), body }, done),
      onRoom: () => {
        if (this.#state === 'live') events.onRoom()
      },
      onBytes,
      onDelivered: () => this.#end(),
      onBroken: () => this.#end(),
    })
  }

  start(): void {
    if (this.#state !== 'live') return
    this.#timer = setInterval(() => this.#sweep(), httpLimits.sweepMs)
    this.#timer.unref()
    this.#down.begin(this.#first)
  }

  get hasRoom(): boolean {
    return this.#state === 'live' && this.#up.hasRoom
  }

  send(record: SealedRecord): void {
    if (this.#state === 'live') this.#up.send(record)
  }

  sendMessage(message: Uint8Array): void {
    if (this.#state === 'live') this.#up.sendMessage(message)
  }

  close(): void {
    if (!this.#isReplied) return this.#end()
    if (this.#state !== 'live') return
    this.#state = 'closing'
    this.#up.close()
    setTimeout(() => this.#end(), httpLimits.closeMs).unref()
    this.#request.events.onClosed()
  }

  #sweep(): void {
    const nowMs = performance.now()
    if (this.#down.isLate(nowMs) || this.#up.isLate(nowMs)) this.#end()
  }

  #end(): void {
    if (this.#state === 'over') return
    const wasLive = this.#state === 'live'
    this.#state = 'over'
    clearInterval(this.#timer)
    this.#down.destroy()
    this.#up.destroy()
    this.#flows.destroy()
    if (wasLive) this.#request.events.onClosed()
  }
}
