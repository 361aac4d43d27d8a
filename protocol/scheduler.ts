// Who sends next. Streams that have sent little since they were last idle go first, in the order they became ready; bulk streams take turns of one
// record. So a click waits for what is in flight, never for a download's queue.
import { INTERACTIVE_BYTES_MAX, INTERACTIVE_IDLE_MS } from './limits.ts'
import type { Stream } from './stream.ts'

export class Scheduler {
  readonly #interactive = new Set<Stream>()
  readonly #bulk = new Set<Stream>()

  get isEmpty(): boolean {
    return this.#interactive.size === 0 && this.#bulk.size === 0
  }

  /** Takes a stream that has work into the queue it belongs to, behind the others there. */
  add(stream: Stream, nowMs: number): void {
    if (stream.isScheduled) return
    stream.isScheduled = true
    if (nowMs - stream.lastSentMs > INTERACTIVE_IDLE_MS) stream.burstBytes = 0
    const queue = stream.burstBytes < INTERACTIVE_BYTES_MAX ? this.#interactive : this.#bulk
    queue.add(stream)
  }

  remove(stream: Stream): void {
    if (!stream.isScheduled) return
    stream.isScheduled = false
    if (!this.#interactive.delete(stream)) this.#bulk.delete(stream)
  }

  /** The stream whose turn it is; it leaves its queue and comes back by `add` if it has more. */
  take(): Stream | undefined {
    for (const queue of [this.#interactive, this.#bulk]) {
      for (const stream of queue) {
        this.remove(stream)
        return stream
      }
    }
    return undefined
  }
}
