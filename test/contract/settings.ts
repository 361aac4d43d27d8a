// Where carriers are tried: with nothing between client and relay, behind an edge that holds everything back, behind the web servers that a relay can stand
// behind, and through every edge that people may deploy. Worlds of one setting share a relay, and what is in front of it, as people do; each has a path of
// its own to it.
import { join } from 'node:path'
import type { CarrierKind, Endpoint } from '#protocol'
import { caddySite } from '../../relay/front/caddy.ts'
import type { FrontSite } from '../../relay/front/front.ts'
import { nginxSite } from '../../relay/front/nginx.ts'
import { type EdgeKind, startEdge } from '../edges/edge.ts'
import { HOST } from '../relay/probes/corpus.ts'
import { freePort, type RunningServer, startCaddy, startNginx } from '../relay/probes/servers.ts'
import { startBufferingEdge } from './buffering-edge.ts'
import type { World } from './cuts.ts'
import { dialThrough, endpointAt } from './dial.ts'
import { ADMISSION, type Origin, PATH, startOrigin } from './origin.ts'
import { Path } from './path.ts'

type Alpn = 'h2' | 'http/1.1'
export type FrontKind = 'nginx' | 'caddy'

export interface Setting {
  readonly name: string
  /** Starts what stands behind the worlds. */
  begin(): Promise<Behind>
}

export interface Behind {
  open(): Promise<World>
  close(): Promise<void>
}

function direct(name: string, carrier: CarrierKind, alpn?: Alpn, isBuffered = false): Setting {
  const begin = async (): Promise<Behind> => {
    const origin = await startOrigin()
    const edge = isBuffered ? await startBufferingEdge(origin) : undefined
    return {
      open: () => worldAt(edge?.port ?? origin.port, origin, carrier, alpn),
      close: async () => {
        await edge?.close()
        await origin.close()
      },
    }
  }
  return { name, begin }
}

/** By the site files that init writes. */
function fronted(kind: FrontKind, carrier: CarrierKind, alpn?: Alpn): Setting {
  const begin = async (): Promise<Behind> => {
    const origin = await startOrigin(true)
    const port = await freePort()
    const server = await startFront(kind, origin, port)
    return {
      open: () => worldAt(port, origin, carrier, alpn),
      close: async () => {
        await server.stop()
        await origin.close()
      },
    }
  }
  const protocol = alpn === undefined ? '' : `, ${alpn === 'h2' ? 'HTTP/2' : 'HTTP/1.1'}`
  return { name: `${carrier}, ${kind} in front${protocol}`, begin }
}

async function startFront(kind: FrontKind, origin: Origin, port: number): Promise<RunningServer> {
  const site: FrontSite = {
    domain: HOST,
    port,
    relay: { host: '127.0.0.1', port: origin.port },
    path: PATH,
    cookieName: ADMISSION.cookieName,
    cover: { kind: 'folder', folder: origin.fixture.site },
    tls: origin.fixture,
  }
  const folder = join(origin.fixture.folder, kind)
  if (kind === 'nginx') return startNginx(folder, nginxSite(site), port)
  const text = caddySite(site).replaceAll(`:${origin.port + 1}`, `:${await freePort()}`)
  return startCaddy(folder, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${text}`, port)
}

async function worldAt(port: number, origin: Origin, carrier: CarrierKind, alpn: Alpn | undefined): Promise<World> {
  const path = await Path.to(port)
  const endpoint = endpointAt(path.port, origin)
  return { path, dial: () => dialThrough(origin, endpoint, carrier, alpn), close: () => path.close() }
}

function allFronted(kind: FrontKind): readonly Setting[] {
  return [fronted(kind, 'websocket'), fronted(kind, 'http', 'h2'), fronted(kind, 'http', 'http/1.1')]
}

/** HTTP/2 where the edge offers it, which is all but workerd. */
function behind(kind: EdgeKind, carrier: CarrierKind): Setting {
  const begin = async (): Promise<Behind> => {
    const origin = await startOrigin()
    const edge = await startEdge(kind, {
      origin: { address: `127.0.0.1:${origin.port}`, serverName: HOST, certificate: origin.fixture.cert },
    })
    const { serverName, pin } = edge
    const endpointOf = (port: number): Endpoint => ({
      address: `127.0.0.1:${port}`,
      serverName,
      hostName: serverName,
      path: PATH,
      pin,
      carriers: [carrier],
      isEdge: true,
    })
    return {
      open: async () => {
        const path = await Path.to(Number(edge.address.slice(edge.address.lastIndexOf(':') + 1)))
        return { path, dial: () => dialThrough(origin, endpointOf(path.port), carrier), close: () => path.close() }
      },
      close: async () => {
        await edge.stop()
        await origin.close()
      },
    }
  }
  return { name: `${carrier}, behind ${kind}`, begin }
}

export const DIRECT: readonly Setting[] = [
  direct('websocket, direct', 'websocket'),
  direct('http, streams, HTTP/2', 'http', 'h2'),
  direct('http, streams, HTTP/1.1', 'http', 'http/1.1'),
  direct('http, polls, HTTP/2', 'http', 'h2', true),
  direct('http, polls, HTTP/1.1', 'http', 'http/1.1', true),
]

export const FRONTS: Readonly<Record<FrontKind, readonly Setting[]>> = { nginx: allFronted('nginx'), caddy: allFronted('caddy') }

export const EDGES: readonly Setting[] = [
  behind('nginx', 'websocket'),
  behind('nginx', 'http'),
  behind('nginx-buffering', 'http'),
  behind('varnish', 'websocket'),
  behind('varnish', 'http'),
  behind('workerd', 'websocket'),
  behind('workerd', 'http'),
]

export const SETTINGS: readonly Setting[] = [...DIRECT, ...FRONTS.nginx, ...FRONTS.caddy, ...EDGES]
