// One request in absolute form, on a stream of its own: headers of this hop dropped, bodies streamed both ways, the answer as the site sent it.
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type InformationEvent,
  type OutgoingMessage,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { ResetCode } from '#protocol'
import type { ProxyLimits } from '../limits.ts'
import { type AbsoluteForm, endToEndHeaders } from './http-form.ts'
import { sendResetPage } from './http-page.ts'
import { ignoreError } from './local.ts'
import { withOneLength } from './one-length.ts'
import { type Outlet, OutletError } from './outlet.ts'

/** A socket that Node's server has let go of because its request asks for an upgrade, and what the app sent behind that. */
export interface UpgradingSocket {
  readonly socket: Socket
  readonly head: Uint8Array
}

/** Answers the request, whatever happens. With `upgrading`, the response must be the one assigned to that socket. */
export async function forward(
  outlet: Outlet,
  limits: ProxyLimits,
  form: AbsoluteForm,
  response: ServerResponse,
  upgrading: UpgradingSocket | undefined,
): Promise<void> {
  let stream: Duplex
  try {
    stream = await outlet.open(form.target)
  } catch (error) {
    sendResetPage(response, codeOf(error))
    return
  }
  if (stream.destroyed) sendResetPage(response, codeOf(stream.errored))
  else if (response.destroyed) stream.destroy()
  else exchange(stream, limits, form, response, upgrading)
}

const BODILESS_METHODS: readonly string[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']

function exchange(
  stream: Duplex,
  limits: ProxyLimits,
  form: AbsoluteForm,
  response: ServerResponse,
  upgrading: UpgradingSocket | undefined,
): void {
  stream.on('error', ignoreError)
  const request = response.req
  const upstream = httpRequest({
    createConnection: () => withOneLength(stream, limits.responseHeadBytesMax),
    method: request.method ?? 'GET',
    path: form.path,
    headers: requestHeaders(request, form, upgrading !== undefined),
    maxHeaderSize: limits.responseHeadBytesMax,
    // As lenient as browsers. Each answer has a stream of its own, and the app gets it framed anew: it can take in nobody but itself.
    insecureHTTPParser: true,
  })
  // The head's size bounds the number of headers; beyond a number of its own Node would drop them silently.
  upstream.maxHeadersCount = 0
  let upgraded = false
  let answered: IncomingMessage | undefined
  if (request.httpVersion !== '1.0') passInterimAnswers(upstream, limits, response)
  upstream.on('response', (answer) => {
    answered = answer
    passAnswer(answer, response)
  })
  upstream.on('upgrade', (answer, origin, originHead) => {
    if (upgrading === undefined) {
      // A switch that nobody asked for.
      origin.destroy()
      sendResetPage(response, ResetCode.broken)
      return
    }
    upgraded = true
    passUpgrade(answer, origin, originHead, response, upgrading)
  })
  upstream.on('error', (error) => {
    // What stands behind an answer, or is a body where there can be none, spoils nothing.
    if (answered?.complete !== true) sendResetPage(response, codeOf(error))
  })
  response.on('close', () => {
    if (upgraded) return
    // After an early answer the rest of the body is for nobody, but stands before the app's next request.
    request.unpipe(upstream)
    request.resume()
    upstream.destroy()
  })
  sendBody(request, upstream)
}

function requestHeaders(request: IncomingMessage, form: AbsoluteForm, upgrade: boolean): string[] {
  const headers = ['Host', form.host, ...endToEndHeaders(request.rawHeaders, request.headers.connection, ['host', 'content-length'])]
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
  else if (request.headers['content-length'] !== undefined) headers.push('Content-Length', request.headers['content-length'])
  // Node would announce a chunked body for these.
  else if (!BODILESS_METHODS.includes(request.method ?? '')) headers.push('Content-Length', '0')
  return upgrade ? [...headers, 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''] : [...headers, 'Connection', 'close']
}

function sendBody(request: IncomingMessage, upstream: ClientRequest): void {
  // A request without either has no body, whatever its method.
  if (request.headers['transfer-encoding'] === undefined && request.headers['content-length'] === undefined) {
    upstream.end()
    return
  }
  // Node keeps the head back until the body's first bytes; the site may answer, or decide, without them.
  upstream.flushHeaders()
  request.on('end', () => passTrailers(request, upstream))
  request.pipe(upstream)
}

/** To 100 the first is enough; of others a site could send any number, to an app that does not read. */
function passInterimAnswers(upstream: ClientRequest, limits: ProxyLimits, response: ServerResponse): void {
  let passed = 0
  upstream.once('continue', () => response.writeContinue())
  upstream.on('information', (answer) => {
    const head = answer.statusCode === 100 || passed++ >= limits.interimAnswersMax ? undefined : headText(answer)
    if (head !== undefined) response.socket?.write(head, 'latin1')
  })
}

function passAnswer(answer: IncomingMessage, response: ServerResponse): void {
  // A length beside a coding is not the body's (RFC 9112 section 6.3), and the app would read it as if it were.
  const also = answer.headers['transfer-encoding'] === undefined ? [] : ['content-length']
  const headers = endToEndHeaders(answer.rawHeaders, answer.headers.connection, also)
  response.sendDate = false
  try {
    // Throws for a status or a character that the parser lets in but that must not go out.
    response.writeHead(answer.statusCode ?? 0, answer.statusMessage ?? '', headers)
  } catch {
    answer.destroy()
    // The response has kept it, and would be refused for it again.
    response.statusMessage = ''
    sendResetPage(response, ResetCode.broken)
    return
  }
  answer.on('end', () => passTrailers(answer, response))
  // An answer that breaks off destroys the app's socket: its end must not look like the answer's.
  pipeline(answer, response, ignoreError)
}

function passUpgrade(
  answer: IncomingMessage,
  origin: Duplex,
  originHead: Uint8Array,
  response: ServerResponse,
  app: UpgradingSocket,
): void {
  const head = headText(answer, ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? ''])
  if (head === undefined) {
    origin.destroy()
    sendResetPage(response, ResetCode.broken)
    return
  }
  response.detachSocket(app.socket)
  app.socket.write(head, 'latin1')
  app.socket.write(originHead)
  origin.write(app.head)
  pipeline(app.socket, origin, ignoreError)
  pipeline(origin, app.socket, ignoreError)
}

/** Only where the body has chunks is there a place for them; Node leaves them out elsewhere. */
function passTrailers(from: IncomingMessage, to: OutgoingMessage): void {
  const raw = endToEndHeaders(from.rawTrailers, undefined, ['content-length', 'host'])
  try {
    to.addTrailers(pairs(raw))
  } catch {
    // One with a character that must not go out; the body is whole without.
  }
}

const UNSENDABLE = /[^\t -~\x80-\xff]/

/** Of an answer without a body. undefined for one with a character that the parser lets in but that must not go out. */
function headText(answer: IncomingMessage | InformationEvent, own: readonly string[] = []): string | undefined {
  const headers = [...endToEndHeaders(answer.rawHeaders, answer.headers.connection, ['content-length']), ...own]
  const lines = pairs(headers).map(([name, value]) => `${name}: ${value}`)
  const head = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`, ...lines]
  return head.some((line) => UNSENDABLE.test(line)) ? undefined : `${head.join('\r\n')}\r\n\r\n`
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? '']] : []))
}

function codeOf(error: unknown): ResetCode {
  return error instanceof OutletError ? error.code : ResetCode.broken
}
