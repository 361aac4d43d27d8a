// A client of a relay's sessions, with carriers in memory and no network: the real handshake, attaches and drive.
import {
  type Attach,
  type AttachKeys,
  type CarrierEvents,
  type ClientHandshake,
  consumeAdmission,
  consumeAttached,
  consumeHandshake,
  createAttach,
  createClientHandshake,
  deriveAdmissionKeys,
  deriveAttachKeys,
  Session,
} from '#protocol'
import { Drive, nodeCrypto, nodeRandom } from '#protocol/node'
import { createRelayKeys } from '../../relay/keys.ts'
import type { Sessions } from '../../relay/sessions.ts'
import { type WireEnd, wire } from './wire-carrier.ts'

const NOW_S = 1_800_000_000

export const ORIGIN = { kind: 'websocket', address: undefined } as const

export class SessionClient {
  readonly #sessions: Sessions
  readonly drive: Drive
  readonly #keys: AttachKeys
  /** Our ends of the carriers, by counter. */
  readonly ends: Map<number, WireEnd> = new Map<number, WireEnd>()

  /** A session that stands. */
  static begin(sessions: Sessions): Promise<SessionClient> {
    const { privateKey, publicKey, psk } = createRelayKeys()
    const admission = deriveAdmissionKeys(nodeCrypto, psk, publicKey)
    const handshake = createClientHandshake(nodeCrypto, nodeRandom, { relayKey: publicKey, psk }, NOW_S)
    const admitted = consumeAdmission(nodeCrypto, admission, handshake.cookie, NOW_S, { remember: () => true })
    if (admitted === undefined) throw new Error('the cookie is not admitted')
    const relay = { keyPair: { secretKey: privateKey, publicKey }, psk, admission }
    const answer = consumeHandshake(nodeCrypto, nodeRandom, relay, admitted.message, NOW_S)
    const [near, far] = wire()
    return new Promise((resolve) => {
      near.events = first((reply) => resolve(new SessionClient(sessions, handshake, reply, near)))
      sessions.begin(answer, (events) => ended(far, events), ORIGIN)
    })
  }

  private constructor(sessions: Sessions, handshake: ClientHandshake, reply: Uint8Array, end: WireEnd) {
    const keys = handshake.consumeReply(reply)
    const nothing = (): void => undefined
    this.#sessions = sessions
    this.#keys = deriveAttachKeys(nodeCrypto, keys.attach)
    this.drive = new Drive(
      (onWake) =>
        new Session(
          { crypto: nodeCrypto, random: nodeRandom, role: 'client', nowMs: performance.now(), ...keys },
          { onWake, onOpen: nothing, onGoaway: nothing, onRetire: nothing },
        ),
      { onEnd: nothing, onLost: nothing, onLate: nothing },
    )
    this.ends.set(0, end)
    end.events = this.drive.attach(end, 0, 0, [])
  }

  /** What goes out in a further carrier's first request. */
  attachMessage(counter: number, more: Partial<Attach> = {}): Uint8Array {
    return createAttach(nodeCrypto, this.#keys, { counter, expected: this.drive.session.expected, gone: [], ...more })
  }

  /** Attaches a carrier. Rejects where the relay does not claim a place for it. */
  attach(counter: number, gone: readonly number[] = []): Promise<void> {
    const claim = this.#sessions.claim(this.attachMessage(counter, { gone }))
    if (claim === undefined) return Promise.reject(new Error('the relay has no place for it'))
    const [near, far] = wire()
    return new Promise((resolve) => {
      near.events = first((message) => {
        this.ends.set(counter, near)
        near.events = this.drive.attach(near, counter, consumeAttached(nodeCrypto, this.#keys, counter, message), gone)
        resolve()
      })
      this.#sessions.join(claim, (events) => ended(far, events), ORIGIN)
    })
  }

  /** Cuts a carrier at both ends. */
  cut(counter: number): void {
    const end = this.ends.get(counter)
    end?.other?.closed()
    end?.closed()
  }

  /** From here on nothing of what we send on a carrier arrives. */
  freeze(counter: number): void {
    const end = this.ends.get(counter)
    if (end !== undefined) end.other = undefined
  }
}

/** Takes the first message only. */
function first(onMessage: (message: Uint8Array) => void): CarrierEvents {
  return { onMessage, onRoom: () => undefined, onClosed: () => undefined }
}

function ended(end: WireEnd, events: CarrierEvents): WireEnd {
  end.events = events
  return end
}
