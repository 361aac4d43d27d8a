// Reading in batches. A download that is paced by its path trickles in, a packet or two a wake-up, and each wake-up costs as much as a whole record. So
// when turn after turn of the event loop brings little, reading rests for a moment while the kernel gathers. As interrupt moderation, in user space.
import type { Socket } from 'node:net'

/** Less than this in a turn is not a download but a click: never made to wait. */
const BULK_BYTES = 8_192
/** As much as this in a turn, and batches come by themselves: the reader is the slower side. */
const LARGE_BYTES = 131_072
/** No more than this in a turn: libuv would read 512 KiB before it looks at another socket, and a click needs several turns. */
const TURN_BYTES_MAX = 196_608
/** So many turns in a row between the two, before reading rests. */
const TURNS = 8
/** At 30 MB/s, 120 KB gather in it. */
const REST_MS = 4
/** When a rest gathered a large batch, the path was faster than it looked: no rest for this long, then twice as long, to a bound. */
const HOLD_OFF_MS_MIN = 50
const HOLD_OFF_MS_MAX = 2_000

export class ReadPacer {
  readonly #socket: Socket
  #batchBytes = 0
  #turns = 0
  #hasRested = false
  #holdOffMs = HOLD_OFF_MS_MIN
  #notBeforeMs = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Told of each read of the socket. False: reading stops until the turn ends. */
  read(bytes: number): boolean {
    if (this.#batchBytes === 0) setImmediate(() => this.#endTurn())
    this.#batchBytes += bytes
    return this.#batchBytes < TURN_BYTES_MAX
  }

  #endTurn(): void {
    const bytes = this.#batchBytes
    if (bytes >= TURN_BYTES_MAX) this.#socket.resume()
    const hasRested = this.#hasRested
    this.#batchBytes = 0
    this.#hasRested = false
    if (bytes >= LARGE_BYTES) {
      this.#turns = 0
      if (hasRested) this.#holdOff()
    } else if (bytes < BULK_BYTES) this.#turns = 0
    else if (++this.#turns >= TURNS) this.#rest()
  }

  #holdOff(): void {
    this.#notBeforeMs = performance.now() + this.#holdOffMs
    this.#holdOffMs = Math.min(HOLD_OFF_MS_MAX, this.#holdOffMs * 2)
  }

  #rest(): void {
    if (performance.now() < this.#notBeforeMs || this.#socket.destroyed) return
    this.#hasRested = true
    this.#socket.pause()
    setTimeout(() => this.#socket.resume(), REST_MS)
  }
}
