// Joins a socket to a stream: bytes, half-closes, resets and back-pressure, both ways. At the relay the socket is the destination's, at the client the app's.
import type { Socket } from 'node:net'
import { freeBytes } from '../bytes.ts'
import { ResetCode } from '../errors.ts'
import { CHUNK_BYTES_MAX, HEADROOM_BYTES } from '../outgoing.ts'
import type { Stream, StreamHandler } from '../stream.ts'
import type { Drive } from './drive.ts'
import { captureReads, type ReadSink } from './reads.ts'

/** All sockets read into the same memory: what is read is sealed or copied before the next read. */
const shared = new Uint8Array(HEADROOM_BYTES + CHUNK_BYTES_MAX)
const FREEABLE_MAX = 64
const target = shared.subarray(HEADROOM_BYTES)

export class Splice implements StreamHandler, ReadSink {
  readonly #drive: Drive
  readonly #stream: Stream
  #socket: Socket | undefined
  /** What came before there was a socket; bounded by the stream's first window. */
  #early: Uint8Array[] = []
  #finEarly = false
  /** Given to the socket and not yet taken by the kernel. */
  #pendingBytes = 0
  /** Buffers to free once the kernel has them all; past its length the garbage collector sees to the rest. */
  readonly #freeable: Uint8Array[] = []
  readonly #onFlushed = (): void => this.#flushed()
  readonly #onDialled: ((failed: ResetCode | undefined) => void) | undefined
  readonly #onOver: (() => void) | undefined
  readonly target: Uint8Array = target

  /** `onDialled`: for a stream whose open asks for a report; called once. `onOver`: the stream has been reset by the peer. */
  constructor(drive: Drive, stream: Stream, onDialled?: (failed: ResetCode | undefined) => void, onOver?: () => void) {
    this.#drive = drive
    this.#stream = stream
    this.#onDialled = onDialled
    this.#onOver = onOver
    stream.handler = this
  }

  /** Takes over a socket that is paused, has no listener of others, and allows half-open. */
  join(socket: Socket): void {
    this.#socket = socket
    socket.on('end', () => this.#stream.fin())
    socket.on('error', () => undefined)
    socket.on('close', (hadError: boolean) => this.#socketClosed(hadError))
    for (const bytes of this.#early) this.#give(socket, bytes, false)
    this.#early = []
    if (this.#finEarly) socket.end()
    if (socket.destroyed) return this.#socketClosed(true)
    captureReads(socket, this)
  }

  filled(count: number): boolean {
    return this.#drive.write(this.#stream, shared, HEADROOM_BYTES, HEADROOM_BYTES + count)
  }

  onOpened(): void {
    this.#onDialled?.(undefined)
  }

  onData(bytes: Uint8Array, isAlone: boolean): void {
    if (this.#socket === undefined) this.#early.push(bytes)
    else if (!this.#socket.destroyed) this.#give(this.#socket, bytes, isAlone)
    else this.#discard(bytes)
  }

  onFin(): void {
    if (this.#socket === undefined) this.#finEarly = true
    else this.#socket.end()
  }

  onReset(code: ResetCode): void {
    this.#early = []
    if (this.#socket !== undefined) resetSocket(this.#socket)
    else this.#onDialled?.(code)
    this.#onOver?.()
  }

  onRoom(): void {
    this.#socket?.resume()
  }

  /** The stream counts no more from here on: its socket must not outlive it. */
  onDatagram(): void {
    this.#stream.reset(ResetCode.internal)
    this.onReset(ResetCode.internal)
  }

  #give(socket: Socket, bytes: Uint8Array, isAlone: boolean): void {
    this.#pendingBytes += bytes.length
    if (isAlone && this.#freeable.length < FREEABLE_MAX) this.#freeable.push(bytes)
    socket.write(bytes, this.#onFlushed)
  }

  #flushed(): void {
    const left = this.#socket?.writableLength ?? 0
    const taken = this.#pendingBytes - left
    if (taken <= 0) return
    this.#pendingBytes = left
    if (left === 0) for (let bytes = this.#freeable.pop(); bytes !== undefined; bytes = this.#freeable.pop()) freeBytes(bytes)
    this.#stream.consumed(taken)
  }

  /** The socket is gone. What it had sent before its own end still goes to the peer; an end in the middle is a reset. */
  #socketClosed(hadError: boolean): void {
    const stream = this.#stream
    if (!stream.finQueued) return stream.reset(ResetCode.broken)
    // Writes that were under way call back yet, for bytes that are given back here.
    this.#pendingBytes = 0
    stream.consumed(stream.unconsumedBytes)
    if (hadError && stream.finSent) stream.reset(ResetCode.broken)
  }

  /** The peer goes on sending to a socket that has ended: it learns that once it has all that the socket had sent. */
  #discard(bytes: Uint8Array): void {
    this.#stream.consumed(bytes.length)
    if (this.#stream.finSent) this.#stream.reset(ResetCode.broken)
  }
}

/** RST where the kind of socket has it. */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.connecting) socket.destroy()
  else socket.resetAndDestroy()
}
