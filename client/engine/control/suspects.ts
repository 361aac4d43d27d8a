// Ways that something happened to, and that no probe has cleared yet: the latest of each host.
import { reachLimits } from './limits.ts'
import type { Way } from './way.ts'

export class Suspects {
  /** By host. */
  readonly ways: Map<string, Way> = new Map()
  /** When one was last put under suspicion. */
  lastMs: number = Number.NEGATIVE_INFINITY

  add(way: Way, nowMs: number): void {
    this.lastMs = nowMs
    this.ways.delete(way.host)
    this.ways.set(way.host, way)
    if (this.ways.size > reachLimits.suspectsMax) this.ways.delete(this.ways.keys().next().value as string)
  }

  clear(host: string): void {
    this.ways.delete(host)
  }
}
