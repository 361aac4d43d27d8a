// The cover site as a reverse proxy: another site's pages under our name. Bounded in sockets, body bytes and idle time; adds nothing about the visitor.
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { pipeline, Transform } from 'node:stream'
import { type CoverLimits, coverLimits } from './limits.ts'
import { answer, type Site, type SiteRequest, type SiteResponse } from './site.ts'

/** RFC 9110 §7.6.1, and Expect, which our server has already answered. */
const HOP_BY_HOP = new Set(
  'connection expect http2-settings keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
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
    asked.on('response', (answered) => {
      if (isFinalStatus(answered.statusCode)) relay(answered, response)
      else fail(asked, request, response, 502)
    })
    // Another protocol was neither asked for nor can it be passed on; without a listener Node would end the socket and say nothing.
    for (const event of ['upgrade', 'connect'] as const) asked.on(event, () => fail(asked, request, response, 502))
    response.on('close', () => asked.destroy())
    pipeline(request, bounded(limits.proxiedBodyBytesMax), asked, (error) => {
      if (error instanceof BodyTooLarge) fail(asked, request, response, 413)
    })
  }
}

/** Node throws at any other where it is set, and some sites answer with 999. */
function isFinalStatus(status = 0): boolean {
  return status >= 200 && status <= 599
}

function relay(answered: IncomingMessage, response: SiteResponse): void {
  const headers = endToEnd(answered.rawHeaders, [])
  eachPair('stream' in response ? joined(headers) : headers, (name, value) => response.appendHeader(name, value))
  response.statusCode = answered.statusCode ?? 502
  // The visitor sees a body that is cut short where the other site's was.
  pipeline(answered, response, () => {})
}

function fail(asked: ClientRequest, request: SiteRequest, response: SiteResponse, status: number): void {
  asked.destroy()
  // What was destroyed fails once more.
  if (response.writableEnded) return
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

/**
 * Each name once, but for Set-Cookie: its values in one line (RFC 9110 §5.3), and what was said twice once. Over HTTP/2 Node breaks the stream off where one
 * of some forty names comes twice, as sites do with X-Content-Type-Options.
 */
function joined(raw: readonly string[]): string[] {
  const values = new Map<string, Set<string>>()
  const cookies: string[] = []
  eachPair(raw, (name, value) => {
    const key = name.toLowerCase()
    if (key === 'set-cookie') cookies.push(key, value)
    else values.set(key, (values.get(key) ?? new Set()).add(value))
  })
  return [...[...values].flatMap(([name, said]) => [name, [...said].join(', ')]), ...cookies]
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
