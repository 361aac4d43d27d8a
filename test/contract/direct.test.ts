// The contract, with nothing between client and relay; and behind an edge that holds everything back, in which the http carrier polls.
import { afterAll } from 'vitest'
import type { CarrierKind } from '#protocol'
import { type Edge, startBufferingEdge } from './buffering-edge.ts'
import { describeCarrier, type World } from './carrier-suite.ts'
import { dialThrough, endpointAt } from './dial.ts'
import { type Origin, startOrigin } from './origin.ts'
import { Path } from './path.ts'

interface Begun {
  readonly origin: Origin
  readonly edge: Edge | undefined
}

async function begin(isBuffered: boolean): Promise<Begun> {
  const origin = await startOrigin()
  return { origin, edge: isBuffered ? await startBufferingEdge(origin) : undefined }
}

/** Worlds of one suite share an origin; each has a path of its own to it. */
function direct(carrier: CarrierKind, alpn?: 'h2' | 'http/1.1', isBuffered = false): () => Promise<World> {
  let begun: Promise<Begun> | undefined
  afterAll(async () => {
    const { origin, edge } = (await begun) ?? {}
    await edge?.close()
    await origin?.close()
  })
  return async () => {
    begun ??= begin(isBuffered)
    const { origin, edge } = await begun
    const path = await Path.to(edge?.port ?? origin.port)
    const endpoint = endpointAt(path.port, origin)
    return { path, dial: () => dialThrough(origin, endpoint, carrier, alpn), close: () => path.close() }
  }
}

describeCarrier('websocket, direct', direct('websocket'), 97)
describeCarrier('http, streams, HTTP/2', direct('http', 'h2'), 97)
describeCarrier('http, streams, HTTP/1.1', direct('http', 'http/1.1'))
describeCarrier('http, polls, HTTP/2', direct('http', 'h2', true))
describeCarrier('http, polls, HTTP/1.1', direct('http', 'http/1.1', true))
