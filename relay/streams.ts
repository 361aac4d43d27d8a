// What one session's client asks for: streams to destinations, UDP associations, and documents of the relay's own.
import { ResetCode, type Stream, type Target } from '#protocol'
import { type Drive, Splice } from '#protocol/node'
import type { Dialer } from './dial/dial.ts'
import { ScanDamper } from './dial/scan-damper.ts'
import type { SocketShare } from './dial/sockets.ts'
import type { SessionLimits } from './limits.ts'
import type { Meter } from './meter.ts'
import { Association, type Lookups } from './udp.ts'

/** Answers a stream whose target is the relay itself; false: it is not. `who` stands for the session that asks, wherever something is shared out. */
export type Documents = (stream: Stream, target: Target, who: object) => boolean

export class Streams {
  readonly #drive: Drive
  readonly #dialer: Dialer
  readonly #share: SocketShare
  readonly #documents: Documents
  readonly #meter: Meter
  readonly #limits: SessionLimits
  readonly #damper = new ScanDamper()
  #dialCount = 0
  /** Dials of streams that came when enough were under way: as many as there are streams, at most. */
  readonly #waiting = new Set<() => void>()
  #associationCount = 0
  readonly #lookups: Lookups = { count: 0 }
  /** Answered by the relay itself: those that were not over when the last one came. */
  readonly #answered = new Set<Stream>()

  constructor(drive: Drive, dialer: Dialer, share: SocketShare, documents: Documents, meter: Meter, limits: SessionLimits) {
    this.#drive = drive
    this.#dialer = dialer
    this.#share = share
    this.#documents = documents
    this.#meter = meter
    this.#limits = limits
  }

  /** A stream was opened: dial, then join the two. */
  onOpen(stream: Stream, target: Target, flags: { readonly reportDial: boolean; readonly datagrams: boolean }): void {
    this.#meter.streamsOpened++
    if (flags.datagrams) return this.#associate(stream)
    if (this.#isFull(target)) return stream.reset(ResetCode.overload)
    if (this.#documents(stream, target, this.#share)) return void this.#answered.add(stream)
    if (!this.#permits(target)) return stream.reset(ResetCode.overload)
    const splice = new Splice(this.#drive, stream, undefined, () => cancel())
    let cancel = (): void => void this.#waiting.delete(dial)
    const dial = (): void => {
      const abort = this.#dialer.dialTcp(target, this.#share, (result) => {
        dialled()
        if ('code' in result) return this.#failed(stream, result.code)
        if (flags.reportDial) stream.opened()
        splice.join(result.socket)
      })
      const dialled = this.#countDial()
      cancel = () => {
        dialled()
        abort()
      }
    }
    if (this.#dialCount < this.#limits.dialsMax) dial()
    else this.#waiting.add(dial)
  }

  /** Whether the relay itself is asked once too often: its answers are made at once and whole, and wait to be read. */
  #isFull({ host }: Target): boolean {
    if (!host.endsWith('.invalid')) return false
    for (const stream of this.#answered) if (stream.isOver) this.#answered.delete(stream)
    return this.#answered.size >= this.#limits.documentsMax
  }

  #permits(target: Target): boolean {
    const permits = this.#damper.permits(target)
    if (!permits) this.#meter.dialsDamped++
    return permits
  }

  #failed(stream: Stream, code: ResetCode): void {
    if (code === ResetCode.denied) this.#meter.dialsDenied++
    else this.#meter.dialsFailed++
    // A name that is not there costs nobody anything; what is knocked at in vain, somebody else's network.
    if (code !== ResetCode.nameNotFound && code !== ResetCode.overload) this.#damper.failed()
    stream.reset(code)
  }

  /** Returns what is to be called when the dial is over, as often as one likes. */
  #countDial(): () => void {
    this.#dialCount++
    let isDialling = true
    return () => {
      if (!isDialling) return
      isDialling = false
      this.#dialCount--
      // Not at once: where a whole session ends, those that wait end as well, and none of them is to be dialled first.
      if (this.#waiting.size > 0) queueMicrotask(() => this.#dialNext())
    }
  }

  #dialNext(): void {
    const [dial] = this.#waiting
    if (dial === undefined || this.#dialCount >= this.#limits.dialsMax) return
    this.#waiting.delete(dial)
    dial()
  }

  #associate(stream: Stream): void {
    if (this.#associationCount >= this.#limits.associationsMax) return stream.reset(ResetCode.overload)
    this.#associationCount++
    new Association(this.#drive.session, stream, this.#dialer, this.#share, this.#lookups, this.#limits, {
      permits: (target) => this.#permits(target),
      onOver: () => this.#associationCount--,
    })
    stream.opened()
  }
}
