// Stands in for net.connect: keeps what was dialled and lets a test decide what becomes of it.
import { Socket, type TcpNetConnectOpts } from 'node:net'
import { type SocketShare, Sockets } from '../../../relay/dial/sockets.ts'

/** Of somebody who may open as many as they like. */
export const ROOMY: SocketShare = new Sockets(Number.POSITIVE_INFINITY).enter()

/** What becomes of an attempt: it connects, fails with a system error code, or stays silent. */
export type Fate = 'connects' | 'silent' | `E${string}`

export class FakeSockets {
  /** Addresses in the order of their attempts, and the sockets that were made for them. */
  readonly dialled: string[] = []
  readonly sockets: Socket[] = []
  readonly #fate: (address: string) => Fate

  constructor(fate: (address: string) => Fate) {
    this.#fate = fate
  }

  /** To be passed as `connect`. */
  readonly connect = (options: TcpNetConnectOpts): Socket => {
    const address = options.host as string
    const fate = this.#fate(address)
    const socket = new Socket()
    this.dialled.push(address)
    this.sockets.push(socket)
    if (fate !== 'silent') {
      setImmediate(() => {
        if (socket.destroyed) return
        if (fate === 'connects') socket.emit('connect')
        else socket.destroy(Object.assign(new Error(fate), { code: fate }))
      })
    }
    return socket
  }
}
