// The client's side of the contract suite: dials as the engine does, and waits for the relay's end of the same carrier.
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { type CarrierKind, concatBytes, createAdmissionCookie, createRequestCookie, type Endpoint } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { dialHttp } from '../../client/engine/carriers/http.ts'
import { DialError, type DialRequest, type Platform } from '../../client/engine/platform.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { pinOf } from '../../relay/certificate.ts'
import { HOST } from '../relay/probes/corpus.ts'
import { End } from './end.ts'
import { ADMISSION, nameOf, type Origin, PATH } from './origin.ts'

const nodePlatform = new NodePlatform()

/** Both ends of a live carrier, its first message passed. */
export interface Pair {
  readonly client: End
  readonly relay: End
}

/** Somebody at `port` of this machine who shows the origin's certificate. */
export function endpointAt(port: number, origin: Origin): Endpoint {
  return {
    address: `127.0.0.1:${port}`,
    serverName: HOST,
    hostName: HOST,
    path: PATH,
    pin: pinOf(origin.fixture.cert),
    carriers: ['websocket', 'http'],
    isEdge: false,
  }
}

/** Rejects as Platform.dial does. `alpn`: only this protocol, for a site that would choose another. */
export async function dialThrough(
  origin: Origin,
  endpoint: Endpoint,
  carrier: CarrierKind,
  alpn?: 'h2' | 'http/1.1',
  platform: Pick<Platform, 'nowS' | 'dial'> = nodePlatform,
): Promise<Pair> {
  const keys = { id: nodeRandom(8), key: nodeRandom(32) }
  const nowS = platform.nowS()
  const message = concatBytes(keys.id, keys.key)
  const client = new End()
  const { signal } = new AbortController()
  const request: DialRequest = {
    endpoint,
    carrier,
    cookie: createAdmissionCookie(nodeCrypto, ADMISSION, nodeRandom, nowS, message),
    requestCookie: (sequence) => createRequestCookie(nodeCrypto, ADMISSION, nodeRandom, nowS, keys, sequence),
    events: client,
    signal,
  }
  try {
    client.carrier = await (alpn === undefined
      ? platform.dial(request)
      : dialHttp(request, nodeRandom, () => openFlow(endpoint, alpn), signal))
    client.carrier.start()
    await client.until(() => client.count > 0 || client.closedCount > 0)
    if (client.closedCount > 0) throw new Error('the carrier closed before its first message')
  } catch (error) {
    origin.forget(nameOf(message))
    throw error
  }
  return { client, relay: await origin.end(nameOf(message)) }
}

const secureContext = createSecureContext()
/** The last one of each address, to resume as the platform does. */
const tlsSessions = new Map<string, Buffer>()

function openFlow({ address, serverName }: Endpoint, alpn: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    const session = tlsSessions.get(address)
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: serverName,
      ALPNProtocols: [alpn],
      rejectUnauthorized: false,
      secureContext,
      ...(session === undefined ? {} : { session }),
    })
    socket.on('session', (ticket) => tlsSessions.set(address, ticket))
    socket.once('secureConnect', () => resolve(socket)).on('error', () => reject(new DialError('reset')))
  })
}
