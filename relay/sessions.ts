// The relay's sessions: from admitted carriers to streams, and what becomes of a session whose carriers are gone.
//
// 1. an admitted handshake begins a session on its carrier, and the reply is sent       begin
// 2. an admitted attach takes its place, then its carrier joins the living session      claim, join
// 3. every second: silent carriers, sessions that nobody came back to, memory           #sweep
// 4. SIGTERM, or a cap: goaway to all, time to finish, then end                         drain
import {
  type Attach,
  type AttachKeys,
  type CarrierEvents,
  consumeAttach,
  createAttached,
  deriveAttachKeys,
  deriveCarrierKeys,
  encodeHex,
  type RelayAnswer,
  ResetCode,
  Session,
} from '#protocol'
import { Drive, nodeCrypto, nodeRandom } from '#protocol/node'
import type { Share, Toll } from './caps/toll.ts'
import type { MakeCarrier } from './carriers/make-carrier.ts'
import type { Census, Counted, Origin } from './census.ts'
import { Counters } from './counters.ts'
import type { Dialer } from './dial/dial.ts'
import { Sockets } from './dial/sockets.ts'
import type { Claim } from './gate.ts'
import { type SessionLimits, sessionLimits } from './limits.ts'
import type { Meter } from './meter.ts'
import { type Documents, Streams } from './streams.ts'
import type { Registry } from './workers/elsewhere.ts'

interface Member {
  readonly drive: Drive
  readonly attachSecret: Uint8Array
  readonly attachKeys: AttachKeys
  readonly counters: Counters
  readonly share: Share
  readonly counted: Counted | undefined
  /** Since when it has no carrier; undefined while it has one. */
  aloneSinceMs: number | undefined
}

export class Sessions {
  readonly #dialer: Dialer
  readonly #sockets: Sockets
  readonly #documents: Documents
  readonly #seal: (attached: Uint8Array) => Uint8Array
  readonly #meter: Meter
  readonly #toll: Toll
  readonly #limits: SessionLimits
  readonly #registry: Registry | undefined
  readonly #census: Census | undefined
  /** By session id, in hex. */
  readonly #members = new Map<string, Member>()
  readonly #timer: NodeJS.Timeout
  #isDraining = false
  #drainEnd: NodeJS.Timeout | undefined
  #onEmpty: (() => void) | undefined

  /** `seal` puts the answer to an attach into its envelope. */
  constructor(
    dialer: Dialer,
    documents: Documents,
    seal: (attached: Uint8Array) => Uint8Array,
    meter: Meter,
    toll: Toll,
    limits: SessionLimits = sessionLimits,
    registry?: Registry,
    census?: Census,
  ) {
    this.#dialer = dialer
    this.#sockets = new Sockets(limits.socketsMax)
    this.#documents = documents
    this.#seal = seal
    this.#meter = meter
    this.#toll = toll
    this.#limits = limits
    this.#registry = registry
    this.#census = census
    this.#timer = setInterval(() => this.#sweep(), limits.sweepMs)
    this.#timer.unref()
  }

  get count(): number {
    return this.#members.size
  }

  /** Sessions that wait for a carrier. */
  get aloneCount(): number {
    let count = 0
    for (const { aloneSinceMs } of this.#members.values()) if (aloneSinceMs !== undefined) count++
    return count
  }

  get streamCount(): number {
    let count = 0
    for (const { drive } of this.#members.values()) count += drive.session.streamCount
    return count
  }

  /** Whether one more may come in: asked before anything tells a newcomer that this is a relay. */
  get hasRoom(): boolean {
    return !this.#isDraining && this.#members.size < this.#limits.sessionsMax && this.#toll.hasRoom
  }

  /** Begins a session on the carrier of an admitted handshake. */
  begin({ reply, keys }: RelayAnswer, make: MakeCarrier, origin: Origin): void {
    const member = this.#welcome(keys, this.#census?.enter(origin))
    this.#seat(member, { counter: 0, expected: 0, gone: [] }, member.counted?.around(make, origin) ?? make, reply)
  }

  /** Takes the place of a further carrier, if the proof is right and the place is free: each is given once. */
  claim(message: Uint8Array): Claim | undefined {
    const attach = consumeAttach(nodeCrypto, message, (id) => this.#members.get(encodeHex(id))?.attachKeys)
    if (attach === undefined) return undefined
    const member = this.#members.get(encodeHex(attach.sessionId)) as Member
    if (!this.#hasPlace(member, attach.gone) || !member.counters.take(attach.counter)) return undefined
    return { attach: { ...attach, sessionId: new Uint8Array(attach.sessionId) } }
  }

  /** Joins the carrier of a claimed place to its session. Where that has ended meanwhile, or others took the last places, nothing is made and false
   *  returned. */
  join({ attach }: Claim, make: MakeCarrier, origin: Origin): boolean {
    const member = this.#members.get(encodeHex(attach.sessionId))
    if (member === undefined || !this.#hasPlace(member, attach.gone)) return false
    const attached = this.#seal(createAttached(nodeCrypto, member.attachKeys, attach.counter, member.drive.session.expected))
    this.#seat(member, attach, member.counted?.around(make, origin) ?? make, attached)
    return true
  }

  /** Lets nobody new in, and streams finish for as long as the limit says; then resets what is left. Resolves when no session is left, or by `open`. */
  drain(): Promise<void> {
    this.#isDraining = true
    for (const { drive } of this.#members.values()) drive.session.goaway(ResetCode.goingAway)
    return new Promise((resolve) => {
      this.#drainEnd = setTimeout(() => this.#cutOff(), this.#limits.drainMs)
      this.#onEmpty = () => {
        clearTimeout(this.#drainEnd)
        resolve()
      }
      this.#sweep()
      if (this.#members.size === 0) this.#onEmpty()
    })
  }

  /** Lets newcomers in again after `drain`. */
  open(): void {
    this.#isDraining = false
    this.#onEmpty?.()
    this.#onEmpty = undefined
  }

  close(): void {
    clearInterval(this.#timer)
    this.#stopAll()
  }

  // Apart from `begin`, so that what lives as long as the session keeps neither its reply nor its first request.
  #welcome(keys: RelayAnswer['keys'], counted: Counted | undefined): Member {
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
          {
            onWake,
            onOpen: (stream, target, flags) => streams.onOpen(stream, target, flags),
            onGoaway: () => undefined,
            onRetire: (lane) => drive.onRetire(lane),
          },
        ),
      { onEnd: () => this.#leave(name, member), onLost: () => this.#lost(member), onLate: (counter) => giveUp(drive, counter) },
    )
    const streams = new Streams(
      drive,
      this.#dialer,
      this.#sockets.enter(),
      withReports(this.#documents, counted),
      this.#meter,
      this.#limits,
    )
    const attachKeys = deriveAttachKeys(nodeCrypto, keys.attach)
    const name = encodeHex(attachKeys.sessionId)
    const member: Member = {
      drive,
      attachSecret: keys.attach,
      attachKeys,
      counters: new Counters(),
      share: this.#toll.enter(),
      counted,
      aloneSinceMs: undefined,
    }
    this.#meter.sessionsBegun++
    member.counters.take(0)
    this.#members.set(name, member)
    this.#registry?.sessionBegan(attachKeys)
    return member
  }

  #hasPlace({ drive }: Member, gone: readonly number[]): boolean {
    return drive.live.filter((counter) => !gone.includes(counter)).length < this.#limits.carriersMax
  }

  /** The first message must be on its way before the session sends any. */
  #seat(member: Member, attach: Omit<Attach, 'sessionId'>, make: MakeCarrier, firstMessage: Uint8Array): void {
    let seat: CarrierEvents | undefined
    let isClosed = false
    const events: CarrierEvents = {
      onMessage: (message) => seat?.onMessage(message),
      onRoom: () => seat?.onRoom(),
      onClosed: (wasReset) => {
        isClosed = true
        seat?.onClosed(wasReset)
      },
    }
    const carrier = member.share.around(make)(events, deriveCarrierKeys(nodeCrypto, member.attachSecret, attach.counter))
    carrier.sendMessage(firstMessage)
    seat = member.drive.attach(carrier, attach.counter, attach.expected, attach.gone)
    member.aloneSinceMs = undefined
    for (const counter of member.drive.live) if (member.drive.isLate(counter)) giveUp(member.drive, counter)
    if (isClosed) seat.onClosed()
    else carrier.start()
  }

  #lost(member: Member): void {
    if (member.drive.live.length === 0) member.aloneSinceMs ??= performance.now()
  }

  #leave(name: string, member: Member): void {
    this.#members.delete(name)
    this.#toll.leave(member.share)
    member.counted?.end()
    this.#registry?.sessionEnded(member.attachKeys)
    if (this.#members.size === 0) this.#onEmpty?.()
  }

  #sweep(): void {
    const nowMs = performance.now()
    let heldBytes = 0
    for (const member of this.#members.values()) {
      member.drive.dropSilent(nowMs - this.#limits.silenceMs)
      this.#lost(member)
      if (this.#isOver(member, nowMs)) member.drive.stop()
      else heldBytes += heldBy(member)
    }
    while (heldBytes > this.#limits.heldBytesMax) {
      const costly = this.#mostDispensable()
      if (costly === undefined) return
      heldBytes -= heldBy(costly)
      costly.drive.stop()
    }
  }

  #isOver({ drive, aloneSinceMs }: Member, nowMs: number): boolean {
    if (aloneSinceMs !== undefined && nowMs - aloneSinceMs > this.#limits.graceMs) return true
    return this.#isDraining && drive.session.streamCount === 0 && (aloneSinceMs !== undefined || drive.session.isSettled)
  }

  /** Of sessions that hold anything and have no carrier, the one that was without for longest; where there is none, the one that holds most. */
  #mostDispensable(): Member | undefined {
    let found: Member | undefined
    for (const member of this.#members.values()) {
      if (heldBy(member) > 0 && (found === undefined || isMoreDispensable(member, found))) found = member
    }
    return found
  }

  /** A stream that ends without a word is waited for at the client: each is told, and then a session has nothing left to do. */
  #cutOff(): void {
    for (const { drive } of [...this.#members.values()]) drive.session.resetAll(ResetCode.goingAway)
    this.#drainEnd = setTimeout(() => this.#stopAll(), this.#limits.farewellMs)
  }

  #stopAll(): void {
    for (const { drive } of [...this.#members.values()]) drive.stop()
  }
}

/** Reports are handed in by streams to the relay itself, as documents are fetched. */
function withReports(documents: Documents, counted: Counted | undefined): Documents {
  return counted === undefined ? documents : (stream, target, who) => counted.serve(stream, target) || documents(stream, target, who)
}

/** A carrier that does not answer, or too slowly, beside one that does, holds up what went out on it: that goes by the other. */
export function giveUp(drive: Drive, counter: number): void {
  if (!drive.live.some((other) => other !== counter && !drive.isLate(other))) return
  if (drive.isSlow(counter)) drive.relieve(counter)
  else drive.drop(counter)
}

function isMoreDispensable(one: Member, other: Member): boolean {
  if (one.aloneSinceMs !== undefined && other.aloneSinceMs !== undefined) return one.aloneSinceMs < other.aloneSinceMs
  if (one.aloneSinceMs !== undefined || other.aloneSinceMs !== undefined) return one.aloneSinceMs !== undefined
  return heldBy(one) > heldBy(other)
}

function heldBy({ drive: { session } }: Member): number {
  return session.unconsumedBytes + session.pieceBytes + session.retainedBytes + session.queuedBytes + session.owedBytes
}
