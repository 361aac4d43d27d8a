// The streams' half of a session: what peers' frames do to them, what they ask to be sent, and the credit that both sides keep of their bytes.
//
// in:  decodeFrames → the on… methods → StreamHandler
// out: Stream.write … → ready, due → Outgoing, which asks for `giveId` and tells `sent`
import { Credit } from './credit.ts'
import { assert, ProtocolError, ResetCode } from './errors.ts'
import { OpenFlag, type StreamFrames } from './frame.ts'
import type { Lanes } from './lanes.ts'
import { DATAGRAM_BYTES_MAX, STREAM_QUEUE_BYTES_MAX, STREAM_WINDOW_BYTES, STREAMS_MAX } from './limits.ts'
import { OpenStreams } from './open-streams.ts'
import type { Outgoing } from './outgoing.ts'
import type { OpenFlags, SessionEvents, SessionOptions } from './session-events.ts'
import { Stream, type StreamOwner } from './stream.ts'
import type { Target } from './target.ts'

export class Streams implements StreamFrames, StreamOwner {
  readonly #isClient: boolean
  readonly #countMax: number
  readonly #lanes: Lanes
  readonly #outgoing: Outgoing
  readonly #events: SessionEvents
  readonly #credit = new Credit()
  readonly #open = new OpenStreams()
  #isOver = false
  /** Of the session's last turn. */
  nowMs: number
  /** No more are taken. */
  isDraining = false

  constructor({ role, streamsMax = STREAMS_MAX, nowMs }: SessionOptions, lanes: Lanes, outgoing: Outgoing, events: SessionEvents) {
    this.#isClient = role === 'client'
    this.#countMax = Math.min(streamsMax, STREAMS_MAX)
    this.#lanes = lanes
    this.#outgoing = outgoing
    this.#events = events
    this.nowMs = nowMs
  }

  get count(): number {
    return this.#open.count
  }

  /** What came and is not taken by their readers. */
  get unconsumedBytes(): number {
    return this.#credit.unconsumedBytes
  }

  /** What the pieces take, about, in which it came. */
  get pieceBytes(): number {
    return this.#credit.pieceBytes
  }

  /** What they wait to send, with what its pieces take. */
  get queuedBytes(): number {
    return this.#open.queuedBytes
  }

  /** When `release` wants to be called next. */
  get heldUntilMs(): number {
    return this.#open.heldUntilMs
  }

  /** Lets those go out that have waited long enough for their first bytes. */
  release(): void {
    for (let held = this.#open.release(this.nowMs); held !== undefined; held = this.#open.release(this.nowMs)) this.ready(held)
  }

  /** At the client. Throws ProtocolError('limit') when too many are open. */
  open(target: Target, flags: OpenFlags): Stream {
    assert(this.#isClient, 'only the client opens streams')
    if (this.count >= this.#countMax || this.#isOver) throw new ProtocolError('limit', 'too many streams are open')
    const stream = new Stream(0, this, STREAM_WINDOW_BYTES)
    stream.opening = { target, flags: (flags.reportDial ? OpenFlag.reportDial : 0) | (flags.datagrams ? OpenFlag.datagrams : 0) }
    this.#open.hold(stream, this.nowMs)
    this.#events.onWake()
    return stream
  }

  sendDatagram(stream: Stream, target: Target, bytes: Uint8Array): void {
    if (stream.isOver || bytes.length > DATAGRAM_BYTES_MAX) return
    this.#outgoing.datagram(stream, target, bytes)
    this.#events.onWake()
  }

  /** Resets all of them, for both sides. */
  resetAll(code: ResetCode): void {
    for (const stream of this.#open.all) {
      if (stream.isOver) continue
      stream.reset(code)
      stream.handler.onReset(code)
    }
  }

  /** The same, and no more are opened; the peer hears of it only where something is still sent. */
  end(code: ResetCode): void {
    this.#isOver = true
    this.resetAll(code)
  }

  // For the sending half

  /** A stream's open frame is about to be written. */
  giveId(stream: Stream): void {
    this.#open.giveId(stream)
  }

  /** A stream has had its turn. */
  sent(stream: Stream): void {
    if (stream.finSent) this.#removeIfClosed(stream)
    if (stream.wantsRoom && stream.waitingBytes < STREAM_QUEUE_BYTES_MAX / 4 && !stream.isOver) {
      stream.wantsRoom = false
      stream.handler.onRoom()
    }
  }

  // StreamOwner

  ready(stream: Stream): void {
    if (stream.isOver) return
    this.#outgoing.ready(stream, this.nowMs)
    this.#events.onWake()
  }

  due(stream: Stream): void {
    const unopened = stream.opening !== undefined
    if (stream.resetDue !== undefined) this.#remove(stream)
    if (unopened) return
    this.#outgoing.due(stream)
    this.#events.onWake()
  }

  consumed(stream: Stream, bytes: number): void {
    this.#credit.consumed(stream, bytes)
    if (stream.finReceived) return this.#removeIfClosed(stream)
    if (this.#credit.renew(stream, this.#lanes.roundTripMs, this.nowMs)) this.due(stream)
  }

  // StreamFrames. What the peer of a stream that is over sent before it knew is dropped.

  onOpen(id: number, flags: number, target: Target): void {
    if (this.#isClient) throw new ProtocolError('bad-stream', 'only the client opens streams')
    this.#open.takeId(id)
    const stream = new Stream(id, this, STREAM_WINDOW_BYTES)
    if (this.isDraining || this.count >= this.#countMax) return stream.reset(this.isDraining ? ResetCode.goingAway : ResetCode.overload)
    this.#open.add(stream)
    this.#events.onOpen(stream, target, { reportDial: (flags & OpenFlag.reportDial) !== 0, datagrams: (flags & OpenFlag.datagrams) !== 0 })
  }

  onOpened(id: number): void {
    this.#open.find(id)?.handler.onOpened()
  }

  onData(id: number, bytes: Uint8Array, isAlone: boolean): void {
    const stream = this.#open.find(id)
    if (stream === undefined || bytes.length === 0) return
    if (stream.finReceived) throw new ProtocolError('bad-stream', 'data came after fin')
    this.#credit.received(stream, bytes.length, this.nowMs)
    // A view of a record would hold all of it, padding included, for as long as nobody takes the little that counts.
    const own = bytes.length * 2 < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes
    stream.handler.onData(own, isAlone && own === bytes)
    if (this.#credit.isExceeded) this.#shed()
  }

  onFin(id: number): void {
    const stream = this.#open.find(id)
    if (stream === undefined || stream.finReceived) return
    stream.finReceived = true
    stream.handler.onFin()
    this.#removeIfClosed(stream)
  }

  onReset(id: number, code: ResetCode): void {
    const stream = this.#open.find(id)
    if (stream === undefined) return
    this.#remove(stream)
    stream.handler.onReset(code)
  }

  onWindow(id: number, limit: number): void {
    const stream = this.#open.find(id)
    if (stream === undefined || limit <= stream.sendLimit) return
    stream.sendLimit = limit
    this.ready(stream)
  }

  onDatagram(id: number, target: Target, bytes: Uint8Array): void {
    this.#open.find(id)?.handler.onDatagram(target, bytes)
  }

  /** Over when both sides are done and its last byte was consumed: until then it counts. */
  #removeIfClosed(stream: Stream): void {
    if (stream.finSent && stream.finReceived && stream.unconsumedBytes === 0) this.#remove(stream)
  }

  #remove(stream: Stream): void {
    if (stream.isOver) return
    stream.isOver = true
    this.#open.remove(stream)
    this.#credit.release(stream)
    this.#outgoing.remove(stream)
  }

  /** The session holds more than it may: the stream whose reader is slowest pays. */
  #shed(): void {
    const { fattest } = this.#open
    if (fattest === undefined) return
    fattest.reset(ResetCode.overload)
    fattest.handler.onReset(ResetCode.overload)
  }
}
