// How many sockets to destinations are open: descriptors are the process's, and where they run out, nobody gets in.
import type { EventEmitter } from 'node:events'
import { Portions } from './portions.ts'

export class Sockets {
  readonly #portions: Portions

  constructor(countMax: number) {
    this.#portions = new Portions(countMax)
  }

  /** What one session has of them. */
  enter(): SocketShare {
    const portions = this.#portions
    const closed = (): void => portions.giveBack(share)
    const share: SocketShare = {
      hasRoom: () => portions.hasRoom(share),
      take: (socket) => {
        portions.take(share)
        socket.on('close', closed)
      },
    }
    return share
  }
}

/** Stands for its session wherever something is shared out among them. */
export interface SocketShare {
  /** Whether the session may open one more. */
  hasRoom(): boolean
  /** Counts a socket until it says that it is closed, which outlasts its stream, and may outlast its session. */
  take(socket: EventEmitter): void
}
