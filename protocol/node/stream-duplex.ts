// A stream as a Node Duplex, for code that reads and writes itself: the HTTP proxy's forwarded requests, TLS to who is at its other end.
import { Duplex } from 'node:stream'
import { ResetCode } from '../errors.ts'
import { HEADROOM_BYTES } from '../outgoing.ts'
import type { Stream, StreamHandler } from '../stream.ts'
import type { Drive } from './drive.ts'

export class StreamDuplex extends Duplex implements StreamHandler {
  readonly #drive: Drive
  readonly #stream: Stream
  #written: (() => void) | undefined
  #unreadBytes = 0

  readonly #toError: (code: ResetCode) => Error

  /** `toError`: with what it is destroyed where the other side resets the stream. */
  constructor(drive: Drive, stream: Stream, toError: (code: ResetCode) => Error = (code) => new Error(`a stream was reset (${code})`)) {
    super({ allowHalfOpen: true })
    this.#toError = toError
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
    this.#stream.reset(ResetCode.cancelled)
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
    this.destroy(this.#toError(code))
  }

  onRoom(): void {
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  onDatagram(): void {
    this.destroy(this.#toError(ResetCode.internal))
  }
}
