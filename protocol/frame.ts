// Frames: the multiplexer's messages inside a record, one after the other to its end (SPEC.md §7).
//
// 00 padding        (the rest of the record)
// 01 ack            next:varint
// 02 ping
// 03 open           id:varint flags:u8 target
// 04 opened         id:varint
// 05 data           id:varint length:varint bytes
// 06 fin            id:varint
// 07 reset          id:varint code:u8
// 08 window         id:varint limit:varint
// 09 datagram       id:varint target length:varint bytes
// 0a goaway         code:u8
// 0b ack ahead      next:varint length:varint bitmap
// 0c retire         counter:u32
// 0d part           number:varint size:u16 place:u8 length:varint bytes
import { Reader, varintBytes, type Writer } from './bytes.ts'
import { ProtocolError, type ResetCode, readResetCode } from './errors.ts'
import { ACK_BITMAP_BYTES_MAX, DATAGRAM_BYTES_MAX, PART_UNIT_BYTES, RECORD_OVERHEAD_BYTES } from './limits.ts'
import { decodeTarget, type Target } from './target.ts'

export const FrameType = {
  padding: 0,
  ack: 1,
  ping: 2,
  open: 3,
  opened: 4,
  data: 5,
  fin: 6,
  reset: 7,
  window: 8,
  datagram: 9,
  goaway: 10,
  ackAhead: 11,
  retire: 12,
  part: 13,
} as const

/** Flags of an open frame. Unknown flags are an error: they would change what the stream means. */
export const OpenFlag = { reportDial: 1, datagrams: 2 } as const
const OPEN_FLAGS_KNOWN = 3

/** What decodeFrames calls for frames of the session itself. Byte arguments are views into the plaintext. */
export interface SessionFrames {
  /** `ahead`: bit i is record next + 1 + i, which has come as well. */
  onAck(next: number, ahead: Uint8Array | undefined): void
  onPing(): void
  onGoaway(code: ResetCode): void
  onRetire(counter: number): void
  onPart(part: Part): void
}

/** … and for those of its streams. */
export interface StreamFrames {
  onOpen(id: number, flags: number, target: Target): void
  onOpened(id: number): void
  /** `isAlone`: no other frame of this record has bytes, so that the plaintext's buffer is theirs. */
  onData(id: number, bytes: Uint8Array, isAlone: boolean): void
  onFin(id: number): void
  onReset(id: number, code: ResetCode): void
  onWindow(id: number, limit: number): void
  onDatagram(id: number, target: Target, bytes: Uint8Array): void
}

/** Some bytes of a sealed record, and where they belong (SPEC.md §6.7). */
export interface Part {
  readonly number: number
  /** Of the whole record. */
  readonly size: number
  /** A multiple of PART_UNIT_BYTES; so is the length, but of the record's end. */
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Hands frames out in their order, and says whether any of them asks for an answer. Throws ProtocolError ('bad-frame', 'bad-target'); frames before the
 *  bad one have been delivered, and the session must end. */
export function decodeFrames(plaintext: Uint8Array, session: SessionFrames, streams: StreamFrames): boolean {
  const reader = new Reader(plaintext, 'bad-frame')
  let isFirst = true
  let elicits = false
  while (reader.remaining > 0) {
    const type = reader.u8()
    if (type === FrameType.padding) break
    elicits ||= type !== FrameType.ack && type !== FrameType.ackAhead
    switch (type) {
      case FrameType.ack:
        session.onAck(reader.varint(), undefined)
        break
      case FrameType.ping:
        session.onPing()
        break
      case FrameType.open: {
        const id = reader.varint()
        const flags = reader.u8()
        if (flags > OPEN_FLAGS_KNOWN) throw new ProtocolError('bad-frame', 'an open frame has unknown flags')
        streams.onOpen(id, flags, decodeTarget(reader))
        break
      }
      case FrameType.opened:
        streams.onOpened(reader.varint())
        break
      case FrameType.data: {
        const id = reader.varint()
        const bytes = reader.take(reader.varint())
        streams.onData(id, bytes, isFirst && reader.remaining === 0)
        isFirst = false
        break
      }
      case FrameType.fin:
        streams.onFin(reader.varint())
        break
      case FrameType.reset: {
        const id = reader.varint()
        streams.onReset(id, readResetCode(reader.u8()))
        break
      }
      case FrameType.window: {
        const id = reader.varint()
        streams.onWindow(id, reader.varint())
        break
      }
      case FrameType.datagram: {
        const id = reader.varint()
        const target = decodeTarget(reader)
        const length = reader.varint()
        if (length > DATAGRAM_BYTES_MAX) throw new ProtocolError('bad-frame', 'a datagram is too large')
        isFirst = false
        streams.onDatagram(id, target, reader.take(length))
        break
      }
      case FrameType.goaway:
        session.onGoaway(readResetCode(reader.u8()))
        break
      case FrameType.ackAhead:
        session.onAck(reader.varint(), readBitmap(reader))
        break
      case FrameType.retire:
        session.onRetire(reader.u32())
        break
      case FrameType.part:
        isFirst = false
        session.onPart(readPart(reader))
        break
      default:
        throw new ProtocolError('bad-frame', 'unknown type of frame')
    }
  }
  return elicits
}

/** Of a record that came before its turn: hands out the acks at its front, and the parts if the sink takes any. Says whether anything in it asks for an
 *  answer, and whether that was all of it. */
export function peekFront(
  plaintext: Uint8Array,
  sink: Pick<SessionFrames, 'onAck'> & { readonly onPart: SessionFrames['onPart'] | undefined },
): { readonly elicits: boolean; readonly isAll: boolean } {
  const reader = new Reader(plaintext, 'bad-frame')
  let elicits = false
  while (reader.remaining > 0) {
    const type = reader.u8()
    if (type === FrameType.padding) break
    if (type === FrameType.ack) sink.onAck(reader.varint(), undefined)
    else if (type === FrameType.ackAhead) sink.onAck(reader.varint(), readBitmap(reader))
    else if (type === FrameType.part && sink.onPart !== undefined) {
      sink.onPart(readPart(reader))
      elicits = true
    } else return { elicits: true, isAll: false }
  }
  return { elicits, isAll: true }
}

function readPart(reader: Reader): Part {
  const number = reader.varint()
  const size = reader.u16()
  const offset = reader.u8() * PART_UNIT_BYTES
  const bytes = reader.take(reader.varint())
  const end = offset + bytes.length
  if (size < RECORD_OVERHEAD_BYTES || bytes.length === 0 || end > size || (end % PART_UNIT_BYTES !== 0 && end !== size))
    throw new ProtocolError('bad-frame', 'a part does not fit its record')
  return { number, size, offset, bytes }
}

/** A part whose bytes follow. */
export function encodePartHeader(writer: Writer, { number, size, offset }: Omit<Part, 'bytes'>, length: number): void {
  writer
    .u8(FrameType.part)
    .varint(number)
    .u16(size)
    .u8(offset / PART_UNIT_BYTES)
    .varint(length)
}

function readBitmap(reader: Reader): Uint8Array {
  const length = reader.varint()
  if (length < 1 || length > ACK_BITMAP_BYTES_MAX) throw new ProtocolError('bad-frame', 'an ack has an impossible bitmap')
  return reader.take(length)
}

/** The header of a data frame whose bytes follow. */
export function encodeDataHeader(writer: Writer, id: number, length: number): void {
  writer.u8(FrameType.data).varint(id).varint(length)
}

export function dataHeaderBytes(id: number, length: number): number {
  return 1 + varintBytes(id) + varintBytes(length)
}
