// WebSocket messages as bytes (RFC 6455 §5), once the upgrade is done: one binary message a record. Sans-I/O; the socket is the carrier's.
//
// The reader is told where to put what it reads next (`target`), so that a message that comes in pieces is gathered where it lies and opened in one
// piece; between messages every carrier reads into one shared buffer, so that an idle one holds none.
import { assert, ProtocolError } from './errors.ts'
import { RECORD_BYTES_MAX } from './limits.ts'

const OPCODE_CONTINUATION = 0
const OPCODE_TEXT = 1
const OPCODE_BINARY = 2
const OPCODE_CLOSE = 8
const OPCODE_PING = 9
const OPCODE_PONG = 10
const FIN = 0x80
const MASKED = 0x80
const HEADER_BYTES_MAX = 14
const CONTROL_BYTES_MAX = 125
const MESSAGE_BYTES_MAX = RECORD_BYTES_MAX
/** A TLS record's plaintext, which is what one read gives: the gathering buffer always has this much room. */
const READ_BYTES = 16_384
const GATHER_BYTES = MESSAGE_BYTES_MAX + HEADER_BYTES_MAX + READ_BYTES
/** How many gathering buffers are kept for reuse. */
const POOL_COUNT_MAX = 32
const shared = new Uint8Array(GATHER_BYTES)
const pool: Uint8Array[] = []

export interface WebSocketSink {
  /** A whole binary message; a view that is valid during the call only. */
  onMessage(message: Uint8Array): void
  /** A whole text message, as bytes; a view likewise. Without it text is a fault: no carrier has any. */
  onText?(text: Uint8Array): void
  onPing(payload: Uint8Array): void
  onClose(): void
}

/** Reads one direction. `isMasked`: whether the frames come from a client. */
export class WebSocketReader {
  readonly #isMasked: boolean
  readonly #sink: WebSocketSink
  #gathered: Uint8Array | undefined
  #filled = 0
  /** What came of a message in fragments; undefined: none. In one piece, however small they are. */
  #fragments: Uint8Array | undefined
  /** An empty one counts for a byte, so that their number is bounded too. */
  #fragmentBytes = 0
  #joinedBytes = 0

  constructor(isMasked: boolean, sink: WebSocketSink) {
    this.#isMasked = isMasked
    this.#sink = sink
  }

  /** Where the next bytes are to be put; ask again after each `filled`. */
  get target(): Uint8Array {
    return this.#gathered === undefined ? shared : this.#gathered.subarray(this.#filled)
  }

  /** `count` bytes were put into `target`. Throws ProtocolError('bad-websocket'), which ends the carrier, and whatever the sink throws. */
  filled(count: number): void {
    const buffer = this.#gathered ?? shared
    const end = this.#filled + count
    let start = 0
    while (start < end) {
      const next = this.#frame(buffer, start, end)
      if (next === start) break
      start = next
    }
    this.#keep(buffer, start, end)
  }

  /** Bytes that came otherwise: behind the upgrade's answer. */
  take(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) {
      const target = this.target
      const piece = bytes.subarray(offset, offset + Math.min(target.length, READ_BYTES))
      target.set(piece)
      offset += piece.length
      this.filled(piece.length)
    }
  }

  /** Gives its buffer back. */
  close(): void {
    this.#keep(shared, 0, 0)
    this.#fragments = undefined
  }

  /** Offset behind the frame that begins at `start`; `start` itself while the frame is incomplete. */
  #frame(buffer: Uint8Array, start: number, end: number): number {
    if (end - start < 2) return start
    const first = buffer[start] as number
    const second = buffer[start + 1] as number
    const lengthCode = second & 0x7f
    const lengthBytes = lengthCode < 126 ? 0 : lengthCode === 126 ? 2 : 8
    const isMasked = (second & MASKED) !== 0
    if ((first & 0x70) !== 0 || isMasked !== this.#isMasked)
      throw new ProtocolError('bad-websocket', 'a frame has reserved bits or the wrong masking')
    const payloadAt = start + 2 + lengthBytes + (isMasked ? 4 : 0)
    if (payloadAt > end) return start
    let length = lengthBytes === 0 ? lengthCode : 0
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + (buffer[start + 2 + i] as number)
    const isControl = (first & 0x0f) >= OPCODE_CLOSE
    if (length + (isControl ? 0 : this.#fragmentBytes) > MESSAGE_BYTES_MAX)
      throw new ProtocolError('bad-websocket', 'a message is too large')
    const next = payloadAt + length
    if (next > end) return start
    const payload = buffer.subarray(payloadAt, next)
    if (isMasked) unmask(payload, buffer, payloadAt - 4)
    this.#deliver(first & 0x0f, (first & FIN) !== 0, payload)
    return next
  }

  #deliver(opcode: number, isLast: boolean, payload: Uint8Array): void {
    if (opcode >= OPCODE_CLOSE && (!isLast || payload.length > CONTROL_BYTES_MAX))
      throw new ProtocolError('bad-websocket', 'a control frame is malformed')
    if (opcode === OPCODE_TEXT && isLast && this.#fragments === undefined && this.#sink.onText !== undefined) this.#sink.onText(payload)
    else if (opcode === OPCODE_BINARY || opcode === OPCODE_CONTINUATION) {
      if ((opcode === OPCODE_CONTINUATION) !== (this.#fragments !== undefined))
        throw new ProtocolError('bad-websocket', 'a fragment is out of place')
      if (isLast && opcode === OPCODE_BINARY) return this.#sink.onMessage(payload)
      this.#fragment(payload, isLast)
    } else if (opcode === OPCODE_PING) this.#sink.onPing(payload)
    else if (opcode === OPCODE_CLOSE) this.#sink.onClose()
    else if (opcode !== OPCODE_PONG) throw new ProtocolError('bad-websocket', 'a frame has an unexpected opcode')
  }

  /** Intermediaries may split messages; ours never do. */
  #fragment(payload: Uint8Array, isLast: boolean): void {
    this.#fragments ??= new Uint8Array(MESSAGE_BYTES_MAX)
    this.#fragments.set(payload, this.#joinedBytes)
    this.#joinedBytes += payload.length
    this.#fragmentBytes += Math.max(1, payload.length)
    if (!isLast) return
    const message = this.#fragments.subarray(0, this.#joinedBytes)
    this.#fragments = undefined
    this.#fragmentBytes = 0
    this.#joinedBytes = 0
    this.#sink.onMessage(message)
  }

  /** Holds on to an incomplete frame, in a buffer of this carrier's own; lets that go when there is none. */
  #keep(buffer: Uint8Array, start: number, end: number): void {
    this.#filled = end - start
    if (this.#filled === 0) {
      if (this.#gathered !== undefined && pool.length < POOL_COUNT_MAX) pool.push(this.#gathered)
      this.#gathered = undefined
    } else if (this.#gathered === undefined) {
      this.#gathered = pool.pop() ?? new Uint8Array(GATHER_BYTES)
      this.#gathered.set(buffer.subarray(start, end))
    } else if (start > 0) this.#gathered.copyWithin(0, start, end)
    assert(this.#filled < GATHER_BYTES, 'an incomplete frame leaves room')
  }
}

/** The header of a binary message of this length. A client's frame carries the zero mask: the payload is sealed already, and TLS hides the key. */
export function encodeMessageHeader(length: number, isMasked: boolean): Uint8Array {
  return encodeHeader(OPCODE_BINARY, length, isMasked)
}

/** The header of a text message, as a server sends it. */
export function encodeTextHeader(length: number): Uint8Array {
  return encodeHeader(OPCODE_TEXT, length, false)
}

export function encodePong(payload: Uint8Array, isMasked: boolean): Uint8Array {
  return encodeControl(OPCODE_PONG, payload, isMasked)
}

/** A close frame with code 1000. */
export function encodeClose(isMasked: boolean): Uint8Array {
  return encodeControl(OPCODE_CLOSE, Uint8Array.of(0x03, 0xe8), isMasked)
}

function encodeControl(opcode: number, payload: Uint8Array, isMasked: boolean): Uint8Array {
  const header = encodeHeader(opcode, payload.length, isMasked)
  const frame = new Uint8Array(header.length + payload.length)
  frame.set(header)
  frame.set(payload, header.length)
  return frame
}

function encodeHeader(opcode: number, length: number, isMasked: boolean): Uint8Array {
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const header = new Uint8Array(2 + lengthBytes + (isMasked ? 4 : 0))
  header[0] = FIN | opcode
  header[1] = (isMasked ? MASKED : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127)
  for (let i = 0, left = length; i < lengthBytes; i++, left = Math.floor(left / 256)) header[1 + lengthBytes - i] = left & 0xff
  return header
}

/** In words of four bytes where they are aligned: a browser's uploads are masked by a key that is not zero. */
function unmask(payload: Uint8Array, buffer: Uint8Array, keyAt: number): void {
  const key = [buffer[keyAt], buffer[keyAt + 1], buffer[keyAt + 2], buffer[keyAt + 3]] as [number, number, number, number]
  if ((key[0] | key[1] | key[2] | key[3]) === 0) return
  const xor = (from: number, to: number): void => {
    for (let i = from; i < to; i++) payload[i] = (payload[i] as number) ^ (key[i & 3] as number)
  }
  const start = -payload.byteOffset & 3
  const count = (payload.length - start) >> 2
  if (count <= 0) return xor(0, payload.length)
  const words = new Int32Array(payload.buffer, payload.byteOffset + start, count)
  const turned = Uint8Array.from(key, (_byte, i) => key[(start + i) & 3] as number)
  const word = new Int32Array(turned.buffer)[0] as number
  for (let i = 0; i < count; i++) words[i] = (words[i] as number) ^ word
  xor(0, start)
  xor(start + count * 4, payload.length)
}
