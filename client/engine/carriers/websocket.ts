// The client's half of the WebSocket upgrade: `ws` writes the request and checks the answer, then lets go of the socket.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Endpoint } from '#protocol'
import { DialError } from '../platform.ts'
import { authorityOf, refusalOf } from './site.ts'

export interface Upgraded {
  readonly socket: Socket
  /** What came behind the answer. */
  readonly head: Uint8Array
}

/** Takes the place of ws's framing: @types/ws does not declare setSocket, so nothing marks this as an override. */
class UnframedWebSocket extends WebSocket {
  onUpgraded: ((upgraded: Upgraded) => void) | undefined

  setSocket(socket: Socket, head: Uint8Array): void {
    this.onUpgraded?.({ socket, head })
  }
}

/** Upgrades on a TLS socket that is the callee's from now on. Rejects with a DialError and destroys the socket otherwise. */
export function upgrade(tls: Socket, endpoint: Endpoint, cookie: string, signal: AbortSignal): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const socket = new UnframedWebSocket(`wss://${authorityOf(endpoint)}${endpoint.path}`, {
      createConnection: () => tls,
      perMessageDeflate: false,
      origin: `https://${endpoint.hostName}`,
      headers: { Cookie: cookie },
    })
    const finish = (failed?: DialError): void => {
      signal.removeEventListener('abort', onAbort)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      if (failed === undefined) return
      tls.destroy()
      reject(failed)
    }
    const onAbort = (): void => finish(new DialError('timeout'))
    socket.onUpgraded = (upgraded) => {
      finish()
      resolve(upgraded)
    }
    socket.on('unexpected-response', (_request, response: IncomingMessage) =>
      finish(refusalOf(response.statusCode ?? 0, response.headers.date)),
    )
    socket.on('error', () => finish(new DialError('reset')))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
}
