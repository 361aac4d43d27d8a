// What both ends of a measured transfer share: bytes that both know, and what the receiving end says of them, as JSON lines.
import { createCipheriv, createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'

/** {"atMs":…,"bytes":…}: so many had come by then, by a clock that all processes of this machine share. No two are closer than this. */
const MARK_MS = 10
const CHUNK_BYTES = 16_384
/** Bytes that are due are sent so often. */
const PACE_MS = 10

/** Of all that has come, at the end: {"sha256":…,"bytes":…}. */
export class Marks {
  readonly #count: number
  readonly #onAll: () => void
  readonly #hash = createHash('sha256')
  #bytes = 0
  #markedMs = 0
  #isOver = false

  constructor(count: number, onAll: () => void) {
    this.#count = count
    this.#onAll = onAll
  }

  take(chunk: Buffer): void {
    if (this.#isOver || chunk.length === 0) return
    this.#hash.update(chunk)
    this.#bytes += chunk.length
    const atMs = clockMs()
    if (atMs - this.#markedMs >= MARK_MS || this.#bytes >= this.#count) {
      this.#markedMs = atMs
      say({ atMs, bytes: this.#bytes })
    }
    if (this.#bytes >= this.#count) {
      this.end()
      this.#onAll()
    }
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    say({ sha256: this.#hash.digest('hex'), bytes: this.#bytes })
  }
}

/** Sends so many bytes of a pattern without a period, no faster than `bytesPerS` (0: no limit). Resolves when all are handed over, or the flow is gone. */
export async function sendPattern(socket: Socket, count: number, bytesPerS: number): Promise<void> {
  const pattern = createPattern()
  const beganMs = clockMs()
  for (let sent = 0; sent < count && !socket.destroyed; ) {
    const allowed = bytesPerS === 0 ? count : Math.min(count, Math.ceil(((clockMs() - beganMs) / 1000) * bytesPerS))
    while (sent < allowed && !socket.destroyed) {
      const chunk = pattern(Math.min(CHUNK_BYTES, allowed - sent))
      sent += chunk.length
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
    }
    if (sent < count) await new Promise((resolve) => setTimeout(resolve, PACE_MS))
  }
}

/** SHA-256 of the first bytes of the pattern. */
export function hashOfPattern(count: number): string {
  const pattern = createPattern()
  const hash = createHash('sha256')
  for (let done = 0; done < count; done += CHUNK_BYTES) hash.update(pattern(Math.min(CHUNK_BYTES, count - done)))
  return hash.digest('hex')
}

export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function createPattern(): (bytes: number) => Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  return (bytes) => cipher.update(Buffer.alloc(bytes))
}

function say(object: object): void {
  process.stdout.write(`${JSON.stringify(object)}\n`)
}
