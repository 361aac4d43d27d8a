// The gate: who is let in. An upgrade whose cookie holds a fresh, never seen handshake message of someone with this relay's invite gets an answer;
// for every other there is no answer at all, and the listener goes on as if there were no relay.
import {
  type AdmissionKeys,
  type Attach,
  consumeAdmission,
  consumeHandshake,
  type consumeRequest,
  deriveAdmissionKeys,
  EnvelopeKind,
  ProtocolError,
  type RelayAnswer,
  type ReplayMemory,
  sealEnvelope,
} from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import type { RelayKeys } from './keys.ts'

/** What the gate asks those inside; each answer costs about the same. */
export interface Inside {
  /** Whether one more session may begin. */
  readonly hasRoom: boolean
  /** The place of a further carrier in a living session, taken by its proof; undefined: it has none. */
  claim(attach: Uint8Array): Claim | undefined
  /** Where the session lives that this attach proves, if in another process. */
  placeOf(attach: Uint8Array): string | undefined
  /** A further request of a carrier that lives. */
  request(message: Uint8Array): CarrierRequest | undefined
}

/** A further request of an `http` carrier, proven by its key. */
export type CarrierRequest = NonNullable<ReturnType<typeof consumeRequest>>

/** A further carrier's place in a session. */
export interface Claim {
  readonly attach: Attach
}

/** What an admitted request becomes. */
export type Admitted =
  | { readonly kind: 'session'; readonly answer: RelayAnswer }
  | { readonly kind: 'attach'; readonly claim: Claim }
  | { readonly kind: 'elsewhere'; readonly at: string }
  | { readonly kind: 'request'; readonly request: CarrierRequest }

export class Gate {
  readonly #keys: RelayKeys
  readonly #admission: AdmissionKeys
  readonly #memory: ReplayMemory
  readonly #inside: Inside

  constructor(keys: RelayKeys, memory: ReplayMemory, inside: Inside) {
    this.#keys = keys
    this.#memory = memory
    this.#inside = inside
    this.#admission = deriveAdmissionKeys(nodeCrypto, keys.psk, keys.publicKey)
  }

  /** What an admitted request becomes. undefined whatever else the header is; its cost does not tell which of the causes it was. */
  admit(cookieHeader: string | undefined, nowS: number): Admitted | undefined {
    const admission = consumeAdmission(nodeCrypto, this.#admission, cookieHeader ?? '', nowS, this.#memory)
    if (admission?.kind === EnvelopeKind.handshake) return this.#answer(admission.message, nowS)
    if (admission?.kind === EnvelopeKind.attach) {
      const claim = this.#inside.claim(admission.message)
      const at = claim === undefined ? this.#inside.placeOf(admission.message) : undefined
      return at === undefined ? claim && { kind: 'attach', claim } : { kind: 'elsewhere', at }
    }
    const request = admission && this.#inside.request(admission.message)
    return request && { kind: 'request', request }
  }

  /** The first message on an attached carrier. */
  seal(attached: Uint8Array, nowS: number): Uint8Array {
    return sealEnvelope(nodeCrypto, this.#admission, nodeRandom, EnvelopeKind.attached, nowS, attached)
  }

  #answer(message: Uint8Array, nowS: number): Admitted | undefined {
    if (!this.#inside.hasRoom) return undefined
    const { privateKey, publicKey, psk } = this.#keys
    const relay = { keyPair: { secretKey: privateKey, publicKey }, psk, admission: this.#admission }
    try {
      return { kind: 'session', answer: consumeHandshake(nodeCrypto, nodeRandom, relay, message, nowS) }
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }
}
