// The receiving half's credit: how far each stream may send, and what the session holds that nobody has read yet (SPEC.md §7).
import { ProtocolError } from './errors.ts'
import {
  PIECE_BYTES,
  SESSION_UNCONSUMED_BYTES_MAX,
  SESSION_WINDOW_GROWTH_BYTES,
  STREAM_WINDOW_BYTES,
  STREAM_WINDOW_BYTES_MAX,
} from './limits.ts'
import type { Stream } from './stream.ts'

export class Credit {
  #unconsumedBytes = 0
  #pieceCount = 0
  #growthBytes = 0

  get unconsumedBytes(): number {
    return this.#unconsumedBytes
  }

  /** What the pieces take in which it came. */
  get pieceBytes(): number {
    return this.#pieceCount * PIECE_BYTES
  }

  /** The session holds more than it may. */
  get isExceeded(): boolean {
    return this.#unconsumedBytes + this.pieceBytes > SESSION_UNCONSUMED_BYTES_MAX
  }

  /** Throws ProtocolError('over-credit') for bytes beyond what was granted. */
  received(stream: Stream, bytes: number, nowMs: number): void {
    if (stream.receivedBytes === 0) stream.lastWindowMs = nowMs
    stream.receivedBytes += bytes
    if (stream.receivedBytes > stream.receiveLimit) throw new ProtocolError('over-credit', 'more data came than was granted')
    stream.unconsumedBytes += bytes
    this.#unconsumedBytes += bytes
    stream.pieceCount++
    this.#pieceCount++
  }

  /** Whoever takes bytes says nothing of pieces: so many go as are in them on the average. */
  consumed(stream: Stream, bytes: number): void {
    const pieceCount = Math.floor((stream.pieceCount * bytes) / stream.unconsumedBytes)
    stream.pieceCount -= pieceCount
    this.#pieceCount -= pieceCount
    stream.unconsumedBytes -= bytes
    this.#unconsumedBytes -= bytes
  }

  /** Grants more once a quarter of the window is used. True: the peer is to be told. */
  renew(stream: Stream, roundTripMs: number, nowMs: number): boolean {
    const consumedBytes = stream.receivedBytes - stream.unconsumedBytes
    if (consumedBytes + stream.windowBytes - stream.receiveLimit < stream.windowBytes / 4) return false
    if (nowMs - stream.lastWindowMs < roundTripMs) this.#grow(stream)
    stream.lastWindowMs = nowMs
    stream.receiveLimit = consumedBytes + stream.windowBytes
    stream.windowDue = true
    return true
  }

  /** The stream is over: what it holds counts no more. */
  release(stream: Stream): void {
    this.#unconsumedBytes -= stream.unconsumedBytes
    this.#pieceCount -= stream.pieceCount
    this.#growthBytes -= stream.windowBytes - STREAM_WINDOW_BYTES
  }

  /** A quarter of the window in less than a round trip: the window is what holds the sender back. Double it, within the session's budget. */
  #grow(stream: Stream): void {
    const grown = Math.min(stream.windowBytes * 2, STREAM_WINDOW_BYTES_MAX)
    if (this.#growthBytes + grown - stream.windowBytes > SESSION_WINDOW_GROWTH_BYTES) return
    this.#growthBytes += grown - stream.windowBytes
    stream.windowBytes = grown
  }
}
