// The contract, behind the web servers that a relay can stand behind, by the site files that init writes.
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import type { CarrierKind } from '#protocol'
import { caddySite } from '../../relay/front/caddy.ts'
import type { FrontSite } from '../../relay/front/front.ts'
import { nginxSite } from '../../relay/front/nginx.ts'
import { needs } from '../needs.ts'
import { HOST } from '../relay/probes/corpus.ts'
import { freePort, startCaddy, startNginx } from '../relay/probes/servers.ts'
import { describeCarrier, type World } from './carrier-suite.ts'
import { dialThrough, endpointAt } from './dial.ts'
import { ADMISSION, type Origin, PATH, startOrigin } from './origin.ts'
import { Path } from './path.ts'

interface Front {
  readonly origin: Origin
  readonly port: number
  stop(): Promise<void>
}

async function start(front: 'nginx' | 'caddy'): Promise<Front> {
  const origin = await startOrigin(true)
  const port = await freePort()
  const site: FrontSite = {
    domain: HOST,
    port,
    relay: { host: '127.0.0.1', port: origin.port },
    path: PATH,
    cookieName: ADMISSION.cookieName,
    cover: { kind: 'folder', folder: origin.fixture.site },
    tls: origin.fixture,
  }
  const folder = join(origin.fixture.folder, front)
  const server =
    front === 'nginx'
      ? await startNginx(folder, nginxSite(site), port)
      : await startCaddy(
          folder,
          `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${caddySite(site).replaceAll(`:${origin.port + 1}`, `:${await freePort()}`)}`,
          port,
        )
  return {
    origin,
    port,
    stop: async () => {
      await server.stop()
      await origin.close()
    },
  }
}

/** Worlds of one suite share a front; each has a path of its own to it. */
function behind(front: 'nginx' | 'caddy', carrier: CarrierKind, alpn?: 'h2' | 'http/1.1'): () => Promise<World> {
  let begun: Promise<Front> | undefined
  afterAll(async () => (await begun)?.stop())
  return async () => {
    begun ??= start(front)
    const { origin, port } = await begun
    const path = await Path.to(port)
    const endpoint = endpointAt(path.port, origin)
    return { path, dial: () => dialThrough(origin, endpoint, carrier, alpn), close: () => path.close() }
  }
}

const CUT_STEP = 2_003

describe.runIf(needs('nginx'))('nginx', () => {
  describeCarrier('websocket behind nginx', behind('nginx', 'websocket'), CUT_STEP)
  describeCarrier('http behind nginx, HTTP/2', behind('nginx', 'http', 'h2'), CUT_STEP)
  describeCarrier('http behind nginx, HTTP/1.1', behind('nginx', 'http', 'http/1.1'), CUT_STEP)
})

describe.runIf(needs('caddy'))('caddy', () => {
  describeCarrier('websocket behind Caddy', behind('caddy', 'websocket'), CUT_STEP)
  describeCarrier('http behind Caddy, HTTP/2', behind('caddy', 'http', 'h2'), CUT_STEP)
  describeCarrier('http behind Caddy, HTTP/1.1', behind('caddy', 'http', 'http/1.1'), CUT_STEP)
})
