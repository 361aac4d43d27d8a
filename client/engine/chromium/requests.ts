// What makes the requests of an http carrier in a hidden window: fetch, whose answers stream here as fast as they are read.
import { Readable } from 'node:stream'
import { type Cookie, type FromPane, readCookie } from '../../contract/dialer-messages.ts'
import type { HttpAnswer, HttpFlows, HttpQuestion } from '../carriers/http-flows.ts'
import { chromiumLimits } from '../limits.ts'
import type { Pane } from './panes.ts'

interface Asked {
  readonly done: (answer: HttpAnswer | undefined) => void
  body: PaneBody | undefined
}

export class PaneRequests implements HttpFlows {
  readonly #pane: Pane
  readonly #path: string
  readonly #asked = new Map<number, Asked>()
  #isOver = false

  constructor(pane: Pane, path: string) {
    this.#pane = pane
    this.#path = path
    pane.listen({ onMessage: (message) => this.#hear(message), onGone: () => this.#gone() })
  }

  ask({ cookie, body }: HttpQuestion, done: Asked['done']): void {
    if (this.#isOver || this.#pane.isGone) return queueMicrotask(() => done(undefined))
    const id = this.#pane.newId()
    this.#asked.set(id, { done, body: undefined })
    const words: Cookie | undefined = cookie === '' ? undefined : readCookie(cookie)
    // A view would take the whole of its buffer along.
    this.#pane.tell({ kind: 'ask', id, path: this.#path, cookie: words, body: body && new Uint8Array(body) })
  }

  destroy(): void {
    if (this.#isOver) return
    this.drop()
    this.#pane.release()
  }

  /** Ends all requests; the window stays with whoever has it. */
  drop(): void {
    this.#isOver = true
    this.#pane.tell({ kind: 'drop' })
    this.#endAll()
  }

  #hear(message: FromPane): void {
    const asked = 'id' in message ? this.#asked.get(message.id) : undefined
    if (asked === undefined) return
    const { id } = message
    switch (message.kind) {
      case 'answer': {
        const { status, contentType, date } = message
        asked.body = new PaneBody((bytes) => this.#pane.tell({ kind: 'read', id, bytes }))
        return asked.done({ status, contentType, date, body: asked.body })
      }
      case 'body':
        return asked.body?.add(message.bytes)
      case 'over':
        this.#asked.delete(id)
        if (asked.body === undefined) asked.done(undefined)
        else if (message.isWhole) asked.body.add(undefined)
        else asked.body.destroy()
    }
  }

  #gone(): void {
    this.#isOver = true
    this.#endAll()
  }

  #endAll(): void {
    const all = [...this.#asked.values()]
    this.#asked.clear()
    for (const { body, done } of all) {
      if (body === undefined) done(undefined)
      else body.destroy()
    }
  }
}

/** The body of an answer; what it was given is told as read once its reader asks for more. */
class PaneBody extends Readable {
  readonly #onRead: (bytes: number) => void
  #givenBytes = 0

  constructor(onRead: (bytes: number) => void) {
    super({ highWaterMark: chromiumLimits.bodyBytesMax })
    this.#onRead = onRead
  }

  add(bytes: Uint8Array | undefined): void {
    if (this.destroyed) return
    if (bytes === undefined) return void this.push(null)
    this.#givenBytes += bytes.length
    if (this.push(bytes)) this._read()
  }

  override _read(): void {
    const bytes = this.#givenBytes
    this.#givenBytes = 0
    if (bytes > 0) this.#onRead(bytes)
  }
}
