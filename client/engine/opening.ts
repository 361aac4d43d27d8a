// Opens a way: a further carrier for a session that lives, or the first of a new one.
import {
  type CarrierEvents,
  type Crypto,
  createClientHandshake,
  createRequestCookie,
  deriveAdmissionKeys,
  type Invite,
  ProtocolError,
} from '#protocol'
import type { Clock } from './clock.ts'
import type { Way } from './control/way.ts'
import { dialWay } from './dial-way.ts'
import type { LinkLimits } from './limits.ts'
import { DialError, type Platform } from './platform.ts'
import { type Leg, RelaySession, type RelaySessionEvents } from './relay-session.ts'

export interface OpeningOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  /** By Way.relayIndex; may grow. */
  readonly invites: readonly Invite[]
  readonly clock: Clock
  readonly lifeOf: (way: Way) => Leg['life']
  readonly sessionEvents: RelaySessionEvents
  readonly limits: LinkLimits
}

export class Opening {
  readonly #options: OpeningOptions

  constructor(options: OpeningOptions) {
    this.#options = options
  }

  /** `taken` is called once the carrier is in its place, before anything of it is read. Rejects with a DialError. */
  async attach(session: RelaySession, way: Way, signal: AbortSignal, taken: () => void): Promise<void> {
    const { platform, limits } = this.#options
    const { cookie, requestCookie, take, abandon } = session.attachment()
    const taking = dialWay({
      platform,
      way,
      cookie,
      requestCookie,
      replyMs: limits.replyMs,
      signal,
      take: (reply, carrier) => {
        refuseLate(signal)
        const seat = take(way)(reply, carrier)
        taken()
        return seat
      },
    })
    // The relay may have taken what we gave up.
    taking.catch(abandon)
    await taking
  }

  /** The same with a new session. */
  async begin(way: Way, signal: AbortSignal, taken: (session: RelaySession) => void): Promise<void> {
    const { platform, crypto, invites, clock, limits } = this.#options
    const invite = invites[way.relayIndex] as Invite
    const { offsetS } = clock
    const handshake = startHandshake(crypto, platform, invite, clock.nowS())
    let session: RelaySession | undefined
    await dialWay({
      platform,
      way,
      cookie: handshake.cookie,
      requestCookie: (sequence) => {
        const admission = deriveAdmissionKeys(crypto, invite.psk, invite.relayKey)
        return createRequestCookie(crypto, admission, platform.random, clock.nowS(), (session as RelaySession).carrierKeys(0), sequence)
      },
      replyMs: limits.replyMs,
      signal,
      take: (reply, carrier): CarrierEvents => {
        refuseLate(signal)
        const { sessionEvents: events, lifeOf } = this.#options
        const keys = handshake.consumeReply(reply)
        clock.admitted(offsetS)
        const { random } = platform
        session = new RelaySession({ crypto, random, invite, relayIndex: way.relayIndex, keys, nowS: () => clock.nowS(), lifeOf, events })
        const seat = session.seat(carrier, way, 0, 0, [])
        taken(session)
        return seat
      },
    })
  }
}

function refuseLate(signal: AbortSignal): void {
  if (signal.aborted) throw new ProtocolError('bad-handshake', 'another was faster')
}

/** Throws a DialError where the invite's key is not what it should be. */
function startHandshake(crypto: Crypto, { random }: Platform, invite: Invite, nowS: number): ReturnType<typeof createClientHandshake> {
  try {
    return createClientHandshake(crypto, random, invite, nowS)
  } catch (error) {
    throw error instanceof ProtocolError ? new DialError('wrong-answer', undefined, 'reply') : error
  }
}
