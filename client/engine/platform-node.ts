// The Node platform: dials with node:tls and ws. Easier to recognise on the wire than a browser (THREATS.md); for headless use.
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { Carrier, Random } from '#protocol'
import { encodeHex, equalBytes } from '#protocol'
import { checkedLookup, nodeCrypto, nodeRandom, WebSocketCarrier } from '#protocol/node'
import type { Reason } from '../contract/status.ts'
import { isPublicAddress } from './askable.ts'
import { dialHttp } from './carriers/http.ts'
import { upgrade } from './carriers/websocket.ts'
import type { DialStep, Probe, ProbeResult } from './control/outcome.ts'
import { hostOf, type Place } from './control/way.ts'
import { linkLimits } from './limits.ts'
import { networkBytes } from './network.ts'
import { DialError, type DialRequest, type Platform } from './platform.ts'
import { nodeVisitor, runProbe, type Visitor } from './probes.ts'
import type { Upstream } from './upstream.ts'

/** For whoever dials by it; the desktop app's dialer is a genuine Chromium. */
export const NODE_DIALER_NOTE =
  'Seen from outside, this command’s TLS is Node’s: easier to recognise, and to block, than that of the desktop app, which is a genuine Chromium.'

/** What Chrome offers, in its order, as far as OpenSSL can say it: AES-128 first, which servers without a preference of their own then take. */
const CHROME_ORDER = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-RSA-AES128-SHA',
    'ECDHE-RSA-AES256-SHA',
    'AES128-GCM-SHA256',
    'AES256-GCM-SHA384',
    'AES128-SHA',
    'AES256-SHA',
  ].join(':'),
  sigalgs: [
    'ecdsa_secp256r1_sha256',
    'rsa_pss_rsae_sha256',
    'rsa_pkcs1_sha256',
    'ecdsa_secp384r1_sha384',
    'rsa_pss_rsae_sha384',
    'rsa_pkcs1_sha384',
    'rsa_pss_rsae_sha512',
    'rsa_pkcs1_sha512',
  ].join(':'),
  ecdhCurve: knownCurves('*X25519MLKEM768:*X25519:P-256:P-384', 'X25519:P-256:P-384'),
} as const

/** The first that this runtime's TLS library reads: Electron's is BoringSSL, which knows no marks, and in older ones no ML-KEM. */
function knownCurves(...spellings: readonly [string, ...string[]]): string {
  const isKnown = (ecdhCurve: string): boolean => {
    try {
      createSecureContext({ ecdhCurve })
      return true
    } catch {
      return false
    }
  }
  return spellings.find(isKnown) ?? spellings[0]
}

/** What TLS needs to know of an endpoint. */
type TlsEndpoint = Pick<Place, 'address' | 'serverName' | 'pin' | 'isPublic'>

export class NodePlatform implements Platform {
  readonly random: Random = nodeRandom
  #upstream: Upstream | undefined
  /** One for all flows: making it is two fifths of what a handshake costs this end. */
  #secureContext: SecureContext | undefined
  /** One TLS session a site and pin, to resume as browsers do. */
  readonly #tlsSessions = new Map<string, Buffer>()

  constructor(upstream?: Upstream) {
    this.#upstream = upstream
  }

  /** From now on dials go out through this, or straight. */
  goThrough(upstream: Upstream | undefined): void {
    this.#upstream = upstream
  }

  nowS(): number {
    return Math.floor(Date.now() / 1000)
  }

  async dial(request: DialRequest): Promise<Carrier> {
    const { endpoint, carrier, cookie, events, signal } = request
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(linkLimits.dialMs)])
    if (carrier === 'http') return dialHttp(request, this.random, (until) => this.#secure(endpoint, ['h2', 'http/1.1'], until), deadline)
    const tls = await this.#secure(endpoint, ['http/1.1'], deadline)
    const { socket, head } = await upgrade(tls, endpoint, cookie, deadline)
    return new WebSocketCarrier(socket, head, true, events)
  }

  probe(probe: Probe, signal: AbortSignal): Promise<ProbeResult> {
    return this.probeBy(
      nodeVisitor((endpoint, until) => this.#secure(endpoint, ['http/1.1'], until)),
      probe,
      signal,
    )
  }

  /** Runs a probe whose visits to sites are somebody else's. */
  probeBy(visitor: Visitor, probe: Probe, signal: AbortSignal): Promise<ProbeResult> {
    return runProbe(probe, { random: this.random, visitor, isProxied: this.#upstream !== undefined }, signal)
  }

  network(): Uint8Array {
    return networkBytes()
  }

  /** TCP with an endpoint, through the upstream proxy, which looks names up itself, where there is one. Rejects with a DialError. */
  async connect({ address, isPublic }: Pick<Place, 'address' | 'isPublic'>, signal: AbortSignal): Promise<Socket> {
    const host = hostOf(address)
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    if (this.#upstream !== undefined) return this.#upstream.dial(host, port, signal)
    const how = { noDelay: true, autoSelectFamily: TRIES_FAMILIES, ...(isPublic && { lookup: checkedLookup(isPublicAddress) }) }
    return settle(connectTcp({ host, port, ...how }), 'connect', signal)
  }

  async #secure(endpoint: TlsEndpoint, protocols: string[], signal: AbortSignal): Promise<TLSSocket> {
    const tcp = await this.connect(endpoint, signal)
    const site = `${endpoint.address} ${endpoint.serverName} ${encodeHex(endpoint.pin ?? new Uint8Array())}`
    const session = this.#tlsSessions.get(site)
    this.#secureContext ??= createSecureContext(CHROME_ORDER)
    const options: ConnectionOptions = {
      socket: tcp,
      servername: endpoint.serverName,
      ALPNProtocols: protocols,
      secureContext: this.#secureContext,
      rejectUnauthorized: endpoint.pin === undefined,
      ...(session === undefined ? {} : { session }),
    }
    const tls = connectTls(options)
    await settle(tls, 'secureConnect', signal)
    if (endpoint.pin !== undefined && !isPinned(tls, endpoint.pin)) {
      this.#tlsSessions.delete(site)
      tls.destroy()
      throw new DialError('wrong-certificate', undefined, 'tls')
    }
    tls.on('session', (ticket) => this.#tlsSessions.set(site, ticket))
    return tls
  }
}

/** A resumed TLS session shows no certificate: it is the one that was looked at when the session was kept. */
function isPinned(tls: TLSSocket, pin: Uint8Array): boolean {
  if (tls.isSessionReused()) return true
  const certificate = tls.getPeerX509Certificate()
  return certificate !== undefined && equalBytes(nodeCrypto.sha256(certificate.publicKey.export({ format: 'der', type: 'spki' })), pin)
}

/** Waits for a socket's event; destroys the socket and rejects with a DialError when that fails or is given up. */
function settle<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  const step = event === 'connect' ? 'tcp' : 'tls'
  return new Promise((resolve, reject) => {
    const finish = (failed?: DialError): void => {
      socket.off(event, onEvent).off('error', onError).off('close', onClose)
      signal.removeEventListener('abort', onAbort)
      if (failed === undefined) return resolve(socket)
      socket.on('error', () => undefined)
      socket.destroy()
      reject(failed)
    }
    const onEvent = (): void => finish()
    const fail = (reason: Reason, at: DialStep = step): void => finish(new DialError(reason, undefined, at))
    const onError = (error: NodeJS.ErrnoException): void => {
      if (step === 'tls') fail(reasonWithinTls(error))
      else fail(reasonOf(error), NAME_CODES.has(error.code ?? '') ? 'dns' : step)
    }
    const onClose = (): void => fail('reset')
    const onAbort = (): void => fail('timeout')
    socket.once(event, onEvent).once('error', onError).once('close', onClose)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
}

/** Node 18, which Electron has up to 25, ends the whole process by an assertion of its own when a socket that tries one family after the other is given up
 *  in between, as each loser of a race is. Measured with 18.15, 20.20 and 24.21, November 2026. */
const TRIES_FAMILIES: boolean = Number.parseInt(process.versions.node, 10) >= 20

/** The name could not be resolved. */
const NAME_CODES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENODATA'])

const REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ENETUNREACH: 'offline',
  ENETDOWN: 'offline',
  EAI_AGAIN: 'offline',
  EHOSTUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  // An authority certifies no future: what is not valid yet means that this clock is behind.
  CERT_NOT_YET_VALID: 'wrong-clock',
  // Whatever else is wrong with it: of several faults OpenSSL says that of the time.
  CERT_HAS_EXPIRED: 'expired-certificate',
}

/** Whoever answered, and ended the handshake in order or by an alert, cut nothing. Node gives an end the code of a reset, and of no system call. */
function reasonWithinTls(error: NodeJS.ErrnoException): Reason {
  const reason = reasonOf(error)
  const isEnd = reason === 'reset' && error.syscall === undefined
  return isEnd || reason === 'unreachable' ? 'carrier-closed' : reason
}

/** Certificate faults have codes like DEPTH_ZERO_SELF_SIGNED_CERT, ERR_TLS_CERT_ALTNAME_INVALID. */
export function reasonOf(error: NodeJS.ErrnoException): Reason {
  const code = error.code ?? ''
  return REASONS[code] ?? (/CERT|SIGNATURE|ISSUER/.test(code) ? 'wrong-certificate' : 'unreachable')
}
