// What `culvert doctor` does: asks canaries, tries every way for real, and lets control conclude from it. It keeps nothing.
//
// 1. canaries of the kept policy, and each endpoint's ways, once                              #round
// 2. what a relay's policy names and nobody asked yet; what failed, again                     #round
// 3. names, datagrams and a sign-in page                                                      #askRest
// 4. the report                                                                               report.ts
import { setTimeout as pause } from 'node:timers/promises'
import type { Crypto, Invite } from '#protocol'
import type { DoctorReport } from '../../contract/doctor.ts'
import { Clock } from '../clock.ts'
import { Control } from '../control/control.ts'
import type { Probe, ProbeResult } from '../control/outcome.ts'
import type { Way } from '../control/way.ts'
import { type DoctorLimits, doctorLimits } from '../limits.ts'
import type { Platform } from '../platform.ts'
import { Policies } from '../policies.ts'
import type { EngineState } from '../state.ts'
import { isSameEndpoint, WayNames } from '../way-names.ts'
import { type Canary, History } from './history.ts'
import { createReport } from './report.ts'
import { tryWay } from './try-way.ts'

export interface ExamineOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  readonly invites: readonly Invite[]
  /** What connect remembers: only policies and the clock are read. */
  readonly state: EngineState
  readonly signal: AbortSignal
  /** Told as it goes: tries that are done, of so many that are known of. */
  readonly onProgress: (done: number, known: number) => void
  readonly limits?: DoctorLimits
}

/** Never rejects; ends early, with what is known then, when it is aborted. */
export function examine(options: ExamineOptions): Promise<DoctorReport> {
  return new Examination(options).run()
}

class Examination {
  readonly #options: ExamineOptions
  readonly #limits: DoctorLimits
  readonly #policies: Policies
  readonly #control: Control
  readonly #history = new History()
  readonly #clock: Clock

  constructor(options: ExamineOptions) {
    const { platform, crypto, invites, state, limits = doctorLimits } = options
    this.#options = options
    this.#limits = limits
    this.#clock = new Clock(() => platform.nowS(), state.clockOffsetS)
    this.#policies = new Policies(crypto, invites, state.policies, this.#clock.nowS())
    const [random, network, nowMs] = [platform.random, platform.network(), performance.now()]
    this.#control = new Control({ crypto, random, saved: undefined, network, nowMs, ...this.#policies.places })
    this.#control.note({ kind: 'interface', isUp: network.length > 0 }, nowMs)
  }

  async run(): Promise<DoctorReport> {
    const { platform } = this.#options
    const hasInterface = platform.network().length > 0
    for (let round = 0; round < this.#limits.triesMax && hasInterface; round++) {
      // Two failures alike are enough, where they made a verdict.
      if (round > 1 && this.#control.verdict !== 'open') break
      if (!(await this.#round(round))) break
    }
    if (hasInterface) await this.#askRest()
    const ways = this.#ways
    this.#control.wanted(performance.now())
    return createReport({ finding: this.#control.finding(), history: this.#history, ways, names: new WayNames(ways), hasInterface })
  }

  get #ways(): readonly Way[] {
    return this.#control.ways
  }

  /** False: there is nothing that is worth asking, or asking again. */
  async #round(round: number): Promise<boolean> {
    const history = this.#history
    const ways = this.#ways.filter((way) => !history.hasWorked(way) && history.triesOf(way) < this.#limits.triesMax)
    const canaries = this.#canaries.filter((canary) => !history.hasAnswered(canary))
    if (ways.length + canaries.length === 0) return false
    if (round > 0 && this.#limits.againMs > 0)
      await pause(this.#limits.againMs, undefined, { signal: this.#options.signal }).catch(() => undefined)
    await Promise.all([...canaries.map((canary) => this.#ask(canary)), this.#tryAll(endpointsOf(ways))])
    return !this.#options.signal.aborted
  }

  /** A few endpoints at a time; the ways of each one after the other. */
  async #tryAll(endpoints: readonly (readonly Way[])[]): Promise<void> {
    const left = [...endpoints]
    const work = async (): Promise<void> => {
      for (let ways = left.shift(); ways !== undefined && !this.#options.signal.aborted; ways = left.shift()) await this.#tryEndpoint(ways)
    }
    await Promise.all(Array.from({ length: this.#limits.endpointsAtOnce }, work))
  }

  async #tryEndpoint(ways: readonly Way[]): Promise<void> {
    for (const way of ways) {
      const isBarred = await this.#try(way)
      this.#options.onProgress(this.#history.triedCount, this.#ways.length)
      // Whatever it is to carry, it comes no further than that.
      if (!isBarred) continue
      for (const other of ways) if (other !== way && !this.#history.hasWorked(other)) this.#history.sameAs(other, way)
      return
    }
  }

  /** Says whether it failed before anything of the way's own was sent: then the others of the endpoint fail alike. */
  async #try(way: Way): Promise<boolean> {
    const { platform, crypto, signal } = this.#options
    const { invites } = this.#policies
    this.#control.note({ kind: 'dialling', way }, performance.now())
    const { offsetS } = this.#clock
    const tried = await tryWay(way, { platform, crypto, invites, clock: this.#clock, limits: this.#limits, signal })
    const { clockOffsetS } = tried
    if (tried.ms !== undefined || clockOffsetS !== offsetS) this.#history.clockOffsetsMs.push(clockOffsetS * 1000)
    const { policy } = tried
    if (policy !== undefined && this.#policies.take(way.relayIndex, policy)) this.#control.update(this.#policies.places)
    return this.#history.tried(tried, (outcome) => this.#control.note(outcome, performance.now()))
  }

  get #canaries(): Canary[] {
    const canaries = this.#policies.places.policy?.canaries
    return (['domestic', 'foreign'] as const).flatMap((side) =>
      (canaries?.[side] ?? []).slice(0, this.#limits.canariesMax).map((address) => ({ side, address })),
    )
  }

  async #ask(canary: Canary): Promise<void> {
    const result = await this.#probe({ kind: 'canary', ...canary })
    if (result.kind !== 'canary') return
    this.#history.asked(canary, result.fault === undefined)
    if (result.clockOffsetMs !== undefined) this.#history.clockOffsetsMs.push(result.clockOffsetMs)
  }

  async #askRest(): Promise<void> {
    const { policy } = this.#policies.places
    const [resolver] = policy?.resolvers ?? []
    const named = this.#ways.filter(({ host }, index, all) => isName(host) && all.findIndex((other) => other.host === host) === index)
    const names = named.map(async (way) => {
      const result = await this.#probe({ kind: 'dns', way, resolver })
      if (result.kind === 'dns' && result.found === 'lie') this.#history.liedAbout(way)
    })
    const udp = policy?.canaries.udp ?? []
    const datagrams = Array.from({ length: udp.length === 0 ? 0 : this.#limits.udpTries }, async (_, index) => {
      const result = await this.#probe({ kind: 'udp', address: udp[index % udp.length] as string })
      if (result.kind === 'udp') this.#history.udp.push(result.answers)
    })
    const [page] = this.#canaries
    const portal = async (address: string): Promise<void> => {
      const result = await this.#probe({ kind: 'portal', address })
      if (result.kind === 'portal') this.#history.portal = result.found
    }
    await Promise.all([...names, ...datagrams, ...(page === undefined ? [] : [portal(page.address)])])
  }

  async #probe(probe: Probe): Promise<ProbeResult> {
    const result = await this.#options.platform.probe(probe, this.#options.signal)
    this.#control.note({ kind: 'probed', result }, performance.now())
    return result
  }
}

function endpointsOf(ways: readonly Way[]): Way[][] {
  const endpoints: Way[][] = []
  for (const way of ways) {
    const known = endpoints.find(([first]) => first?.relayIndex === way.relayIndex && isSameEndpoint(first.endpoint, way.endpoint))
    if (known === undefined) endpoints.push([way])
    else known.push(way)
  }
  return endpoints
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host)
}
