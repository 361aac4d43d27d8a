// Which ways to try, in which order and when; how long carriers live; what to hold in reserve; when to go back. Pure: moments and chance are arguments.
//
// 1. without a carrier: `next` gives a race of unrelated ways with a stagger; link starts each at its time, and asks again when one fails
// 2. whoever answers first wins; link cancels the rest and says so; what failed backs off, longer each time
// 3. with a carrier: `rotation` draws its life, `reserve` says what to attach beside it, `home` what better way to try
//
// Edges cost their operators money, so they come first only when nothing else is left, and second by 300 ms.
import type { Random, Rotation } from '#protocol'
import type { Verdict } from '../../contract/verdict.ts'
import { between, fraction, skewed } from './draw.ts'
import type { Flows } from './flows.ts'
import { Home, type Trip } from './home.ts'
import { costs, planLimits } from './limits.ts'
import { costOf, FRESH_TRIAL, kinship, type Trial, worth } from './order.ts'
import type { Outcome } from './outcome.ts'
import type { Reachability } from './reachability.ts'
import { flowsOf, type Way } from './way.ts'

export interface Attempt {
  readonly way: Way
  /** May be in the past: at once. */
  readonly notBeforeMs: number
}

export interface PlanOptions {
  readonly ways: readonly Way[]
  /** From the policy; undefined before there is one. */
  readonly rotation: Rotation | undefined
  readonly reachability: Reachability
  readonly flows: Flows
  readonly random: Random
  /** Relays that are for when the others fail. */
  readonly isSpare?: (relayIndex: number) => boolean
}

export class Plan {
  #options: PlanOptions
  readonly #trials = new Map<string, Trial>()
  readonly #home: Home
  /** The relay that has the session. */
  #relayIndex: number | undefined
  /** When the last attempt of the race began, and whether one failed since: then the next need not wait. */
  #startedMs = Number.NEGATIVE_INFINITY
  #isOneDown = false
  #wasOpen = true

  constructor(options: PlanOptions) {
    this.#options = options
    this.#home = new Home(options.random)
  }

  update(ways: readonly Way[], rotation: Rotation | undefined): void {
    this.#options = { ...this.#options, ways, rotation }
  }

  /** A session lives at this relay: ways to others would begin anew, so they come later in a race, and are never a reserve or a way home. */
  useRelay(relayIndex: number): void {
    this.#relayIndex = relayIndex
  }

  /** What worked on this network before; recency 0 is the last. */
  remember(way: Way, recency: number, dialMs: number): void {
    Object.assign(this.#trialOf(way), { recency, dialMs })
  }

  /** The race from here: what to start besides what is being dialled already. Empty when all places are taken. */
  next(nowMs: number): { readonly attempts: readonly Attempt[] } {
    const { ways, flows } = this.#options
    const picked: Way[] = [...flows.dialling]
    const running = picked.length
    const attempts: Attempt[] = []
    const stagger = planLimits.staggerMs
    const base = running === 0 || this.#isOneDown ? nowMs : this.#startedMs
    const from = stagger[running === 0 || this.#isOneDown ? running : running - 1] ?? 0
    for (let place = running; place < stagger.length; place++) {
      const way = this.#pick(ways, picked, picked.slice(running), nowMs)
      if (way === undefined) break
      const [first] = picked
      const headStartMs = first === undefined || running > 1 || this.#isOneDown ? 0 : this.#headStartMs(first)
      const dueMs = base + (stagger[place] as number) - from + headStartMs
      attempts.push({ way, notBeforeMs: Math.max(nowMs, dueMs, this.#trialOf(way).notBeforeMs) })
      picked.push(way)
    }
    return { attempts }
  }

  outcome(outcome: Outcome, nowMs: number): void {
    switch (outcome.kind) {
      case 'dialling':
        this.#startedMs = nowMs
        this.#isOneDown = false
        return
      case 'dialled':
        this.#isOneDown = false
        return this.#worked(outcome.way, outcome.ms)
      case 'dial-failed':
        this.#isOneDown = true
        this.#home.failed(outcome.way, nowMs)
        this.#failed(outcome.way, nowMs)
        // What fails before the first request has little to do with what would have been asked.
        if (outcome.step === 'dns' || outcome.step === 'tcp') for (const kin of this.#kinOf(outcome.way)) this.#failed(kin, nowMs)
        return
      case 'retired':
        Object.assign(this.#trialOf(outcome.way), { deaths: 0, fails: 0 })
        return this.#home.won(outcome.way, nowMs)
      case 'died':
        this.#home.failed(outcome.way, nowMs)
        if (outcome.how !== 'closed' || outcome.livedMs < planLimits.settledMs) this.#died(outcome.way, outcome.livedMs, nowMs)
    }
  }

  /** A life for a carrier that begins now: retire it once it received or sent so much, or lived so long. */
  rotation({ host }: Way): { readonly bytes: number; readonly ms: number } {
    const { random, rotation = planLimits.rotation, reachability } = this.#options
    const life = reachability.lifeOf(host)
    const isPast = !reachability.signsOf(host).some(({ code }) => code === 'frozen' || code === 'cut-by-bytes' || code === 'cut-by-age')
    const isOver = isPast && fraction(random) * planLimits.overreachOne < 1
    const share = isOver ? planLimits.overreach : between(random, planLimits.lifeShareMin, planLimits.lifeShareMax)
    const bytes = skewed(random, rotation.bytesMin, rotation.bytesMax)
    const ms = skewed(random, rotation.secondsMin, rotation.secondsMax) * 1_000
    return {
      bytes: Math.round(life.bytes === undefined ? bytes : Math.min(bytes, Math.max(planLimits.lifeBytesMin, life.bytes * share))),
      ms: Math.round(life.ms === undefined ? ms : Math.min(ms, Math.max(planLimits.lifeMsMin, life.ms * share))),
    }
  }

  /** When a shutdown seems to begin: how many carriers to hold besides the one in use, and which to attach for that now. `least`: so many are wanted
   *  whatever the verdict, and soon, since one failed just now: back-off is for calmer times. */
  reserve(nowMs: number, least = 0): { readonly hold: number; readonly attach: readonly Way[] } {
    const { reachability, flows, ways } = this.#options
    const { alive, dialling } = flows
    const isRecent = nowMs - reachability.actMs < planLimits.alertMs
    const isWanted = reachability.isUneasy(nowMs) || reachability.wantsControl(nowMs)
    const isTelling = reachability.wantsFlow(nowMs) || (reachability.verdict !== 'open' && isRecent)
    const hold = Math.max(least, !isWanted ? 0 : isTelling ? planLimits.reserveMax : 1)
    const attach: Way[] = []
    for (;;) {
      const held = [...alive, ...dialling, ...attach]
      const hosts = new Set(held.map(({ host }) => host))
      if (alive.length === 0 || hosts.size > hold) break
      const unlike = ways.filter((way) => this.#isOurs(way) && !hosts.has(way.host))
      const others = least > 0 ? this.#longestSpared(unlike, nowMs) : unlike.filter((way) => this.#trialOf(way).notBeforeMs <= nowMs)
      // What would survive a cutoff is worth most; and what is least alike tells most about a throttle.
      const way = this.#pick(others, held, attach, nowMs, 'cutoff')
      if (way === undefined) break
      attach.push(way)
    }
    return { hold, attach }
  }

  /** While failures are fresh, the hosts whose last is longest ago, and not just now: whom a censor spares by now is found by asking each in turn. */
  #longestSpared(ways: readonly Way[], nowMs: number): readonly Way[] {
    const spared = ways.map(({ host }) => {
      const failedMs = Math.max(...this.#options.ways.filter((way) => way.host === host).map((way) => this.#trialOf(way).failedMs))
      return nowMs - failedMs < planLimits.freshMs ? failedMs : Number.NEGATIVE_INFINITY
    })
    const longestMs = Math.min(...spared)
    return longestMs > nowMs - planLimits.askAgainMs ? [] : ways.filter((_, index) => spared[index] === longestMs)
  }

  /** A better way than those in use to try, or to move to, now. */
  home(nowMs: number): Trip | undefined {
    const { ways, flows, reachability } = this.#options
    const { alive } = flows
    if (alive.length === 0) return undefined
    const used = Math.min(...alive.map((way) => worth(way, 'open')))
    let best: Way | undefined
    let least = Number.POSITIVE_INFINITY
    for (const way of ways) {
      if (
        !this.#isOurs(way) ||
        worth(way, 'open') + planLimits.homeMargin > used ||
        !this.#hasRoom(way, []) ||
        this.#isPoor(way, reachability)
      )
        continue
      const cost = costOf(way, this.#trialOf(way), reachability, nowMs, 'open')
      if (cost < least) [best, least] = [way, cost]
    }
    const isOpen = reachability.verdict === 'open'
    if (isOpen && !this.#wasOpen) this.#home.hurry(nowMs)
    this.#wasOpen = isOpen
    return this.#home.due(best, nowMs)
  }

  /** The way to try first to a relay; undefined where none may be tried now. */
  best(relayIndex: number, nowMs: number): Way | undefined {
    const ways = this.#options.ways.filter((way) => way.relayIndex === relayIndex && this.#trialOf(way).notBeforeMs <= nowMs)
    return this.#pick(ways, [], [], nowMs)
  }

  /** What dialling it takes here, smoothed; undefined: it never worked. */
  dialMsOf(way: Way): number | undefined {
    return this.#trialOf(way).dialMs
  }

  /** The cheapest of those unlike the ones picked already, where the host has room for its flows besides those that are planned. */
  #pick(ways: readonly Way[], picked: readonly Way[], planned: readonly Way[], nowMs: number, verdict?: Verdict): Way | undefined {
    let best: Way | undefined
    let least = Number.POSITIVE_INFINITY
    for (const way of ways) {
      if (picked.some(({ id }) => id === way.id) || !this.#hasRoom(way, planned)) continue
      const kin = picked.reduce((sum, other) => sum + kinship(way, other), 0)
      const cost = costOf(way, this.#trialOf(way), this.#options.reachability, nowMs, verdict) + kin + this.#relayCost(way)
      if (cost < least) [best, least] = [way, cost]
    }
    return best
  }

  #relayCost(way: Way): number {
    if (this.#relayIndex !== undefined && this.#isOurs(way)) return 0
    return (
      (this.#relayIndex === undefined ? 0 : costs.otherRelay) + (this.#options.isSpare?.(way.relayIndex) === true ? costs.spareRelay : 0)
    )
  }

  #isOurs({ relayIndex }: Way): boolean {
    return this.#relayIndex === undefined || relayIndex === this.#relayIndex
  }

  /** Never more flows to one host than a browser has. */
  #hasRoom(way: Way, planned: readonly Way[]): boolean {
    const more = planned.filter(({ host }) => host === way.host).reduce((sum, other) => sum + flowsOf(other), 0)
    return this.#options.flows.to(way.host) + more + flowsOf(way) <= planLimits.flowsPerHostMax
  }

  /** Would carry a trial, and then fail what a person wants of it. */
  #isPoor(way: Way, reachability: Reachability): boolean {
    const { bytes } = reachability.lifeOf(way.host)
    return (bytes !== undefined && bytes < planLimits.usefulBytes) || reachability.signsOf(way.host).some(({ code }) => code === 'slowed')
  }

  /** On a slow path the first way gets the time that it took here before, so that a fallback does not win by a lost packet. */
  #headStartMs(first: Way): number {
    const { dialMs, fails, deaths } = this.#trialOf(first)
    if (dialMs === undefined || fails > 1 || deaths > 2 || this.#options.reachability.verdict !== 'open') return 0
    return Math.min(Math.max(0, dialMs * planLimits.headStart - (planLimits.staggerMs[1] as number)), planLimits.headStartMsMax)
  }

  #worked(way: Way, ms: number): void {
    const trial = this.#trialOf(way)
    for (const other of this.#trials.values()) if (other.recency !== undefined) other.recency++
    trial.recency = 0
    trial.dialMs = trial.dialMs === undefined ? ms : trial.dialMs * 0.7 + ms * 0.3
    for (const one of [way, ...this.#kinOf(way)]) Object.assign(this.#trialOf(one), { fails: 0, notBeforeMs: Number.NEGATIVE_INFINITY })
  }

  #failed(way: Way, nowMs: number): void {
    const trial = this.#trialOf(way)
    trial.fails++
    trial.failedMs = nowMs
    this.#backOff(trial, trial.fails, nowMs)
  }

  /** The other ways to the same address. */
  #kinOf(way: Way): Way[] {
    return this.#options.ways.filter(({ id, host }) => host === way.host && id !== way.id)
  }

  /** A carrier that died may be dialled again at once, unless such carriers die again and again. */
  #died(way: Way, livedMs: number, nowMs: number): void {
    const trial = this.#trialOf(way)
    trial.deaths = livedMs < planLimits.settledMs ? Math.min(trial.deaths + 1, planLimits.deathsMax) : 1
    trial.failedMs = nowMs
    if (trial.deaths > 2) this.#backOff(trial, trial.deaths - 2, nowMs)
  }

  #backOff(trial: Trial, times: number, nowMs: number): void {
    const fullMs = Math.min(planLimits.backoffMsMax, planLimits.backoffMsMin * 2 ** Math.min(times - 1, 10))
    trial.notBeforeMs = nowMs + fullMs * (0.5 + fraction(this.#options.random) / 2)
  }

  #trialOf(way: Way): Trial {
    const known = this.#trials.get(way.id)
    if (known !== undefined) return known
    const fresh = { ...FRESH_TRIAL }
    this.#trials.set(way.id, fresh)
    return fresh
  }
}
