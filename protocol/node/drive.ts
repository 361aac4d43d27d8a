// Drives one session over one carrier at a time on Node: clock, timers, and the moment at which records are made.
//
// Records are made at the end of an event-loop turn (setImmediate), so that all that came up in it shares one; a full record goes at once.
import type { Carrier, CarrierEvents } from '../carrier.ts'
import { ProtocolError, ResetCode } from '../errors.ts'
import { HEADROOM_BYTES } from '../outgoing.ts'
import type { OpenFlags, Session } from '../session.ts'
import type { Stream } from '../stream.ts'
import type { Target } from '../target.ts'

/** Why a session ended. */
export type DriveEnd = 'carrier-closed' | 'silent' | 'protocol' | 'stopped'

export class Drive implements CarrierEvents {
  readonly session: Session
  readonly #onEnd: (why: DriveEnd) => void
  #carrier: Carrier | undefined
  /** Streams whose source is paused with nothing queued. */
  readonly #waiting = new Set<Stream>()
  #isPumping = false
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #isOver = false

  /** `make` gets the drive's wake, for the session's events. `onEnd` is called once; the session has been ended by then. */
  constructor(make: (wake: () => void) => Session, onEnd: (why: DriveEnd) => void) {
    this.session = make(() => this.#wake())
    this.#onEnd = onEnd
  }

  attach(carrier: Carrier): void {
    this.#carrier = carrier
    this.#wake()
  }

  /** Opens a stream, by the time that it is now rather than that of the session's last record. Throws as Session.open does. */
  open(target: Target, flags: OpenFlags): Stream {
    this.session.tick(now())
    return this.session.open(target, flags)
  }

  /** Sends bytes of a stream. The buffer has HEADROOM_BYTES free before `start` and stays the caller's. False: pause until the stream's onRoom. */
  write(stream: Stream, buffer: Uint8Array, start: number, end: number): boolean {
    if (this.#carrier?.hasRoom) {
      const record = this.session.sealNow(stream, buffer, start, end, now())
      if (record !== undefined) {
        this.#carrier.send(record)
        if (this.#hasRoom) return true
        this.#waiting.add(stream)
        return false
      }
    }
    const copy = Buffer.allocUnsafeSlow(HEADROOM_BYTES + end - start)
    copy.set(buffer.subarray(start, end), HEADROOM_BYTES)
    return stream.write(copy, HEADROOM_BYTES)
  }

  /** What the peer sent may end its session, and so may a bug of ours that it came upon; neither may end those of others. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof ProtocolError)) process.emitWarning(error as Error)
      this.#end('protocol', ResetCode.internal)
    }
  }

  get #hasRoom(): boolean {
    return this.#carrier?.hasRoom === true && this.session.hasRoom
  }

  /** Ends session and carrier from this side. */
  stop(): void {
    this.#end('stopped', ResetCode.goingAway)
  }

  onMessage(message: Uint8Array): void {
    if (this.#isOver) return
    this.#guard(() => this.session.receive(message, now()))
    this.#schedule()
  }

  onRoom(): void {
    this.#pump()
  }

  onClosed(): void {
    this.#carrier = undefined
    this.#end('carrier-closed', ResetCode.broken)
  }

  #wake(): void {
    if (this.#immediate !== undefined || this.#isOver || this.#isPumping) return
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined
      this.#pump()
    })
  }

  #pump(): void {
    const carrier = this.#carrier
    if (this.#isPumping || this.#isOver || carrier === undefined) return
    this.#isPumping = true
    this.#guard(() => {
      while (carrier.hasRoom) {
        const record = this.session.produce(now())
        if (record === undefined) break
        carrier.send(record)
      }
    })
    this.#isPumping = false
    this.#resume()
    this.#schedule()
  }

  /** Lets sources read again that were paused before they had to queue anything: one a turn of the event loop, since each fills what room there is. */
  #resume(): void {
    if (!this.#hasRoom) return
    for (const stream of this.#waiting) {
      this.#waiting.delete(stream)
      if (this.#waiting.size > 0) this.#wake()
      return stream.handler.onRoom()
    }
  }

  #schedule(): void {
    const atMs = this.session.deadlineMs()
    if (this.#isOver || atMs >= this.#timerAtMs) return
    clearTimeout(this.#timer)
    this.#timerAtMs = atMs
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.ceil(atMs - now())))
    this.#timer.unref()
  }

  #tick(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY
    if (this.#isOver) return
    if (!this.session.tick(now())) return this.#end('silent', ResetCode.timeout)
    this.#schedule()
  }

  #end(why: DriveEnd, code: ResetCode): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.session.end(code)
    const carrier = this.#carrier
    this.#carrier = undefined
    carrier?.close()
    this.#onEnd(why)
  }
}

function now(): number {
  return performance.now()
}
