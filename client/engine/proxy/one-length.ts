// A stream whose answers' heads say their length once. Some sites say it twice, in two headers or in one; browsers take that, Node's parser never.
import { Duplex, pipeline, Transform, type TransformCallback } from 'node:stream'
import { ignoreError } from './local.ts'

/** stream, with what is read of it mended. An error or the end of either is that of both. A longer head than headBytesMax is left as it is. */
export function withOneLength(stream: Duplex, headBytesMax: number): Duplex {
  const readable = pipeline(stream, new OneLength(headBytesMax), ignoreError)
  return Duplex.from({ readable, writable: stream }).on('error', ignoreError)
}

const HEAD = /^[\s\S]*?\n\r?\n/
/** Another head follows: the answer's. */
const INTERIM = /^HTTP\/1\.\d 1(?!01)/
const LENGTH = /^content-length:(.*)\r?\n/gim

class OneLength extends Transform {
  readonly #headBytesMax: number
  /** What has come of a head; undefined once the body has begun. */
  #head: string | undefined = ''

  constructor(headBytesMax: number) {
    super()
    this.#headBytesMax = headBytesMax
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    if (this.#head === undefined) return done(null, chunk)
    let rest = this.#head + chunk.toString('latin1')
    let isInterim = true
    for (let head = HEAD.exec(rest)?.[0]; head !== undefined && isInterim; head = HEAD.exec(rest)?.[0]) {
      isInterim = INTERIM.test(head)
      this.push(mended(head), 'latin1')
      rest = rest.slice(head.length)
    }
    if (isInterim && rest.length <= this.#headBytesMax) this.#head = rest
    else {
      this.#head = undefined
      this.push(rest, 'latin1')
    }
    done()
  }

  override _flush(done: TransformCallback): void {
    if (this.#head !== undefined) this.push(this.#head, 'latin1')
    done()
  }
}

/** Lengths that differ stay, for the parser to refuse. */
function mended(head: string): string {
  const lengths = [...head.matchAll(LENGTH)].flatMap(([, list = '']) => list.split(',')).map((text) => text.trim())
  if (lengths.length < 2 || lengths.some((length) => length !== lengths[0])) return head
  let isFirst = true
  return head.replace(LENGTH, () => {
    const line = isFirst ? `Content-Length: ${lengths[0]}\r\n` : ''
    isFirst = false
    return line
  })
}
