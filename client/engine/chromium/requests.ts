// What makes the requests of an http carrier in a hidden window: fetch, whose answers stream here as fast as they are read.
import { Readable } from 'node:stream'
import { type Cookie, CREDIT_BYTES, type FromPane, readCookie } from '../../contract/dialer-messages.ts'
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
    pane.listen({
      onMessage: (message) => this.#hear(message),
      onBytes: (id, bytes) => this.#asked.get(id)?.body?.add(bytes),
      onGone: () => this.#gone(),
    })
  }

  ask({ cookie, body }: HttpQuestion, done: Asked['done']): void {
    if (this.#isOver || this.#pane.isGone) return queueMicrotask(() => done(undefined))
    const id = this.#pane.newId()
    this.#asked.set(id, { done, body: undefined })
    const words: Cookie | undefined = cookie === '' ? undefined : readCookie(cookie)
    this.#pane.tell({ kind: 'ask', id, path: this.#path, cookie: words, hasBody: body !== undefined })
    if (body !== undefined) this.#pane.send(id, [body])
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
      case 'over':
        this.#asked.delete(id)
        if (asked.body === undefined) asked.done(undefined)
        else if (message.isWhole) asked.body.end()
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

/** The body of an answer; what it was given is told as read once its reader asks for more, a good deal at a time. */
class PaneBody extends Readable {
  readonly #onRead: (bytes: number) => void
  #givenBytes = 0

  constructor(onRead: (bytes: number) => void) {
    super({ highWaterMark: chromiumLimits.bodyBytesMax })
    this.#onRead = onRead
  }

  /** Whoever listens has the view itself, and keeps nothing of it (BodyReader); what has to wait is copied, since each copy is fresh memory. */
  add(bytes: Uint8Array): void {
    if (this.destroyed) return
    this.#givenBytes += bytes.length
    const isHeard = this.readableFlowing === true && this.readableLength === 0
    if (isHeard) this.emit('data', bytes)
    if (isHeard || this.push(Buffer.from(bytes))) this._read()
  }

  end(): void {
    if (!this.destroyed) this.push(null)
  }

  override _read(): void {
    const bytes = this.#givenBytes
    if (bytes < CREDIT_BYTES) return
    this.#givenBytes = 0
    this.#onRead(bytes)
  }
}
