// What this network does to us: outcomes and probe results in, a verdict with its evidence out. Pure: the moment is an argument.
//
// 1. an outcome becomes marks for and against: a side answers or fails, a sign weighs more or less      note
// 2. from sides and signs follows what is the case now                                                  conclude.ts
// 3. a worse verdict holds at once; a better one must hold for a calm while, longer after each relapse  settling.ts
//
// On a path that only loses packets failures come one by one, each followed by a success, so no sign reaches its weight; a censor's come in a row.
import type { EvidenceCode, Finding, Verdict } from '../../contract/verdict.ts'
import { conclude, evidenceOf, type Facts, isOff } from './conclude.ts'
import { codeOf, OUTAGE, REACHED } from './failures.ts'
import type { Flows } from './flows.ts'
import { probeLimits, rateLimits, reachLimits } from './limits.ts'
import { type Life, Lives, type Pattern } from './lives.ts'
import { isOfTime, type Outcome, type ProbeResult } from './outcome.ts'
import { Rates } from './rates.ts'
import { Settling } from './settling.ts'
import { Side, type SideName, type SideState } from './sides.ts'
import { type Sign, Signs } from './signs.ts'
import { Starts } from './starts.ts'
import { Suspects } from './suspects.ts'
import { Waits } from './waits.ts'
import { hostOf, type Way } from './way.ts'

type Failure = Extract<Outcome, { readonly kind: 'dial-failed' }>
type Carried = Extract<Outcome, { readonly kind: 'rate' | 'died' | 'retired' }>

/** All that may be dialled or asked. */
export interface Known {
  readonly ways: readonly Way[]
  /** Canaries, `host:port`. */
  readonly domestic: readonly string[]
  readonly foreign: readonly string[]
  readonly udp: readonly string[]
  /** https URLs. */
  readonly resolvers: readonly string[]
}

export class Reachability {
  readonly #signs = new Signs()
  readonly #lives = new Lives()
  readonly #rates = new Rates()
  readonly #starts = new Starts()
  readonly #waits = new Waits()
  readonly #flows: Flows
  readonly #sides: Readonly<Record<SideName, Side>> = { direct: new Side(), edge: new Side(), domestic: new Side(), foreign: new Side() }
  readonly suspects: Suspects = new Suspects()
  readonly #settling = new Settling()
  #hasInterface = true
  /** When the operating system last said that there is no network. */
  #downMs = Number.NEGATIVE_INFINITY
  /** When any byte last came from abroad or anywhere. */
  #heardMs = Number.NEGATIVE_INFINITY
  #actMs = Number.NEGATIVE_INFINITY
  /** What the last dial took that was well. */
  #wonMs = 0
  /** When another way was last wanted as a control, and how long not to want it again. */
  #controlMs = Number.NEGATIVE_INFINITY
  #controlGapMs: number = rateLimits.controlGapMsMin / 2
  #offlineSinceMs = 0
  #wasCutOff = false

  constructor(known: Known, flows: Flows) {
    this.#flows = flows
    this.update(known)
  }

  update({ ways, domestic, foreign }: Known): void {
    const count = (list: readonly string[]): number => new Set(list).size
    this.#sides.direct.hosts = count(ways.filter(isDirect).map(({ host }) => host))
    this.#sides.edge.hosts = count(ways.filter((way) => !isDirect(way)).map(({ host }) => host))
    this.#sides.domestic.hosts = count(domestic.map(hostOf))
    this.#sides.foreign.hosts = count(foreign.map(hostOf))
  }

  get verdict(): Verdict {
    return this.#settling.verdict
  }

  /** When something last spoke for interference. */
  get actMs(): number {
    return this.#actMs
  }

  /** Whether a shutdown may be starting: fallbacks should be there. */
  isUneasy(nowMs: number): boolean {
    return this.verdict !== 'open' || this.#signs.suspicion(nowMs) >= reachLimits.uneasyWeight
  }

  /** Whether anybody has answered on this network: before that, that nothing stands in the way is no more than hope. */
  get hasHeard(): boolean {
    return Number.isFinite(this.#heardMs)
  }

  /** Whether somebody failed to answer since anything was last heard: carriers that idle are to be asked, too. */
  get isInDoubt(): boolean {
    return !this.#hasNetwork || Object.values(this.#sides).some((side) => side.failedAfter(this.#heardMs) > 0)
  }

  /** Whether a second way should be busy for a while, to tell a slow network from a throttle. */
  wantsControl(nowMs: number): boolean {
    return nowMs - this.#controlMs < rateLimits.controlMs
  }

  /** … and a third: two flows began fast and were held back alike. */
  wantsFlow(nowMs: number): boolean {
    return this.wantsControl(nowMs) && this.#starts.isNearlySure
  }

  finding(): Finding {
    return { verdict: this.verdict, evidence: evidenceOf(this.verdict, this.#facts()) }
  }

  /** Confirmed signs of a host. */
  signsOf(host: string): readonly Sign[] {
    return this.#signs.of(host)
  }

  /** Whether no TLS handshake with the host gets through, again and again, while sites abroad have answered since. Where all is cut off nothing is. */
  isBlockedAlone(host: string): boolean {
    const { okMs, fails } = this.#sides.foreign
    return fails === 0 && this.signsOf(host).some(({ code, confirmedMs }) => REACHED.includes(code) && okMs > confirmedMs)
  }

  lifeOf(host: string): Life {
    return this.#lives.of(host)
  }

  rememberLife(host: string, life: Life): void {
    this.#lives.remember(host, life)
  }

  /** Whether asking a side again would tell nothing new. */
  isFresh(side: SideName, nowMs: number): boolean {
    const { okMs, heardMs, fails } = this.#sides[side]
    const atMs = fails === 0 ? okMs : this.stateOf(side, nowMs) === 'silent' ? heardMs : Number.NEGATIVE_INFINITY
    return nowMs - atMs < probeLimits.freshMs
  }

  isFailing(side: SideName): boolean {
    return this.#sides[side].fails > 0
  }

  stateOf(side: SideName, nowMs: number): SideState {
    return this.#sides[side].state(nowMs)
  }

  note(outcome: Outcome, nowMs: number): void {
    this.#read(outcome, nowMs)
    this.step(nowMs)
  }

  /** To be called now and then: evidence fades, and a better verdict settles. */
  step(nowMs: number): void {
    this.#signs.expire(nowMs)
    // What was seen while nothing worked was the outage, not a censor.
    if (this.verdict === 'offline' && conclude(this.#facts(), nowMs) !== 'offline')
      this.#signs.drop(OUTAGE, this.#offlineSinceMs - reachLimits.outageMs)
    const before = this.#settling.settle(conclude(this.#facts(), nowMs), nowMs)
    if (this.verdict !== 'offline' || before === 'offline') return
    this.#offlineSinceMs = nowMs
    this.#wasCutOff = before === 'cutoff'
  }

  #read(outcome: Outcome, nowMs: number): void {
    switch (outcome.kind) {
      case 'interface':
        if (this.#hasInterface && !outcome.isUp) this.#downMs = nowMs
        this.#hasInterface = outcome.isUp
        return
      case 'dialled':
        this.#wonMs = outcome.ms
        this.#answered()
        return this.#reached(outcome.way, nowMs, outcome.ms, outcome.roundTripMs)
      case 'cancelled':
        return this.#lost(outcome.way, nowMs)
      case 'dial-failed':
        return this.#failed(outcome, nowMs)
      case 'heard':
        return this.#heard(outcome.way, nowMs)
      case 'rate':
        return this.#rated(outcome, nowMs)
      case 'retired':
        return this.#carried(outcome, nowMs)
      case 'died':
        return this.#died(outcome, nowMs)
      case 'probed':
        return this.#probed(outcome.result, nowMs)
    }
  }

  /** Somebody answers anew: no sign-in page is between, and whoever failed while nothing worked may be well, unless abroad was cut off before. */
  #answered(): void {
    this.#signs.drop(['portal'], Number.NEGATIVE_INFINITY)
    if (this.verdict === 'offline' && !this.#wasCutOff) for (const side of Object.values(this.#sides)) side.forgive()
  }

  /** TLS with the host was finished: neither address nor name is blocked now. How quickly tells whether new flows are limited. */
  #reached(way: Way, nowMs: number, ms?: number, roundTripMs?: number): void {
    this.#heardMs = nowMs
    this.#sides[sideOf(way)].ok(nowMs)
    this.#signs.ease(REACHED, way.host, nowMs)
    const welcome = this.#waits.answered(way.host, ms, roundTripMs, nowMs)
    if (welcome === 'quick') this.#signs.ease(['flows-limited'], way.host, nowMs)
    else if (welcome !== 'unclear')
      this.#mark('flows-limited', way, welcome === 'kept' ? reachLimits.weightKept : reachLimits.weightSure, nowMs)
    // Asked again until it is clear.
    if (!this.signsOf(way.host).some(({ code }) => REACHED.includes(code) || code === 'flows-limited')) this.suspects.clear(way.host)
  }

  /** A race was won by a way that began later and was much faster: that may be the path, or a censor, and a probe can tell. */
  #lost(way: Way, nowMs: number): void {
    if (this.#flows.diallingMs(way, nowMs) > this.#wonMs * reachLimits.slowerTimes + reachLimits.slowerMs) this.suspects.add(way, nowMs)
  }

  #failed({ way, step, fault, afterMs }: Omit<Failure, 'kind'>, nowMs: number): void {
    if (fault === 'upstream') return
    if (fault === 'no-network') {
      this.#sides[sideOf(way)].fail(way.host, nowMs)
      return
    }
    if (step === 'upgrade' || step === 'reply') return this.#failedBehindTls({ way, step, fault, afterMs }, nowMs)
    if (isOfTime(fault)) return this.#reached(way, nowMs)
    this.suspects.add(way, nowMs)
    this.#sides[sideOf(way)].fail(way.host, nowMs, fault === 'certificate')
    const code = codeOf(step, fault)
    if (code === undefined) return
    const wasOthersHeard = this.#heardMs >= nowMs - afterMs - reachLimits.besideMs
    const isSilence = fault === 'timeout' || fault === 'refused'
    if (fault === 'timeout') this.#waits.unanswered(way.host, afterMs, nowMs)
    if (this.#flows.isCarriedBy(way.host) && this.#flows.begunWithin(way.host, reachLimits.burstMs, nowMs) >= reachLimits.burstDials) {
      this.#mark('flows-limited', way, reachLimits.weightSure, nowMs)
    } else this.#mark(code, way, isSilence && !wasOthersHeard ? reachLimits.weightUnsure : reachLimits.weightSure, nowMs)
  }

  /** TLS was finished, and then the request was not answered as it should. An edge may just not pass that kind of carrier. */
  #failedBehindTls({ way, fault, afterMs }: Omit<Failure, 'kind'>, nowMs: number): void {
    this.#sides[sideOf(way)].ok(nowMs)
    if (fault === 'timeout' || fault === 'reset') {
      if (!isDirect(way)) return
      this.suspects.add(way, nowMs)
      const how = fault === 'reset' ? 'reset' : 'silent'
      this.#pattern(way, this.#lives.died(way.host, { how, receivedBytes: 0, sentBytes: 0, livedMs: afterMs, atMs: nowMs }), nowMs)
      return
    }
    this.#reached(way, nowMs)
  }

  /** Not for direct ways: a censor may spare the flows that it finds, and block every new one. */
  #heard(way: Way, nowMs: number): void {
    this.#heardMs = nowMs
    if (!isDirect(way)) this.#sides.edge.ok(nowMs)
  }

  #rated(outcome: Extract<Outcome, { readonly kind: 'rate' }>, nowMs: number): void {
    const { way, bytesPerS, receivedBytes, sentBytes, livedMs } = outcome
    if (bytesPerS > 0) {
      this.#carried(outcome, nowMs)
      this.#waits.carried(way.host, nowMs)
    }
    if (bytesPerS >= rateLimits.freeBytesPerS && receivedBytes + sentBytes >= rateLimits.freeBytes) {
      this.#signs.ease(['slowed'], way.host, nowMs)
    }
    const judgement = this.#rates.note(way, bytesPerS, nowMs)
    const outrun = this.#rates.outrunBy(way, nowMs)
    if (outrun !== undefined) this.#mark('slowed', outrun.way, 1, nowMs, { bytesPerS: outrun.bytesPerS })
    const heldToBytesPerS = this.#starts.note(way, bytesPerS, receivedBytes + sentBytes, livedMs, nowMs)
    if (heldToBytesPerS !== undefined) this.#mark('slowed', way, reachLimits.weightSure, nowMs, { bytesPerS: heldToBytesPerS })
    if (judgement === undefined) return
    if (judgement.found === 'alone') return this.#wantControl(nowMs)
    if (judgement.found === 'fair') {
      this.#signs.ease(['slowed'], way.host, nowMs)
      return
    }
    this.#controlGapMs = rateLimits.controlGapMsMin
    const isSure = judgement.times >= rateLimits.timesSure
    this.#mark('slowed', way, isSure ? reachLimits.weightSure : reachLimits.weightSlower, nowMs, { bytesPerS: judgement.bytesPerS })
  }

  /** Everything is slow: another way for a while tells whether it is the network. */
  #wantControl(nowMs: number): void {
    if (nowMs < this.#controlMs + this.#controlGapMs) return
    this.#controlGapMs = Math.min(this.#controlGapMs * 2, rateLimits.controlGapMsMax)
    this.#controlMs = nowMs
  }

  #carried({ way, receivedBytes, sentBytes, livedMs }: Carried, nowMs: number): void {
    this.#signs.ease(this.#lives.survived(way.host, receivedBytes, sentBytes, livedMs), way.host, nowMs)
    if (livedMs >= reachLimits.calmMsMin) this.#signs.ease(['cut'], way.host, nowMs)
  }

  #died({ way, how, receivedBytes, sentBytes, livedMs }: Extract<Outcome, { readonly kind: 'died' }>, nowMs: number): void {
    if (how !== 'closed') this.suspects.add(way, nowMs)
    const pattern = this.#lives.died(way.host, { how, receivedBytes, sentBytes, livedMs, atMs: nowMs })
    const isCapOfEdge = !isDirect(way) && (how === 'closed' || pattern?.code === 'cut-by-age')
    if (isCapOfEdge) return
    // A carrier of a slowed flow may look silent: its answers wait in the censor's queue.
    if (pattern !== undefined && !(how === 'silent' && this.signsOf(way.host).some(({ code }) => code === 'slowed'))) {
      this.#pattern(way, pattern, nowMs)
    } else if (how === 'reset') this.#mark('cut', way, reachLimits.weightCut, nowMs)
  }

  #pattern(way: Way, pattern: Pattern | undefined, nowMs: number): void {
    if (pattern === undefined) return
    const { code, ...numbers } = pattern
    this.#mark(code, way, 1, nowMs, numbers)
  }

  #probed(result: ProbeResult, nowMs: number): void {
    switch (result.kind) {
      case 'canary': {
        const side = this.#sides[result.side]
        if (result.clockOffsetMs !== undefined) this.#clock(result.clockOffsetMs, nowMs)
        if (result.fault === 'upstream') return
        const isAnswer = result.fault === undefined || isOfTime(result.fault)
        if (!isAnswer) return this.#missed(result.side, hostOf(result.address), result.fault === 'certificate', nowMs)
        this.#heardMs = nowMs
        // Some pages to sign in let through a few sites of the country.
        if (result.side === 'domestic' && this.#signs.of('').some(({ code }) => code === 'portal')) this.#signs.ease(['portal'], '', nowMs)
        else this.#answered()
        side.ok(nowMs)
        return result.side === 'foreign' ? this.#signs.ease(['intercepted'], '', nowMs) : undefined
      }
      case 'way':
        if (result.failed !== undefined) return this.#failed({ way: result.way, ...result.failed }, nowMs)
        this.#answered()
        return this.#reached(result.way, nowMs)
      case 'dns':
        if (result.found === 'lie') this.#mark('name-lied', result.way, 1, nowMs)
        else if (result.found === 'same') this.#signs.ease(['name-lied'], result.way.host, nowMs)
        return
      case 'udp':
        if (result.answers) return this.#signs.ease(['udp-blocked'], '', nowMs)
        // Only while TCP to abroad works, or it says nothing of UDP.
        if (this.#sides.foreign.state(nowMs) === 'answers') this.#markNetwork('udp-blocked', reachLimits.weightUdp, nowMs)
        return
      case 'portal':
        if (result.found === 'portal') this.#markNetwork('portal', 1, nowMs)
        else this.#signs.ease(['portal'], '', nowMs)
    }
  }

  /** Somebody who answers in the place of a site abroad opens what goes there; at home, a country's own authority may vouch for its own sites. */
  #missed(side: 'domestic' | 'foreign', host: string, isImpostor: boolean, nowMs: number): void {
    this.#sides[side].fail(host, nowMs, isImpostor)
    if (isImpostor && side === 'foreign') this.#markNetwork('intercepted', reachLimits.weightSure, nowMs)
  }

  #clock(offsetMs: number, nowMs: number): void {
    if (isOff(offsetMs)) this.#markNetwork('wrong-clock', reachLimits.weightSure, nowMs, { ms: offsetMs })
    else this.#signs.ease(['wrong-clock'], '', nowMs)
  }

  #mark(code: EvidenceCode, way: Way, weight: number, nowMs: number, numbers: Sign['numbers'] = {}): void {
    this.#actMs = nowMs
    this.#signs.add(code, isDirect(way) ? 'relay' : 'edge', way.host, weight, nowMs, numbers)
  }

  #markNetwork(code: EvidenceCode, weight: number, nowMs: number, numbers: Sign['numbers'] = {}): void {
    this.#signs.add(code, 'network', '', weight, nowMs, numbers)
  }

  /** What is heard of the world counts more than the operating system's word that there is no way to it. */
  get #hasNetwork(): boolean {
    return this.#hasInterface || this.#heardMs > this.#downMs
  }

  #facts(): Facts {
    const [hasNetwork, heardMs, sides] = [this.#hasNetwork, this.#heardMs, this.#sides]
    return { hasNetwork, heardMs, isCarried: this.#flows.isCarried, sides, signs: this.#signs.confirmed }
  }
}

export function isDirect(way: Way): boolean {
  return !way.endpoint.isEdge
}

function sideOf(way: Way): SideName {
  return isDirect(way) ? 'direct' : 'edge'
}
