// Ordinary requests by fetch: answers stream to the engine, each no faster than the engine reads it. Of a long body the window has no more than a name: its
// bytes go from the hop to the browser's own processes, and from there into the request.
import { type Ask, BODY_BYTES_MAX, bodyUrl, MESSAGE_BYTES_MAX } from '../../../contract/dialer-messages.ts'
import type { CookieTurn } from './cookie-turn.ts'
import type { Line } from './line.ts'

/** What is smaller is somebody's short question, and the next piece is not kept waiting. */
const BULK_BYTES = 8_192
const GATHER_MS = 4

interface Reading {
  readonly ask: Ask
  readonly abort: AbortController
  unreadBytes: number
  /** Wakes a reader that waits for the engine. */
  wake: () => void
}

export class Requests {
  readonly #line: Line
  readonly #turn: CookieTurn
  readonly #readings = new Map<number, Reading>()
  readonly #hopPort: number

  constructor(line: Line, turn: CookieTurn, hopPort: number) {
    this.#line = line
    this.#turn = turn
    this.#hopPort = hopPort
  }

  ask(ask: Ask): void {
    const reading: Reading = { ask, abort: new AbortController(), unreadBytes: 0, wake: () => undefined }
    this.#readings.set(ask.id, reading)
    if (ask.body === 'none') this.#take(reading)
    else if (ask.body === 'hop') void this.#takeFromHop(reading)
  }

  /** The body of a POST whose body comes on the line. */
  post(id: number, body: ArrayBuffer): void {
    const reading = this.#readings.get(id)
    if (reading?.ask.body === 'line') this.#take(reading, body)
  }

  async #takeFromHop(reading: Reading): Promise<void> {
    const { ask, abort } = reading
    try {
      this.#take(reading, await fetchBlob(bodyUrl(this.#hopPort, ask.id), abort.signal))
    } catch {
      this.#over(reading, false)
    }
  }

  #take(reading: Reading, body?: ArrayBuffer | Blob): void {
    this.#turn.take(reading.ask.cookie, () => void this.#fetch(reading, body))
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

  async #fetch(reading: Reading, body: ArrayBuffer | Blob | undefined): Promise<void> {
    const { id, path } = reading.ask
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
      isWhole = await this.#read(answer, reading)
    } catch {
      // Whatever failed, there is no more of it: the engine asks the hop and the main process why.
    }
    this.#over(reading, isWhole)
  }

  #over({ ask: { id }, abort }: Reading, isWhole: boolean): void {
    this.#readings.delete(id)
    if (!abort.signal.aborted) this.#line.tell({ kind: 'over', id, isWhole })
  }

  async #read(answer: Response, reading: Reading): Promise<boolean> {
    const reader = answer.body?.getReader()
    for (;;) {
      while (reading.unreadBytes >= BODY_BYTES_MAX && !reading.abort.signal.aborted)
        await new Promise<void>((resolve) => (reading.wake = resolve))
      const piece = await reader?.read()
      if (piece === undefined || piece.done) return true
      const { value } = piece
      reading.unreadBytes += value.length
      for (let offset = 0; offset < value.length; offset += MESSAGE_BYTES_MAX) {
        this.#line.send(reading.ask.id, value.subarray(offset, offset + MESSAGE_BYTES_MAX))
      }
      // Each piece costs three processes a turn, however small: in a download, more of them come as one.
      if (value.length >= BULK_BYTES && value.length < MESSAGE_BYTES_MAX) await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
    }
  }
}

/** By XMLHttpRequest: what it gets as a Blob stays in the browser's own processes, while fetch reads all of it into the page. Rejects without a reason. */
function fetchBlob(url: string, signal: AbortSignal): Promise<Blob> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('GET', url)
    request.responseType = 'blob'
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject())
    request.onerror = () => reject()
    request.onabort = () => reject()
    signal.addEventListener('abort', () => request.abort())
    request.send()
  })
}
