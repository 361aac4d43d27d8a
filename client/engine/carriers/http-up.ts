// The up half of an http carrier at the client: messages into the bodies of POSTs, as many as have come up since the one before left (SPEC.md §2.5).
import { BodyMark, BodyReader, encodeSequence, RequestUse } from '#protocol'
import { BodyQueue, type SealedRecord } from '#protocol/node'
import type { HttpLimits } from '../limits.ts'
import { type HttpAnswer, isRelaysAnswer } from './http-flows.ts'

export interface UpEvents {
  /** Sends a POST. */
  ask(sequence: number, body: Uint8Array, done: (answer: HttpAnswer | undefined) => void): void
  onRoom(): void
  onBytes(count: number): void
  /** What was sent until close() has been answered for. */
  onDelivered(): void
  /** An answer that is not what it must be, or none. */
  onBroken(): void
}

export class HttpUp {
  readonly #limits: HttpLimits
  readonly #events: UpEvents
  readonly #queue = new BodyQueue()
  /** When what has no answer yet was asked. */
  readonly #askedMs = new Map<number, number>()
  #nextNumber = 0
  #bytesMax: number
  #wasFull = false
  #isPosting = false
  #mark: BodyMark = BodyMark.end
  #isOver = false

  constructor(limits: HttpLimits, events: UpEvents) {
    this.#limits = limits
    this.#events = events
    this.#bytesMax = limits.upBytesMin
  }

  get hasRoom(): boolean {
    const hasRoom = this.#queue.bytes < this.#bytesMax
    this.#wasFull ||= !hasRoom
    return hasRoom
  }

  send(record: SealedRecord): void {
    this.#queue.addRecord(record)
    this.#soon()
  }

  sendMessage(message: Uint8Array): void {
    this.#queue.addMessage(message)
    this.#soon()
  }

  /** What is queued still goes out, and the mark behind it. */
  close(): void {
    this.#mark = BodyMark.close
    this.#post()
  }

  /** Whether a request has been without an answer for too long. */
  isLate(nowMs: number): boolean {
    return [...this.#askedMs.values()].some((askedMs) => nowMs - askedMs > this.#limits.answerMs)
  }

  destroy(): void {
    this.#isOver = true
    this.#queue.clear()
  }

  /** What is sent in one go shares a body. */
  #soon(): void {
    if (this.#isPosting) return
    this.#isPosting = true
    queueMicrotask(() => this.#post())
  }

  #post(): void {
    this.#isPosting = false
    let hasMore = this.#queue.bytes > 0 || this.#mark === BodyMark.close
    while (hasMore && !this.#isOver && this.#askedMs.size < this.#limits.upMax) {
      const body = this.#queue.take(this.#bytesMax, this.#mark)
      hasMore = this.#queue.bytes > 0
      if (this.#mark === BodyMark.close && !hasMore) this.#isOver = true
      this.#ask(this.#nextNumber++, body)
    }
    if (!this.#wasFull || !this.hasRoom || this.#mark === BodyMark.close) return
    this.#wasFull = false
    this.#events.onRoom()
  }

  #ask(number: number, body: Uint8Array): void {
    const askedMs = performance.now()
    this.#askedMs.set(number, askedMs)
    this.#events.ask(encodeSequence(number, RequestUse.up), body, (answer) => {
      if (answer === undefined || !isRelaysAnswer(answer)) return this.#events.onBroken()
      const reader = new BodyReader({ onMessage: () => this.#events.onBroken() })
      answer.body.on('data', (chunk: Buffer) => {
        this.#events.onBytes(chunk.length)
        if (!reader.take(chunk)) this.#events.onBroken()
      })
      answer.body.on('close', () => {
        if (reader.last !== BodyMark.end) return this.#events.onBroken()
        this.#answered(number, performance.now() - askedMs)
      })
    })
  }

  #answered(number: number, tookMs: number): void {
    const { upBytesMin, upBytesMax, upFastMs, upSlowMs } = this.#limits
    this.#askedMs.delete(number)
    if (tookMs < upFastMs) this.#bytesMax = Math.min(upBytesMax, this.#bytesMax * 2)
    else if (tookMs > upSlowMs) this.#bytesMax = Math.max(upBytesMin, this.#bytesMax / 2)
    this.#post()
    if (this.#isOver && this.#askedMs.size === 0) this.#events.onDelivered()
  }
}
