// Which light probes are worth running now. Calm: one canary of each side now and then. When something happened: at once, to tell a blocked relay from
// a dead network. All of it bounded: few at a time, few in an hour, at drawn moments, and only to hosts that the policy or the invite names.
import type { Random } from '#protocol'
import { between, pickSome } from './draw.ts'
import { probeLimits } from './limits.ts'
import type { Probe, ProbeResult } from './outcome.ts'
import type { Known, Reachability } from './reachability.ts'
import type { Way } from './way.ts'

export class Probing {
  readonly #random: Random
  #hosts: Known
  /** When each probe was last handed out, by its key, while that matters. */
  readonly #asked = new Map<string, number>()
  /** How often each suspect was probed in a row. */
  readonly #tries = new Map<string, { count: number; nextMs: number }>()
  #roundMs: number
  #roundGapMs: number = probeLimits.troubledMsMin
  #udpMs: number
  #udpFails = 0
  #tokens: number = probeLimits.burst
  #tokensMs: number

  constructor(hosts: Known, random: Random, nowMs: number) {
    this.#hosts = hosts
    this.#random = random
    this.#tokensMs = nowMs
    this.#roundMs = nowMs + between(random, 0, probeLimits.firstMs)
    this.#udpMs = nowMs + between(random, 0, probeLimits.firstUdpMs)
  }

  update(hosts: Known): void {
    this.#hosts = hosts
  }

  /** Probes to run now. Each is handed out once; its result goes to reachability as an outcome. */
  wanted(reachability: Reachability, nowMs: number): Probe[] {
    this.#refill(nowMs)
    const probes = [
      ...this.#ofSuspects(reachability, nowMs),
      ...this.#ofTrouble(reachability, nowMs),
      ...this.#ofRounds(reachability, nowMs),
    ]
    return probes.filter((probe) => this.#take(probe, nowMs))
  }

  /** When `wanted` may have more, at the latest. */
  nextMs(nowMs: number): number {
    const due = [...this.#tries.values()].map(({ nextMs }) => nextMs)
    return Math.max(nowMs + probeLimits.tickMs, Math.min(this.#roundMs, this.#udpMs, ...due))
  }

  #ofSuspects({ suspects }: Reachability, nowMs: number): Probe[] {
    for (const host of this.#tries.keys()) if (!suspects.ways.has(host)) this.#tries.delete(host)
    return [...suspects.ways].flatMap(([host, way]) => {
      const tried = this.#tries.get(host) ?? { count: 0, nextMs: nowMs }
      if (nowMs < tried.nextMs) return []
      const gapMs =
        tried.count < probeLimits.suspectTries
          ? probeLimits.suspectMs
          : probeLimits.troubledMsMin * 2 ** (tried.count - probeLimits.suspectTries)
      const nextMs = nowMs + between(this.#random, 0.75, 1.25) * Math.min(gapMs, probeLimits.troubledMsMax)
      this.#tries.set(host, { count: Math.min(tried.count + 1, probeLimits.suspectTries + 8), nextMs })
      return tried.count === 0 ? [{ kind: 'way', way } as const, ...this.#ofName(way)] : [{ kind: 'way', way } as const]
    })
  }

  #ofName(way: Way): Probe[] {
    if (/^[\d.]+$|:/.test(way.host)) return []
    return [{ kind: 'dns', way, resolver: pickSome(this.#random, this.#hosts.resolvers, 1)[0] }]
  }

  /** As soon as something happened: do sites of the country answer, and those abroad? */
  #ofTrouble(reachability: Reachability, nowMs: number): Probe[] {
    if (reachability.suspects.ways.size === 0 && !reachability.isUneasy(nowMs)) return []
    if (nowMs - Math.max(reachability.actMs, reachability.suspects.lastMs) > probeLimits.freshMs) return []
    return this.#canaries(reachability, false, nowMs)
  }

  #ofRounds(reachability: Reachability, nowMs: number): Probe[] {
    const isTroubled = reachability.verdict !== 'open'
    if (!isTroubled) this.#roundGapMs = probeLimits.troubledMsMin
    else this.#roundMs = Math.min(this.#roundMs, nowMs + this.#roundGapMs * 1.25)
    const probes: Probe[] = []
    if (nowMs >= this.#roundMs) {
      const gapMs = isTroubled ? this.#roundGapMs : probeLimits.calmMs
      this.#roundMs = nowMs + gapMs * between(this.#random, 0.75, 1.25)
      if (isTroubled) this.#roundGapMs = Math.min(this.#roundGapMs * 1.5, probeLimits.troubledMsMax)
      probes.push(...this.#canaries(reachability, !isTroubled, nowMs))
    }
    if (this.#mayBePortal(reachability) && !this.#askedWithin('portal', this.#roundGapMs, nowMs))
      probes.push(...this.#portal(reachability, nowMs))
    if (nowMs >= this.#udpMs) {
      this.#udpMs = nowMs + probeLimits.udpMs * between(this.#random, 0.5, 1.5)
      for (const address of pickSome(this.#random, this.#hosts.udp, 1)) probes.push({ kind: 'udp', address })
    }
    return probes
  }

  /** Whoever wants to be signed in to first answers in the place of all, at home and abroad, or lets nobody answer. */
  #mayBePortal(reachability: Reachability): boolean {
    const sides = (['domestic', 'foreign'] as const).filter((side) => this.#hosts[side].length > 0)
    return reachability.verdict === 'offline' || sides.every((side) => reachability.isFailing(side))
  }

  #canaries(reachability: Reachability, isCalm: boolean, nowMs: number): Probe[] {
    return (['foreign', 'domestic'] as const).flatMap((side) => {
      if (reachability.isFresh(side, nowMs) || this.#askedWithin(`canary ${side}`, probeLimits.answerMs, nowMs)) return []
      this.#asked.set(`canary ${side}`, nowMs)
      const count = isCalm && !reachability.isFailing(side) ? 1 : 2
      return pickSome(this.#random, this.#hosts[side], count).map((address) => ({ kind: 'canary', side, address }) as const)
    })
  }

  /** Before the first policy has named sites, those are asked that relays and edges look like, as a browser would. */
  #portal({ suspects }: Reachability, nowMs: number): Probe[] {
    const sites = [...this.#hosts.domestic, ...this.#hosts.foreign]
    if (sites.length === 0) sites.push(...[...suspects.ways.values()].map(({ endpoint }) => `${endpoint.serverName}:443`))
    if (sites.length > 0) this.#asked.set('portal', nowMs)
    return pickSome(this.#random, sites, 1).map((address) => ({ kind: 'portal', address }))
  }

  /** One failure says little: it is asked again soon, until it says something. */
  heard(result: ProbeResult, reachability: Reachability, nowMs: number): void {
    if (result.kind === 'udp') {
      this.#udpFails = result.answers ? 0 : this.#udpFails + 1
      if (this.#udpFails % probeLimits.udpTries !== 0) this.#udpMs = Math.min(this.#udpMs, nowMs + probeLimits.suspectMs)
    } else if (result.kind === 'way') {
      const tried = this.#tries.get(result.way.host)
      if (tried !== undefined && result.failed === undefined) tried.nextMs = nowMs + probeLimits.easingMs
    } else if (result.kind === 'canary') {
      this.#asked.delete(`canary ${result.side}`)
      const isTold = result.fault === undefined || reachability.stateOf(result.side, nowMs) === 'silent'
      if (!isTold) this.#roundMs = Math.min(this.#roundMs, nowMs + probeLimits.againMs)
    }
  }

  #askedWithin(key: string, ms: number, nowMs: number): boolean {
    return nowMs - (this.#asked.get(key) ?? Number.NEGATIVE_INFINITY) < ms
  }

  #take(probe: Probe, nowMs: number): boolean {
    const key = `${probe.kind} ${'way' in probe ? probe.way.host : probe.address}`
    if (this.#tokens < 1 || this.#askedWithin(key, probeLimits.againMs, nowMs)) return false
    this.#tokens--
    this.#asked.delete(key)
    this.#asked.set(key, nowMs)
    if (this.#asked.size > probeLimits.askedMax) this.#asked.delete(this.#asked.keys().next().value as string)
    return true
  }

  #refill(nowMs: number): void {
    this.#tokens = Math.min(probeLimits.burst, this.#tokens + (nowMs - this.#tokensMs) / probeLimits.refillMs)
    this.#tokensMs = nowMs
  }
}
