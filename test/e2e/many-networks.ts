// Stands before a relay and dials it from many networks in turn, as people's carriers come who move from one to another. Cuts them all when told.
import { connect, createServer, type Server, type Socket } from 'node:net'

export class ManyNetworks {
  readonly server: Server
  readonly #sockets = new Set<Socket>()
  /** Where to dial; the next in turn of several. */
  readonly ports: number[] = []
  #turn = 0
  /** Dial from this network only. */
  stay: number | undefined

  constructor() {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
      const far = connect({
        port: this.ports[this.#turn++ % this.ports.length] as number,
        host: '127.0.0.1',
        localAddress: networkAddress(this.stay ?? this.#turn),
        allowHalfOpen: true,
      })
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
  }

  /** Resets everything that is under way. */
  cut(): void {
    for (const socket of [...this.#sockets]) socket.resetAndDestroy()
  }
}

/** An address of this machine in a network of its own, as a relay tells them apart (/24). */
export function networkAddress(number: number): string {
  return `127.0.${1 + (number % 200)}.1`
}
