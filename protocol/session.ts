// A session: keys and streams, which outlive the carriers. Sans-I/O: records and time come in, records come out on request, streams' handlers are told.
//
// in:       receive → Incoming → decodeFrames → the on… methods here, and those of Streams → StreamHandler
// out:      Stream.write … → ready/due → wake → (the driver asks for each lane) → produce → Outgoing
// time:     deadlineMs → (the driver waits) → tick
// carriers: attach → Lane → lose; what went out on a lost lane goes out again on another
import { ProtocolError, type ResetCode } from './errors.ts'
import { decodeFrames, type Part, type SessionFrames } from './frame.ts'
import { Incoming } from './incoming.ts'
import type { Lane } from './lane.ts'
import { Lanes, type Tick } from './lanes.ts'
import { CONTROL_QUEUE_COUNT_MAX, OWED_STREAM_BYTES } from './limits.ts'
import { Outgoing } from './outgoing.ts'
import { RecordOpener, RecordSealer, type SealedRecord } from './record.ts'
import type { OpenFlags, SessionEvents, SessionOptions } from './session-events.ts'
import type { Stream } from './stream.ts'
import { Streams } from './streams.ts'
import type { Target } from './target.ts'

export class Session implements SessionFrames {
  readonly #role: 'client' | 'relay'
  readonly #events: SessionEvents
  readonly #incoming: Incoming
  readonly #outgoing: Outgoing
  readonly #streams: Streams
  readonly #lanes: Lanes
  /** The record that is being read asks for an answer at once. */
  #isAsked = false

  constructor(options: SessionOptions, events: SessionEvents) {
    const { crypto, cipher, up, down, takesParts = false } = options
    this.#role = options.role
    this.#events = events
    this.#lanes = new Lanes(options.role === 'client', options.random)
    const opener = new RecordOpener(crypto, cipher, options.role === 'client' ? down : up)
    this.#incoming = new Incoming(opener, takesParts, (next, ahead) => this.onAck(next, ahead))
    const sealer = new RecordSealer(crypto, cipher, options.role === 'client' ? up : down)
    this.#outgoing = new Outgoing(sealer, options.random, takesParts, {
      expected: () => this.#incoming.expected,
      aheadBitmap: () => this.#incoming.aheadBitmap(),
      onOpening: (stream) => this.#streams.giveId(stream),
      onSent: (stream) => this.#streams.sent(stream),
    })
    this.#streams = new Streams(options, this.#lanes, this.#outgoing, events)
  }

  // For the driver

  /** A carrier lives, as lane `counter`. `peerExpects`: what the peer said of itself when it attached, nothing for the carrier that made the handshake.
   *  `gone`: lanes that the client has given up. */
  attach(counter: number, peerExpects: number, gone: readonly number[], nowMs: number): Lane {
    this.#streams.nowMs = nowMs
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
    this.#streams.nowMs = nowMs
    const came = this.#incoming.receive(sealed)
    this.heard(lane, nowMs)
    if (came === 'again') return this.#answer(lane)
    let elicits = came === 'eliciting'
    this.#isAsked = false
    for (let plaintext = this.#incoming.take(); plaintext !== undefined; plaintext = this.#incoming.take())
      elicits = decodeFrames(plaintext, this, this.#streams) || elicits
    if (this.#outgoing.dueCount > CONTROL_QUEUE_COUNT_MAX) throw new ProtocolError('limit', 'the peer causes more answers than it reads')
    const { acks } = this.#lanes.answering(lane)
    acks.received(sealed.length, elicits, nowMs)
    if (elicits || lane.isAwaited) this.#lanes.expectMore(lane)
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
    this.#streams.nowMs = nowMs
    return this.#outgoing.next(lane, nowMs)
  }

  /** Seals a stream's bytes at once, without a copy; see Outgoing.sealNow. */
  sealNow(lane: Lane, stream: Stream, buffer: Uint8Array, start: number, end: number, nowMs: number): SealedRecord | undefined {
    this.#streams.nowMs = nowMs
    return this.#outgoing.sealNow(lane, stream, buffer, start, end, nowMs)
  }

  /** When `tick` wants to be called next. */
  deadlineMs(): number {
    return Math.min(this.#streams.heldUntilMs, this.#lanes.deadlineMs())
  }

  /** Asks each lane whether it still answers, since there is reason to doubt it; what does not is told of by `tick`. */
  ask(nowMs: number): void {
    this.#streams.nowMs = nowMs
    this.#lanes.askAll(nowMs)
    this.#events.onWake()
  }

  /** Does what is due by now, and tells which lanes do not answer. */
  tick(nowMs: number): Tick {
    this.#streams.nowMs = nowMs
    this.#streams.release()
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
    this.#streams.isDraining = true
    this.#outgoing.goawayDue = code
    this.#events.onWake()
  }

  /** Ends every stream, and tells the peer. */
  resetAll(code: ResetCode): void {
    this.#streams.resetAll(code)
  }

  /** Ends every stream, for the side that calls; the peer notices by its carrier. */
  end(code: ResetCode): void {
    this.#streams.end(code)
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
    return this.#streams.unconsumedBytes + this.#incoming.waitingBytes
  }

  /** What the pieces take, about, in which it came. */
  get pieceBytes(): number {
    return this.#streams.pieceBytes
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
    return this.#streams.open(target, flags)
  }

  /** Sends one datagram on a stream opened for them; it may be lost. The bytes are the session's from now on. */
  sendDatagram(stream: Stream, target: Target, bytes: Uint8Array): void {
    this.#streams.sendDatagram(stream, target, bytes)
  }

  // SessionFrames

  onAck(next: number, ahead: Uint8Array | undefined): void {
    this.#outgoing.flight.acknowledge(next, ahead, this.#lanes, this.#outgoing.sealedNext, this.#streams.nowMs)
    this.#events.onWake()
  }

  onPing(): void {
    this.#isAsked = true
  }

  onGoaway(code: ResetCode): void {
    this.#events.onGoaway(code)
  }

  onRetire(counter: number): void {
    if (this.#role === 'client') throw new ProtocolError('bad-stream', 'only the client retires a carrier')
    const lane = this.#lanes.find(counter)
    if (lane === undefined) return
    lane.state = 'retiring'
    this.#events.onRetire(lane)
  }

  onPart(part: Part): void {
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
}
