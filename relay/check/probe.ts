// The questions `check` puts to the network: the page that a visitor gets, and whether this relay's own invite is admitted.
import { type ClientRequest, get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import { createServer, type LookupFunction } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { BodyReader, type CarrierKind, type ClientHandshake, createClientHandshake, type Invite, ProtocolError } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { pinOf } from '../certificate.ts'
import { formatHostPort, type HostPort } from '../host-port.ts'
import { type CheckLimits, checkLimits } from '../limits.ts'

export interface Visit {
  readonly status: number
  readonly body: string
  /** SHA-256 of the shown certificate's SPKI; undefined over plain HTTP. */
  readonly pin: Uint8Array | undefined
  /** SHA-256 of that certificate, as Node writes it. */
  readonly fingerprint: string | undefined
  /** Whether a browser would be content with the certificate. */
  readonly isTrusted: boolean
}

/** What a site is called outside TLS and inside; two names where an edge allows fronting. */
export interface SiteNames {
  readonly serverName: string
  /** For the Host header, with the port where that is not 443. */
  readonly hostName: string
}

/** Asks `at` for the front page of a site. What failed comes back as a code such as ECONNREFUSED, ETIMEDOUT or EPROTO. `lookup`: in place of the system's. */
export function visit(
  at: HostPort,
  { serverName, hostName }: SiteNames,
  secure: boolean,
  limits: CheckLimits = checkLimits,
  lookup?: LookupFunction,
): Promise<Visit | string> {
  const options = {
    host: at.host,
    port: at.port,
    path: '/',
    headers: { Host: hostName },
    agent: false,
    signal: AbortSignal.timeout(limits.questionMs),
    ...(lookup && { lookup }),
  } as const
  return new Promise((done) => {
    const request: ClientRequest = secure ? getSecure({ ...options, servername: serverName, rejectUnauthorized: false }) : getPlain(options)
    request.on('error', (failed: NodeJS.ErrnoException) => done(failed.name === 'AbortError' ? 'ETIMEDOUT' : (failed.code ?? 'EPROTO')))
    refuseUpgrade(request, () => done('EPROTO'))
    request.on('response', (response) => {
      const shown = secure ? (response.socket as TLSSocket).getPeerX509Certificate() : undefined
      const isTrusted = secure && (response.socket as TLSSocket).authorized
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', () => done('ECONNRESET'))
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= limits.pageBytesMax) chunks.push(chunk)
        else response.destroy()
      })
      response.on('close', () => {
        done({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          pin: shown && pinOf(shown.toString()),
          fingerprint: shown?.fingerprint256,
          isTrusted,
        })
      })
    })
  })
}

/** Whoever answers 101 to what asked for no such thing: Node would close that without a word to anyone who waits. */
function refuseUpgrade(request: ClientRequest, refused: () => void): void {
  request.on('upgrade', (_response, socket) => {
    socket.destroy()
    refused()
  })
}

export type Knocked = 'admitted' | 'refused' | 'impostor' | 'unreachable'

/** Joins as a client with the invite would, dialling `at`, and leaves at once. A word for what failed: 'refused' when the cover site answered. */
export function knock(
  kind: CarrierKind,
  at: HostPort,
  site: SiteNames & { readonly path: string },
  invite: Invite,
  nowMs: number,
  limits: CheckLimits = checkLimits,
): Promise<Knocked> {
  const handshake = createClientHandshake(nodeCrypto, nodeRandom, invite, Math.floor(nowMs / 1000))
  const headers = { Host: site.hostName, Cookie: handshake.cookie }
  return kind === 'websocket' ? knockByWebSocket(at, site, headers, handshake, limits) : knockByHttp(at, site, headers, handshake, limits)
}

function knockByWebSocket(
  at: HostPort,
  { serverName, path }: SiteNames & { readonly path: string },
  headers: Readonly<Record<string, string>>,
  handshake: ClientHandshake,
  limits: CheckLimits,
): Promise<Knocked> {
  const target = { servername: serverName, rejectUnauthorized: false, perMessageDeflate: false, maxPayload: limits.pageBytesMax }
  return new Promise((done) => {
    const socket = new WebSocket(`wss://${formatHostPort(at)}${path}`, { ...target, headers, handshakeTimeout: limits.questionMs })
    const silent = setTimeout(() => socket.terminate(), limits.questionMs)
    const finish = (word: Knocked): void => {
      clearTimeout(silent)
      socket.terminate()
      done(word)
    }
    socket.on('unexpected-response', (request) => {
      request.destroy()
      finish('refused')
    })
    socket.on('message', (message: Buffer) => finish(isReply(handshake, message) ? 'admitted' : 'impostor'))
    socket.on('error', () => finish('unreachable'))
    socket.on('close', () => finish('unreachable'))
  })
}

/** The relay's reply is the first message in the answer's body (SPEC.md §2.5); what the cover site says is no such body, or holds no reply. */
function knockByHttp(
  at: HostPort,
  { serverName, path }: SiteNames & { readonly path: string },
  headers: Readonly<Record<string, string>>,
  handshake: ClientHandshake,
  limits: CheckLimits,
): Promise<Knocked> {
  const options = { host: at.host, port: at.port, path, headers, servername: serverName, rejectUnauthorized: false, agent: false } as const
  return new Promise((done) => {
    const request = getSecure({ ...options, signal: AbortSignal.timeout(limits.questionMs) })
    const finish = (word: Knocked): void => {
      done(word)
      request.destroy()
    }
    request.on('error', () => done('unreachable'))
    refuseUpgrade(request, () => done('refused'))
    request.on('response', (response) => {
      const body = new BodyReader({ onMessage: (message) => finish(isReply(handshake, message) ? 'admitted' : 'refused') })
      response.on('data', (chunk: Buffer) => {
        try {
          body.take(chunk)
        } catch (failed) {
          if (!(failed instanceof ProtocolError)) throw failed
          finish('refused')
        }
      })
      response.on('end', () => done('refused'))
      response.on('error', () => done('unreachable'))
    })
  })
}

/** undefined when this user could listen at `at`; else the code of what forbids it. */
export function tryListening(at: HostPort): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', (failed: NodeJS.ErrnoException) => done(failed.code ?? 'EIO'))
    server.listen(at.port, at.host, () => server.close(() => done(undefined)))
  })
}

function isReply(handshake: ClientHandshake, message: Uint8Array): boolean {
  try {
    handshake.consumeReply(new Uint8Array(message))
    return true
  } catch (failed) {
    if (failed instanceof ProtocolError) return false
    throw failed
  }
}
