// Ordinary requests by fetch: answers stream to the engine, each no faster than the engine reads it.
import { type Ask, BODY_BYTES_MAX, MESSAGE_BYTES_MAX } from '../../../contract/dialer-messages.ts'
import type { CookieTurn } from './cookie-turn.ts'
import type { Line } from './line.ts'

/** What is smaller is somebody's short question, and the next piece is not kept waiting. */
const BULK_BYTES = 8_192
const GATHER_MS = 4

interface Reading {
  readonly abort: AbortController
  unreadBytes: number
  /** Wakes a reader that waits for the engine. */
  wake: () => void
}

export class Requests {
  readonly #line: Line
  readonly #turn: CookieTurn
  readonly #readings = new Map<number, Reading>()
  /** POSTs whose body is still to come. */
  readonly #posts = new Map<number, Ask>()

  constructor(line: Line, turn: CookieTurn) {
    this.#line = line
    this.#turn = turn
  }

  ask(ask: Ask): void {
    if (ask.hasBody) this.#posts.set(ask.id, ask)
    else this.#take(ask)
  }

  /** The body of a POST that was asked for. */
  post(id: number, body: ArrayBuffer): void {
    const ask = this.#posts.get(id)
    this.#posts.delete(id)
    if (ask !== undefined) this.#take(ask, body)
  }

  #take(ask: Ask, body?: ArrayBuffer): void {
    const reading: Reading = { abort: new AbortController(), unreadBytes: 0, wake: () => undefined }
    this.#readings.set(ask.id, reading)
    this.#turn.take(ask.cookie, () => void this.#fetch(ask, body, reading))
  }

  read(id: number, bytes: number): void {
    const reading = this.#readings.get(id)
    if (reading === undefined) return
    reading.unreadBytes -= bytes
    reading.wake()
  }

  drop(): void {
    for (const reading of this.#readings.values()) {
      reading.abort.abort()
      reading.wake()
    }
    this.#readings.clear()
    this.#posts.clear()
  }

  async #fetch({ id, path }: Ask, body: ArrayBuffer | undefined, reading: Reading): Promise<void> {
    const { signal } = reading.abort
    let isWhole = false
    try {
      // A redirect would lead to another host: it counts as an answer, and is not followed.
      const answer = await fetch(path, {
        credentials: 'same-origin',
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { method: 'POST', body, headers: { 'Content-Type': 'application/octet-stream' } }),
      })
      const header = (name: string): string | undefined => answer.headers.get(name) ?? undefined
      this.#line.tell({ kind: 'answer', id, status: answer.status, contentType: header('content-type'), date: header('date') })
      isWhole = await this.#read(id, answer, reading)
    } catch {
      // Whatever failed, there is no more of it: the engine asks the hop and the main process why.
    }
    this.#readings.delete(id)
    if (!signal.aborted) this.#line.tell({ kind: 'over', id, isWhole })
  }

  async #read(id: number, answer: Response, reading: Reading): Promise<boolean> {
    const reader = answer.body?.getReader()
    for (;;) {
      while (reading.unreadBytes >= BODY_BYTES_MAX && !reading.abort.signal.aborted)
        await new Promise<void>((resolve) => (reading.wake = resolve))
      const piece = await reader?.read()
      if (piece === undefined || piece.done) return true
      const { value } = piece
      reading.unreadBytes += value.length
      for (let offset = 0; offset < value.length; offset += MESSAGE_BYTES_MAX) {
        this.#line.send(id, value.subarray(offset, offset + MESSAGE_BYTES_MAX))
      }
      // Each piece costs three processes a turn, however small: in a download, more of them come as one.
      if (value.length >= BULK_BYTES && value.length < MESSAGE_BYTES_MAX) await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
    }
  }
}
