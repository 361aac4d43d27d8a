// The relay's sessions: from an admitted carrier to destinations.
//
// 1. an admitted socket becomes a carrier, its reply is sent, a session begins        accept
// 2. a stream is opened: dial, then join the two                                      #onOpen
// 3. every second: who is silent, and is too much held for slow readers               #sweep
// 4. SIGTERM: goaway to all, time to finish, then end                                 drain
import type { Socket } from 'node:net'
import { type RelayAnswer, ResetCode, Session, type Stream, type Target } from '#protocol'
import { Drive, nodeCrypto, nodeRandom, Splice, WebSocketCarrier } from '#protocol/node'
import type { Dialer } from './dial/dial.ts'
import { type SessionLimits, sessionLimits } from './limits.ts'
import { Association } from './udp.ts'

interface Member {
  readonly drive: Drive
  dialCount: number
  /** Dials of streams that came when enough were under way: as many as there are streams, at most. */
  readonly waiting: Set<() => void>
  associationCount: number
}

export class Sessions {
  readonly #dialer: Dialer
  readonly #limits: SessionLimits
  readonly #members = new Set<Member>()
  readonly #timer: NodeJS.Timeout
  #isDraining = false
  #onEmpty: (() => void) | undefined

  constructor(dialer: Dialer, limits: SessionLimits = sessionLimits) {
    this.#dialer = dialer
    this.#limits = limits
    this.#timer = setInterval(() => this.#sweep(), limits.sweepMs)
    this.#timer.unref()
  }

  get count(): number {
    return this.#members.size
  }

  get streamCount(): number {
    let count = 0
    for (const { drive } of this.#members) count += drive.session.streamCount
    return count
  }

  /** Whether one more may come in: asked before anything tells a newcomer that this is a relay. */
  get hasRoom(): boolean {
    return !this.#isDraining && this.#members.size < this.#limits.sessionsMax
  }

  /** Takes over the socket of an admitted upgrade. */
  accept({ reply, keys }: RelayAnswer, socket: Socket, head: Uint8Array): void {
    const drive: Drive = new Drive(
      (onWake) =>
        new Session(
          {
            crypto: nodeCrypto,
            random: nodeRandom,
            role: 'relay',
            nowMs: performance.now(),
            streamsMax: this.#limits.streamsMax,
            ...keys,
          },
          { onWake, onOpen: (stream, target, flags) => this.#onOpen(member, stream, target, flags), onGoaway: () => undefined },
        ),
      () => this.#leave(member),
    )
    const member: Member = { drive, dialCount: 0, waiting: new Set(), associationCount: 0 }
    this.#members.add(member)
    const carrier = new WebSocketCarrier(socket, head, false, drive)
    carrier.sendMessage(reply)
    drive.attach(carrier)
    carrier.start()
  }

  /** Lets streams finish for as long as the limit says, then ends what is left. Resolves when no session is left. */
  drain(): Promise<void> {
    this.#isDraining = true
    for (const { drive } of this.#members) drive.session.goaway(ResetCode.goingAway)
    return new Promise((resolve) => {
      const end = setTimeout(() => this.#stopAll(), this.#limits.drainMs)
      this.#onEmpty = () => {
        clearTimeout(end)
        resolve()
      }
      this.#sweep()
      if (this.#members.size === 0) this.#onEmpty()
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#stopAll()
  }

  #onOpen(member: Member, stream: Stream, target: Target, flags: { readonly reportDial: boolean; readonly datagrams: boolean }): void {
    if (flags.datagrams) return this.#associate(member, stream)
    const splice = new Splice(member.drive, stream, undefined, () => cancel())
    let cancel = (): void => void member.waiting.delete(dial)
    const dial = (): void => {
      const abort = this.#dialer.dialTcp(target, (result) => {
        dialled()
        if ('code' in result) return stream.reset(result.code)
        if (flags.reportDial) stream.opened()
        splice.join(result.socket)
      })
      const dialled = this.#countDial(member)
      cancel = () => {
        dialled()
        abort()
      }
    }
    if (member.dialCount < this.#limits.dialsMax) dial()
    else member.waiting.add(dial)
  }

  /** Returns what is to be called when the dial is over, as often as one likes. */
  #countDial(member: Member): () => void {
    member.dialCount++
    let isDialling = true
    return () => {
      if (!isDialling) return
      isDialling = false
      member.dialCount--
      // Not at once: where a whole session ends, those that wait end as well, and none of them is to be dialled first.
      if (member.waiting.size > 0) queueMicrotask(() => this.#dialNext(member))
    }
  }

  #dialNext(member: Member): void {
    const [dial] = member.waiting
    if (dial === undefined || member.dialCount >= this.#limits.dialsMax) return
    member.waiting.delete(dial)
    dial()
  }

  #associate(member: Member, stream: Stream): void {
    if (member.associationCount >= this.#limits.associationsMax) return stream.reset(ResetCode.overload)
    member.associationCount++
    new Association(member.drive.session, stream, this.#dialer, this.#limits, () => member.associationCount--)
    stream.opened()
  }

  #leave(member: Member): void {
    this.#members.delete(member)
    if (this.#members.size === 0) this.#onEmpty?.()
  }

  #sweep(): void {
    const nowMs = performance.now()
    let heldBytes = 0
    let largest: Member | undefined
    for (const member of this.#members) {
      const { session } = member.drive
      if (nowMs - session.lastReceivedMs > this.#limits.silenceMs) member.drive.stop()
      else if (this.#isDraining && session.streamCount === 0 && session.isSettled) member.drive.stop()
      heldBytes += heldBy(session)
      if (largest === undefined || heldBy(session) > heldBy(largest.drive.session)) largest = member
    }
    if (heldBytes > this.#limits.heldBytesMax) largest?.drive.stop()
  }

  #stopAll(): void {
    for (const { drive } of [...this.#members]) drive.stop()
  }
}

function heldBy(session: Session): number {
  return session.unconsumedBytes + session.retainedBytes
}
