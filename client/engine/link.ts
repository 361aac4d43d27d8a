// The way to the relay: keeps one session alive, dials again when it ends, and says why when it can't.
//
// 1. dial an endpoint with an admission cookie by the relay's clock as we know it      #attempt
// 2. the first message is the relay's answer: keys, session, drive                      #begin
// 3. the session ends: wait (longer each time), then 1 again with the next endpoint     #run
import {
  type CarrierEvents,
  type Crypto,
  createClientHandshake,
  type Endpoint,
  type Invite,
  ProtocolError,
  Session,
  type SessionKeys,
} from '#protocol'
import { Drive } from '#protocol/node'
import type { Reason, Status } from '../contract/status.ts'
import { type LinkLimits, linkLimits } from './limits.ts'
import { DialError, type Platform } from './platform.ts'
import { noStore, type StateStore } from './state.ts'

export interface LinkOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  readonly invite: Invite
  /** Left out: nothing is remembered. */
  readonly store?: StateStore
  readonly onStatus: (status: Status) => void
  readonly limits?: LinkLimits
}

export class Link {
  readonly #options: LinkOptions
  readonly #limits: LinkLimits
  readonly #store: StateStore
  readonly #stop = new AbortController()
  readonly #waiters = new Set<(drive: Drive | undefined) => void>()
  /** Sessions that take no new streams but have some open. */
  readonly #draining = new Set<Drive>()
  #drive: Drive | undefined
  #clockOffsetS: number
  #endpointIndex: number

  constructor(options: LinkOptions) {
    this.#options = options
    this.#limits = options.limits ?? linkLimits
    this.#store = options.store ?? noStore
    const { clockOffsetS, endpointIndex } = this.#store.load()
    this.#clockOffsetS = clockOffsetS
    this.#endpointIndex = endpointIndex
    void this.#run()
  }

  /** The session for a new stream, if there is one now. */
  get drive(): Drive | undefined {
    return this.#drive
  }

  /** Calls back once: with the session as soon as there is one, or undefined when that takes too long. */
  whenConnected(done: (drive: Drive | undefined) => void): void {
    if (this.#drive !== undefined || this.#stop.signal.aborted || this.#waiters.size >= this.#limits.waitersMax) return done(this.#drive)
    const finish = (drive: Drive | undefined): void => {
      clearTimeout(timer)
      this.#waiters.delete(finish)
      done(drive)
    }
    const timer = setTimeout(() => finish(undefined), this.#limits.waitMs)
    this.#waiters.add(finish)
  }

  stop(): void {
    this.#stop.abort()
    this.#drive?.stop()
    for (const drive of this.#draining) drive.stop()
    for (const waiter of [...this.#waiters]) waiter(undefined)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { endpoints } = this.#options.invite
    for (let attempt = 1; !signal.aborted; attempt++, this.#endpointIndex++) {
      this.#say({ state: 'connecting', attempt })
      const startedMs = performance.now()
      const reason = await this.#attempt(endpoints[this.#endpointIndex % endpoints.length] as Endpoint)
      if (signal.aborted) break
      if (performance.now() - startedMs > this.#limits.settledMs) {
        attempt = 1
        this.#endpointIndex--
      }
      const retryInMs = reason === 'draining' ? 0 : this.#backoffMs(attempt)
      this.#say({ state: 'waiting', reason, retryInMs })
      await delay(retryInMs, signal)
    }
    this.#say({ state: 'stopped' })
  }

  /** Resolves when the session has ended or takes no more streams, or when there was none. */
  async #attempt(endpoint: Endpoint, isSecond = false): Promise<Reason> {
    try {
      return await this.#connect(endpoint)
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      if (error.reason !== 'not-admitted') return error.reason
      if (error.siteTimeS === undefined || isSecond) return 'not-admitted'
      const offsetS = error.siteTimeS - this.#options.platform.nowS()
      if (Math.abs(offsetS - this.#clockOffsetS) < this.#limits.clockOffS) return 'not-admitted'
      this.#clockOffsetS = offsetS
      return this.#attempt(endpoint, true)
    }
  }

  async #connect(endpoint: Endpoint): Promise<Reason> {
    const { platform, crypto, invite } = this.#options
    const handshake = orUndefined(() => createClientHandshake(crypto, platform.random, invite, platform.nowS() + this.#clockOffsetS))
    if (handshake === undefined) throw new DialError('wrong-answer')
    const answer = Promise.withResolvers<SessionKeys>()
    const ended = Promise.withResolvers<Reason>()
    let seat: CarrierEvents | undefined
    const events: CarrierEvents = {
      onMessage: (message) => {
        if (seat !== undefined) return seat.onMessage(message)
        const keys = orUndefined(() => handshake.consumeReply(message))
        if (keys === undefined) return answer.reject(new DialError('wrong-answer'))
        const drive = this.#begin(keys, ended.resolve)
        this.#drive = drive
        seat = drive.attach(carrier, 0, 0, [])
        answer.resolve(keys)
      },
      onRoom: () => seat?.onRoom(),
      onClosed: () => {
        answer.reject(new DialError('reset'))
        seat?.onClosed()
      },
    }
    answer.promise.catch(() => undefined)
    const carrier = await platform.dial({
      endpoint,
      carrier: 'websocket',
      cookie: handshake.cookie,
      requestCookie: () => '',
      events,
      signal: this.#stop.signal,
    })
    const late = setTimeout(() => answer.reject(new DialError('timeout')), this.#limits.replyMs)
    try {
      carrier.start()
      await answer.promise
    } catch (error) {
      carrier.close()
      throw error
    } finally {
      clearTimeout(late)
    }
    this.#store.save({ endpointIndex: this.#endpointIndex % invite.endpoints.length, clockOffsetS: this.#clockOffsetS })
    this.#say({ state: 'connected', carrier: 'websocket' })
    for (const waiter of [...this.#waiters]) waiter(this.#drive)
    return ended.promise
  }

  #begin({ up, down, cipher }: SessionKeys, ended: (reason: Reason) => void): Drive {
    const { platform, crypto } = this.#options
    const release = (reason: Reason): void => {
      if (this.#drive === drive) this.#drive = undefined
      ended(reason)
    }
    const drive: Drive = new Drive(
      (onWake) =>
        new Session(
          { crypto, cipher, up, down, random: platform.random, role: 'client', nowMs: performance.now() },
          {
            onWake,
            onOpen: () => undefined,
            onRetire: () => undefined,
            onGoaway: () => {
              this.#draining.add(drive)
              release('draining')
            },
          },
        ),
      {
        onEnd: (why) => {
          this.#draining.delete(drive)
          release(why === 'stopped' ? 'carrier-closed' : why)
        },
        onLost: () => drive.stop(),
        onLate: () => undefined,
      },
    )
    return drive
  }

  #backoffMs(attempt: number): number {
    const fullMs = Math.min(this.#limits.backoffMsMax, this.#limits.backoffMsMin * 2 ** Math.min(attempt - 1, 10))
    const draw = (this.#options.platform.random(1)[0] as number) / 255
    return Math.round(fullMs * (0.5 + draw / 2))
  }

  #say(status: Status): void {
    this.#options.onStatus(status)
  }
}

/** undefined where the invite's key or the relay's bytes are not what they should be. */
function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
  })
}
