// How many flows each host and way has now, and how many were begun lately. Kept from outcomes; shared by reachability and plan.
import { planLimits } from './limits.ts'
import type { Outcome } from './outcome.ts'
import { flowsOf, type Way } from './way.ts'

interface Count {
  readonly way: Way
  dialling: number
  alive: number
  /** When the last dial began. */
  dialledMs: number
  /** An answer is overdue there. */
  isLate: boolean
}

export class Flows {
  readonly #ways = new Map<string, Count>()
  /** When dials to each host began, the last few. */
  readonly #dials = new Map<string, number[]>()

  note(outcome: Outcome, nowMs: number): void {
    switch (outcome.kind) {
      case 'dialling':
        this.#begin(outcome.way.host, nowMs)
        this.#count(outcome.way, 1, 0)
        ;(this.#ways.get(outcome.way.id) as Count).dialledMs = nowMs
        return
      case 'cancelled':
      case 'dial-failed':
        return this.#count(outcome.way, -1, 0)
      case 'dialled':
        return this.#count(outcome.way, -1, 1)
      case 'died':
      case 'retired':
        return this.#count(outcome.way, 0, -1)
      case 'heard':
      case 'late': {
        const count = this.#ways.get(outcome.way.id)
        if (count !== undefined) count.isLate = outcome.kind === 'late'
      }
    }
  }

  /** Ways with carriers now. */
  get alive(): Way[] {
    return [...this.#ways.values()].filter(({ alive }) => alive > 0).map(({ way }) => way)
  }

  /** Whether there is a carrier on which no answer is overdue. */
  get isCarried(): boolean {
    return [...this.#ways.values()].some(({ alive, isLate }) => alive > 0 && !isLate)
  }

  /** Ways that are being dialled now. */
  get dialling(): Way[] {
    return [...this.#ways.values()].filter(({ dialling }) => dialling > 0).map(({ way }) => way)
  }

  /** For how long a way has been dialled. */
  diallingMs(way: Way, nowMs: number): number {
    const count = this.#ways.get(way.id)
    return count === undefined || count.dialling === 0 ? 0 : nowMs - count.dialledMs
  }

  /** Whether there is a carrier to a host on which no answer is overdue. */
  isCarriedBy(host: string): boolean {
    return [...this.#ways.values()].some(({ way, alive, isLate }) => way.host === host && alive > 0 && !isLate)
  }

  /** TLS flows to a host, those being dialled included. */
  to(host: string): number {
    let flows = 0
    for (const { way, dialling, alive } of this.#ways.values()) if (way.host === host) flows += (dialling + alive) * flowsOf(way)
    return flows
  }

  begunWithin(host: string, ms: number, nowMs: number): number {
    return (this.#dials.get(host) ?? []).filter((atMs) => nowMs - atMs <= ms).length
  }

  #begin(host: string, nowMs: number): void {
    const dials = this.#dials.get(host) ?? []
    dials.push(nowMs)
    if (dials.length > planLimits.dialsKept) dials.shift()
    this.#dials.set(host, dials)
  }

  #count(way: Way, dialling: number, alive: number): void {
    const count = this.#ways.get(way.id) ?? { way, dialling: 0, alive: 0, dialledMs: 0, isLate: false }
    if (alive > 0) count.isLate = false
    count.dialling = Math.max(0, count.dialling + dialling)
    count.alive = Math.max(0, count.alive + alive)
    if (count.dialling + count.alive > 0) this.#ways.set(way.id, count)
    else this.#ways.delete(way.id)
  }
}
