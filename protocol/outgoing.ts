// The sending half of a session: what goes into the next record.
//
// 1. what went out on a carrier that died is sent again, in parts where it must be   Flight.repeat, #part
// 2. an ack, if due on this lane, or if the record goes anyway                       Acks
// 3. ping, goaway, and what streams owe outside their data: opened, window, reset    #writeControl
// 4. datagrams, then stream data by turns, while the path has room                   #writeStreams
// 5. padding, seal, retain                                                           #seal
//
// Each record is made for one lane, when its carrier has room.
import { freeBytes, Writer } from './bytes.ts'
import type { Random } from './crypto.ts'
import { assert, type ResetCode } from './errors.ts'
import { Flight } from './flight.ts'
import { dataHeaderBytes, encodeDataHeader, encodePartHeader, FrameType } from './frame.ts'
import type { Lane } from './lane.ts'
import {
  DATA_HEADER_BYTES_MAX,
  DATAGRAM_QUEUE_BYTES_MAX,
  DATAGRAM_QUEUE_COUNT_MAX,
  PART_HEADER_BYTES_MAX,
  PART_UNIT_BYTES,
  RECORD_BYTES_SLOW,
  RECORD_OVERHEAD_BYTES,
  RECORD_PLAINTEXT_BYTES_MAX,
} from './limits.ts'
import { EARLY_RECORDS, paddedLength } from './padding.ts'
import { putSealed, type RecordSealer, type SealedRecord, sealedBytes } from './record.ts'
import { Scheduler } from './scheduler.ts'
import type { Stream } from './stream.ts'
import { encodeTarget, TARGET_BYTES_MAX, type Target } from './target.ts'

/** Free bytes that a chunk has before its data, for the frames that go in front of it without a copy. */
export const HEADROOM_BYTES = 64
/** A chunk of at least this size is sealed where it lies; smaller ones are gathered into one record. */
export const IN_PLACE_BYTES_MIN = 16_384
/** The largest chunk that fits one record with its headroom: what sockets should read at once. */
export const CHUNK_BYTES_MAX: number = RECORD_PLAINTEXT_BYTES_MAX - HEADROOM_BYTES

const CONTROL_FRAMES_BYTES_MAX = 48
const OPEN_BYTES_MAX = 10 + TARGET_BYTES_MAX
const FIN_BYTES_MAX = 9
/** Nothing survives in it between two calls. */
const scratch = new Uint8Array(RECORD_PLAINTEXT_BYTES_MAX)

/** What the sending half asks and tells the session. */
export interface OutgoingEvents {
  /** What an ack names. */
  expected(): number
  aheadBitmap(): Uint8Array | undefined
  /** The stream's open frame is about to be written: it gets its id. */
  onOpening(stream: Stream): void
  /** A stream has had its turn. */
  onSent(stream: Stream): void
}

interface Datagram {
  readonly stream: Stream
  readonly target: Target
  readonly bytes: Uint8Array
}

export class Outgoing {
  readonly flight: Flight
  readonly #scheduler = new Scheduler()
  readonly #sealer: RecordSealer
  readonly #random: Random
  readonly #due = new Set<Stream>()
  readonly #datagrams: Datagram[] = []
  #datagramBytes = 0
  #draws: Uint8Array | undefined
  goawayDue: ResetCode | undefined
  /** Counters of lanes that are to end, which another has to say. */
  readonly relieved: number[] = []
  readonly #events: OutgoingEvents

  constructor(sealer: RecordSealer, random: Random, mayPart: boolean, events: OutgoingEvents) {
    this.flight = new Flight(mayPart)
    this.#sealer = sealer
    this.#random = random
    this.#events = events
  }

  get sealedNext(): number {
    return this.#sealer.next
  }

  get dueCount(): number {
    return this.#due.size
  }

  ready(stream: Stream, nowMs: number): void {
    if (stream.hasWork) this.#scheduler.add(stream, nowMs)
  }

  due(stream: Stream): void {
    this.#due.add(stream)
  }

  remove(stream: Stream): void {
    this.#scheduler.remove(stream)
    stream.queue.length = 0
    stream.queuedBytes = 0
  }

  datagram(stream: Stream, target: Target, bytes: Uint8Array): void {
    this.#datagrams.push({ stream, target, bytes })
    this.#datagramBytes += bytes.length
    while (this.#datagrams.length > DATAGRAM_QUEUE_COUNT_MAX || this.#datagramBytes > DATAGRAM_QUEUE_BYTES_MAX) {
      this.#datagramBytes -= this.#datagrams.shift()?.bytes.length ?? 0
    }
  }

  /** The next record for the lane's carrier, or undefined: nothing to say, or no room. */
  next(lane: Lane, nowMs: number): SealedRecord | undefined {
    if (lane.state !== 'live') return undefined
    const isRepeating = this.flight.isRepeating
    // How much came of what is in parts is told by the first ack here. What is repeated before may be all that passes, and have come.
    const mayRepeat = isRepeating && lane.hasRoom && (lane.isHeard || !this.flight.isParting)
    const repeated = mayRepeat ? (this.flight.repeat(lane, nowMs) ?? this.#part(lane, nowMs)) : undefined
    if (repeated !== undefined) return repeated
    if (this.flight.isFull) return undefined
    const mayCarry = !isRepeating && !lane.retireDue && this.flight.hasRoom && lane.hasRoom
    const hasMore =
      lane.pingDue ||
      lane.retireDue ||
      this.goawayDue !== undefined ||
      this.relieved.length > 0 ||
      this.#due.size > 0 ||
      (mayCarry && (this.#datagrams.length > 0 || !this.#scheduler.isEmpty))
    const writer = new Writer(scratch)
    if (lane.acks.isDue(nowMs) || (hasMore && lane.acks.isOwed)) this.#writeAck(writer, lane, nowMs)
    const ackEnd = writer.offset
    if (hasMore) {
      this.#writeControl(writer, lane)
      if (mayCarry) {
        this.#writeDatagrams(writer)
        const sealed = this.#writeStreams(writer, lane, nowMs)
        if (sealed !== undefined) return sealed
      }
    }
    if (writer.offset === 0) return undefined
    const elicits = writer.offset > ackEnd
    return this.#seal(this.#pad(writer), elicits, lane, nowMs)
  }

  /** Seals bytes of a stream at once, where they lie, if nothing is before them. The buffer has HEADROOM_BYTES free before `start`; it is not kept.
   *  undefined: queue them by Stream.write. */
  sealNow(lane: Lane, stream: Stream, buffer: Uint8Array, start: number, end: number, nowMs: number): SealedRecord | undefined {
    const length = end - start
    if (
      length < IN_PLACE_BYTES_MIN ||
      length > dataBytesMax(lane) ||
      stream.queuedBytes > 0 ||
      stream.opening !== undefined ||
      stream.isOver
    )
      return undefined
    if (
      length > stream.sendLimit - stream.sentBytes ||
      !this.flight.hasRoom ||
      !lane.hasRoom ||
      this.flight.isRepeating ||
      !this.#scheduler.isEmpty ||
      this.#due.size > 0
    )
      return undefined
    const writer = new Writer(scratch)
    if (lane.acks.isOwed) {
      // Its bitmap may not fit the headroom.
      if (this.#events.aheadBitmap() !== undefined) return undefined
      this.#writeAck(writer, lane, nowMs)
    }
    return this.#sealInPlace(writer, lane, stream, buffer, start, length, nowMs)
  }

  /** A part of a record that no lane takes whole, in one that every lane does: so parts are never to be parted themselves. */
  #part(lane: Lane, nowMs: number): SealedRecord | undefined {
    const due = this.flight.partDue
    if (due === undefined) return undefined
    const { record, sentBytes } = due
    const size = sealedBytes(record)
    const writer = new Writer(scratch)
    if (lane.acks.isOwed) this.#writeAck(writer, lane, nowMs)
    const room = RECORD_BYTES_SLOW - RECORD_OVERHEAD_BYTES - PART_HEADER_BYTES_MAX - writer.offset
    const length = Math.min(size - sentBytes, room - (room % PART_UNIT_BYTES))
    encodePartHeader(writer, { number: record.number, size, offset: sentBytes }, length)
    putSealed(writer, record, sentBytes, sentBytes + length)
    this.flight.parted(record, length)
    return this.#seal(this.#pad(writer), true, lane, nowMs)
  }

  #writeAck(writer: Writer, lane: Lane, nowMs: number): void {
    const ahead = this.#events.aheadBitmap()
    if (ahead === undefined) writer.u8(FrameType.ack).varint(this.#events.expected())
    else writer.u8(FrameType.ackAhead).varint(this.#events.expected()).varint(ahead.length).put(ahead)
    lane.acks.sent(nowMs)
  }

  #writeControl(writer: Writer, lane: Lane): void {
    if (lane.pingDue) writer.u8(FrameType.ping)
    lane.pingDue = false
    if (lane.retireDue) {
      writer.u8(FrameType.retire).u32(lane.counter)
      lane.retireDue = false
      lane.state = 'retiring'
    }
    for (const counter of this.relieved.splice(0)) writer.u8(FrameType.retire).u32(counter)
    if (this.goawayDue !== undefined) writer.u8(FrameType.goaway).u8(this.goawayDue)
    this.goawayDue = undefined
    for (const stream of this.#due) {
      if (writer.bytes.length - writer.offset < CONTROL_FRAMES_BYTES_MAX) return
      this.#due.delete(stream)
      if (stream.openedDue) writer.u8(FrameType.opened).varint(stream.id)
      stream.openedDue = false
      if (stream.windowDue) writer.u8(FrameType.window).varint(stream.id).varint(stream.receiveLimit)
      stream.windowDue = false
      if (stream.resetDue !== undefined) writer.u8(FrameType.reset).varint(stream.id).u8(stream.resetDue)
      stream.resetDue = undefined
    }
  }

  #writeDatagrams(writer: Writer): void {
    while (this.#datagrams.length > 0) {
      const { stream, target, bytes } = this.#datagrams[0] as Datagram
      const needed = DATA_HEADER_BYTES_MAX + TARGET_BYTES_MAX + bytes.length + OPEN_BYTES_MAX
      if (writer.bytes.length - writer.offset < needed) {
        if (writer.offset > 0) return
        this.#dropDatagram()
        continue
      }
      this.#dropDatagram()
      if (stream.isOver) continue
      if (stream.opening !== undefined) this.#writeOpen(writer, stream)
      writer.u8(FrameType.datagram).varint(stream.id)
      encodeTarget(writer, target)
      writer.varint(bytes.length).put(bytes)
    }
  }

  #dropDatagram(): void {
    this.#datagramBytes -= this.#datagrams.shift()?.bytes.length ?? 0
  }

  /** Fills the record; or, when it comes upon one large chunk, seals that where it lies and gives the record back. */
  #writeStreams(writer: Writer, lane: Lane, nowMs: number): SealedRecord | undefined {
    const bytesMax = dataBytesMax(lane)
    while (bytesMax - writer.offset > OPEN_BYTES_MAX) {
      const stream = this.#scheduler.take()
      if (stream === undefined) return undefined
      if (stream.opening !== undefined) this.#writeOpen(writer, stream)
      const first = stream.queue[0]
      const length = first === undefined ? 0 : Math.min(first.end - first.start, stream.sendable, bytesMax)
      if (
        first !== undefined &&
        length >= IN_PLACE_BYTES_MIN &&
        writer.offset + DATA_HEADER_BYTES_MAX <= Math.min(first.start, HEADROOM_BYTES)
      ) {
        const record = this.#sealInPlace(writer, lane, stream, first.buffer, first.start, length, nowMs)
        this.#dequeue(stream, length)
        this.#served(stream, nowMs)
        return record
      }
      this.#gather(writer, stream, bytesMax, nowMs)
      if (stream.finQueued && !stream.finSent && stream.queuedBytes === 0) {
        writer.u8(FrameType.fin).varint(stream.id)
        stream.finSent = true
      }
      this.#served(stream, nowMs)
    }
    return undefined
  }

  #writeOpen(writer: Writer, stream: Stream): void {
    assert(stream.opening !== undefined, 'the stream is still to be opened')
    this.#events.onOpening(stream)
    writer.u8(FrameType.open).varint(stream.id).u8(stream.opening.flags)
    encodeTarget(writer, stream.opening.target)
    stream.opening = undefined
  }

  #gather(writer: Writer, stream: Stream, bytesMax: number, nowMs: number): void {
    const room = bytesMax - writer.offset - FIN_BYTES_MAX
    const length = Math.min(stream.sendable, room)
    if (length <= 0) return
    encodeDataHeader(writer, stream.id, length)
    let left = length
    for (const chunk of stream.queue) {
      const taken = Math.min(left, chunk.end - chunk.start)
      writer.put(chunk.buffer.subarray(chunk.start, chunk.start + taken))
      left -= taken
      if (left === 0) break
    }
    this.#sent(stream, length, nowMs)
    this.#dequeue(stream, length)
  }

  #dequeue(stream: Stream, length: number): void {
    stream.queuedBytes -= length
    let left = length
    while (left > 0) {
      const chunk = stream.queue[0]
      assert(chunk !== undefined, 'what was sent was queued')
      const taken = Math.min(left, chunk.end - chunk.start)
      chunk.start += taken
      left -= taken
      if (chunk.start < chunk.end) break
      stream.queue.shift()
      freeBytes(chunk.buffer)
    }
  }

  #sent(stream: Stream, length: number, nowMs: number): void {
    stream.sentBytes += length
    stream.burstBytes += length
    stream.lastSentMs = nowMs
  }

  #served(stream: Stream, nowMs: number): void {
    this.ready(stream, nowMs)
    this.#events.onSent(stream)
  }

  /** What the writer holds and the data header go into the headroom, so that frames and data lie in one piece. */
  #sealInPlace(writer: Writer, lane: Lane, stream: Stream, buffer: Uint8Array, start: number, length: number, nowMs: number): SealedRecord {
    const at = start - dataHeaderBytes(stream.id, length) - writer.offset
    const front = new Writer(buffer, at)
    front.put(writer.done())
    encodeDataHeader(front, stream.id, length)
    assert(front.offset === start, 'the header ends where the data begins')
    this.#sent(stream, length, nowMs)
    return this.#seal(buffer.subarray(at, start + length), true, lane, nowMs)
  }

  #pad(writer: Writer): Uint8Array {
    const length = writer.offset
    const draw = this.#sealer.next < EARLY_RECORDS ? this.#draw(this.#sealer.next) : 0
    const padded = paddedLength(length, this.#sealer.next, draw)
    return scratch.fill(FrameType.padding, length, padded).subarray(0, padded)
  }

  #draw(number: number): number {
    this.#draws ??= this.#random(EARLY_RECORDS)
    const draw = this.#draws[number] as number
    if (number === EARLY_RECORDS - 1) this.#draws = undefined
    return draw
  }

  #seal(plaintext: Uint8Array, elicits: boolean, lane: Lane, nowMs: number): SealedRecord {
    const record = this.#sealer.seal(plaintext)
    this.flight.add(record, elicits, lane, nowMs)
    return record
  }
}

/** Data of one record on this lane, so that it takes no longer than a record should. */
function dataBytesMax(lane: Lane): number {
  return Math.min(CHUNK_BYTES_MAX, lane.recordBytesMax - RECORD_OVERHEAD_BYTES - DATA_HEADER_BYTES_MAX)
}
