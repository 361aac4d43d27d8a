// Connections on which nobody is let in. Each takes memory that those inside need, and nothing of Node's ends one of HTTP/2 that is silent (24.21), so their
// number is bounded. As nginx does when it runs short, we close one for each that comes: the one that has been outside longest.
import type { Socket } from 'node:net'

/** One end of a connection as whoever holds a part of it knows it: its socket, or the TLS or HTTP/2 above. */
interface Peer {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

interface Guest {
  readonly socket: Socket
  /** Requests of those who were let in that are not answered yet. */
  requestCount: number
}

export class Visitors {
  readonly #countMax: number
  /** By where they come from; longest outside first. */
  readonly #outside = new Map<string, Socket>()
  readonly #inside = new Map<string, Guest>()

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** Counts a connection until it closes, as one of a stranger at first. */
  take(socket: Socket): void {
    const name = nameOf(socket)
    this.#outside.set(name, socket)
    socket.once('close', () => {
      if (this.#outside.get(name) === socket) this.#outside.delete(name)
      if (this.#inside.get(name)?.socket === socket) this.#inside.delete(name)
    })
    this.#makeRoom()
  }

  /** Somebody was let in on that connection: it is no stranger's until what is returned was called as often. */
  letIn(peer: Peer): () => void {
    const name = nameOf(peer)
    const socket = this.#outside.get(name)
    if (socket !== undefined) {
      this.#outside.delete(name)
      this.#inside.set(name, { socket, requestCount: 0 })
    }
    const guest = this.#inside.get(name)
    if (guest === undefined) return () => undefined
    guest.requestCount++
    return () => {
      guest.requestCount--
      if (guest.requestCount > 0 || this.#inside.get(name) !== guest) return
      this.#inside.delete(name)
      this.#outside.set(name, guest.socket)
      this.#makeRoom()
    }
  }

  #makeRoom(): void {
    for (const [name, socket] of this.#outside) {
      if (this.#outside.size <= this.#countMax) return
      this.#outside.delete(name)
      socket.destroy()
    }
  }
}

function nameOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`
}
