// Room for the sockets of a port. Where all places are taken, whoever has shown for longest not what they want makes way for who comes: else a program
// that opens sockets and keeps silent would shut out all others.
import type { Server, Socket } from 'node:net'

export class Room {
  readonly #server: Server
  readonly #socketsMax: number
  /** In the order in which they came. */
  readonly #strangers: Set<Socket>
  /** One function for all sockets: thousands come and go each second. */
  readonly #onClose: (this: Socket) => void

  /** Looks after each socket of the server from now on. */
  constructor(server: Server, socketsMax: number) {
    this.#server = server
    this.#socketsMax = socketsMax
    const strangers = new Set<Socket>()
    this.#strangers = strangers
    this.#onClose = function () {
      strangers.delete(this)
    }
    server.on('connection', (socket: Socket) => this.#enter(socket))
  }

  /** It has shown what it wants, and keeps its place. Nothing of ours stays with it. */
  settle(socket: Socket): void {
    this.#strangers.delete(socket)
    socket.off('close', this.#onClose)
  }

  #enter(socket: Socket): void {
    this.#strangers.add(socket)
    socket.on('close', this.#onClose)
    this.#server.getConnections((_error, count) => {
      if (count <= this.#socketsMax) return
      // The last of them is the newcomer itself.
      const [oldest] = this.#strangers
      if (oldest === undefined) return
      this.#strangers.delete(oldest)
      oldest.destroy()
    })
  }
}
