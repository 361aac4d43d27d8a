// The up half of an http carrier at the client: messages into the bodies of POSTs, as many as have come up since the one before left (SPEC.md §2.5). Each
// request has a price of its own, at the client as at every edge: in an upload, what would fill a small part of a body waits a moment for more.
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
  #gathering: NodeJS.Timeout | undefined
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
    clearTimeout(this.#gathering)
    this.#queue.clear()
  }

  /** What is sent in one go shares a body. */
  #soon(): void {
    if (this.#isPosting) return
    this.#isPosting = true
    queueMicrotask(() => this.#post())
  }

  #post(hasWaited = false): void {
    this.#isPosting = false
    while (this.#hasBody && (hasWaited || !this.#waitsForMore())) {
      clearTimeout(this.#gathering)
      this.#gathering = undefined
      const body = this.#queue.take(this.#bytesMax, this.#mark)
      if (this.#mark === BodyMark.close && this.#queue.bytes === 0) this.#isOver = true
      this.#ask(this.#nextNumber++, body)
    }
    if (!this.#wasFull || !this.hasRoom || this.#mark === BodyMark.close) return
    this.#wasFull = false
    this.#events.onRoom()
  }

  /** Whether there is something to send, and a request to send it by. */
  get #hasBody(): boolean {
    return !this.#isOver && this.#askedMs.size < this.#limits.upMax && (this.#queue.bytes > 0 || this.#mark === BodyMark.close)
  }

  /** A short message goes at once, and so does what finds no other under way, a full body, and the last. */
  #waitsForMore(): boolean {
    const { bytes } = this.#queue
    if (bytes < this.#limits.upBulkBytes || bytes >= this.#bytesMax || this.#askedMs.size === 0 || this.#mark === BodyMark.close)
      return false
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      this.#post(true)
    }, this.#limits.upGatherMs)
    return true
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
