// A session of our own with a relay or an authority, for asking: authorities ask each other and test relays by it, relays register by it. It reaches them
// as every client does, so from outside it is one more visitor of a site.
//
// 1. TCP, TLS; the certificate is looked at before anything is sent     2. the upgrade, with the admission in its cookie
// 3. the relay's first message makes the session                        4. each question is a stream: bytes and an end, both ways
import { randomBytes } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import {
  type CarrierEvents,
  createClientHandshake,
  type Endpoint,
  equalBytes,
  type Invite,
  ProtocolError,
  parseTarget,
  ResetCode,
  Session,
  type Target,
} from '#protocol'
import { askStream, Drive, nodeCrypto, nodeRandom, StreamDuplex, WebSocketCarrier } from '#protocol/node'
import { pinOf } from '../certificate.ts'
import { parseHostPort } from '../host-port.ts'
import { type AskLimits, askLimits } from './limits.ts'

/** Why there is no session: for status pages and counts; names nothing. */
export type AskFault = 'unreachable' | 'wrong-certificate' | 'not-admitted' | 'silent' | 'impostor'

export class AskError extends Error {
  readonly fault: AskFault

  constructor(fault: AskFault) {
    super(`no session: ${fault}`)
    this.name = 'AskError'
    this.fault = fault
  }
}

export interface Asking {
  /** The answer, whole; undefined where the other side resets the stream, says too much, or nothing in time. */
  ask(target: Target, request: Uint8Array): Promise<Uint8Array | undefined>
  /** Whether what it carries outward comes to who has this endpoint's certificate. */
  carriesTo(endpoint: Endpoint): Promise<boolean>
  /** By this session nothing came once, or it has ended: no more is to be asked by it. A question that was refused says nothing of others. */
  readonly isSpent: boolean
  close(): void
}

/** Opens a session by the first of the invite's endpoints that a WebSocket passes. `lookup`: in place of the system's. Rejects with an AskError. */
export async function openAsking(invite: Invite, nowS: number, limits: AskLimits = askLimits, lookup?: LookupFunction): Promise<Asking> {
  let failed = new AskError('unreachable')
  for (const endpoint of invite.endpoints.filter(({ carriers }) => carriers.includes('websocket'))) {
    try {
      return await openBy(endpoint, invite, nowS, limits, lookup)
    } catch (error) {
      if (!(error instanceof AskError)) throw error
      failed = error
    }
  }
  throw failed
}

/** One question by a session that is closed again; undefined whatever went wrong. */
export async function askOnce(
  invite: Invite,
  target: Target,
  request: Uint8Array,
  nowS: number,
  limits: AskLimits = askLimits,
): Promise<Uint8Array | undefined> {
  try {
    const asking = await openAsking(invite, nowS, limits)
    const answer = await asking.ask(target, request)
    asking.close()
    return answer
  } catch (error) {
    if (error instanceof AskError) return undefined
    throw error
  }
}

async function openBy(endpoint: Endpoint, invite: Invite, nowS: number, limits: AskLimits, lookup?: LookupFunction): Promise<Asking> {
  const signal = AbortSignal.timeout(limits.openMs)
  const tls = await secure(endpoint, signal, lookup && { lookup })
  const handshake = startHandshake(invite, nowS)
  const { socket, head } = await upgrade(tls, endpoint, handshake.cookie, signal)
  return new Promise((resolve, reject) => {
    let seat: CarrierEvents | undefined
    const fail = (fault: AskFault): void => {
      signal.removeEventListener('abort', onSilent)
      carrier.close()
      reject(new AskError(fault))
    }
    const onSilent = (): void => fail('silent')
    const carrier: WebSocketCarrier = new WebSocketCarrier(socket, head, true, {
      onMessage: (message) => {
        if (seat !== undefined) return seat.onMessage(message)
        try {
          const session = beginSession(handshake.consumeReply(message))
          seat = session.attach(carrier, 0, 0, [])
          signal.removeEventListener('abort', onSilent)
          resolve(asking(session, limits))
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          fail('impostor')
        }
      },
      onRoom: () => seat?.onRoom(),
      onClosed: (wasReset) => {
        if (seat === undefined) fail('silent')
        else seat.onClosed(wasReset)
      },
    })
    signal.addEventListener('abort', onSilent)
    carrier.start()
  })
}

function startHandshake(invite: Invite, nowS: number): ReturnType<typeof createClientHandshake> {
  try {
    return createClientHandshake(nodeCrypto, nodeRandom, invite, nowS)
  } catch (error) {
    throw error instanceof ProtocolError ? new AskError('impostor') : error
  }
}

function beginSession(keys: ReturnType<ReturnType<typeof createClientHandshake>['consumeReply']>): Drive {
  const nothing = (): void => undefined
  const drive: Drive = new Drive(
    (onWake) =>
      new Session(
        { crypto: nodeCrypto, random: nodeRandom, role: 'client', nowMs: performance.now(), ...keys },
        { onWake, onOpen: nothing, onGoaway: nothing, onRetire: nothing },
      ),
    // There is one carrier: what it leaves behind is over.
    { onEnd: nothing, onLost: () => drive.stop(), onLate: nothing },
  )
  return drive
}

/** What the other side resets a stream with that it will not answer; a session that ends resets its streams with others. */
const REFUSALS: readonly ResetCode[] = [ResetCode.refused, ResetCode.denied, ResetCode.overload]

function asking(drive: Drive, limits: AskLimits): Asking {
  let isSpent = false
  return {
    close: () => drive.stop(),
    carriesTo: async (endpoint) => {
      const { host, port } = parseHostPort(endpoint.address, 1)
      let over: StreamDuplex | undefined
      try {
        over = new StreamDuplex(drive, drive.open(parseTarget(host, port), {}))
        await secure(endpoint, AbortSignal.timeout(limits.openMs), { socket: over })
        return true
      } catch (error) {
        // A session that has ended opens no stream.
        if (error instanceof AskError || error instanceof ProtocolError) return false
        throw error
      } finally {
        over?.destroy()
      }
    },
    get isSpent() {
      return isSpent
    },
    ask: async (target, request) => {
      let reset: ResetCode | undefined
      const answer = await askStream(drive, target, request, limits, undefined, (code) => {
        reset = code
      })
      if (answer === undefined && (reset === undefined || !REFUSALS.includes(reset))) isSpent = true
      return answer
    },
  }
}

/** `by`: in place of a socket of our own, and of the system's lookup. */
function secure(
  endpoint: Endpoint,
  signal: AbortSignal,
  by?: { readonly lookup: LookupFunction } | { readonly socket: Duplex },
): Promise<Socket> {
  const cut = endpoint.address.lastIndexOf(':')
  const host = endpoint.address.slice(0, cut).replace(/^\[|\]$/g, '')
  const port = Number(endpoint.address.slice(cut + 1))
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      host,
      port,
      servername: endpoint.serverName,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: endpoint.pin === undefined,
      ...by,
    })
    const fail = (fault: AskFault): void => {
      signal.removeEventListener('abort', onAbort)
      tls.destroy()
      reject(new AskError(fault))
    }
    const onAbort = (): void => fail('unreachable')
    signal.addEventListener('abort', onAbort)
    tls.on('error', (error: NodeJS.ErrnoException) =>
      fail(/CERT|SIGNATURE|ISSUER/.test(error.code ?? '') ? 'wrong-certificate' : 'unreachable'),
    )
    tls.once('close', () => fail('unreachable'))
    tls.once('secureConnect', () => {
      const shown = tls.getPeerX509Certificate()
      if (endpoint.pin !== undefined && (shown === undefined || !equalBytes(pinOf(shown.toString()), endpoint.pin)))
        return fail('wrong-certificate')
      signal.removeEventListener('abort', onAbort)
      tls.removeAllListeners('close')
      resolve(tls.setNoDelay(true))
    })
  })
}

function upgrade(
  tls: Socket,
  endpoint: Endpoint,
  cookie: string,
  signal: AbortSignal,
): Promise<{ readonly socket: Socket; readonly head: Uint8Array }> {
  const port = endpoint.address.slice(endpoint.address.lastIndexOf(':') + 1)
  const headers = {
    Host: port === '443' ? endpoint.hostName : `${endpoint.hostName}:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    Origin: `https://${endpoint.hostName}`,
    Cookie: cookie,
  }
  return new Promise((resolve, reject) => {
    const fail = (fault: AskFault): void => {
      signal.removeEventListener('abort', onAbort)
      tls.destroy()
      reject(new AskError(fault))
    }
    const onAbort = (): void => fail('silent')
    signal.addEventListener('abort', onAbort)
    const request = requestHttp({ createConnection: () => tls, path: endpoint.path, headers, setHost: false })
    request.on('error', () => fail('unreachable'))
    request.on('response', (response) => {
      response.resume()
      fail('not-admitted')
    })
    request.on('upgrade', (_response, socket, head) => {
      signal.removeEventListener('abort', onAbort)
      resolve({ socket: socket as Socket, head })
    })
    request.end()
  })
}
