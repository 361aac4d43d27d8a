// What worked on each network, kept between runs under keyed hashes: of the network, never its name, and of each way, never its address. Without the key,
// which is in the same file, nothing of it can be tested against a guess; with it, only a guess of the whole network (its gateway and all) can be.
import { type Crypto, decodeBase64url, encodeBase64url, type Random, utf8 } from '#protocol'
import { memoryLimits } from './limits.ts'
import type { Life } from './lives.ts'
import type { Way } from './way.ts'

/** As it stands in the file: JSON. The network used last is the last; a network's way that worked last is its first. */
export interface SavedMemory {
  readonly key: string
  readonly networks: readonly SavedNetwork[]
}

interface SavedNetwork {
  readonly id: string
  readonly ways: readonly SavedWay[]
}

interface SavedWay {
  readonly id: string
  readonly dialMs: number
  /** What carriers of its host live for here, where something ends them. */
  readonly bytes?: number
  readonly ms?: number
}

const KEY_BYTES = 32
const ID_BYTES = 12

export class Memory {
  readonly #crypto: Crypto
  readonly #key: Uint8Array
  #networks: readonly SavedNetwork[]
  #id: string

  /** `saved`: of the last run. `network`: what tells this network from others (a platform's byte string). */
  constructor(crypto: Crypto, random: Random, saved: SavedMemory | undefined, network: Uint8Array) {
    this.#crypto = crypto
    this.#key = decodeBase64url(saved?.key ?? '') ?? new Uint8Array()
    const isKept = this.#key.length === KEY_BYTES
    if (!isKept) this.#key = random(KEY_BYTES)
    this.#networks = isKept ? (saved?.networks ?? []) : []
    this.#id = this.#hash('network', network)
  }

  /** The computer moved. */
  move(network: Uint8Array): void {
    this.#id = this.#hash('network', network)
  }

  /** What is remembered of a way here: how lately it worked (0: last), how long dialling took, how long carriers live. */
  find(way: Way): { readonly recency: number; readonly dialMs: number; readonly life: Life } | undefined {
    const recency = this.#ways.findIndex(({ id }) => id === this.#idOf(way))
    const saved = this.#ways[recency]
    if (saved === undefined) return undefined
    const { dialMs, bytes, ms } = saved
    return { recency, dialMs, life: { ...(bytes === undefined ? {} : { bytes }), ...(ms === undefined ? {} : { ms }) } }
  }

  /** The way worked here just now. */
  worked(way: Way, dialMs: number, life: Life): void {
    const id = this.#idOf(way)
    const ways = [{ id, dialMs: Math.round(dialMs), ...life }, ...this.#ways.filter((one) => one.id !== id)].slice(0, memoryLimits.waysMax)
    this.#networks = [...this.#networks.filter((one) => one.id !== this.#id), { id: this.#id, ways }].slice(-memoryLimits.networksMax)
  }

  /** Between 0 and 1, the same in each run of this client, and for other clients another: by the secret that this memory has. */
  drawOf(name: Uint8Array): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#crypto.hmacSha256(this.#key, utf8('draw '), name)
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32
  }

  /** How long carriers of a way that worked here live. */
  learned(way: Way, life: Life): void {
    const id = this.#idOf(way)
    const ways = this.#ways.map((one) => (one.id === id ? { id, dialMs: one.dialMs, ...life } : one))
    this.#networks = this.#networks.map((one) => (one.id === this.#id ? { id: this.#id, ways } : one))
  }

  saved(): SavedMemory {
    return { key: encodeBase64url(this.#key), networks: this.#networks }
  }

  get #ways(): readonly SavedWay[] {
    return this.#networks.find(({ id }) => id === this.#id)?.ways ?? []
  }

  #idOf(way: Way): string {
    return this.#hash('way', utf8(way.id))
  }

  #hash(purpose: string, bytes: Uint8Array): string {
    return encodeBase64url(this.#crypto.hmacSha256(this.#key, utf8(`${purpose} `), bytes).subarray(0, ID_BYTES))
  }
}

/** Whatever was read from the file: what is not as it should be is left out, or undefined when nothing is left. */
export function parseMemory(value: unknown): SavedMemory | undefined {
  const { key, networks } = fieldsOf(value)
  if (typeof key !== 'string' || decodeBase64url(key)?.length !== KEY_BYTES || !Array.isArray(networks)) return undefined
  return { key, networks: networks.flatMap(parseNetwork).slice(-memoryLimits.networksMax) }
}

function parseNetwork(value: unknown): SavedNetwork[] {
  const { id, ways } = fieldsOf(value)
  return isId(id) && Array.isArray(ways) ? [{ id, ways: ways.flatMap(parseWay).slice(0, memoryLimits.waysMax) }] : []
}

function parseWay(value: unknown): SavedWay[] {
  const { id, dialMs, bytes, ms } = fieldsOf(value)
  if (!isId(id) || !isCount(dialMs)) return []
  return [{ id, dialMs, ...(isCount(bytes) ? { bytes } : {}), ...(isCount(ms) ? { ms } : {}) }]
}

function fieldsOf(value: unknown): Readonly<Partial<Record<string, unknown>>> {
  return typeof value === 'object' ? { ...value } : {}
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && decodeBase64url(value)?.length === ID_BYTES
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
