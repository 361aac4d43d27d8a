// A network on virtual time: what becomes of dials, carriers and probes. A recipe is what the censor does; without one it is only far away.
import type { DialFault, DialStep, Probe, ProbeResult } from '../../../client/engine/control/outcome.ts'
import type { Way } from '../../../client/engine/control/way.ts'
import { hostOf } from '../../../client/engine/control/way.ts'
import type { Dice } from '../../sim/dice.ts'

export type Ending = 'reset' | 'silent' | 'closed'

/** Left out: the censor leaves that alone. Each is asked about a host. */
export interface Recipe {
  readonly tcp?: (host: string) => DialFault | undefined
  readonly tls?: (host: string) => DialFault | undefined
  readonly dnsLie?: (host: string) => boolean
  /** Carriers stop, or are cut, after so many bytes. */
  readonly allowance?: (host: string) => { readonly bytes: number; readonly how: Ending } | undefined
  readonly lifeMs?: (way: Way) => { readonly ms: number; readonly how: Ending } | undefined
  /** After so many bytes of a carrier, no more than so much a second. */
  readonly throttle?: (host: string) => { readonly afterBytes: number; readonly bytesPerS: number } | undefined
  /** New flows of 30 s to one host beyond this are dropped. */
  readonly flows?: number
  /** So many new flows of a host a minute, half as many at once; others are not answered, until a repetition of the first packet finds room. */
  readonly flowsPerMinute?: number
  readonly udp?: boolean
  readonly portal?: boolean
  readonly clockOffsetMs?: number
  /** Carriers that are up when the recipe begins live on. */
  readonly sparesLiving?: boolean
  /** The request is taken and nothing comes back, for carriers of this kind. */
  readonly swallows?: (way: Way) => boolean
}

export interface Path {
  readonly rttMs: number
  readonly bytesPerS: number
  /** Of packets, each way. */
  readonly loss: number
}

export type DialEnd = { readonly afterMs: number } & (
  | { readonly ok: true }
  | { readonly ok: false; readonly step: DialStep; readonly fault: DialFault }
)

/** What link and probes wait for, at most. */
const DIAL_MS = 20_000
const PROBE_MS = 8_000

export class Network {
  recipe: Recipe = {}
  path: Path
  /** Sites that were asked in plain. */
  readonly portalsAsked: string[] = []
  readonly #dice: Dice
  readonly #dials = new Map<string, number[]>()
  /** Of flowsPerMinute: how many may begin, and as of when. */
  readonly #allowed = new Map<string, { count: number; atMs: number }>()

  constructor(dice: Dice, path: Path = { rttMs: 40, bytesPerS: 3_000_000, loss: 0 }) {
    this.#dice = dice
    this.path = path
  }

  dial(way: Way, nowMs: number): DialEnd {
    const { host } = way
    const end = this.#reach(host, nowMs, DIAL_MS)
    if (!end.ok) return end
    const requestMs = end.afterMs + this.#trips(1)
    if (this.recipe.swallows?.(way) === true) return { ok: false, step: 'reply', fault: 'timeout', afterMs: 8_000 }
    return requestMs > DIAL_MS ? { ok: false, step: 'upgrade', fault: 'timeout', afterMs: DIAL_MS } : { ok: true, afterMs: requestMs }
  }

  probe(probe: Probe, nowMs: number): { readonly afterMs: number; readonly result: ProbeResult } {
    if (probe.kind === 'udp') {
      const answers = this.recipe.udp !== false && this.#isDomestic(hostOf(probe.address)) === false && !this.#isLost() && !this.#isLost()
      const isReachable = this.recipe.tcp?.(hostOf(probe.address)) === undefined
      return { afterMs: this.path.rttMs, result: { kind: 'udp', address: probe.address, answers: answers && isReachable } }
    }
    if (probe.kind === 'portal') {
      this.portalsAsked.push(probe.address)
      return { afterMs: 2 * this.path.rttMs, result: { kind: 'portal', found: this.recipe.portal ? 'portal' : 'nothing' } }
    }
    if (probe.kind === 'dns') {
      const found = this.recipe.dnsLie?.(probe.way.host) === true ? 'lie' : 'same'
      return { afterMs: 2 * this.path.rttMs, result: { kind: 'dns', way: probe.way, found } }
    }
    const host = probe.kind === 'way' ? probe.way.host : hostOf(probe.address)
    const end = this.#reach(host, nowMs, PROBE_MS)
    if (probe.kind === 'way') return { afterMs: end.afterMs, result: { kind: 'way', way: probe.way, failed: end.ok ? undefined : end } }
    const clockOffsetMs = end.ok ? (this.recipe.clockOffsetMs ?? 0) : undefined
    const fault = end.ok ? undefined : end.fault
    return { afterMs: end.afterMs, result: { kind: 'canary', side: probe.side, address: probe.address, fault, clockOffsetMs } }
  }

  /** A stall of the path at this moment, by packets lost again and again: how long it lasts. */
  stallMs(packets: number): number {
    const { rttMs, loss } = this.path
    // Lost, and its fast retransmission lost: then a timer that doubles with each further loss.
    if (loss === 0 || !this.#dice.chance(1 - (1 - loss * loss) ** packets)) return 0
    let ms = 0
    for (let timerMs = rttMs * 3; ; timerMs *= 2) {
      ms += timerMs
      if (!this.#dice.chance(loss)) return ms
    }
  }

  /** TCP, then TLS: two round trips. */
  #reach(host: string, nowMs: number, timeoutMs: number): DialEnd {
    const { recipe } = this
    const failed = (step: DialStep, fault: DialFault): DialEnd => ({
      ok: false,
      step,
      fault,
      afterMs: fault === 'timeout' ? timeoutMs : this.path.rttMs * (step === 'tls' ? 2 : 1),
    })
    if (recipe.portal === true) return failed('tls', 'certificate')
    if (recipe.dnsLie?.(host) === true) return failed('tcp', 'timeout')
    const tcp = recipe.tcp?.(host) ?? (this.#isOverFlows(host, nowMs) ? 'timeout' : undefined)
    if (tcp !== undefined) return failed('tcp', tcp)
    const tcpMs = this.#trips(1) + this.#keptMs(host, nowMs)
    if (tcpMs > timeoutMs) return failed('tcp', 'timeout')
    const tls = recipe.tls?.(host)
    if (tls !== undefined) return failed('tls', tls)
    const tlsMs = tcpMs + this.#trips(4)
    return tlsMs > timeoutMs ? failed('tls', 'timeout') : { ok: true, afterMs: tlsMs }
  }

  #isOverFlows(host: string, nowMs: number): boolean {
    if (this.recipe.flows === undefined || this.#isDomestic(host)) return false
    const recent = [...(this.#dials.get(host) ?? []).filter((atMs) => nowMs - atMs < 30_000), nowMs]
    this.#dials.set(host, recent)
    return recent.length > this.recipe.flows
  }

  /** Until the first packet, or one of its repetitions, passes a limit of new flows. */
  #keptMs(host: string, nowMs: number): number {
    const perMinute = this.recipe.flowsPerMinute
    if (perMinute === undefined || this.#isDomestic(host)) return 0
    const allowed = this.#allowed.get(host) ?? { count: perMinute / 2, atMs: nowMs }
    this.#allowed.set(host, allowed)
    for (const afterMs of [0, 1_000, 3_000, 7_000, 15_000]) {
      const atMs = Math.max(allowed.atMs, nowMs + afterMs)
      allowed.count = Math.min(perMinute / 2, allowed.count + ((atMs - allowed.atMs) * perMinute) / 60_000)
      allowed.atMs = atMs
      if (allowed.count < 1) continue
      allowed.count--
      return afterMs
    }
    return Number.POSITIVE_INFINITY
  }

  #isDomestic(host: string): boolean {
    return host.startsWith('home-')
  }

  /** One round trip with some packets in it, each of which may be lost: timers of 1 s, 2 s, 4 s. */
  #trips(packets: number): number {
    let ms = this.path.rttMs
    for (let packet = 0; packet < packets; packet++) {
      for (let timerMs = 1_000; this.#isLost() || this.#isLost(); timerMs *= 2) ms += timerMs
    }
    return ms
  }

  #isLost(): boolean {
    return this.path.loss > 0 && this.#dice.chance(this.path.loss)
  }
}
