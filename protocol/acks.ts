// When to acknowledge: often enough that the other side learns its rate and frees its retained window, seldom enough that acks cost little.
import { ACK_BYTES_MAX, ACK_BYTES_MIN, ACK_DELAY_MS, ACK_INTERVAL_FAST_MS, ACK_INTERVAL_SLOW_MS, ACK_RECORDS } from './limits.ts'

export class Acks {
  #bytes = 0
  #records = 0
  /** Since when an answer is owed; undefined while none is. */
  #owedSinceMs: number | undefined
  #now = false
  #threshold = ACK_BYTES_MIN
  #lastSentMs = 0

  /** A record came. `elicits`: it held more than acks and padding. */
  received(bytes: number, elicits: boolean, nowMs: number): void {
    this.#bytes += bytes
    this.#records++
    if (elicits) this.#owedSinceMs ??= nowMs
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
    return this.#owedSinceMs === undefined ? undefined : this.#owedSinceMs + ACK_DELAY_MS
  }

  sent(nowMs: number): void {
    const intervalMs = nowMs - this.#lastSentMs
    if (this.#bytes >= this.#threshold && intervalMs < ACK_INTERVAL_FAST_MS) this.#threshold = Math.min(ACK_BYTES_MAX, this.#threshold * 2)
    else if (intervalMs > ACK_INTERVAL_SLOW_MS) this.#threshold = ACK_BYTES_MIN
    this.#lastSentMs = nowMs
    this.#bytes = 0
    this.#records = 0
    this.#owedSinceMs = undefined
    this.#now = false
  }
}
