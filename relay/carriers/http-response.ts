// Answers of an http carrier, over HTTP/1.1 and HTTP/2 alike.
import type { OutgoingHttpHeaders } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Writable } from 'node:stream'
import { HTTP_BODY_BYTES_MAX } from '#protocol'
import type { SiteRequest } from '../cover/site.ts'

/** What the two kinds of response have in common, as far as carriers use it. */
export type HttpResponse = Writable & { readonly stream?: Writable; writeHead(status: number, headers: OutgoingHttpHeaders): unknown }

/** `bytes`: of the whole body, where they are known. */
export function writeHead(response: HttpResponse, bytes?: number): void {
  const length = bytes === undefined ? {} : { 'Content-Length': bytes }
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store', ...length })
}

/** Calls back when the answer has broken off: the peer, or what lies between, has not taken all of it. */
export function onBroken(response: HttpResponse, broken: () => void): void {
  // HTTP/2's says that it has finished in any case; the stream below it tells.
  const written = response.stream ?? response
  response.on('error', () => undefined)
  written.on('close', () => {
    if (!written.writableFinished) broken()
  })
}

/** Bytes that all uploads of one HTTP/2 flow may have under way: Node's 65,535 would make 650 KB/s of them at 100 ms. Each may send a whole body, and no
 *  more: what comes before its turn is held. */
const WINDOW_BYTES = 4_194_304
const widened = new WeakSet<ServerHttp2Session>()

/** Lets the peer of an admitted request upload faster; to strangers every flow is like others. */
export function widen(request: SiteRequest): void {
  const session = 'stream' in request ? request.stream.session : undefined
  if (session === undefined || session.destroyed || widened.has(session as ServerHttp2Session)) return
  widened.add(session as ServerHttp2Session)
  session.setLocalWindowSize(WINDOW_BYTES)
  session.settings({ initialWindowSize: HTTP_BODY_BYTES_MAX })
}
