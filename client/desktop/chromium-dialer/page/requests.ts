// Ordinary requests by fetch: answers stream to the engine, each no faster than the engine reads it.
import { type Ask, BODY_BYTES_MAX, BODY_PIECE_BYTES, type FromPane } from '../../../contract/dialer-messages.ts'
import type { CookieTurn } from './cookie-turn.ts'

interface Reading {
  readonly abort: AbortController
  unreadBytes: number
  /** Wakes a reader that waits for the engine. */
  wake: () => void
}

export class Requests {
  readonly #port: MessagePort
  readonly #turn: CookieTurn
  readonly #readings = new Map<number, Reading>()

  constructor(port: MessagePort, turn: CookieTurn) {
    this.#port = port
    this.#turn = turn
  }

  ask(ask: Ask): void {
    const reading: Reading = { abort: new AbortController(), unreadBytes: 0, wake: () => undefined }
    this.#readings.set(ask.id, reading)
    this.#turn.take(ask.cookie, () => this.#fetch(ask, reading))
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
  }

  async #fetch({ id, path, body }: Ask, reading: Reading): Promise<void> {
    const { signal } = reading.abort
    let isWhole = false
    try {
      // A redirect would lead to another host: it counts as an answer, and is not followed.
      const answer = await fetch(path, {
        credentials: 'same-origin',
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { method: 'POST', body: body as BodyInit, headers: { 'Content-Type': 'application/octet-stream' } }),
      })
      const header = (name: string): string | undefined => answer.headers.get(name) ?? undefined
      this.#tell({ kind: 'answer', id, status: answer.status, contentType: header('content-type'), date: header('date') })
      isWhole = await this.#read(id, answer, reading)
    } catch {
      // Whatever failed, there is no more of it: the engine asks the hop and the main process why.
    }
    this.#readings.delete(id)
    if (!signal.aborted) this.#tell({ kind: 'over', id, isWhole })
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
      for (let offset = 0; offset < value.length; offset += BODY_PIECE_BYTES) {
        // A view would take the whole of its buffer along.
        this.#tell({ kind: 'body', id, bytes: value.slice(offset, offset + BODY_PIECE_BYTES) })
      }
    }
  }

  #tell(message: FromPane): void {
    this.#port.postMessage(message)
  }
}
