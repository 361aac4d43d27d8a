// A session: keys and streams, which outlive the carriers. Sans-I/O: records and time come in, records come out on request, streams' handlers are told.
//
// in:       receive → Incoming → decodeFrames → the on… methods → StreamHandler
// out:      Stream.write … → ready/due → wake → (the driver asks for each lane) → produce → Outgoing
// time:     deadlineMs → (the driver waits) → tick
// carriers: attach → Lane → lose; what went out on a lost lane goes out again on another
import { Credit } from './credit.ts'
import { assert, ProtocolError, ResetCode } from './errors.ts'
import { decodeFrames, type FrameSink, OpenFlag, type Part } from './frame.ts'
import { Incoming } from './incoming.ts'
import type { Lane } from './lane.ts'
import { Lanes, type Tick } from './lanes.ts'
import {
  CONTROL_QUEUE_COUNT_MAX,
  DATAGRAM_BYTES_MAX,
  OWED_STREAM_BYTES,
  STREAM_QUEUE_BYTES_MAX,
  STREAM_WINDOW_BYTES,
  STREAMS_MAX,
} from './limits.ts'
import { OpenStreams } from './open-streams.ts'
import { Outgoing } from './outgoing.ts'
import { RecordOpener, RecordSealer, type SealedRecord } from './record.ts'
import type { OpenFlags, SessionEvents, SessionOptions } from './session-events.ts'
import { Stream, type StreamOwner } from './stream.ts'
import type { Target } from './target.ts'

export class Session implements FrameSink, StreamOwner {
  readonly #role: 'client' | 'relay'
  readonly #events: SessionEvents
  readonly #incoming: Incoming
  readonly #credit = new Credit()
  readonly #outgoing: Outgoing
  readonly #streams = new OpenStreams()
  readonly #streamsMax: number
  #nowMs: number
  #elicits = false
  #isAsked = false
  readonly #lanes: Lanes
  #isDraining = false
  #isOver = false

  constructor(options: SessionOptions, events: SessionEvents) {
    const { crypto, cipher, up, down, takesParts = false } = options
    this.#role = options.role
    this.#events = events
    this.#lanes = new Lanes(options.role === 'client', options.random)
    this.#nowMs = options.nowMs
    this.#streamsMax = Math.min(options.streamsMax ?? STREAMS_MAX, STREAMS_MAX)
    const opener = new RecordOpener(crypto, cipher, options.role === 'client' ? down : up)
    this.#incoming = new Incoming(opener, takesParts, (next, ahead) => this.onAck(next, ahead))
    const sealer = new RecordSealer(crypto, cipher, options.role === 'client' ? up : down)
    this.#outgoing = new Outgoing(sealer, options.random, takesParts, {
      expected: () => this.#incoming.expected,
      aheadBitmap: () => this.#incoming.aheadBitmap(),
      onOpening: (stream) => this.#streams.giveId(stream),
      onSent: (stream) => this.#afterSent(stream),
    })
  }

  // For the driver

  /** A carrier lives, as lane `counter`. `peerExpects`: what the peer said of itself when it attached, nothing for the carrier that made the handshake.
   *  `gone`: lanes that the client has given up. */
  attach(counter: number, peerExpects: number, gone: readonly number[], nowMs: number): Lane {
    this.#nowMs = nowMs
    for (const lane of [...this.#lanes]) if (gone.includes(lane.counter)) this.lose(lane)
    const lane = this.#lanes.add(counter, nowMs)
    this.#outgoing.flight.acknowledge(peerExpects, undefined, this.#lanes, this.#outgoing.sealedNext, nowMs)
    if (counter > 0) {
      lane.acks.request()
      this.#lanes.prove(lane, this.streamCount > 0, nowMs)
    }
    this.#events.onWake()
    return lane
  }

  /** A lane's carrier is dead, or given up: what it had under way goes out elsewhere. */
  lose(lane: Lane): void {
    if (this.#lanes.remove(lane)) this.#move(lane)
  }

  /** A lane is slow and holds all up: what it had under way goes out elsewhere, and nothing more here. What comes by it still counts. */
  relieve(lane: Lane): void {
    lane.state = 'relieved'
    if (this.#role === 'client') this.#outgoing.relieved.push(lane.counter)
    this.#move(lane)
  }

  /** At the client: says on this lane that it is to end, once all before that is sent; the relay then closes it. */
  retire(lane: Lane): void {
    if (lane.state !== 'live') return
    lane.retireDue = true
    this.#events.onWake()
  }

  /** Takes one record from a lane's carrier. Throws ProtocolError: 'bad-record' and 'record-gap' end the carrier, every other code ends the session. */
  receive(lane: Lane, sealed: Uint8Array, nowMs: number): void {
    this.#nowMs = nowMs
    const came = this.#incoming.receive(sealed)
    this.heard(lane, nowMs)
    if (came === 'again') return this.#answer(lane)
    this.#elicits = came === 'eliciting'
    this.#isAsked = false
    for (let plaintext = this.#incoming.take(); plaintext !== undefined; plaintext = this.#incoming.take()) decodeFrames(plaintext, this)
    if (this.#outgoing.dueCount > CONTROL_QUEUE_COUNT_MAX) throw new ProtocolError('limit', 'the peer causes more answers than it reads')
    const { acks } = this.#lanes.answering(lane)
    acks.received(sealed.length, this.#elicits, nowMs)
    if (this.#elicits || lane.isAwaited) this.#lanes.expectMore(lane)
    // A carrier that is retired is closed once the other side knows that all has come.
    if (this.#isAsked || lane.state !== 'live') acks.request()
    if (acks.isDue(nowMs)) this.#events.onWake()
  }

  /** Bytes came on a lane, if only a part of a record. */
  heard(lane: Lane, nowMs: number): void {
    this.#lanes.heard(lane, nowMs)
  }

  /** The next record to send on this lane, or undefined for now. */
  produce(lane: Lane, nowMs: number): SealedRecord | undefined {
    this.#nowMs = nowMs
    return this.#outgoing.next(lane, nowMs)
  }

  /** Seals a stream's bytes at once, without a copy; see Outgoing.sealNow. */
  sealNow(lane: Lane, stream: Stream, buffer: Uint8Array, start: number, end: number, nowMs: number): SealedRecord | undefined {
    this.#nowMs = nowMs
    return this.#outgoing.sealNow(lane, stream, buffer, start, end, nowMs)
  }

  /** When `tick` wants to be called next. */
  deadlineMs(): number {
    return Math.min(this.#streams.heldUntilMs, this.#lanes.deadlineMs())
  }

  /** Asks each lane whether it still answers, since there is reason to doubt it; what does not is told of by `tick`. */
  ask(nowMs: number): void {
    this.#nowMs = nowMs
    this.#lanes.askAll(nowMs)
    this.#events.onWake()
  }

  /** Does what is due by now, and tells which lanes do not answer. */
  tick(nowMs: number): Tick {
    this.#nowMs = nowMs
    for (let held = this.#streams.release(nowMs); held !== undefined; held = this.#streams.release(nowMs)) this.ready(held)
    if (this.#lanes.ask(nowMs)) this.#events.onWake()
    return this.#lanes.tick(nowMs)
  }

  /** The number of the next record from the peer: what an attach tells it. */
  get expected(): number {
    return this.#incoming.expected
  }

  /** Best first: the order in which they are to be given something. */
  get lanes(): readonly Lane[] {
    return this.#lanes.byPreference
  }

  /** Whether an answer is overdue on a lane. */
  isLate(lane: Lane): boolean {
    return this.#lanes.isLate(lane)
  }

  /** Tells the peer to open no more streams here. Those that are open go on. */
  goaway(code: ResetCode): void {
    this.#isDraining = true
    this.#outgoing.goawayDue = code
    this.#events.onWake()
  }

  /** Ends every stream, for the side that calls; the peer notices by its carrier. */
  end(code: ResetCode): void {
    this.#isOver = true
    for (const stream of this.#streams.all) {
      if (stream.isOver) continue
      this.#remove(stream)
      stream.handler.onReset(code)
    }
  }

  /** Whether a stream's bytes would be sealed if they came now for this lane; else their source had better wait for onRoom. */
  hasRoom(lane: Lane): boolean {
    return this.#outgoing.flight.hasRoom && lane.hasRoom
  }

  get streamCount(): number {
    return this.#streams.count
  }

  /** What came and is not taken: by streams' readers, or since records before it are missing. */
  get unconsumedBytes(): number {
    return this.#credit.unconsumedBytes + this.#incoming.waitingBytes
  }

  /** What the pieces take, about, in which it came. */
  get pieceBytes(): number {
    return this.#credit.pieceBytes
  }

  /** What streams wait to send, with what its pieces take. */
  get queuedBytes(): number {
    return this.#streams.queuedBytes
  }

  /** What streams take, about, that are over and of which the peer is still to be told. */
  get owedBytes(): number {
    return this.#outgoing.dueCount * OWED_STREAM_BYTES
  }

  get retainedBytes(): number {
    return this.#outgoing.flight.bytes
  }

  /** Of the best lane, where any was measured. */
  get roundTripMs(): number | undefined {
    return this.lanes[0]?.smoothedRttMs
  }

  /** Whether all that asks for an answer was sent and acknowledged, stream data apart. The last acks of all never are. */
  get isSettled(): boolean {
    const { flight, goawayDue, dueCount } = this.#outgoing
    const isAnswered = !flight.isRepeating && this.lanes.every((lane) => !lane.isAwaited)
    return isAnswered && goawayDue === undefined && dueCount === 0
  }

  // For those who use streams

  /** Opens a stream (client only). The open frame waits a moment for the first bytes. Throws ProtocolError('limit') when too many are open. */
  open(target: Target, flags: OpenFlags = {}): Stream {
    assert(this.#role === 'client', 'only the client opens streams')
    if (this.streamCount >= this.#streamsMax || this.#isOver) throw new ProtocolError('limit', 'too many streams are open')
    const stream = new Stream(0, this, STREAM_WINDOW_BYTES)
    stream.opening = { target, flags: (flags.reportDial ? OpenFlag.reportDial : 0) | (flags.datagrams ? OpenFlag.datagrams : 0) }
    this.#streams.hold(stream, this.#nowMs)
    this.#events.onWake()
    return stream
  }

  /** Sends one datagram on a stream opened for them; it may be lost. The bytes are the session's from now on. */
  sendDatagram(stream: Stream, target: Target, bytes: Uint8Array): void {
    if (stream.isOver || bytes.length > DATAGRAM_BYTES_MAX) return
    this.#outgoing.datagram(stream, target, bytes)
    this.#events.onWake()
  }

  // StreamOwner

  ready(stream: Stream): void {
    if (stream.isOver) return
    this.#outgoing.ready(stream, this.#nowMs)
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
    if (this.#credit.renew(stream, this.#lanes.roundTripMs, this.#nowMs)) this.due(stream)
  }

  // FrameSink

  onAck(next: number, ahead: Uint8Array | undefined): void {
    this.#outgoing.flight.acknowledge(next, ahead, this.#lanes, this.#outgoing.sealedNext, this.#nowMs)
    this.#events.onWake()
  }

  onPing(): void {
    this.#elicits = true
    this.#isAsked = true
  }

  onOpen(id: number, flags: number, target: Target): void {
    this.#elicits = true
    if (this.#role === 'client') throw new ProtocolError('bad-stream', 'only the client opens streams')
    this.#streams.takeId(id)
    const stream = new Stream(id, this, STREAM_WINDOW_BYTES)
    if (this.#isDraining || this.streamCount >= this.#streamsMax)
      return stream.reset(this.#isDraining ? ResetCode.goingAway : ResetCode.overload)
    this.#streams.add(stream)
    this.#events.onOpen(stream, target, { reportDial: (flags & OpenFlag.reportDial) !== 0, datagrams: (flags & OpenFlag.datagrams) !== 0 })
  }

  onOpened(id: number): void {
    this.#stream(id)?.handler.onOpened()
  }

  onData(id: number, bytes: Uint8Array, isAlone: boolean): void {
    const stream = this.#stream(id)
    if (stream === undefined || bytes.length === 0) return
    if (stream.finReceived) throw new ProtocolError('bad-stream', 'data came after fin')
    this.#credit.received(stream, bytes.length, this.#nowMs)
    // A view of a record would hold all of it, padding included, for as long as nobody takes the little that counts.
    const own = bytes.length * 2 < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes
    stream.handler.onData(own, isAlone && own === bytes)
    if (this.#credit.isExceeded) this.#shed()
  }

  onFin(id: number): void {
    const stream = this.#stream(id)
    if (stream === undefined || stream.finReceived) return
    stream.finReceived = true
    stream.handler.onFin()
    this.#removeIfClosed(stream)
  }

  onReset(id: number, code: ResetCode): void {
    const stream = this.#stream(id)
    if (stream === undefined) return
    this.#remove(stream)
    stream.handler.onReset(code)
  }

  onWindow(id: number, limit: number): void {
    const stream = this.#stream(id)
    if (stream === undefined || limit <= stream.sendLimit) return
    stream.sendLimit = limit
    this.ready(stream)
  }

  onDatagram(id: number, target: Target, bytes: Uint8Array): void {
    this.#stream(id)?.handler.onDatagram(target, bytes)
  }

  onGoaway(code: ResetCode): void {
    this.#elicits = true
    this.#events.onGoaway(code)
  }

  onRetire(counter: number): void {
    this.#elicits = true
    if (this.#role === 'client') throw new ProtocolError('bad-stream', 'only the client retires a carrier')
    const lane = this.#lanes.find(counter)
    if (lane === undefined) return
    lane.state = 'retiring'
    this.#events.onRetire(lane)
  }

  onPart(part: Part): void {
    this.#elicits = true
    this.#incoming.partInTurn(part)
  }

  #move(lane: Lane): void {
    this.#outgoing.flight.lose(lane)
    if (lane.acks.isOwed) this.#answer(lane)
    this.#events.onWake()
  }

  /** Says soon what has come, on this lane if it can. */
  #answer(lane: Lane): void {
    this.#lanes.answering(lane).acks.request()
    this.#events.onWake()
  }

  /** undefined for a stream that is over: what its peer sent before it knew is dropped. */
  #stream(id: number): Stream | undefined {
    this.#elicits = true
    return this.#streams.find(id)
  }

  #afterSent(stream: Stream): void {
    if (stream.finSent) this.#removeIfClosed(stream)
    if (stream.wantsRoom && stream.waitingBytes < STREAM_QUEUE_BYTES_MAX / 4 && !stream.isOver) {
      stream.wantsRoom = false
      stream.handler.onRoom()
    }
  }

  /** Over when both sides are done and its last byte was consumed: until then it counts. */
  #removeIfClosed(stream: Stream): void {
    if (stream.finSent && stream.finReceived && stream.unconsumedBytes === 0) this.#remove(stream)
  }

  #remove(stream: Stream): void {
    if (stream.isOver) return
    stream.isOver = true
    this.#streams.remove(stream)
    this.#credit.release(stream)
    this.#outgoing.remove(stream)
  }

  /** The session holds more than it may: the stream whose reader is slowest pays. */
  #shed(): void {
    const { fattest } = this.#streams
    if (fattest === undefined) return
    fattest.reset(ResetCode.overload)
    fattest.handler.onReset(ResetCode.overload)
  }
}
