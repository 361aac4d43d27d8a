// The questions `check` puts to the network: the page that a visitor gets, and whether this relay's own invite is admitted.
import { type ClientRequest, get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import { createServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { createClientHandshake, type Invite, ProtocolError } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { pinOf } from '../certificate.ts'
import type { RelayConfig } from '../config.ts'
import { formatHostPort, type HostPort } from '../host-port.ts'
import { type CheckLimits, checkLimits } from '../limits.ts'

export interface Visit {
  readonly status: number
  readonly body: string
  /** SHA-256 of the shown certificate's SPKI; undefined over plain HTTP. */
  readonly pin: Uint8Array | undefined
  /** Whether a browser would be content with the certificate. */
  readonly isTrusted: boolean
}

/** Asks `at` for the front page of `domain`. What failed comes back as a code such as ECONNREFUSED, ETIMEDOUT or EPROTO. */
export function visit(at: HostPort, domain: string, secure: boolean, limits: CheckLimits = checkLimits): Promise<Visit | string> {
  const options = {
    host: at.host,
    port: at.port,
    path: '/',
    headers: { Host: domain },
    agent: false,
    signal: AbortSignal.timeout(limits.questionMs),
  } as const
  return new Promise((done) => {
    const request: ClientRequest = secure ? getSecure({ ...options, servername: domain, rejectUnauthorized: false }) : getPlain(options)
    request.on('error', (failed: NodeJS.ErrnoException) => done(failed.name === 'AbortError' ? 'ETIMEDOUT' : (failed.code ?? 'EPROTO')))
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
        done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), pin: shown && pinOf(shown.toString()), isTrusted })
      })
    })
  })
}

/** Joins as a client with the invite would, dialling `at`, and leaves at once. A word for what failed: 'refused' when the cover site answered. */
export function knock(
  at: HostPort,
  config: RelayConfig,
  invite: Invite,
  nowMs: number,
  limits: CheckLimits = checkLimits,
): Promise<'admitted' | 'refused' | 'impostor' | 'unreachable'> {
  const handshake = createClientHandshake(nodeCrypto, nodeRandom, invite, Math.floor(nowMs / 1000))
  const target = { servername: config.domain, rejectUnauthorized: false, perMessageDeflate: false, maxPayload: limits.pageBytesMax }
  const headers = {
    Host: config.address.port === 443 ? config.domain : `${config.domain}:${config.address.port}`,
    Cookie: handshake.cookie,
  }
  return new Promise((done) => {
    const socket = new WebSocket(`wss://${formatHostPort(at)}${config.path}`, { ...target, headers, handshakeTimeout: limits.questionMs })
    const silent = setTimeout(() => socket.terminate(), limits.questionMs)
    const finish = (word: 'admitted' | 'refused' | 'impostor' | 'unreachable'): void => {
      clearTimeout(silent)
      socket.terminate()
      done(word)
    }
    socket.on('unexpected-response', (request) => {
      request.destroy()
      finish('refused')
    })
    socket.on('message', (message: Buffer) =>
      finish(isReply(() => handshake.consumeReply(new Uint8Array(message))) ? 'admitted' : 'impostor'),
    )
    socket.on('error', () => finish('unreachable'))
    socket.on('close', () => finish('unreachable'))
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

function isReply(consume: () => unknown): boolean {
  try {
    consume()
    return true
  } catch (failed) {
    if (failed instanceof ProtocolError) return false
    throw failed
  }
}
