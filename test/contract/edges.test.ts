// The contract, through every edge that people may deploy: both carriers, and polls where an edge holds answers back.
import { afterAll, describe } from 'vitest'
import type { CarrierKind, Endpoint } from '#protocol'
import { type Edge, type EdgeKind, startEdge } from '../edges/edge.ts'
import { needs } from '../needs.ts'
import { HOST } from '../relay/probes/corpus.ts'
import { describeCarrier, type World } from './carrier-suite.ts'
import { dialThrough } from './dial.ts'
import { type Origin, startOrigin } from './origin.ts'
import { Path } from './path.ts'

interface Behind {
  readonly origin: Origin
  readonly edge: Edge
}

/** Worlds of one suite share an edge, as people do; each has a path of its own to it. */
function worlds(kind: EdgeKind, carrier: CarrierKind): () => Promise<World> {
  let shared: Promise<Behind> | undefined
  afterAll(async () => {
    const behind = await shared
    await behind?.edge.stop()
    await behind?.origin.close()
  })
  return async () => {
    shared ??= start(kind)
    const { origin, edge } = await shared
    const path = await Path.to(Number(edge.address.slice(edge.address.lastIndexOf(':') + 1)))
    const { serverName, pin } = edge
    const endpoint: Endpoint = {
      address: `127.0.0.1:${path.port}`,
      serverName,
      hostName: serverName,
      path: '/news.html',
      pin,
      carriers: [carrier],
      isEdge: true,
    }
    return { path, dial: () => dialThrough(origin, endpoint, carrier), close: () => path.close() }
  }
}

async function start(kind: EdgeKind): Promise<Behind> {
  const origin = await startOrigin()
  const edge = await startEdge(kind, {
    origin: { address: `127.0.0.1:${origin.port}`, serverName: HOST, certificate: origin.fixture.cert },
  })
  return { origin, edge }
}

/** A relay learns of a cut on the far side of an edge by the client's silence, seconds later: fewer are tried than with nothing between. */
const CUT_STEP = 9_973

/** HTTP/2 where the edge offers it, which is all but workerd. */
function describeBehind(kind: EdgeKind, carrier: CarrierKind): void {
  describeCarrier(`${carrier}, behind ${kind}`, worlds(kind, carrier), CUT_STEP)
}

describe.runIf(needs('nginx'))('nginx', () => {
  describeBehind('nginx', 'websocket')
  describeBehind('nginx', 'http')
  describeBehind('nginx-buffering', 'http')
})

describe.runIf(needs('varnish'))('varnish', () => {
  describeBehind('varnish', 'websocket')
  describeBehind('varnish', 'http')
})

describe('workerd', () => {
  describeBehind('workerd', 'websocket')
  describeBehind('workerd', 'http')
})
