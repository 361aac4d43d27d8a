// The down half of an http carrier at the relay: messages into the answers to GETs, one answer at a time, in the order of their numbers (SPEC.md §2.5).
//
// 1. a GET comes: a stream's answer begins at once, a poll's waits                    ask
// 2. a message is queued, and goes into the answer whose turn it is                    send, #flush
// 3. the turn ends: a poll's with what there was, a stream's when the next GET came    #flush
// 4. no next GET comes: whether anybody is there shows when there is something to take  sweep
import { BodyMark, encodeBodyMark, HTTP_DOWN_MAX, RequestUse } from '#protocol'
import { BodyQueue, bodyPieces, letGo, type SealedRecord } from '#protocol/node'
import type { HttpLimits } from '../limits.ts'
import { type HttpResponse, onBroken, writeHead } from './http-response.ts'

/** A record above this is not copied to be written in one piece. */
const JOINED_BYTES_MAX = 8_192

interface Answer {
  readonly use: RequestUse
  readonly response: HttpResponse
  /** By when the next request of a client that lives has come. */
  readonly lateMs: number
  /** When its turn is over at the latest. */
  readonly dueMs: number
}

export interface DownEvents {
  onRoom(): void
  /** An answer broke off: what was in it may be lost. */
  onBroken(): void
}

export class HttpDown {
  readonly #limits: HttpLimits
  readonly #events: DownEvents
  readonly #answers = new Map<number, Answer>()
  readonly #queue = new BodyQueue()
  /** The number whose turn it is. */
  #turn = 0
  #queueBytesMax: number
  /** Given to answers, and not yet taken by the kernel. */
  #writtenBytes = 0
  #wasFull = false
  #flushing: NodeJS.Immediate | undefined
  #isClosing = false

  constructor(limits: HttpLimits, events: DownEvents) {
    this.#limits = limits
    this.#events = events
    this.#queueBytesMax = limits.streamQueueBytesMax
  }

  /** Answers that are not finished. */
  get count(): number {
    return this.#answers.size
  }

  /** Whether requests wait for one that has not come. */
  get hasGap(): boolean {
    return this.#answers.size > 0 && !this.#answers.has(this.#turn)
  }

  get hasRoom(): boolean {
    const hasRoom = this.#writtenBytes + this.#queue.bytes < this.#queueBytesMax
    this.#wasFull ||= !hasRoom
    return hasRoom
  }

  /** Whether a request with this number may be asked. */
  awaits(number: number): boolean {
    return number >= this.#turn && number < this.#turn + HTTP_DOWN_MAX && !this.#answers.has(number)
  }

  /** Answers a GET when its turn has come. `lifeMs`: how long its turn is at most. */
  ask(number: number, use: RequestUse, response: HttpResponse, lifeMs: number): void {
    const { streamQueueBytesMax, pollBytesMax, streamLateMs } = this.#limits
    const nowMs = performance.now()
    this.#queueBytesMax = use === RequestUse.stream ? streamQueueBytesMax : pollBytesMax
    this.#answers.set(number, { use, response, lateMs: nowMs + streamLateMs, dueMs: nowMs + lifeMs })
    onBroken(response, () => this.#events.onBroken())
    if (use === RequestUse.stream) {
      writeHead(response)
      this.#write(response, encodeBodyMark(BodyMark.filler))
    }
    this.#flush()
  }

  send(record: SealedRecord): void {
    const current = this.#answers.get(this.#turn)
    const isDirect = current?.use === RequestUse.stream && this.#queue.bytes === 0 && record.body.length > JOINED_BYTES_MAX
    if (isDirect) return this.#sendDirectly(record, current.response)
    this.#queue.addRecord(record)
    this.#soon()
  }

  sendMessage(message: Uint8Array): void {
    this.#queue.addMessage(message)
    this.#soon()
  }

  /** What is queued still goes out, as requests for it come; then the mark. */
  close(): void {
    this.#isClosing = true
    this.#flush()
  }

  /** Ends turns that have lasted for long enough. Fronts and edges that wait for a stream's next bytes do not look whether their client is still there:
   *  they find that it is gone when they can't hand something on, and then break off. */
  sweep(): void {
    this.#flush()
    const current = this.#answers.get(this.#turn)
    const isLate = current?.use === RequestUse.stream && performance.now() >= current.lateMs
    if (isLate && this.#writtenBytes === 0) this.#write(current.response, encodeBodyMark(BodyMark.filler))
  }

  /** Breaks off whatever is under way. */
  destroy(): void {
    clearImmediate(this.#flushing)
    this.#queue.clear()
    const answers = [...this.#answers.values()]
    this.#answers.clear()
    for (const { response } of answers) response.destroy()
  }

  /** At the end of the turn of the event loop: what came up in it shares an answer, and a write. */
  #soon(): void {
    this.#flushing ??= setImmediate(() => this.#flush())
  }

  #flush(): void {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    for (let current = this.#answers.get(this.#turn); current !== undefined; current = this.#answers.get(this.#turn)) {
      if (!(current.use === RequestUse.stream ? this.#flushStream(current) : this.#answerPoll(current))) return
      this.#answers.delete(this.#turn)
      this.#turn++
    }
  }

  /** Whether the turn is over. */
  #flushStream({ response, dueMs }: Answer): boolean {
    while (this.#queue.bytes > 0) this.#write(response, this.#queue.take(this.#limits.pollBytesMax))
    const isOver = this.#isClosing || this.#answers.has(this.#turn + 1) || performance.now() >= dueMs
    if (isOver) this.#end(response, encodeBodyMark(this.#isClosing ? BodyMark.close : BodyMark.end))
    return isOver
  }

  #answerPoll({ response, dueMs }: Answer): boolean {
    if (this.#queue.bytes === 0 && !this.#isClosing && performance.now() < dueMs) return false
    const body = this.#queue.take(this.#limits.pollBytesMax, this.#isClosing ? BodyMark.close : BodyMark.end)
    writeHead(response, body.length)
    this.#end(response, body)
    return true
  }

  #end(response: HttpResponse, bytes: Uint8Array): void {
    this.#write(response, bytes)
    response.end()
  }

  #write(response: HttpResponse, bytes: Uint8Array): void {
    this.#writtenBytes += bytes.length
    response.write(bytes, () => this.#taken(bytes.length))
  }

  #sendDirectly(record: SealedRecord, response: HttpResponse): void {
    const [length, header, body, tag] = bodyPieces(record) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const bytes = length.length + header.length + body.length + tag.length
    record.holds++
    this.#writtenBytes += bytes
    response.cork()
    response.write(Buffer.concat([length, header]))
    response.write(body)
    response.write(tag, () => {
      letGo(record)
      this.#taken(bytes)
    })
    response.uncork()
  }

  #taken(bytes: number): void {
    this.#writtenBytes -= bytes
    if (!this.#wasFull || !this.hasRoom) return
    this.#wasFull = false
    this.#events.onRoom()
  }
}
