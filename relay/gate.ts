// The gate: who is let in. An upgrade whose cookie holds a fresh, never seen handshake message of someone with this relay's invite gets an answer;
// for every other there is no answer at all, and the listener goes on as if there were no relay.
import { closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AdmissionKeys,
  type Attach,
  assert,
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
import { type GateLimits, gateLimits } from './limits.ts'

/** What the gate asks those inside; each answer costs about the same. */
export interface Inside {
  /** Whether one more session may begin. */
  readonly hasRoom: boolean
  /** The place of a further carrier in a living session, taken by its proof; undefined: it has none. */
  claim(attach: Uint8Array): Claim | undefined
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
      return claim && { kind: 'attach', claim }
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

const ID_BYTES = 16
const CURRENT = 'admissions'
const PREVIOUS = 'admissions.previous'

/** Remembers admissions in memory and on disk, in two generations: the older is forgotten whole, when all that it holds is stale. */
export class ReplayFile implements ReplayMemory {
  readonly #dir: string
  readonly #limits: GateLimits
  readonly #nowS: () => number
  #previous: Set<string>
  #current: Set<string>
  #startedS: number
  #file: number

  /** Reads what an earlier process left in `dir`, and goes on from there. */
  constructor(dir: string, nowS: () => number, limits: GateLimits = gateLimits) {
    this.#dir = dir
    this.#limits = limits
    this.#nowS = nowS
    this.#previous = new Set([...readIds(join(dir, PREVIOUS), limits), ...readIds(join(dir, CURRENT), limits)])
    this.#current = new Set()
    this.#startedS = nowS()
    this.#file = this.#writePrevious()
  }

  remember(id: Uint8Array, expiresS: number): boolean {
    assert(id.length === ID_BYTES, 'an envelope has an id')
    const nowS = this.#nowS()
    assert(expiresS - nowS <= this.#limits.generationS, 'no admission outlives a generation')
    if (nowS - this.#startedS > this.#limits.generationS) this.#rotate(nowS)
    const key = Buffer.from(id.buffer, id.byteOffset, ID_BYTES).toString('latin1')
    if (this.#current.has(key) || this.#previous.has(key) || this.#current.size >= this.#limits.generationCountMax) return false
    this.#current.add(key)
    writeSync(this.#file, id)
    return true
  }

  close(): void {
    closeSync(this.#file)
  }

  #rotate(nowS: number): void {
    closeSync(this.#file)
    renameSync(join(this.#dir, CURRENT), join(this.#dir, PREVIOUS))
    this.#previous = this.#current
    this.#current = new Set()
    this.#startedS = nowS
    this.#file = openSync(join(this.#dir, CURRENT), 'w', 0o600)
  }

  /** What was found at start becomes the older generation, on disk as well: its entries count from now. */
  #writePrevious(): number {
    const file = openSync(join(this.#dir, PREVIOUS), 'w', 0o600)
    writeSync(file, Buffer.from([...this.#previous].join(''), 'latin1'))
    closeSync(file)
    return openSync(join(this.#dir, CURRENT), 'w', 0o600)
  }
}

/** A cut last entry (the machine went down while it was written) is left out. */
function readIds(path: string, limits: GateLimits): string[] {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch {
    return []
  }
  const count = Math.min(Math.floor(text.length / ID_BYTES), limits.generationCountMax)
  return Array.from({ length: count }, (_, i) => text.slice(i * ID_BYTES, (i + 1) * ID_BYTES))
}
