// Answers that were made once and are given again until something new is published: bytes, plain and compressed, with their tag.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import { type SiteLimits, siteLimits } from './site-limits.ts'

export interface Answer {
  readonly type: string
  readonly body: Uint8Array<ArrayBuffer>
  readonly zipped: Uint8Array<ArrayBuffer> | undefined
  /** Weak (RFC 9110 §8.8.3): the same for the plain and the compressed bytes. */
  readonly tag: string
}

/** Below this, compressing costs more than it saves. */
const ZIPPED_FROM_BYTES = 1024

export function answerOf(type: string, body: string | Uint8Array): Answer {
  const bytes = Uint8Array.from(typeof body === 'string' ? Buffer.from(body) : body)
  const isText = !['image/png', 'application/pdf', 'application/gzip'].includes(type)
  return {
    type,
    body: bytes,
    zipped: isText && bytes.length >= ZIPPED_FROM_BYTES ? Uint8Array.from(gzipSync(bytes, { level: 6 })) : undefined,
    tag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
  }
}

/** The last asked for, bounded in number and bytes. */
export class Answers {
  readonly #kept = new Map<string, Answer>()
  /** Being made. */
  readonly underWay: Map<string, Promise<Answer>> = new Map<string, Promise<Answer>>()
  readonly #limits: SiteLimits
  #bytes = 0

  constructor(limits: SiteLimits = siteLimits) {
    this.#limits = limits
  }

  get(name: string): Answer | undefined {
    const answer = this.#kept.get(name)
    if (answer !== undefined) {
      this.#kept.delete(name)
      this.#kept.set(name, answer)
    }
    return answer
  }

  keep(name: string, answer: Answer): void {
    this.#drop(name)
    this.#kept.set(name, answer)
    this.#bytes += sizeOf(answer)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limits.keptMax && this.#bytes <= this.#limits.keptBytesMax) break
      this.#drop(oldest)
    }
  }

  clear(): void {
    this.#kept.clear()
    this.#bytes = 0
  }

  #drop(name: string): void {
    const answer = this.#kept.get(name)
    if (answer === undefined) return
    this.#kept.delete(name)
    this.#bytes -= sizeOf(answer)
  }
}

function sizeOf({ body, zipped }: Answer): number {
  return body.length + (zipped?.length ?? 0)
}

interface GiveOptions {
  readonly status?: 200 | 400 | 404 | 405 | 429 | 500 | 503
  readonly maxAgeSeconds?: number
  /** It holds for this moment only. */
  readonly isPassing?: boolean
}

export function give(
  context: Context,
  answer: Answer,
  { status = 200, maxAgeSeconds = 60, isPassing = false }: GiveOptions = {},
): Response {
  const headers = context.res.headers
  headers.set('Content-Type', answer.type)
  headers.set('Cache-Control', status === 200 && !isPassing ? `public, max-age=${maxAgeSeconds}` : 'no-store')
  headers.set('Vary', 'Accept-Encoding, Accept-Language')
  if (status === 200 && !isPassing) {
    headers.set('ETag', answer.tag)
    if (matches(context.req.header('if-none-match'), answer.tag)) return context.body(null, 304)
  }
  const isZipped =
    answer.zipped !== undefined && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(context.req.header('accept-encoding') ?? '')
  if (isZipped) headers.set('Content-Encoding', 'gzip')
  const body = isZipped && answer.zipped !== undefined ? answer.zipped : answer.body
  headers.set('Content-Length', String(body.length))
  return context.req.method === 'HEAD' ? context.body(null, status) : context.body(body, status)
}

function matches(wanted: string | undefined, tag: string): boolean {
  if (wanted === undefined) return false
  return wanted.trim() === '*' || wanted.split(',').some((one) => one.trim().replace(/^(?!W\/)/, 'W/') === tag)
}
