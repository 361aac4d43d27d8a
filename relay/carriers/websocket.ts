// Finishing the upgrade of an admitted request: `ws` answers 101, then lets go of the socket (our own framer costs half: docs/decisions/websocket-framing.md).
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'

/** Takes the place of ws's framing: @types/ws does not declare setSocket, so nothing marks this as an override. */
class UnframedWebSocket extends WebSocket {
  setSocket(): void {}
}

const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, WebSocket: UnframedWebSocket })

/**
 * Whether `request` is an upgrade that ws finishes with nothing but a 101. It must be stricter than ws, which has refusal pages of its own: whoever
 * fails here is never shown to ws. Bodies, expectations and subprotocols are ordinary for other servers, but no client of ours sends them.
 */
export function isUpgrade(request: IncomingMessage): boolean {
  const { headers } = request
  return (
    request.method === 'GET' &&
    request.httpVersion === '1.1' &&
    headers.host !== undefined &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[A-Za-z0-9+/]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    headers['sec-websocket-protocol'] === undefined &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined
  )
}

/**
 * Writes the 101 for a request that isUpgrade() passed, then calls `done` before it returns; the socket then carries no listener of ws or of the HTTP
 * server. Where the peer has already ended, the socket is destroyed and `done` is never called.
 */
export function finishUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: () => void): void {
  server.handleUpgrade(request, socket, head, done)
}
