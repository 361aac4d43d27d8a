// The link: the one meeting place of data and control. It keeps a session alive over whatever carriers plan chooses, and tells control all that happens.
//
// 1. no carrier, or none that answers: race the ways that plan names; attach the session, or begin one     #seek
// 2. the winner takes over what the others had under way                                                   #dial
// 3. each second: report rates, retire carriers whose life is over, hold reserves, try the way home        #look, upkeep.ts
// 4. a relay that is gone: new streams go to another at once; old ones are reset when nobody comes back     orphans.ts
import type { Crypto, Invite } from '#protocol'
import type { Carried, CarrierEnd, Drive } from '#protocol/node'
import type { Reason, Status } from '../contract/status.ts'
import type { Clock } from './clock.ts'
import type { Control } from './control/control.ts'
import type { Way } from './control/way.ts'
import { faultOf, isErrorPage } from './dial-way.ts'
import { type LinkLimits, linkLimits } from './limits.ts'
import { Opening } from './opening.ts'
import { Orphans } from './orphans.ts'
import { DialError, type Platform } from './platform.ts'
import { Race } from './race.ts'
import type { Leg, RelaySession } from './relay-session.ts'
import { isOld, leaveSlow, leaveSurplus, measureRate } from './upkeep.ts'

export interface LinkOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  readonly control: Control
  /** By Way.relayIndex. */
  readonly invites: readonly Invite[]
  readonly clock: Clock
  readonly events: LinkEvents
  readonly limits?: LinkLimits
}

export interface LinkEvents {
  onStatus(status: Status): void
  /** A way worked, or the clock was found to be off: worth remembering. */
  onLearned(): void
  /** A session has begun with a relay. */
  onSession(drive: Drive, relayIndex: number): void
}

/** What a carrier is dialled for. */
type Purpose = 'seek' | 'turn' | 'rotate' | 'reserve' | 'try' | 'move' | 'adopt'

export class Link {
  readonly #options: LinkOptions
  readonly #limits: LinkLimits
  readonly #waiters = new Set<(drive: Drive | undefined) => void>()
  /** All that live: the one for new streams, and those whose streams are to finish. */
  readonly #sessions = new Set<RelaySession>()
  readonly #orphans: Orphans
  readonly #dials = new Set<AbortController>()
  readonly #timer: NodeJS.Timeout
  readonly #opening: Opening
  #current: RelaySession | undefined
  #race: Race | undefined
  #attempt = 0
  /** When a carrier last failed, whether or not another stood by. */
  #failedMs = Number.NEGATIVE_INFINITY
  /** What carriers of the session have carried that are gone. */
  #retiredBytes = 0
  #reason: Reason = 'carrier-closed'
  #isStopped = false
  #said = ''

  constructor(options: LinkOptions) {
    this.#options = options
    this.#limits = options.limits ?? linkLimits
    const { platform, crypto, invites, control, clock } = options
    this.#opening = new Opening({
      platform,
      crypto,
      invites,
      clock,
      lifeOf: (way) => control.rotation(way),
      sessionEvents: {
        onLost: (session, leg, how, carried) => this.#lost(session, leg, how, carried),
        onLate: (session, leg) => this.#late(session, leg),
        onDraining: (session) => this.#drained(session),
        onEnd: (session, why, legs) => this.#ended(session, why, legs),
      },
      limits: this.#limits,
    })
    this.#orphans = new Orphans({
      ways: () => control.ways,
      adopt: (session, way) => this.#aside(way, 'adopt', session),
      orphanMs: this.#limits.orphanMs,
    })
    this.#timer = setInterval(() => this.#look(), this.#limits.lookMs)
    this.#timer.unref()
    this.#seek()
  }

  /** The session for a new stream, if there is one with a carrier now. */
  get drive(): Drive | undefined {
    return this.#current !== undefined && this.#current.legs.size > 0 ? this.#current.drive : undefined
  }

  /** Calls back once: with the session as soon as there is one, or undefined when that takes too long. */
  whenConnected(done: (drive: Drive | undefined) => void): void {
    if (this.drive !== undefined || this.#isStopped || this.#waiters.size >= this.#limits.waitersMax) return done(this.drive)
    const finish = (drive: Drive | undefined): void => {
      clearTimeout(timer)
      this.#waiters.delete(finish)
      done(drive)
    }
    const timer = setTimeout(() => finish(undefined), this.#limits.waitMs)
    this.#waiters.add(finish)
  }

  /** The network changed, or new ways are known: what was given up is worth another look now. */
  refresh(): void {
    if (this.#race !== undefined) this.#race.plan(this.#options.control.next(now()).attempts, now())
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#race?.stop()
    for (const abort of this.#dials) abort.abort()
    for (const session of [...this.#sessions]) session.drive.stop()
    for (const waiter of [...this.#waiters]) waiter(undefined)
    this.#say({ state: 'stopped' })
  }

  // Seeking a carrier

  #seek(): void {
    if (this.#isStopped || (this.#current?.sound.length ?? 0) > 0) return
    const { control } = this.#options
    if (this.#race === undefined) this.#attempt++
    this.#race ??= new Race({
      dial: (way, signal) => this.#dial(way, 'seek', signal),
      onOver: (_way, won, error) => this.#raced(won, error),
    })
    this.#race.plan(control.next(now()).attempts, now())
    this.#tell()
  }

  #raced(won: boolean, error: unknown): void {
    if (error instanceof DialError && error.reason !== 'timeout') this.#reason = error.reason
    if (won) {
      this.#race = undefined
      this.#attempt = 0
      this.#tell()
      if (this.#failedMs > 0) this.#look()
    } else if (this.#race !== undefined) {
      if (!this.#race.isRunning) this.#attempt++
      this.#seek()
    }
  }

  /** Dials a way for the session that it suits. Rejects with a DialError. */
  async #dial(way: Way, purpose: Purpose, signal: AbortSignal, orphan?: RelaySession): Promise<void> {
    const { control } = this.#options
    const startedMs = now()
    control.note({ kind: 'dialling', way }, startedMs)
    try {
      await (orphan === undefined ? this.#open(way, purpose, signal) : this.#attach(orphan, way, purpose, signal))
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      if (signal.aborted) control.note({ kind: 'cancelled', way }, now())
      else control.note({ kind: 'dial-failed', way, step: error.step, fault: faultOf(error), afterMs: now() - startedMs }, now())
      throw error
    }
    this.#options.events.onLearned()
  }

  /** Attaches, or begins a session where there is none that the way leads to; a site that answers as a site may mean either, or a wrong clock. */
  async #open(way: Way, purpose: Purpose, signal: AbortSignal, triesLeft = 2): Promise<void> {
    const startedMs = now()
    const { clock } = this.#options
    const { offsetS } = clock
    const session = this.#current?.relayIndex === way.relayIndex && !this.#current.isOver ? this.#current : undefined
    const begin = (): Promise<void> => this.#opening.begin(way, signal, (begun) => this.#began(begun, way, startedMs))
    try {
      if (session === undefined && purpose !== 'seek' && purpose !== 'turn') throw new DialError('carrier-closed')
      if (session === undefined) await begin()
      else await this.#attach(session, way, purpose, signal)
    } catch (error) {
      if (!(error instanceof DialError) || signal.aborted || triesLeft === 0) throw error
      if (clock.learn(error.siteTimeS, offsetS)) return this.#open(way, purpose, signal, triesLeft - 1)
      if (session === undefined || purpose !== 'seek' || !this.#speaksForItsSite(error)) throw error
      // The relay answers, and seems not to know the session: ask it for another. Whether it is so is asked once more, beside that.
      session.refusedCount++
      await begin()
    }
  }

  /** An edge's error page says nothing of sessions, unless there has been nothing else for long. */
  #speaksForItsSite(error: DialError): boolean {
    return error.reason === 'not-admitted' || (isErrorPage(error) && now() - this.#failedMs > this.#limits.errorPagesMs)
  }

  #attach(session: RelaySession, way: Way, purpose: Purpose, signal: AbortSignal): Promise<void> {
    const startedMs = now()
    return this.#opening.attach(session, way, signal, () => this.#took(session, way, purpose, startedMs))
  }

  #began(session: RelaySession, way: Way, startedMs: number): void {
    const before = this.#current
    this.#sessions.add(session)
    this.#became(session)
    this.#took(session, way, 'seek', startedMs)
    if (before?.relayIndex === session.relayIndex && before.legs.size === 0) this.#aside(way, 'adopt', before)
  }

  /** A session is the one for new streams from now on. One that it takes the place of has no carrier, and keeps its streams for a while. */
  #became(session: RelaySession): void {
    const before = this.#current
    this.#current = session
    this.#retiredBytes = 0
    this.#options.control.useRelay(session.relayIndex, now())
    if (before !== undefined && !before.isOver) this.#orphans.add(before, now())
  }

  /** A carrier is in its place. */
  #took(session: RelaySession, way: Way, purpose: Purpose, startedMs: number): void {
    const { control, events } = this.#options
    const leg = [...session.legs.values()].at(-1) as Leg
    control.note({ kind: 'dialled', way, ms: now() - startedMs, roundTripMs: session.roundTripMsTo(way.host) }, now())
    if (purpose === 'try') session.retire(leg)
    if (purpose === 'move' || purpose === 'rotate') {
      for (const other of session.legs.values()) {
        const isReplaced = purpose === 'move' ? other !== leg : other !== leg && isOld(session, other, now())
        if (isReplaced && !other.isRetiring) session.retire(other)
      }
    }
    if (purpose === 'seek' && leg.counter === 0) events.onSession(session.drive, session.relayIndex)
    if (session === this.#current) for (const waiter of [...this.#waiters]) waiter(session.drive)
    this.#tell()
  }

  /** Beside a carrier that answers, one that does not only holds up what went out on it; a sole one is kept until another lives. */
  #late(session: RelaySession, leg: Leg): void {
    this.#options.control.note({ kind: 'late', way: leg.way }, now())
    if (session.sound.length > 0) session.leave(leg)
    else if (session === this.#current) this.#seek()
  }

  // What becomes of carriers and sessions

  #lost(session: RelaySession, leg: Leg, how: CarrierEnd, { receivedBytes, sentBytes }: Carried): void {
    if (this.#isStopped) return
    const { control } = this.#options
    const livedMs = now() - leg.bornMs
    const carried = { way: leg.way, receivedBytes, sentBytes, livedMs }
    if (leg.isRetiring) control.note({ kind: 'retired', ...carried }, now())
    else control.note({ kind: 'died', how: how === 'broken' ? 'reset' : how, ...carried }, now())
    if (session === this.#current && !leg.isRetiring) this.#failedMs = now()
    this.#reason = how === 'silent' ? 'silent' : 'carrier-closed'
    if (session === this.#current) this.#retiredBytes += receivedBytes + sentBytes
    if (session === this.#current) this.#seek()
    else if (session.legs.size === 0) this.#orphans.tend(session, now())
    this.#tell()
  }

  /** The relay is going to restart: new streams go elsewhere, those that are open may finish. */
  #drained(session: RelaySession): void {
    if (session !== this.#current) return
    this.#current = undefined
    this.#orphans.add(session, now())
    this.#reason = 'draining'
    // One that sends away who has just come is asked at each look, not as fast as it answers.
    if (now() - session.bornMs > this.#limits.lookMs) this.#seek()
  }

  #ended(session: RelaySession, why: 'stopped' | 'protocol', legs: readonly Leg[]): void {
    this.#sessions.delete(session)
    this.#orphans.delete(session)
    // What becomes of a session is no act of the network's; but a relay that breaks the protocol each time is to be asked ever more rarely.
    for (const { way, bornMs, heardBytes, seenBytes } of legs) {
      const carried = { way, receivedBytes: heardBytes, sentBytes: seenBytes - heardBytes, livedMs: now() - bornMs }
      this.#options.control.note(why === 'stopped' ? { kind: 'retired', ...carried } : { kind: 'died', how: 'closed', ...carried }, now())
    }
    if (session !== this.#current) return
    this.#current = undefined
    if (why === 'protocol') this.#reason = 'protocol'
    this.#seek()
  }

  // Each second

  #look(): void {
    const nowMs = now()
    const { control } = this.#options
    for (const session of [...this.#sessions]) for (const leg of [...session.legs.values()]) this.#inspect(session, leg, nowMs)
    if (control.isInDoubt) for (const { drive } of this.#sessions) drive.ask()
    this.#orphans.look(nowMs)
    const session = this.#current
    if (session === undefined || session.sound.length === 0) {
      if (this.#race?.isBusy !== true) this.#seek()
      return
    }
    this.#callOff()
    // What a censor did to one carrier it may do to the next: one of another kind stands by.
    const reserve = control.reserve(nowMs, nowMs - this.#failedMs < this.#limits.surplusMs ? 1 : 0)
    const [spare] = reserve.attach
    const trip = control.home(nowMs)
    if (trip !== undefined) this.#aside(trip.way, trip.purpose)
    else if (spare !== undefined) this.#aside(spare, 'reserve')
    this.#takeTurn(session, nowMs)
    leaveSlow(session, (way) => control.isSlowed(way))
    leaveSurplus(session, 1 + reserve.hold, nowMs, this.#limits.surplusMs)
  }

  /** A session that has lived long enough: the next begins elsewhere, new streams go there, and those that are open stay. */
  #takeTurn(session: RelaySession, nowMs: number): void {
    const bytes = [...session.legs.values()].reduce((sum, { seenBytes }) => sum + seenBytes, this.#retiredBytes)
    const way = this.#dials.size > 0 ? undefined : this.#options.control.turn(bytes, nowMs)
    if (way !== undefined) this.#aside(way, 'turn')
  }

  /** What was late answers again. */
  #callOff(): void {
    const race = this.#race
    if (race === undefined) return
    this.#race = undefined
    this.#attempt = 0
    race.stop()
    this.#tell()
  }

  #inspect(session: RelaySession, leg: Leg, nowMs: number): void {
    const { isHeard, ...rate } = measureRate(session, leg, nowMs)
    if (isHeard) this.#options.control.note({ kind: 'heard', way: leg.way }, nowMs)
    // An idle carrier says nothing of the network.
    if (rate.bytesPerS >= this.#limits.busyBytesPerS && session.drive.session.streamCount > 0) {
      this.#options.control.note({ kind: 'rate', way: leg.way, ...rate }, nowMs)
    }
    if (leg.isRetiring && nowMs - leg.retiredMs > this.#limits.retireMs) return session.drop(leg)
    if (session !== this.#current || leg.isRetiring || nowMs < leg.rotateAfterMs || !isOld(session, leg, nowMs)) return
    leg.rotateAfterMs = nowMs + this.#limits.rotateAgainMs
    this.#aside(leg.way, 'rotate')
  }

  /** Dials one more carrier beside those that live. One at a time. */
  #aside(way: Way, purpose: Purpose, orphan?: RelaySession): void {
    const isOfSession = purpose === 'turn' || (orphan ?? this.#current)?.relayIndex === way.relayIndex
    if (!isOfSession || this.#dials.size > 0 || (this.#race !== undefined && orphan === undefined)) return
    const abort = new AbortController()
    this.#dials.add(abort)
    this.#dial(way, purpose, abort.signal, orphan)
      .catch((error: unknown) => {
        if (!(error instanceof DialError)) throw error
        // Its relay lives and does not know it: what is open there is over.
        if (error.reason === 'not-admitted' && orphan !== undefined && ++orphan.refusedCount > 1) orphan.drive.stop()
      })
      .finally(() => this.#dials.delete(abort))
  }

  #tell(): void {
    const leg = this.#current?.sound[0] ?? (this.#current === undefined ? undefined : [...this.#current.legs.values()][0])
    if (leg !== undefined) {
      const { carrier, endpoint } = leg.way
      return this.#say({ state: 'connected', carrier, through: endpoint.isEdge ? 'edge' : 'direct' })
    }
    if (this.#current !== undefined) return this.#say({ state: 'recovering', reason: this.#reason })
    if (this.#race?.isRunning !== false || this.#attempt <= 1) return this.#say({ state: 'connecting', attempt: this.#attempt })
    const [first] = this.#options.control.next(now()).attempts
    this.#say({ state: 'waiting', reason: this.#reason, retryInMs: Math.max(0, Math.round((first?.notBeforeMs ?? now()) - now())) })
  }

  /** Says each thing once. */
  #say(status: Status): void {
    const { retryInMs: _, ...rest } = { retryInMs: 0, ...status }
    const text = JSON.stringify(rest)
    if (text === this.#said) return
    this.#said = text
    this.#options.events.onStatus(status)
  }
}

function now(): number {
  return performance.now()
}
