// The down half of an http carrier at the client: messages out of the answers to GETs, in the order of their numbers (SPEC.md §2.5).
//
// 1. the first answer brings the relay's reply, and tells whether what lies between lets answers stream     begin, #decide
// 2. it does: the next stream is asked for before this one ends, and takes over from it                     #watch
// 3. it does not: one poll after the other, or several while there is much to fetch                         #ended
import { BodyMark, BodyReader, encodeSequence, RequestUse } from '#protocol'
import type { HttpLimits } from '../limits.ts'
import { type HttpAnswer, isRelaysAnswer } from './http-flows.ts'

/** A poll's answer that brings nothing: the end mark. */
const EMPTY_BYTES = 3

export interface DownEvents {
  /** Sends a GET. */
  ask(sequence: number, done: (answer: HttpAnswer | undefined) => void): void
  onMessage(message: Uint8Array): void
  onBytes(count: number): void
  /** The relay's close mark. */
  onClose(): void
  /** An answer that is not what it must be. */
  onBroken(): void
}

export class HttpDown {
  readonly #limits: HttpLimits
  readonly #events: DownEvents
  /** A fraction from 0 to 1. */
  readonly #draw: () => number
  /** Answers whose turn is still to come: left unread, where they hold up their sender and not our memory. */
  readonly #waiting = new Map<number, HttpAnswer>()
  /** When what has no answer yet was asked, and when the next stream is to be asked for. */
  readonly #askedMs = new Map<number, number>()
  readonly #dueMs = new Map<number, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #turn = 0
  #nextNumber = 1
  #mode: 'unknown' | 'stream' | 'poll' = 'unknown'
  #isReplied = false
  #pollsMax = 1
  #reader: BodyReader | undefined
  /** Of the answer whose turn it is. */
  #bytes = 0
  #isOver = false

  constructor(limits: HttpLimits, draw: () => number, events: DownEvents) {
    this.#limits = limits
    this.#draw = draw
    this.#events = events
  }

  begin(first: HttpAnswer): void {
    this.#read(first)
  }

  /** Whether a request has been without an answer for too long. */
  isLate(nowMs: number): boolean {
    return [...this.#askedMs.values()].some((askedMs) => nowMs - askedMs > this.#limits.answerMs)
  }

  destroy(): void {
    this.#isOver = true
    this.#reader?.stop()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #read(answer: HttpAnswer): void {
    const turn = this.#turn
    const reader = new BodyReader({ onMessage: (message) => this.#message(message) })
    const { streamBytesMin, streamBytesMax } = this.#limits
    const bytesMax = this.#between(streamBytesMin, streamBytesMax)
    this.#reader = reader
    answer.body.on('data', (chunk: Buffer) => {
      if (this.#isOver) return
      this.#bytes += chunk.length
      this.#events.onBytes(chunk.length)
      if (!reader.take(chunk)) return this.#broken()
      if (this.#mode === 'stream' && this.#bytes > bytesMax) this.#askUpTo(turn + 1)
    })
    const end = (): void => {
      if (turn === this.#turn) this.#ended(reader.last)
    }
    answer.body.on('end', end).on('close', end)
    // What broke off while it waited to be read has said so to nobody, and says no more.
    if (answer.body.closed) queueMicrotask(end)
  }

  #message(message: Uint8Array): void {
    if (this.#isOver) return
    this.#events.onMessage(message)
    if (this.#isReplied) return
    this.#isReplied = true
    const { streamsAfterMsMin, streamsAfterMsMax } = this.#limits
    this.#after(this.#between(streamsAfterMsMin, streamsAfterMsMax), () => this.#decide())
  }

  /** The reply came before the end of its answer: answers stream. */
  #decide(): void {
    if (this.#mode !== 'unknown') return
    this.#mode = 'stream'
    this.#askUpTo(1)
  }

  #ended(last: BodyMark | undefined): void {
    if (this.#isOver) return
    if (last === undefined || !this.#isReplied) return this.#broken()
    if (last === BodyMark.close) return this.#events.onClose()
    if (this.#mode === 'unknown') this.#mode = 'poll'
    else if (this.#bytes >= this.#limits.pollFullBytes) this.#pollsMax = Math.min(this.#limits.pollsMax, this.#pollsMax + 1)
    else if (this.#bytes <= EMPTY_BYTES) this.#pollsMax = 1
    this.#turn++
    this.#bytes = 0
    this.#askUpTo(this.#mode === 'poll' ? this.#turn + this.#pollsMax - 1 : this.#turn)
    const answer = this.#waiting.get(this.#turn)
    this.#waiting.delete(this.#turn)
    if (this.#mode === 'stream') this.#watch(this.#turn)
    if (answer !== undefined) this.#read(answer)
  }

  /** Asks for the stream that takes over in time; or for a poll, where nothing comes, which makes the relay end the stream. */
  #watch(turn: number): void {
    const dueMs = this.#dueMs.get(turn) ?? 0
    this.#dueMs.delete(turn)
    this.#after(dueMs - performance.now(), () => {
      if (this.#turn === turn) this.#askUpTo(turn + 1)
    })
    this.#after(this.#limits.streamSilentMs, () => {
      if (this.#turn !== turn || this.#bytes > 0) return
      this.#mode = 'poll'
      this.#askUpTo(turn + 1)
    })
  }

  #askUpTo(number: number): void {
    while (!this.#isOver && this.#nextNumber <= number) this.#ask(this.#nextNumber++)
  }

  #ask(number: number): void {
    const use = this.#mode === 'stream' ? RequestUse.stream : RequestUse.poll
    const { streamMsMin, streamMsMax } = this.#limits
    const nowMs = performance.now()
    this.#askedMs.set(number, nowMs)
    if (use === RequestUse.stream) this.#dueMs.set(number, nowMs + this.#between(streamMsMin, streamMsMax))
    this.#events.ask(encodeSequence(number, use), (answer) => {
      this.#askedMs.delete(number)
      if (this.#isOver) return
      if (answer === undefined || !isRelaysAnswer(answer)) return this.#broken()
      if (number === this.#turn) this.#read(answer)
      else this.#waiting.set(number, answer)
    })
  }

  #between(min: number, max: number): number {
    return min + this.#draw() * (max - min)
  }

  #broken(): void {
    if (!this.#isOver) this.#events.onBroken()
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
    timer.unref()
  }
}
