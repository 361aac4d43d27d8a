// One session with one relay, and the carriers that it has now. It begins by a handshake; further carriers attach.
import {
  type Attach,
  type AttachKeys,
  type Carrier,
  type CarrierEvents,
  type CarrierKeys,
  type Crypto,
  consumeAttached,
  createAdmissionCookie,
  createAttach,
  createRequestCookie,
  deriveAdmissionKeys,
  deriveAttachKeys,
  deriveCarrierKeys,
  EnvelopeKind,
  type Invite,
  openEnvelope,
  ProtocolError,
  type Random,
  Session,
  type SessionKeys,
} from '#protocol'
import { type Carried, type CarrierEnd, Drive } from '#protocol/node'
import type { Way } from './control/way.ts'

/** A carrier that is in use. */
export interface Leg {
  readonly counter: number
  readonly way: Way
  readonly bornMs: number
  /** When it is to be retired. */
  readonly life: { readonly bytes: number; readonly ms: number }
  isRetiring: boolean
  retiredMs: number
  /** A try to replace it failed: not to be tried again before. */
  rotateAfterMs: number
  /** As of the last look at its rate. */
  seenBytes: number
  heardBytes: number
  seenMs: number
}

export interface RelaySessionOptions {
  readonly crypto: Crypto
  readonly random: Random
  readonly invite: Invite
  readonly relayIndex: number
  readonly keys: SessionKeys
  readonly nowS: () => number
  readonly lifeOf: (way: Way) => Leg['life']
  readonly events: RelaySessionEvents
}

export interface RelaySessionEvents {
  /** A carrier is gone, by itself or by our wish. */
  onLost(session: RelaySession, leg: Leg, how: CarrierEnd, carried: Carried): void
  /** An answer is overdue on a carrier. */
  onLate(session: RelaySession, leg: Leg): void
  /** The relay takes no more streams here. */
  onDraining(session: RelaySession): void
  /** `legs`: the carriers that it had, which are closed with it. */
  onEnd(session: RelaySession, why: 'stopped' | 'protocol', legs: readonly Leg[]): void
}

/** As many as an attach can name. */
const GONE_MAX = 7
/** One, those in reserve (planLimits.reserveMax), and one that takes over. A relay has seven places: three are left for what a race has under way. */
const KEPT_MAX = 4

export class RelaySession {
  readonly relayIndex: number
  readonly drive: Drive
  readonly bornMs: number = performance.now()
  readonly legs: Map<number, Leg> = new Map<number, Leg>()
  readonly #options: RelaySessionOptions
  readonly #attachKeys: AttachKeys
  /** The last carriers that ended here: the relay may not have noticed. */
  readonly #gone: number[] = []
  #lastCounter = 0
  /** How often, since a carrier joined last, its relay's site answered as if it did not know this session. Once may be what stands between. */
  refusedCount = 0
  isDraining = false
  isOver = false

  constructor(options: RelaySessionOptions) {
    const { crypto, random, keys, relayIndex, events } = options
    this.#options = options
    this.relayIndex = relayIndex
    this.#attachKeys = deriveAttachKeys(crypto, keys.attach)
    this.drive = new Drive(
      (onWake) =>
        new Session(
          { crypto, random, role: 'client', nowMs: performance.now(), ...keys },
          {
            onWake,
            onOpen: () => undefined,
            onRetire: () => undefined,
            onGoaway: () => {
              this.isDraining = true
              events.onDraining(this)
            },
          },
        ),
      {
        onLost: (counter, how, carried) => this.#left(counter, how, carried),
        onLate: (counter) => {
          const leg = this.legs.get(counter)
          if (leg !== undefined) events.onLate(this, leg)
        },
        onEnd: (why) => {
          this.isOver = true
          const legs = [...this.legs.values()]
          this.legs.clear()
          events.onEnd(this, why, legs)
        },
      },
    )
  }

  /** Carriers that answer and are to stay. */
  get sound(): Leg[] {
    return [...this.legs.values()].filter(({ counter, isRetiring }) => !isRetiring && !this.drive.isLate(counter))
  }

  /** The longest of the carriers to a host, where one of them has measured it. */
  roundTripMsTo(host: string): number | undefined {
    const lanes = this.drive.session.lanes.filter(({ counter }) => this.legs.get(counter)?.way.host === host)
    const measured = lanes.map(({ smoothedRttMs }) => smoothedRttMs).filter((ms) => ms !== undefined)
    return measured.length === 0 ? undefined : Math.max(...measured)
  }

  /** Keys of the http carrier that a counter may become. */
  carrierKeys(counter: number): CarrierKeys {
    return deriveCarrierKeys(this.#options.crypto, this.#options.keys.attach, counter)
  }

  /** What dialling a further carrier takes. Carriers that are late by then are given up when the new one lives. */
  attachment(): Attachment {
    const { crypto, random, invite, nowS } = this.#options
    const admission = deriveAdmissionKeys(crypto, invite.psk, invite.relayKey)
    const attach: Omit<Attach, 'sessionId'> = {
      counter: ++this.#lastCounter,
      expected: this.drive.session.expected,
      gone: [...this.#gone, ...this.drive.live.filter((counter) => this.drive.isLate(counter))].slice(-GONE_MAX),
    }
    const message = createAttach(crypto, this.#attachKeys, attach)
    return {
      cookie: createAdmissionCookie(crypto, admission, random, nowS(), message, EnvelopeKind.attach),
      requestCookie: (sequence) => createRequestCookie(crypto, admission, random, nowS(), this.carrierKeys(attach.counter), sequence),
      take: (way) => (reply, carrier) => {
        const opened = openEnvelope(crypto, admission, [EnvelopeKind.attached], reply)
        if (opened === undefined || this.isOver) throw new ProtocolError('bad-handshake', 'the answer is not from this session’s relay')
        const expected = consumeAttached(crypto, this.#attachKeys, attach.counter, opened.message)
        return this.seat(carrier, way, attach.counter, expected, attach.gone)
      },
      abandon: () => this.#giveUp(attach.counter),
    }
  }

  /** Takes a carrier in; see Drive.attach. Throws ProtocolError where that ended the session: its relay has acknowledged what was never sent. */
  seat(carrier: Carrier, way: Way, counter: number, peerExpects: number, gone: readonly number[]): CarrierEvents {
    const nowMs = performance.now()
    for (const leg of [...this.legs.values()]) if (gone.includes(leg.counter)) this.drop(leg)
    this.legs.set(counter, {
      counter,
      way,
      bornMs: nowMs,
      life: this.#options.lifeOf(way),
      isRetiring: false,
      retiredMs: 0,
      rotateAfterMs: 0,
      seenBytes: 0,
      heardBytes: 0,
      seenMs: nowMs,
    })
    const seat = this.drive.attach(carrier, counter, peerExpects, gone)
    this.refusedCount = 0
    if (this.isOver) throw new ProtocolError('bad-ack', 'the session ended as the carrier joined it')
    this.#leaveOthers(counter)
    return seat
  }

  /** Gives up what became late while this one was dialled, and what was heard of the longest ago where they are too many: a network that freezes each new
   *  flow has the next come before that is late. */
  #leaveOthers(newest: number): void {
    const others = this.drive.session.lanes.filter(({ counter }) => counter !== newest).sort((one, other) => other.heardMs - one.heardMs)
    for (const [place, { counter }] of others.entries()) {
      const leg = this.legs.get(counter)
      if (leg !== undefined && (place >= KEPT_MAX - 1 || this.drive.isLate(counter))) this.drop(leg)
    }
  }

  /** Ends a carrier in order. */
  retire(leg: Leg): void {
    leg.isRetiring = true
    leg.retiredMs = performance.now()
    this.drive.retire(leg.counter)
  }

  /** Ends a carrier that holds all up: in order where it answers. */
  leave(leg: Leg): void {
    if (!this.drive.isSlow(leg.counter)) return this.drop(leg)
    leg.isRetiring = true
    leg.retiredMs = performance.now()
    this.drive.relieve(leg.counter)
  }

  /** Gives a carrier up that does not answer, or too slowly. */
  drop(leg: Leg): void {
    const carried = this.drive.carried(leg.counter)
    this.drive.drop(leg.counter)
    this.#left(leg.counter, 'silent', carried)
  }

  #giveUp(counter: number): void {
    this.#gone.push(counter)
    if (this.#gone.length > GONE_MAX) this.#gone.shift()
  }

  #left(counter: number, how: CarrierEnd, carried: Carried): void {
    const leg = this.legs.get(counter)
    if (leg === undefined) return
    this.legs.delete(counter)
    this.#giveUp(counter)
    this.#options.events.onLost(this, leg, how, carried)
  }
}

/** What one dial of a further carrier takes along. */
export interface Attachment {
  readonly cookie: string
  readonly requestCookie: (sequence: number) => string
  readonly take: (way: Way) => Take
  /** The dial came to nothing; the relay may not know. */
  readonly abandon: () => void
}

/** Reads the relay's first message on a carrier. */
export type Take = (reply: Uint8Array, carrier: Carrier) => CarrierEvents
