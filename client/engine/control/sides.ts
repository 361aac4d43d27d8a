// Whether a whole group of hosts answers: relays' own addresses, edges, canaries inside and outside the country. One failure says little; failures of
// two hosts, or twice of the only one, without a success since, say that the side is silent.
import { reachLimits } from './limits.ts'

export type SideName = 'direct' | 'edge' | 'domestic' | 'foreign'
export type SideState = 'answers' | 'silent' | 'unknown'

export class Side {
  /** Hosts that failed since the last success: how often, when last, and whether somebody else answered in their place then. */
  readonly #failed = new Map<string, { readonly count: number; readonly atMs: number; readonly isImpostor: boolean }>()
  #okMs = Number.NEGATIVE_INFINITY
  #failMs = Number.NEGATIVE_INFINITY
  #failSinceMs = Number.POSITIVE_INFINITY
  #impostorMs = Number.NEGATIVE_INFINITY
  /** How many hosts there are to ask. */
  hosts = 0

  get okMs(): number {
    return this.#okMs
  }

  /** When anything was last heard of it, good or bad. */
  get heardMs(): number {
    return Math.max(this.#okMs, this.#failMs)
  }

  /** When the first failure since the last success was told. */
  get failSinceMs(): number {
    return this.#failSinceMs
  }

  /** When somebody else last answered in the place of a host. */
  get impostorMs(): number {
    return this.#impostorMs
  }

  get failedHosts(): number {
    return this.#failed.size
  }

  /** Whether it may be said that nobody answers: of those who failed, nobody else answered in their place. */
  get isMute(): boolean {
    return this.#fallsShort && [...this.#failed.values()].every(({ isImpostor }) => !isImpostor)
  }

  /** Hosts of which a failure was told after a moment. */
  failedAfter(ms: number): number {
    return [...this.#failed.values()].filter(({ atMs }) => atMs > ms).length
  }

  get fails(): number {
    let sum = 0
    for (const { count } of this.#failed.values()) sum += count
    return sum
  }

  ok(nowMs: number): void {
    this.#okMs = nowMs
    this.#failSinceMs = Number.POSITIVE_INFINITY
    this.#failed.clear()
  }

  fail(host: string, nowMs: number, isImpostor = false): void {
    this.#failMs = nowMs
    if (isImpostor) this.#impostorMs = nowMs
    this.#failSinceMs = Math.min(this.#failSinceMs, nowMs)
    this.#failed.set(host, { count: (this.#failed.get(host)?.count ?? 0) + 1, atMs: nowMs, isImpostor })
    if (this.#failed.size > reachLimits.hostsMax) this.#failed.delete(this.#failed.keys().next().value as string)
  }

  /** Forgets who failed: it says nothing of them. */
  forgive(): void {
    this.#failMs = Number.NEGATIVE_INFINITY
    this.#failSinceMs = Number.POSITIVE_INFINITY
    this.#impostorMs = Number.NEGATIVE_INFINITY
    this.#failed.clear()
  }

  state(nowMs: number): SideState {
    if (nowMs - this.heardMs > reachLimits.staleMs) return 'unknown'
    if (this.#failed.size === 0) return 'answers'
    return this.#fallsShort ? 'silent' : Number.isFinite(this.#okMs) ? 'answers' : 'unknown'
  }

  get #fallsShort(): boolean {
    return this.fails >= 2 && this.#failed.size >= Math.min(2, this.hosts)
  }
}
