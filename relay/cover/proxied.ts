// The cover site as a reverse proxy: another site's pages under our name. Bounded in sockets, body bytes and idle time; adds nothing about the visitor.
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { pipeline, Transform } from 'node:stream'
import { type CoverLimits, coverLimits } from './limits.ts'
import { answer, type Site, type SiteRequest, type SiteResponse } from './site.ts'

/** RFC 9110 §7.6.1, and Expect, which our server has already answered. */
const HOP_BY_HOP = new Set(
  'connection expect keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade'.split(' '),
)

/** Serves what `cover` (http or https; a path in it is put before every path) answers. Its failures become 502, 504 and 413 pages. */
export function proxiedSite(cover: string, limits: CoverLimits = coverLimits): Site {
  const { protocol, host, hostname, port, pathname } = new URL(cover)
  const pool = {
    keepAlive: true,
    maxTotalSockets: limits.proxiedSocketsMax,
    maxSockets: limits.proxiedSocketsMax,
    maxFreeSockets: limits.proxiedSocketsIdleMax,
  }
  const [agent, ask] =
    protocol === 'https:' ? ([new HttpsAgent(pool), requestHttps] as const) : ([new HttpAgent(pool), requestHttp] as const)
  const to = { agent, host: hostname.replace(/^\[|\]$/g, ''), port, timeout: limits.proxiedIdleMs, setHost: false }
  const prefix = pathname.replace(/\/$/, '')
  return (request, response) => {
    if (Number(request.headers['content-length']) > limits.proxiedBodyBytesMax) {
      answer(request, response, 413)
      return
    }
    const headers = [...endToEnd(request.rawHeaders, ['host']), 'Host', host]
    // A body of unknown length is told by Transfer-Encoding, which is hop-by-hop: say it anew.
    if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
    const asked = ask({ ...to, method: request.method, path: prefix + pathOf(request.url ?? '/'), headers })
    asked.on('timeout', () => fail(asked, request, response, 504))
    asked.on('error', () => fail(asked, request, response, 502))
    asked.on('response', (answered) => relay(answered, response))
    response.on('close', () => asked.destroy())
    pipeline(request, bounded(limits.proxiedBodyBytesMax), asked, (error) => {
      if (error instanceof BodyTooLarge) fail(asked, request, response, 413)
    })
  }
}

function relay(answered: IncomingMessage, response: SiteResponse): void {
  const headers = endToEnd(answered.rawHeaders, [])
  for (let i = 0; i < headers.length; i += 2) response.appendHeader(headers[i]!, headers[i + 1]!)
  response.statusCode = answered.statusCode ?? 502
  // The visitor sees a body that is cut short where the other site's was.
  pipeline(answered, response, () => {})
}

function fail(asked: ClientRequest, request: SiteRequest, response: SiteResponse, status: number): void {
  asked.destroy()
  if (response.headersSent) response.destroy()
  else answer(request, response, status)
}

/** Raw header pairs without those that end at this hop, HTTP/2's pseudo-headers and `others`. */
function endToEnd(raw: readonly string[], others: readonly string[]): string[] {
  const dropped = new Set([...HOP_BY_HOP, ...others])
  eachPair(raw, (name, value) => {
    if (name.toLowerCase() === 'connection') for (const named of value.split(',')) dropped.add(named.trim().toLowerCase())
  })
  const kept: string[] = []
  eachPair(raw, (name, value) => {
    if (!name.startsWith(':') && !dropped.has(name.toLowerCase())) kept.push(name, value)
  })
  return kept
}

function eachPair(raw: readonly string[], visit: (name: string, value: string) => void): void {
  for (let i = 0; i + 1 < raw.length; i += 2) visit(raw[i]!, raw[i + 1]!)
}

/** Path and query of a request target, which may be in absolute form (RFC 9112 §3.2.2); `*` asks about the server, so about `/`. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return path.startsWith('/') ? path : `/${path.replace(/^\*/, '')}`
}

class BodyTooLarge extends Error {}

function bounded(bytesMax: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > bytesMax) done(new BodyTooLarge())
      else done(undefined, chunk)
    },
  })
}
