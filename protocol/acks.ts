// When to acknowledge: often enough that the other side learns its rate and frees its retained window, seldom enough that acks cost little.
import { ACK_BYTES_MAX, ACK_BYTES_MIN, ACK_INTERVAL_FAST_MS, ACK_INTERVAL_SLOW_MS, ACK_RECORDS } from './limits.ts'

export class Acks {
  readonly #drawDelayMs: () => number
  #bytes = 0
  #records = 0
  /** When an answer goes out by itself; undefined while none is owed. */
  #deadlineMs: number | undefined
  #now = false
  #threshold = ACK_BYTES_MIN
  #lastSentMs = 0

  /** `drawDelayMs`: how long an answer waits for something to ride on. An exact time after whatever came would be seen from outside. */
  constructor(drawDelayMs: () => number) {
    this.#drawDelayMs = drawDelayMs
  }

  /** A record came. `elicits`: it held more than acks and padding. */
  received(bytes: number, elicits: boolean, nowMs: number): void {
    this.#bytes += bytes
    this.#records++
    if (elicits) this.#deadlineMs ??= nowMs + this.#drawDelayMs()
  }

  /** The peer asked for an answer now. */
  request(): void {
    this.#now = true
  }

  /** An ack is worth a record of its own. */
  isDue(nowMs: number): boolean {
    return (
      this.#now || this.#bytes >= this.#threshold || this.#records >= ACK_RECORDS || (this.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs
    )
  }

  /** An ack may ride along in a record that is sent anyway. */
  get isOwed(): boolean {
    return this.#records > 0
  }

  get deadlineMs(): number | undefined {
    return this.#deadlineMs
  }

  sent(nowMs: number): void {
    const intervalMs = nowMs - this.#lastSentMs
    if (this.#bytes >= this.#threshold && intervalMs < ACK_INTERVAL_FAST_MS) this.#threshold = Math.min(ACK_BYTES_MAX, this.#threshold * 2)
    else if (intervalMs > ACK_INTERVAL_SLOW_MS) this.#threshold = ACK_BYTES_MIN
    this.#lastSentMs = nowMs
    this.#bytes = 0
    this.#records = 0
    this.#deadlineMs = undefined
    this.#now = false
  }
}
