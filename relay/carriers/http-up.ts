// The up half of an http carrier at the relay: messages out of the bodies of POSTs, in the order of their numbers (SPEC.md §2.5).
// A body that comes before its turn is left unread, where it holds up its sender and not our memory.
import { BodyMark, BodyReader, encodeBodyMark, HTTP_BODY_BYTES_MAX, HTTP_UP_MAX } from '#protocol'
import type { SiteRequest } from '../cover/site.ts'
import { type HttpResponse, onBroken, writeHead } from './http-response.ts'

interface Post {
  readonly request: SiteRequest
  readonly response: HttpResponse
}

export interface UpEvents {
  onMessage(message: Uint8Array): void
  onBytes(count: number): void
  /** The client's close mark. */
  onClose(): void
  /** A body that is not whole. */
  onBroken(): void
}

export class HttpUp {
  readonly #events: UpEvents
  readonly #posts = new Map<number, Post>()
  #turn = 0
  #reader: BodyReader | undefined
  #isOver = false

  constructor(events: UpEvents) {
    this.#events = events
  }

  get count(): number {
    return this.#posts.size
  }

  get hasGap(): boolean {
    return this.#posts.size > 0 && !this.#posts.has(this.#turn)
  }

  /** Of bodies whose turn has not come. Node takes in what HTTP/2's window lets come, read or not. */
  get unreadBytes(): number {
    let bytes = 0
    for (const [number, { request }] of this.#posts) if (number !== this.#turn) bytes += bytesIn(request)
    return bytes
  }

  awaits(number: number): boolean {
    return number >= this.#turn && number < this.#turn + HTTP_UP_MAX && !this.#posts.has(number)
  }

  take(number: number, request: SiteRequest, response: HttpResponse): void {
    this.#posts.set(number, { request, response })
    request.on('error', () => undefined)
    onBroken(response, () => this.#broken())
    if (number === this.#turn) this.#read()
  }

  destroy(): void {
    this.#isOver = true
    this.#reader?.stop()
    for (const { response } of this.#posts.values()) response.destroy()
    this.#posts.clear()
  }

  #read(): void {
    const post = this.#posts.get(this.#turn)
    if (post === undefined || this.#isOver) return
    const reader = new BodyReader({ onMessage: (message) => this.#events.onMessage(message) })
    this.#reader = reader
    let bytes = 0
    post.request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      this.#events.onBytes(chunk.length)
      if (this.#isOver) return
      if (bytes > HTTP_BODY_BYTES_MAX || !reader.take(chunk)) this.#broken()
    })
    post.request.on('end', () => this.#finish(post, reader.last))
  }

  #finish({ response }: Post, last: BodyMark | undefined): void {
    if (this.#isOver) return
    if (last === undefined) return this.#broken()
    this.#posts.delete(this.#turn)
    this.#turn++
    const body = encodeBodyMark(BodyMark.end)
    writeHead(response, body.length)
    response.end(body)
    if (last === BodyMark.close) this.#events.onClose()
    this.#read()
  }

  #broken(): void {
    if (!this.#isOver) this.#events.onBroken()
  }
}

function bytesIn(request: SiteRequest): number {
  return 'stream' in request ? request.stream.readableLength : request.readableLength
}
