// What a local proxy needs of the engine: a way out for streams and for datagrams. The engine's is a link; tests have one that dials itself.
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ResetCode, Target } from '#protocol'

export interface Outlet {
  /**
   * Opens a stream to target and joins it to socket, which comes paused, with allowHalfOpen and without a listener of the proxy but one
   * against uncaught errors. `head` are bytes that the app has sent behind its request; the outlet may keep them.
   * From the call on the outlet watches for 'close' and 'end' (its FIN may have come already: see readableEnded). It calls `answered` once:
   * at once with undefined when it does not wait for the dial, else when the relay has dialled (undefined) or failed (code). After
   * answered(undefined) it owns the socket and listens for 'error'; after a code it lets go of the socket, and the proxy refuses and ends it.
   */
  join(socket: Socket, target: Target, head: Uint8Array, answered: (failed: ResetCode | undefined) => void): void

  /**
   * Opens a stream to target for a proxy that reads and writes it itself. Rejects with an OutletError. When it does not wait for the dial, a
   * dial that fails later destroys the stream with an OutletError. destroy() resets the stream, end() half-closes it. The outlet listens for
   * the stream's 'error' as well: one that comes before the promise's continuation runs would be uncaught.
   */
  open(target: Target): Promise<Duplex>

  /** Opens a UDP association. `closed` is called when it ends by itself, not after close(); nothing is received after either. */
  associate(receive: (from: Target, payload: Uint8Array) => void, closed: () => void): OutletAssociation
}

export interface OutletAssociation {
  send(to: Target, payload: Uint8Array): void
  close(): void
}

/** Why a stream could not be opened or was reset. */
export class OutletError extends Error {
  readonly code: ResetCode

  constructor(code: ResetCode) {
    super(`the relay reset the stream (${code})`)
    this.name = 'OutletError'
    this.code = code
  }
}
