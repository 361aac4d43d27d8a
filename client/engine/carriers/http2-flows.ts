// Flows of HTTP/2: one for all requests. A site ends it from time to time (GOAWAY); what is under way then finishes there, and a new one takes the rest.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '#protocol'
import { type HttpAnswer, type HttpFlows, type HttpQuestion, headersOf, type OpenFlow } from './http-flows.ts'
import { authorityOf } from './site.ts'

/** Chrome's, in its order: what one answer, and all together, may have under way. */
const SETTINGS = { headerTableSize: 65_536, enablePush: false, initialWindowSize: 6_291_456, maxHeaderListSize: 262_144 }
const WINDOW_BYTES = 15_728_640

export class Http2Flows implements HttpFlows {
  readonly #endpoint: Endpoint
  readonly #open: OpenFlow
  readonly #sessions = new Set<ClientHttp2Session>()
  #current: Promise<ClientHttp2Session> | undefined
  #isDestroyed = false

  constructor(endpoint: Endpoint, first: TLSSocket, open: OpenFlow) {
    this.#endpoint = endpoint
    this.#open = open
    this.#current = Promise.resolve(this.#begin(first))
  }

  ask(question: HttpQuestion, done: (answer: HttpAnswer | undefined) => void, isSecondTry = false): void {
    this.#current ??= this.#open().then((tls) => this.#begin(tls))
    this.#current.then(
      (session) => this.#askOn(session, question, done, isSecondTry),
      () => {
        this.#current = undefined
        done(undefined)
      },
    )
  }

  destroy(): void {
    this.#isDestroyed = true
    for (const session of this.#sessions) session.destroy()
  }

  #begin(tls: TLSSocket): ClientHttp2Session {
    if (this.#isDestroyed || tls.alpnProtocol !== 'h2') {
      tls.destroy()
      throw new Error('no flow')
    }
    const session = connect(`https://${authorityOf(this.#endpoint)}`, { createConnection: () => tls, settings: SETTINGS })
    this.#sessions.add(session)
    session.on('connect', () => session.setLocalWindowSize(WINDOW_BYTES))
    session.on('error', () => undefined)
    session.on('goaway', () => this.#leave(session))
    session.on('close', () => {
      this.#sessions.delete(session)
      this.#leave(session)
    })
    return session
  }

  #leave(session: ClientHttp2Session): void {
    const onCurrent = (current: ClientHttp2Session): void => {
      if (current === session) this.#current = undefined
    }
    // One that can't be had is told of to whoever asks.
    this.#current?.then(onCurrent, () => undefined)
  }

  #askOn(session: ClientHttp2Session, question: HttpQuestion, done: (answer: HttpAnswer | undefined) => void, isSecondTry: boolean): void {
    const mayAskAgain = !isSecondTry && !this.#isDestroyed
    const again = (): void => {
      this.#current = undefined
      this.ask(question, done, true)
    }
    if (session.closed || session.destroyed) return mayAskAgain ? again() : done(undefined)
    const stream: ClientHttp2Stream = session.request(
      {
        ':method': question.body === undefined ? 'GET' : 'POST',
        ':authority': authorityOf(this.#endpoint),
        ':scheme': 'https',
        ':path': this.#endpoint.path,
        ...headersOf(this.#endpoint, question),
      },
      { endStream: question.body === undefined },
    )
    let isAnswered = false
    stream.on('error', () => undefined)
    stream.on('response', (headers: IncomingHttpHeaders & { readonly ':status'?: number }) => {
      isAnswered = true
      done({ status: headers[':status'] ?? 0, contentType: headers['content-type'], date: headers.date, body: stream })
    })
    stream.on('close', () => {
      if (isAnswered) return
      // RFC 9113 §8.7: what was refused has not been looked at.
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && mayAskAgain) again()
      else done(undefined)
    })
    if (question.body !== undefined) stream.end(question.body)
  }
}
