// Drives one session over its carriers on Node: clock, timers, and the moment at which records are made, and for which carrier.
//
// Records are made at the end of an event-loop turn (setImmediate), so that all that came up in it shares one; a full record goes at once. A carrier that
// ends takes nothing with it: whoever owns the drive is told, and attaches another or ends the session.
import type { Carrier, CarrierEvents } from '../carrier.ts'
import { ProtocolError, ResetCode } from '../errors.ts'
import type { Lane } from '../lane.ts'
import { HEADROOM_BYTES } from '../outgoing.ts'
import { type SealedRecord, sealedBytes } from '../record.ts'
import type { Session } from '../session.ts'
import type { OpenFlags } from '../session-events.ts'
import type { Stream } from '../stream.ts'
import type { Target } from '../target.ts'
import { nodeTiming, type Timing } from './timing.ts'

/** Something is due and no carrier takes it: what remains to be watched can wait so long. */
const BLOCKED_MS = 250

/** How a carrier ended: by the other side's word, cut without it, by silence, or since what came on it was not the peer's. */
export type CarrierEnd = 'closed' | 'reset' | 'silent' | 'broken'

/** Bytes that a carrier carried, in all. */
export interface Carried {
  readonly receivedBytes: number
  readonly sentBytes: number
}

export interface DriveEvents {
  /** The session has ended: by `stop`, or since the peer broke the protocol. Called once. */
  onEnd(why: 'stopped' | 'protocol'): void
  /** A carrier is gone. Not called for those that `drop` or the end of the session closes. */
  onLost(counter: number, how: CarrierEnd, carried: Carried): void
  /** A carrier's answer is overdue. Told once, until it is heard again. */
  onLate(counter: number): void
}

export class Drive {
  readonly session: Session
  readonly #events: DriveEvents
  readonly #seats = new Map<Lane, Seat>()
  /** At the relay: those that end once everything on them is acknowledged. */
  readonly #retired = new Set<Seat>()
  /** Streams whose source is paused with nothing queued. */
  readonly #waiting = new Set<Stream>()
  #isPumping = false
  readonly #timing: Timing
  #cancelPump: (() => void) | undefined
  #cancelTimer: (() => void) | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #isOver = false

  /** `make` gets the drive's wake, for the session's events. */
  constructor(make: (wake: () => void) => Session, events: DriveEvents, timing: Timing = nodeTiming) {
    this.#timing = timing
    this.session = make(() => this.#wake())
    this.#events = events
  }

  /** Takes a carrier in, as Session.attach says. What it hands out goes to the events that are returned. */
  attach(carrier: Carrier, counter: number, peerExpects: number, gone: readonly number[]): CarrierEvents {
    if (!this.#isOver)
      this.#guard(() => {
        for (const [lane, seat] of [...this.#seats]) if (gone.includes(lane.counter)) this.#leave(seat)
        const lane = this.session.attach(counter, peerExpects, gone, this.#timing.now())
        this.#seats.set(lane, new Seat(this, lane, carrier))
      })
    this.#wake()
    const seat = this.#seatOf(counter)
    if (seat === undefined) carrier.close()
    return seat ?? NOBODY
  }

  /** Counters of the carriers that live. */
  get live(): readonly number[] {
    return [...this.#seats.keys()].map((lane) => lane.counter)
  }

  /** What a carrier that lives has carried. */
  carried(counter: number): Carried {
    return this.#seatOf(counter)?.carried ?? { receivedBytes: 0, sentBytes: 0 }
  }

  isLate(counter: number): boolean {
    const seat = this.#seatOf(counter)
    return seat !== undefined && this.session.isLate(seat.lane)
  }

  /** Asks each carrier whether it still answers; onLate tells of those that do not. */
  ask(): void {
    if (!this.#isOver) this.session.ask(this.#timing.now())
  }

  /** Gives a carrier up: what it had under way goes out on the others. */
  drop(counter: number): void {
    const seat = this.#seatOf(counter)
    if (seat !== undefined) this.#leave(seat)
  }

  /** Whether a carrier answers, and holds all up. */
  isSlow(counter: number): boolean {
    return this.#seatOf(counter)?.lane.isSlow ?? false
  }

  /** What a slow carrier had under way goes out on the others. The client ends it so, in order; at the relay it stays for what comes by it. */
  relieve(counter: number): void {
    const seat = this.#seatOf(counter)
    if (seat !== undefined) this.session.relieve(seat.lane)
  }

  /** Ends a carrier in order (client only); the relay closes it. */
  retire(counter: number): void {
    const seat = this.#seatOf(counter)
    if (seat !== undefined) this.session.retire(seat.lane)
  }

  /** For the session's events, at the relay: the client has sent its last on this lane. What it sent is acknowledged first, by another. */
  onRetire(lane: Lane): void {
    const seat = this.#seats.get(lane)
    if (seat !== undefined) this.#retired.add(seat)
  }

  /** Drops carriers on which nothing was heard since `sinceMs` (by the drive's clock). */
  dropSilent(sinceMs: number): void {
    for (const [lane, seat] of [...this.#seats]) if (lane.heardMs < sinceMs && !seat.hasProgressed()) this.#leave(seat)
  }

  /** Opens a stream, by the time that it is now rather than that of the session's last record. Throws as Session.open does. */
  open(target: Target, flags: OpenFlags): Stream {
    this.#tick()
    return this.session.open(target, flags)
  }

  /** Sends bytes of a stream. The buffer has HEADROOM_BYTES free before `start` and stays the caller's. False: pause until the stream's onRoom. */
  write(stream: Stream, buffer: Uint8Array, start: number, end: number): boolean {
    for (const lane of this.session.lanes) {
      const seat = this.#seats.get(lane)
      if (seat === undefined || !seat.carrier.hasRoom) continue
      const record = this.session.sealNow(lane, stream, buffer, start, end, this.#timing.now())
      if (record === undefined) continue
      seat.send(record)
      if (this.#hasRoom) return true
      this.#waiting.add(stream)
      return false
    }
    const copy = Buffer.allocUnsafeSlow(HEADROOM_BYTES + end - start)
    copy.set(buffer.subarray(start, end), HEADROOM_BYTES)
    return stream.write(copy, HEADROOM_BYTES)
  }

  /** Ends session and carriers from this side. */
  stop(): void {
    this.#end('stopped', ResetCode.goingAway)
  }

  // For the seats

  received(seat: Seat, message: Uint8Array): void {
    if (this.#isOver) return
    try {
      this.session.receive(seat.lane, message, this.#timing.now())
    } catch (error) {
      if (isOfCarrier(error)) return this.lost(seat, 'broken')
      this.#fail(error)
    }
    this.#schedule()
  }

  lost(seat: Seat, how: CarrierEnd): void {
    if (!this.#seats.has(seat.lane) || this.#isOver) return
    const { carried } = seat
    this.#leave(seat)
    this.#events.onLost(seat.lane.counter, how, carried)
  }

  pump(): void {
    if (this.#isPumping || this.#isOver) return
    this.#isPumping = true
    this.#guard(() => {
      for (const lane of [...this.session.lanes]) {
        const seat = this.#seats.get(lane)
        while (seat?.carrier.hasRoom) {
          const record = this.session.produce(lane, this.#timing.now())
          if (record === undefined) break
          seat.send(record)
        }
      }
    })
    this.#isPumping = false
    for (const seat of this.#retired) if (seat.lane.bytes === 0) seat.carrier.close()
    this.#resume()
    this.#schedule()
  }

  #seatOf(counter: number): Seat | undefined {
    for (const [lane, seat] of this.#seats) if (lane.counter === counter) return seat
    return undefined
  }

  /** What the peer sent may end its session, and so may a bug of ours that it came upon; neither may end those of others. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) process.emitWarning(error as Error)
    this.#end('protocol', ResetCode.internal)
  }

  get #hasRoom(): boolean {
    for (const [lane, { carrier }] of this.#seats) if (carrier.hasRoom && this.session.hasRoom(lane)) return true
    return false
  }

  #leave(seat: Seat): void {
    if (!this.#seats.delete(seat.lane)) return
    this.#retired.delete(seat)
    this.session.lose(seat.lane)
    seat.carrier.close()
    this.#wake()
  }

  #wake(): void {
    if (this.#cancelPump !== undefined || this.#isOver || this.#isPumping) return
    this.#cancelPump = this.#timing.soon(() => {
      this.#cancelPump = undefined
      this.pump()
    })
  }

  /** Lets sources read again that were paused before they had to queue anything: one a turn of the event loop, since each fills what room there is. */
  #resume(): void {
    if (this.#waiting.size === 0 || !this.#hasRoom) return
    for (const stream of this.#waiting) {
      this.#waiting.delete(stream)
      if (stream.isOver) continue
      if (this.#waiting.size > 0) this.#wake()
      return stream.handler.onRoom()
    }
  }

  #schedule(): void {
    const atMs = this.session.deadlineMs()
    if (this.#isOver || atMs >= this.#timerAtMs) return
    const nowMs = this.#timing.now()
    // What is due already waits for a carrier that takes it, which says so itself.
    const waitMs = atMs > nowMs ? Math.ceil(atMs - nowMs) : BLOCKED_MS
    if (atMs <= nowMs && this.#timerAtMs < nowMs + BLOCKED_MS) return
    this.#cancelTimer?.()
    this.#timerAtMs = atMs > nowMs ? atMs : nowMs + BLOCKED_MS
    this.#cancelTimer = this.#timing.after(Math.max(1, waitMs), () => this.#tick())
  }

  #tick(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY
    if (this.#isOver) return
    const nowMs = this.#timing.now()
    for (const [lane, seat] of this.#seats) if (seat.hasProgressed()) this.session.heard(lane, nowMs)
    const { late, dead } = this.session.tick(nowMs)
    for (const lane of dead) this.#toldOf(lane, (seat) => this.lost(seat, 'silent'))
    for (const lane of late) this.#toldOf(lane, () => this.#events.onLate(lane.counter))
    this.#schedule()
  }

  #toldOf(lane: Lane, tell: (seat: Seat) => void): void {
    const seat = this.#seats.get(lane)
    if (seat !== undefined) tell(seat)
  }

  #end(why: 'stopped' | 'protocol', code: ResetCode): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer?.()
    this.#cancelPump?.()
    this.session.end(code)
    const seats = [...this.#seats.values()]
    this.#seats.clear()
    for (const seat of seats) {
      this.session.lose(seat.lane)
      seat.carrier.close()
    }
    this.#events.onEnd(why)
  }
}

/** A carrier's place in its drive. */
class Seat implements CarrierEvents {
  readonly #drive: Drive
  readonly lane: Lane
  readonly carrier: Carrier
  #knownBytes = 0
  #sentBytes = 0

  constructor(drive: Drive, lane: Lane, carrier: Carrier) {
    this.#drive = drive
    this.lane = lane
    this.carrier = carrier
  }

  get carried(): Carried {
    return { receivedBytes: this.carrier.receivedBytes, sentBytes: this.#sentBytes }
  }

  send(record: SealedRecord): void {
    this.#sentBytes += sealedBytes(record)
    this.carrier.send(record)
  }

  /** Whether bytes came since this was last asked: parts of a record that is not whole yet are a sign of life. */
  hasProgressed(): boolean {
    const before = this.#knownBytes
    this.#knownBytes = this.carrier.receivedBytes
    return this.#knownBytes > before
  }

  onMessage(message: Uint8Array): void {
    this.#drive.received(this, message)
  }

  onRoom(): void {
    this.#drive.pump()
  }

  onClosed(wasReset = false): void {
    this.#drive.lost(this, wasReset ? 'reset' : 'closed')
  }
}

const NOBODY: CarrierEvents = { onMessage() {}, onRoom() {}, onClosed() {} }

/** What a carrier brought that no peer sealed: an edge that alters or loses what it forwards. */
function isOfCarrier(error: unknown): boolean {
  return error instanceof ProtocolError && (error.code === 'bad-record' || error.code === 'record-gap')
}
