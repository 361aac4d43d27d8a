// The streams of one session: which are open, which are still to be opened, and the ids that they get.
import { ProtocolError } from './errors.ts'
import { OPEN_HOLD_MS } from './limits.ts'
import type { Stream } from './stream.ts'

export class OpenStreams {
  readonly #open = new Map<number, Stream>()
  /** At the client: those whose open frame is still to be written. */
  readonly #opening = new Set<Stream>()
  /** Of these, those that wait a moment for first bytes; the first is the soonest. */
  readonly #held: { readonly stream: Stream; readonly untilMs: number }[] = []
  #lastId = 0

  get count(): number {
    return this.#open.size + this.#opening.size
  }

  get queuedBytes(): number {
    let bytes = 0
    for (const stream of this.#open.values()) bytes += stream.waitingBytes
    return bytes
  }

  /** The one that holds most that nobody reads, if any holds something. */
  get fattest(): Stream | undefined {
    let fattest: Stream | undefined
    for (const stream of this.#open.values()) if (stream.heldBytes > (fattest?.heldBytes ?? 0)) fattest = stream
    return fattest
  }

  get all(): readonly Stream[] {
    return [...this.#opening, ...this.#open.values()]
  }

  /** At the client: a stream whose open frame waits for its first bytes, but not for long. */
  hold(stream: Stream, nowMs: number): void {
    this.#opening.add(stream)
    this.#held.push({ stream, untilMs: nowMs + OPEN_HOLD_MS })
  }

  /** When the next of those has waited long enough. */
  get heldUntilMs(): number {
    return this.#held[0]?.untilMs ?? Number.POSITIVE_INFINITY
  }

  /** Takes one out that has waited long enough. */
  release(nowMs: number): Stream | undefined {
    return this.heldUntilMs <= nowMs ? this.#held.shift()?.stream : undefined
  }

  /** At the client: the open frame is about to be written. */
  giveId(stream: Stream): void {
    this.#opening.delete(stream)
    stream.id = ++this.#lastId
    this.#open.set(stream.id, stream)
  }

  /** At the relay: the peer opens this one. Throws ProtocolError('bad-stream') when it is not the next. */
  takeId(id: number): void {
    if (id !== this.#lastId + 1) throw new ProtocolError('bad-stream', 'this stream cannot be opened')
    this.#lastId = id
  }

  add(stream: Stream): void {
    this.#open.set(stream.id, stream)
  }

  /** undefined for a stream that is over. Throws ProtocolError('bad-stream') for one that was never opened. */
  find(id: number): Stream | undefined {
    const stream = this.#open.get(id)
    if (stream === undefined && (id > this.#lastId || id === 0)) throw new ProtocolError('bad-stream', 'this stream was never opened')
    return stream
  }

  remove(stream: Stream): void {
    this.#opening.delete(stream)
    this.#open.delete(stream.id)
  }
}
