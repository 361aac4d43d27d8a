// Messages in the bodies of HTTP requests and answers (SPEC.md §2.5). Sans-I/O; requests and answers are the carriers'.
//
// body = item ‖ item ‖ … ‖ end;  item = length (u16) ‖ message, or 0 (u16) ‖ mark (u8)
const HEADER_BYTES = 2
const MARK_BYTES = 3
/** How many gathering buffers are kept for reuse. */
const POOL_COUNT_MAX = 32
const GATHER_BYTES = HEADER_BYTES + 65_535
const pool: Uint8Array[] = []

/** What an item without a message says. */
export const BodyMark = { filler: 0, end: 1, close: 2 } as const
export type BodyMark = (typeof BodyMark)[keyof typeof BodyMark]

export interface BodySink {
  /** A whole message; a view that is valid during the call only. */
  onMessage(message: Uint8Array): void
}

/** Reads one body in whatever pieces it comes. Holds at most one message, and only while that is incomplete. */
export class BodyReader {
  readonly #sink: BodySink
  #gathered: Uint8Array | undefined
  #filled = 0
  #last: BodyMark | undefined
  #isBad = false
  #isStopped = false

  constructor(sink: BodySink) {
    this.#sink = sink
  }

  /** Which mark ended the body; undefined while it has none. */
  get last(): BodyMark | undefined {
    return this.#last
  }

  /** Hands out what is complete. False: this is no body, which ends the carrier. Throws what the sink throws. `bytes` are not kept. */
  take(bytes: Uint8Array): boolean {
    let offset = 0
    while (offset < bytes.length && !this.#isStopped) {
      if (this.#last !== undefined || this.#isBad) return false
      offset = this.#gathered === undefined ? this.#read(bytes, offset) : this.#gather(this.#gathered, bytes, offset)
    }
    return !this.#isBad
  }

  /** Hands out nothing more; whoever reads may call it while being handed a message. */
  stop(): void {
    this.#isStopped = true
    this.#release()
  }

  /** Offset behind the item that begins at `offset`, or behind everything where that is incomplete. */
  #read(bytes: Uint8Array, offset: number): number {
    const length = itemBytes(bytes, offset, bytes.length)
    if (length !== undefined && length <= bytes.length - offset) {
      this.#item(bytes, offset, offset + length)
      return offset + length
    }
    const gathered = pool.pop() ?? new Uint8Array(GATHER_BYTES)
    gathered.set(bytes.subarray(offset))
    this.#filled = bytes.length - offset
    this.#gathered = gathered
    return bytes.length
  }

  /** Offset behind what was added to the incomplete item: first what tells its length, then the rest. */
  #gather(gathered: Uint8Array, bytes: Uint8Array, offset: number): number {
    const wanted = itemBytes(gathered, 0, this.#filled) ?? HEADER_BYTES
    const piece = bytes.subarray(offset, offset + wanted - this.#filled)
    gathered.set(piece, this.#filled)
    this.#filled += piece.length
    if (this.#filled === itemBytes(gathered, 0, this.#filled)) {
      this.#item(gathered, 0, this.#filled)
      this.#release()
    }
    return offset + piece.length
  }

  #item(bytes: Uint8Array, start: number, end: number): void {
    const isMark = bytes[start] === 0 && bytes[start + 1] === 0
    if (!isMark) return this.#sink.onMessage(bytes.subarray(start + HEADER_BYTES, end))
    const mark = bytes[start + HEADER_BYTES] as number
    if (mark > BodyMark.close) this.#isBad = true
    else if (mark !== BodyMark.filler) this.#last = mark as BodyMark
  }

  #release(): void {
    if (this.#gathered !== undefined && pool.length < POOL_COUNT_MAX) pool.push(this.#gathered)
    this.#gathered = undefined
    this.#filled = 0
  }
}

/** How long the item at `start` is, header included; undefined while too little of it is there to say. */
function itemBytes(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start < HEADER_BYTES) return undefined
  const length = ((bytes[start] as number) << 8) | (bytes[start + 1] as number)
  return length === 0 ? MARK_BYTES : HEADER_BYTES + length
}

/** What stands before a message of 1 to 65,535 bytes. */
export function encodeBodyHeader(length: number): Uint8Array {
  return Uint8Array.of(length >>> 8, length & 0xff)
}

export function encodeBodyMark(mark: BodyMark): Uint8Array {
  return Uint8Array.of(0, 0, mark)
}
