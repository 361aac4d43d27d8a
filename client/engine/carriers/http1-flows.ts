// Flows of HTTP/1.1: one request at a time on each, up to a browser's six.
import { Agent, type ClientRequestArgs, request as requestHttp } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '#protocol'
import { type HttpAnswer, type HttpFlows, type HttpQuestion, headersOf, type OpenFlow } from './http-flows.ts'
import { authorityOf } from './site.ts'

const FLOWS_MAX = 6

export class Http1Flows implements HttpFlows {
  readonly #agent: FlowAgent
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint, first: TLSSocket, open: OpenFlow) {
    this.#endpoint = endpoint
    this.#agent = new FlowAgent(first, open)
  }

  ask(question: HttpQuestion, done: (answer: HttpAnswer | undefined) => void, isSecondTry = false): void {
    const sent = requestHttp({
      agent: this.#agent,
      method: question.body === undefined ? 'GET' : 'POST',
      path: this.#endpoint.path,
      setHost: false,
      headers: { host: authorityOf(this.#endpoint), ...headersOf(this.#endpoint, question) },
    })
    let isOver = false
    sent.on('response', (response) => {
      isOver = true
      response.on('error', () => undefined)
      const { statusCode = 0, headers } = response
      done({ status: statusCode, contentType: headers['content-type'], date: headers.date, body: response })
    })
    sent.on('error', () => {
      if (isOver) return
      isOver = true
      // A flow that lay idle was ended while the request was on its way, as RFC 9112 §9.3.1 foresees.
      if (sent.reusedSocket && !isSecondTry && !this.#agent.isDestroyed) this.ask(question, done, true)
      else done(undefined)
    })
    // Another protocol in place of an answer ends the request without an error.
    sent.on('close', () => {
      if (isOver) return
      isOver = true
      done(undefined)
    })
    sent.end(question.body)
  }

  destroy(): void {
    this.#agent.destroy()
  }
}

class FlowAgent extends Agent {
  readonly #open: OpenFlow
  #first: TLSSocket | undefined
  isDestroyed = false

  constructor(first: TLSSocket, open: OpenFlow) {
    super({ keepAlive: true, maxSockets: FLOWS_MAX, maxFreeSockets: FLOWS_MAX, scheduling: 'lifo' })
    this.#first = first
    this.#open = open
  }

  override createConnection(_options: ClientRequestArgs, done: (error: Error | null, socket: Duplex) => void): Duplex | undefined {
    const first = this.#first
    this.#first = undefined
    if (first !== undefined) return first
    this.#open().then(
      (socket) => {
        if (this.isDestroyed) socket.destroy()
        done(null, socket)
      },
      (error: Error) => done(error, undefined as never),
    )
    return undefined
  }

  override destroy(): void {
    this.isDestroyed = true
    this.#first?.destroy()
    super.destroy()
  }
}
