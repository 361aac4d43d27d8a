// The relay's face. Admitted requests become carriers, or parts of one; everyone else takes the very path of a server that has no relay in it.
// Stand-alone: a plain Node site with TLS, HTTP/1.1 and HTTP/2. Behind a front: plain HTTP on loopback, where a 404 tells the front to answer itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createServer as createHopServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TlsOptions } from 'node:tls'
import { AcceptPacer } from './accept-pacer.ts'
import { bind } from './bind.ts'
import { isHttpRequest } from './carriers/http.ts'
import type { HttpResponse } from './carriers/http-response.ts'
import { finishUpgrade, isUpgrade } from './carriers/websocket.ts'
import type { Site, SiteRequest } from './cover/site.ts'
import { endDeadSessions } from './dead-sessions.ts'
import { isLoopback } from './host-port.ts'
import { type ListenLimits, listenLimits } from './limits.ts'
import { Visitors } from './visitors.ts'

export interface ListenOptions<A> {
  /** Behind a front: a loopback address, since whoever reaches the relay there is believed to be the front. */
  readonly host: string
  /** 0: the system chooses. */
  readonly port: number
  /** undefined: behind a front. */
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined
  /** A socket file in place of host and port, for other processes of this relay: as behind a front. */
  readonly socketFile?: string
  /** For other hosts of this relay, in place of `tls`: they prove themselves by a key. */
  readonly hop?: TlsOptions
  /** Where requests have to wait for a word from elsewhere, admitted or not: which, and whether what was admitted still is. */
  readonly late?: { mustAsk(request: SiteRequest, admitted: A | undefined): boolean; confirm(admitted: A | undefined): Promise<boolean> }
  /** Nothing is bound: sockets are accepted by another process and come by `take`. */
  readonly isHanded?: boolean
  /** What everyone else meets; unused behind a front, which serves it. */
  readonly site: Site
  /**
   * Decides at once whether a request is admitted; asked once for each that a carrier's client could have sent: an upgrade, or a GET or POST without one.
   * The peer of an upgrade may be gone before `accept`, which then never comes.
   */
  admit(request: SiteRequest): A | undefined
  /**
   * Takes over the socket of an admitted request, after the 101. It carries no listener of the HTTP server or of ws, has noDelay and no timeout, and is
   * neither flowing nor paused (`readableFlowing === null`): what arrives waits in its buffer, after `head`. An 'error' listener must be added at once.
   */
  accept(admitted: A, socket: Duplex, head: Buffer): void
  /** Answers an admitted request that is no upgrade, over HTTP/1.1 or HTTP/2. Nothing of its body has been read. Comes in the same turn as `admit`. */
  serve(admitted: A, request: SiteRequest, response: HttpResponse): void
}

export interface Listening {
  readonly port: number
  /** Serves a socket that another process has accepted, unread. */
  take(socket: Socket): void
  /** Shows another certificate to whoever comes from now on. Stand-alone only. */
  useCertificate(tls: { readonly cert: string | Buffer; readonly key: string | Buffer }): void
  /** Accepts nothing new; sockets in use, carriers among them, live on. */
  stopListening(): void
  /** Stops, and destroys every socket that came in here, those handed to `accept` included. */
  close(): Promise<void>
}

/** What a stand-alone site is made with, relay or not. Like nginx on today's Debian, it takes the client's order of ciphers, which for browsers begins
 *  with AES-128, and the curves that everyone has; what must stay closed for ever is closed by the session's own handshake. */
export const SITE_OPTIONS = { allowHTTP1: true, honorCipherOrder: false, ecdhCurve: 'X25519:P-256:P-384' } as const

/** Resolves once bound. Rejects with what binding failed of, or where this Node can't do it, or where a front would be a stranger. */
export async function listen<A>(options: ListenOptions<A>, limits: ListenLimits = listenLimits): Promise<Listening> {
  if (options.tls === undefined && options.socketFile === undefined && options.hop === undefined && !isLoopback(options))
    throw new Error('a relay behind a front listens on a loopback address only')
  const { server, vouch } = createListener(options, limits)
  admitUpgrades(server, options, vouch)
  const stopWatch = endDeadSessions(server, limits.deadSessionSweepMs)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const at = options.socketFile === undefined ? { host: options.host, port: options.port } : { path: options.socketFile }
  if (options.isHanded !== true) await bind(server, at)
  const stopListening = (): void => {
    if (server.listening) server.close()
  }
  return {
    port: (server.address() as AddressInfo | undefined)?.port ?? 0,
    take: (socket) => {
      server.emit('connection', socket)
      // TLS reads such a socket by itself; an HTTP server takes it for one that somebody has paused.
      if (options.tls === undefined) socket.resume()
    },
    useCertificate: (tls) => {
      if ('setSecureContext' in server) server.setSecureContext({ ...SITE_OPTIONS, ...tls })
    },
    stopListening,
    close: () =>
      new Promise((resolve) => {
        stopListening()
        stopWatch()
        if (sockets.size === 0) resolve()
        for (const socket of sockets) {
          socket.once('close', () => {
            if (sockets.size === 0) resolve()
          })
          socket.destroy()
        }
      }),
  }
}

/** Told of each request that is admitted. What it returns is called once that is answered; never for one whose socket is taken over. */
type Vouch = (request: SiteRequest) => () => void

/** Behind a front nothing is paced or bounded: the front shakes hands, in processes of its own. */
function createListener<A>(
  options: ListenOptions<A>,
  limits: ListenLimits,
): { readonly server: Server | Http2SecureServer; readonly vouch: Vouch } {
  if (options.tls === undefined) {
    const vouch: Vouch = () => () => undefined
    return { server: createFrontedServer((site) => admitRequests(site, options, vouch), options.hop), vouch }
  }
  const vouch: Vouch = (request) => {
    pacer.vouch('stream' in request ? (request.stream.session ?? request) : request.socket, request.socket.remoteAddress)
    return visitors.letIn(request.socket)
  }
  const { server, pacer, visitors } = createSite(options.tls, admitRequests(options.site, options, vouch), limits)
  return { server, vouch }
}

/** A site with TLS whose handshakes are paced. Sockets come unread: once a part of them has been read here, TLS reads the rest in other pieces, and what
 *  is too large for a server is refused in other ways. */
function createSite(
  tls: NonNullable<ListenOptions<unknown>['tls']>,
  site: Site,
  limits: ListenLimits,
): { readonly server: Http2SecureServer; readonly pacer: AcceptPacer; readonly visitors: Visitors } {
  const server = createSecureServer({ ...SITE_OPTIONS, ...tls, pauseOnConnect: true }, site)
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[]
  const visitors = new Visitors(limits.visitorsMax)
  const begin = (socket: Socket): void => {
    visitors.take(socket)
    for (const listener of listeners) listener.call(server, socket)
  }
  const pacer = new AcceptPacer(begin, limits.accept)
  server.removeAllListeners('connection').on('connection', (socket: Socket) => pacer.accept(socket))
  return { server, pacer, visitors }
}

/** Asks `admit` inside the parser, so that for all others the parser goes on as it does in a server that knows no upgrades. */
function admitUpgrades<A>(server: Server, { admit, accept, late, tls }: ListenOptions<A>, vouch: Vouch): void {
  // The HTTP/2 server takes this as a property only; before Node 24.9 there is none, and every upgrade would reach the listener below.
  if (!('shouldUpgradeCallback' in server)) throw new Error('the relay needs Node 24.9 or later')
  const admissions = new WeakMap<IncomingMessage, A>()
  /** Sockets whose next request is one that was refused late. */
  const refused = new WeakSet<Duplex>()
  const lastResponses = new WeakMap<Duplex, ServerResponse>()
  const shouldUpgradeCallback = (request: IncomingMessage): boolean => {
    // A pipelined upgrade would write its 101 into the middle of the answers before it.
    const isBusy = lastResponses.get(request.socket)?.writableFinished === false
    if (refused.delete(request.socket) || isBusy || !isUpgrade(request)) return false
    const admitted = admit(request)
    if (admitted !== undefined) admissions.set(request, admitted)
    return admitted !== undefined || late?.mustAsk(request, admitted) === true
  }
  Object.assign(server, { shouldUpgradeCallback })
  /** Lets the server read the request anew, as if it had come this moment. */
  const meetAsStranger = ({ method, url, httpVersion, rawHeaders }: IncomingMessage, socket: Socket, head: Buffer): void => {
    const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []))
    const text = [`${method} ${url} HTTP/${httpVersion}`, ...lines, '', ''].join('\r\n')
    socket.unshift(Buffer.concat([Buffer.from(text, 'latin1'), head]))
    refused.add(socket)
    server.emit(tls === undefined ? 'connection' : 'secureConnection', socket)
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor === 1) lastResponses.set(request.socket, response)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const admitted = admissions.get(request)
    const finish = (isOurs: boolean): void => {
      if (admitted === undefined || !isOurs) return meetAsStranger(request, socket, head)
      vouch(request)
      finishUpgrade(request, socket, head, () => {
        socket.setTimeout(0)
        socket.setNoDelay(true)
        accept(admitted, socket, head)
      })
    }
    if (late?.mustAsk(request, admitted) !== true) return finish(true)
    const ignore = (): void => undefined
    socket.on('error', ignore)
    void late.confirm(admitted).then((isOurs) => {
      socket.off('error', ignore)
      if (!socket.destroyed) finish(isOurs)
    })
  })
}

/** Asks `admit` before `site`, which meets everything else as it came. */
function admitRequests<A>(site: Site, { admit, serve, late }: ListenOptions<A>, vouch: Vouch): Site {
  return (request, response) => {
    const admitted = isHttpRequest(request) ? admit(request) : undefined
    const meet = (isOurs: boolean): void => {
      if (admitted === undefined || !isOurs) return site(request, response)
      response.once('close', vouch(request))
      serve(admitted, request, response)
    }
    if (isHttpRequest(request) && late?.mustAsk(request, admitted) === true) void late.confirm(admitted).then(meet)
    else meet(true)
  }
}

/**
 * The front shows a stranger its own answer in place of ours, whatever ours is; but nginx ends keep-alive for some statuses (400 among them), which the
 * stranger would see. So there is one answer, 404, also for headers that Node refuses and nginx does not, and Node's size limit lies above nginx's 32 KiB.
 */
function createFrontedServer(answer: (site: Site) => Site, hop: TlsOptions | undefined): Server {
  const refuse: Site = (_request, response) => {
    response.statusCode = 404
    response.setHeader('Content-Length', 0)
    response.setHeader('Connection', 'close')
    response.end()
  }
  const options = { maxHeaderSize: 65_536, keepAlive: true }
  const server = hop === undefined ? createServer(options, answer(refuse)) : createHopServer({ ...options, ...hop }, answer(refuse))
  return server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })
}
