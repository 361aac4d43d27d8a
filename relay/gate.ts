// The gate: who is let in. An upgrade whose cookie holds a fresh, never seen handshake message of someone with this relay's invite gets an answer;
// for every other there is no answer at all, and the listener goes on as if there were no relay.
import { closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AdmissionKeys,
  assert,
  consumeAdmission,
  consumeHandshake,
  deriveAdmissionKeys,
  ProtocolError,
  type RelayAnswer,
  type ReplayMemory,
} from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import type { RelayKeys } from './keys.ts'
import { type GateLimits, gateLimits } from './limits.ts'

export class Gate {
  readonly #keys: RelayKeys
  readonly #admission: AdmissionKeys
  readonly #memory: ReplayMemory

  constructor(keys: RelayKeys, memory: ReplayMemory) {
    this.#keys = keys
    this.#memory = memory
    this.#admission = deriveAdmissionKeys(nodeCrypto, keys.psk, keys.publicKey)
  }

  /** The answer to an admitted handshake. undefined whatever else the header is; its cost does not tell which of the causes it was. */
  admit(cookieHeader: string | undefined, nowS: number): RelayAnswer | undefined {
    const message = consumeAdmission(nodeCrypto, this.#admission, cookieHeader ?? '', nowS, this.#memory)
    if (message === undefined) return undefined
    const { privateKey, publicKey, psk } = this.#keys
    try {
      return consumeHandshake(
        nodeCrypto,
        nodeRandom,
        { keyPair: { secretKey: privateKey, publicKey }, psk, admission: this.#admission },
        message,
        nowS,
      )
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
