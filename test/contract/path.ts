// What lies between the client and where it dials: TCP on loopback, whose flows can be stalled and cut at a byte.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export type Direction = 'up' | 'down'

export class Path {
  readonly #server: Server
  readonly #port: number
  readonly #flows = new Set<Socket>()
  readonly passed: Record<Direction, number> = { up: 0, down: 0 }
  #cut: { readonly direction: Direction; readonly atByte: number; readonly onCut: () => void } | undefined
  #isStalled = false

  private constructor(port: number) {
    this.#port = port
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => this.#join(near))
  }

  static async to(port: number): Promise<Path> {
    const path = new Path(port)
    path.#server.listen(0, '127.0.0.1')
    await once(path.#server, 'listening')
    return path
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Nothing gets through any more, and nothing ends. */
  stall(): void {
    this.#isStalled = true
    for (const flow of this.#flows) flow.pause()
  }

  resume(): void {
    this.#isStalled = false
    for (const flow of this.#flows) flow.resume()
  }

  /** Counts from now, over all flows that are still to come; the one on which that byte would pass is reset in its place, and `onCut` called. */
  cutAt(direction: Direction, atByte: number, onCut: () => void): void {
    for (const flow of this.#flows) flow.destroy()
    this.passed.up = 0
    this.passed.down = 0
    this.#cut = { direction, atByte, onCut }
  }

  /** Resets all flows that there are. */
  reset(): void {
    for (const flow of this.#flows) flow.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.reset()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  #join(near: Socket): void {
    const far = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true })
    near.setNoDelay(true)
    far.setNoDelay(true)
    this.#carry(near, far, 'up')
    this.#carry(far, near, 'down')
    if (this.#isStalled) far.pause()
    else near.resume()
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    this.#flows.add(from)
    from.on('data', (bytes: Buffer) => {
      const before = this.passed[direction]
      this.passed[direction] += bytes.length
      const cut = this.#cut
      if (cut?.direction === direction && cut.atByte < this.passed[direction]) {
        this.#cut = undefined
        to.write(bytes.subarray(0, cut.atByte - before), () => {
          from.resetAndDestroy()
          to.destroy()
        })
        cut.onCut()
      } else if (!to.write(bytes)) from.pause()
    })
    to.on('drain', () => {
      if (!this.#isStalled) from.resume()
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#flows.delete(from)
      to.destroySoon()
    })
  }
}
