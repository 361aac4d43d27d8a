// Where the operator looks: a socket file in the relay's folder that only its user can open, and a loopback port where one was asked for.
// It answers GET for four things. A web page on this machine's browser gets nothing: Host must be a loopback name, and no request may come from a site.
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Room } from '#protocol/room'
import { bind } from '../bind.ts'
import type { HostPort } from '../host-port.ts'
import { statusLimits } from '../limits.ts'
import { metricsOf } from './metrics.ts'
import { PAGE_STYLE, pageOf } from './page.ts'
import type { Report } from './report.ts'

/** In the relay's folder, which is the working directory: the name of a socket may be a hundred letters long and no more. */
export const STATUS_SOCKET = 'status.sock'

export interface StatusServer {
  /** Why the loopback port could not be had; the relay goes on without. */
  readonly fault: string | undefined
  close(): void
}

/** Rejects where even the socket file can't be made. */
export async function serveStatus(report: () => Report, page: HostPort | undefined): Promise<StatusServer> {
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    // To be looked at must not end a relay.
    void respond(request, response, report).catch(() => response.destroy())
  const local = makeServer(answer)
  rmSync(STATUS_SOCKET, { force: true })
  const mask = process.umask(0o177)
  try {
    await bind(local, { path: STATUS_SOCKET })
  } finally {
    process.umask(mask)
  }
  const servers = [local]
  let fault: string | undefined
  if (page !== undefined) {
    const server = makeServer(answer)
    try {
      await bind(server, page)
      servers.push(server)
    } catch (error) {
      fault = (error as NodeJS.ErrnoException).code ?? 'an error'
    }
  }
  return {
    fault,
    close: () => {
      for (const server of servers) server.close().closeAllConnections()
    },
  }
}

function makeServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer({ requestTimeout: statusLimits.requestMs, headersTimeout: statusLimits.requestMs }, answer)
  new Room(server, statusLimits.socketsMax)
  return server
}

const HEADERS = {
  'Content-Security-Policy': "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

async function respond(request: IncomingMessage, response: ServerResponse, report: () => Report): Promise<void> {
  request.resume()
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  const say = (status: number, type: string, text: string): void => {
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
    response.end(request.method === 'HEAD' ? '' : text)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'text/plain', 'Only to be looked at.\n')
  if (!isFromHere(request)) return say(403, 'text/plain', 'Only for this machine, by its own name.\n')
  switch (request.url) {
    case '/':
      return say(200, 'text/html; charset=utf-8', pageOf(report()))
    case '/style.css':
      return say(200, 'text/css; charset=utf-8', PAGE_STYLE)
    case '/status.json':
      return say(200, 'application/json', `${JSON.stringify(report())}\n`)
    case '/metrics': {
      const { type, text } = await metricsOf(report())
      return say(200, type, text)
    }
    default:
      return say(404, 'text/plain', 'There are /, /status.json and /metrics.\n')
  }
}

/** A name that was rebound to this machine shows in Host; a page of another site shows in Origin, Referer and what browsers say of the fetch. */
function isFromHere({ headers }: IncomingMessage): boolean {
  const isLocal = (host: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i.test(host)
  const { host = '', origin, referer } = headers
  const site = headers['sec-fetch-site']
  if (!isLocal(host) || (site !== undefined && site !== 'none' && site !== 'same-origin')) return false
  return [origin, referer].every((from) => from === undefined || isLocal(URL.parse(String(from))?.host ?? ''))
}
