// A stream as a Node Duplex, for code that reads and writes itself: the HTTP proxy's forwarded requests.
import { Duplex } from 'node:stream'
import type { ResetCode, Stream, StreamHandler } from '#protocol'
import { ResetCode as Code } from '#protocol'
import type { Drive } from '#protocol/node'
import { OutletError } from './proxy/outlet.ts'

/** What Drive.write wants free before the bytes. */
const HEADROOM_BYTES = 64

export class StreamDuplex extends Duplex implements StreamHandler {
  readonly #drive: Drive
  readonly #stream: Stream
  #written: (() => void) | undefined
  #unreadBytes = 0

  constructor(drive: Drive, stream: Stream) {
    super({ allowHalfOpen: true })
    this.#drive = drive
    this.#stream = stream
    stream.handler = this
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const buffer = new Uint8Array(HEADROOM_BYTES + chunk.length)
    buffer.set(chunk, HEADROOM_BYTES)
    if (this.#drive.write(this.#stream, buffer, HEADROOM_BYTES, buffer.length)) done()
    else this.#written = done
  }

  override _final(done: () => void): void {
    this.#stream.fin()
    done()
  }

  /** Whoever reads has taken what was pushed: credit goes back then, not when it came. */
  override _read(): void {
    const bytes = this.#unreadBytes
    this.#unreadBytes = 0
    this.#stream.consumed(bytes)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stream.reset(Code.cancelled)
    done(error)
  }

  onOpened(): void {}

  onData(bytes: Uint8Array): void {
    this.#unreadBytes += bytes.length
    this.push(bytes)
  }

  onFin(): void {
    this.push(null)
  }

  onReset(code: ResetCode): void {
    this.destroy(new OutletError(code))
  }

  onRoom(): void {
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  onDatagram(): void {
    this.destroy(new OutletError(Code.internal))
  }
}
