// The contract, with nothing between client and relay; and behind an edge that holds everything back, in which the http carrier polls.
import type { CarrierKind } from '#protocol'
import { startBufferingEdge } from './buffering-edge.ts'
import { describeCarrier, type World } from './carrier-suite.ts'
import { dialThrough, endpointAt } from './dial.ts'
import { startOrigin } from './origin.ts'
import { Path } from './path.ts'

async function direct(carrier: CarrierKind, alpn?: 'h2' | 'http/1.1', isBuffered = false): Promise<World> {
  const origin = await startOrigin()
  const edge = isBuffered ? await startBufferingEdge(origin) : undefined
  const path = await Path.to(edge?.port ?? origin.port)
  const endpoint = endpointAt(path.port, origin)
  return {
    path,
    dial: () => dialThrough(origin, endpoint, carrier, alpn),
    close: async () => {
      await path.close()
      await edge?.close()
      await origin.close()
    },
  }
}

describeCarrier('websocket, direct', () => direct('websocket'), 97)
describeCarrier('http, streams, HTTP/2', () => direct('http', 'h2'), 97)
describeCarrier('http, streams, HTTP/1.1', () => direct('http', 'http/1.1'))
describeCarrier('http, polls, HTTP/2', () => direct('http', 'h2', true))
describeCarrier('http, polls, HTTP/1.1', () => direct('http', 'http/1.1', true))
