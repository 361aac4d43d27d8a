// Edges for the tests and the lab: the configuration of relay/edge/ in the programs that run it, each in a folder and on a port of its own.

import { startEvil } from './evil.ts'
import type { Fault } from './fault.ts'
import { startNginx } from './nginx.ts'
import { Place } from './place.ts'
import { startVarnish } from './varnish.ts'
import { startWorkerd } from './workerd.ts'

/**
 * nginx: as in relay/edge/nginx.conf, where fronting is let through. nginx-421: with the rule that refuses it. nginx-buffering: keeps uploads until they end
 * and answers until they end or a megabyte has come. nginx-cap: cuts each request, WebSockets included, after some seconds. varnish: with hitch and stunnel.
 * workerd: Cloudflare's runtime with worker.ts; TLS is its own, which speaks HTTP/1.1 only. evil: damages what passes.
 */
export const EDGE_KINDS = ['nginx', 'nginx-421', 'nginx-buffering', 'nginx-cap', 'varnish', 'workerd', 'evil'] as const
export type EdgeKind = (typeof EDGE_KINDS)[number]

/** What an edge forwards to. */
export interface Origin {
  /** host:port as the edge dials it; IPv6 in brackets. */
  readonly address: string
  /** For SNI, Host and the certificate's name. */
  readonly serverName: string
  /** PEM of the certificate that it shows: the only one that the edge trusts. */
  readonly certificate: string
}

export interface EdgeOptions {
  readonly origin: Origin
  /** The edge's name; edge.example when left out. */
  readonly serverName?: string
  /** An IP address without brackets, or `*` for all of both families. Loopback and a port that the system chooses when left out. */
  readonly listen?: { readonly host: string; readonly port: number }
  /** Makes a command run elsewhere, such as in a network namespace. It must become the program (exec), since that is ended by its id. */
  readonly exec?: (argv: readonly string[]) => readonly string[]
  /** nginx-cap: 30 s when left out. */
  readonly capSeconds?: number
  /** evil, which is honest without. */
  readonly fault?: Fault
}

export interface Edge {
  readonly kind: EdgeKind
  /** host:port to dial. */
  readonly address: string
  readonly serverName: string
  readonly pin: Uint8Array
  /** Of the certificate that it shows, PEM. */
  readonly certificateFile: string
  /** Another site of the same server, by whose name a client may come in where fronting works; undefined where there is none. */
  readonly front: { readonly serverName: string; readonly pin: Uint8Array } | undefined
  /** Resolves when evil has struck so often in all; rejects when it ends before. */
  struck(times: number): Promise<void>
  /** Ends its programs and removes its folder. */
  stop(): Promise<void>
}

/** What each kind's module makes. */
export interface Started {
  readonly port: number
  readonly hasFront: boolean
  readonly struck?: Edge['struck']
}

/** Resolves once the edge accepts. Rejects, with nothing left behind, when one of its programs ends instead. */
export async function startEdge(kind: EdgeKind, options: EdgeOptions): Promise<Edge> {
  const { serverName = 'edge.example', listen = { host: '127.0.0.1', port: 0 } } = options
  const place = new Place({ serverName, listen, exec: options.exec ?? ((argv) => argv) })
  try {
    const started = await start(kind, place, options)
    const host = listen.host === '*' ? '127.0.0.1' : listen.host
    return {
      kind,
      address: `${host.includes(':') ? `[${host}]` : host}:${started.port}`,
      serverName,
      pin: place.site.pin,
      certificateFile: place.site.certificateFile,
      front: started.hasFront ? { serverName: place.front.serverName, pin: place.front.pin } : undefined,
      struck: started.struck ?? (() => Promise.reject(new Error(`${kind} never strikes`))),
      stop: () => place.close(),
    }
  } catch (error) {
    await place.close()
    throw error
  }
}

function start(kind: EdgeKind, place: Place, { origin, capSeconds = 30, fault }: EdgeOptions): Promise<Started> {
  switch (kind) {
    case 'nginx':
      return startNginx(place, origin, {})
    case 'nginx-421':
      return startNginx(place, origin, { refusesFronting: true })
    case 'nginx-buffering':
      return startNginx(place, origin, { buffers: true })
    case 'nginx-cap':
      return startNginx(place, origin, { capSeconds })
    case 'varnish':
      return startVarnish(place, origin)
    case 'workerd':
      return startWorkerd(place, origin)
    case 'evil':
      return startEvil(place, origin, fault)
  }
}
