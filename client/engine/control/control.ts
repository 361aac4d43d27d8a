// Control as link drives it: reachability, plan, probes and memory of one network behind one door. It touches no byte and reads no clock.
//
// link, in short:
//   all that happens                        control.note(outcome, nowMs)
//   no carrier: dial the race               control.next(nowMs) → attempts; note 'dialling' when one starts; ask again after each 'dial-failed'
//   a carrier won                           note 'dialled'; abort the other dials and note 'cancelled' for each; control.rotation(way)
//   a session began, or another one is used control.useRelay(relayIndex, nowMs)
//   a session has lived long enough         control.turn(bytes, nowMs) → begin one by that way
//   each second or so, and after each note  control.wanted → run the probes, note 'probed' · control.reserve → attach · control.home → try or move
//   somebody failed to answer               control.isInDoubt → ask each carrier; note 'heard', or 'late'
//   a verdict to show                       control.finding()
//   the file                                control.saved() whenever a way worked
//   another network                         control.move(network, nowMs)
//   a policy or relays came                 control.update({ … })
import type { Crypto, Policy, Random, Seen } from '#protocol'
import type { Finding, Verdict } from '../../contract/verdict.ts'
import { Flows } from './flows.ts'
import type { Trip } from './home.ts'
import { Memory, type SavedMemory } from './memory.ts'
import type { Outcome, Probe } from './outcome.ts'
import { type Attempt, Plan } from './plan.ts'
import { Probing } from './probing.ts'
import { type Known, Reachability } from './reachability.ts'
import { type Candidate, Selection } from './selection.ts'
import { type Relay, type Way, waysOf } from './way.ts'

/** Where one can go, and whom one may ask. */
export interface Places {
  /** The endpoints of invites, with those that policies added. */
  readonly relays: readonly Relay[]
  /** The policy in force; undefined before the first. Its canaries, resolvers and rotation are used. */
  readonly policy: Pick<Policy, 'canaries' | 'resolvers' | 'rotation'> | undefined
}

export interface ControlOptions extends Places {
  readonly crypto: Crypto
  readonly random: Random
  readonly saved: SavedMemory | undefined
  /** What tells this network from others. */
  readonly network: Uint8Array
  readonly nowMs: number
}

export class Control {
  readonly #random: Random
  readonly #memory: Memory
  readonly #flows = new Flows()
  #relayIndex: number | undefined
  #places: Places
  #ways: readonly Way[]
  #reachability: Reachability
  #plan: Plan
  readonly #selection: Selection
  #probing: Probing

  constructor({ crypto, random, saved, network, nowMs, relays, policy }: ControlOptions) {
    this.#random = random
    this.#memory = new Memory(crypto, random, saved, network)
    this.#places = { relays, policy }
    this.#ways = waysOf(relays)
    this.#reachability = new Reachability(this.#known(), this.#flows)
    this.#selection = new Selection(random, this.#candidates())
    this.#plan = this.#createPlan()
    this.#probing = new Probing(this.#known(), random, nowMs)
  }

  get ways(): readonly Way[] {
    return this.#ways
  }

  get verdict(): Verdict {
    return this.#reachability.verdict
  }

  /** Whether carriers are to be asked if they still answer: what was asked beside them did not, and they may just have nothing to carry. */
  get isInDoubt(): boolean {
    return this.#reachability.isInDoubt
  }

  /** Whether anybody has answered here. */
  get hasHeard(): boolean {
    return this.#reachability.hasHeard
  }

  /** The verdict with its evidence, for people. */
  finding(): Finding {
    return this.#reachability.finding()
  }

  note(outcome: Outcome, nowMs: number): void {
    this.#reachability.note(outcome, nowMs)
    this.#flows.note(outcome, nowMs)
    this.#plan.outcome(outcome, nowMs)
    if (outcome.kind === 'probed') this.#probing.heard(outcome.result, this.#reachability, nowMs)
    if (outcome.kind === 'dialled' || outcome.kind === 'died') this.#remember(outcome.way, outcome.kind === 'dialled')
  }

  /** A session lives at this relay now. */
  useRelay(relayIndex: number, nowMs: number): void {
    this.#relayIndex = relayIndex
    this.#selection.began(relayIndex, nowMs)
    this.#plan.useRelay(relayIndex)
  }

  next(nowMs: number): { readonly attempts: readonly Attempt[] } {
    return this.#plan.next(nowMs)
  }

  rotation(way: Way): { readonly bytes: number; readonly ms: number } {
    return this.#plan.rotation(way)
  }

  reserve(nowMs: number, least = 0): { readonly hold: number; readonly attach: readonly Way[] } {
    return this.#plan.reserve(nowMs, least)
  }

  home(nowMs: number): Trip | undefined {
    return this.#plan.home(nowMs)
  }

  /** The way by which to begin the next session, at another relay, while this one lives; undefined: its time has not come. */
  turn(sessionBytes: number, nowMs: number): Way | undefined {
    const relayIndex = this.#selection.next(sessionBytes, nowMs)
    return relayIndex === undefined ? undefined : this.#plan.best(relayIndex, nowMs)
  }

  /** Whether this network slows a way down on purpose. */
  isSlowed(way: Way): boolean {
    return this.#reachability.signsOf(way.host).some(({ code }) => code === 'slowed')
  }

  /** A relay as it is seen from this network. `silent`: it alone, since others abroad answer. undefined: neither can be said. */
  seen(relayIndex: number): Seen['state'] | undefined {
    if (this.#flows.alive.some((way) => way.relayIndex === relayIndex)) return 'answers'
    const hosts = new Set(this.#ways.filter((way) => way.relayIndex === relayIndex).map(({ host }) => host))
    return hosts.size > 0 && [...hosts].every((host) => this.#reachability.isBlockedAlone(host)) ? 'silent' : undefined
  }

  /** Probes to run now; also lets evidence fade. */
  wanted(nowMs: number): Probe[] {
    this.#reachability.step(nowMs)
    return this.#probing.wanted(this.#reachability, nowMs)
  }

  saved(): SavedMemory {
    return this.#memory.saved()
  }

  /** Another network: nothing concluded of the last one holds here. Carriers still count as flows until link notes their end. */
  move(network: Uint8Array, nowMs: number): void {
    this.#memory.move(network)
    this.#reachability = new Reachability(this.#known(), this.#flows)
    this.#plan = this.#createPlan()
    this.#probing = new Probing(this.#known(), this.#random, nowMs)
  }

  /** Fresh endpoints, relays or canaries. What was learned of ways that stay is kept. */
  update(places: Places): void {
    this.#places = places
    this.#ways = waysOf(places.relays)
    this.#selection.update(this.#candidates())
    this.#reachability.update(this.#known())
    this.#plan.update(this.#ways, places.policy?.rotation)
    this.#probing.update(this.#known())
    this.#recall(this.#plan)
  }

  #candidates(): readonly Candidate[] {
    return this.#places.relays.map(({ relayKey, endpoints, weight = 1 }) => ({
      weight: endpoints.length > 0 ? weight : 0,
      draw: this.#memory.drawOf(relayKey),
    }))
  }

  #known(): Known {
    const { policy } = this.#places
    const canaries = policy?.canaries ?? { domestic: [], foreign: [], udp: [] }
    return { ways: this.#ways, ...canaries, resolvers: policy?.resolvers ?? [] }
  }

  #createPlan(): Plan {
    const plan = new Plan({
      ways: this.#ways,
      rotation: this.#places.policy?.rotation,
      reachability: this.#reachability,
      flows: this.#flows,
      random: this.#random,
      isSpare: (relayIndex) => this.#selection.isSpare(relayIndex),
    })
    if (this.#relayIndex !== undefined) plan.useRelay(this.#relayIndex)
    this.#recall(plan)
    return plan
  }

  /** What the file says of this network, for ways that have not been used in this run. */
  #recall(plan: Plan): void {
    for (const way of this.#ways) {
      const found = this.#memory.find(way)
      if (found === undefined || plan.dialMsOf(way) !== undefined) continue
      plan.remember(way, found.recency, found.dialMs)
      this.#reachability.rememberLife(way.host, found.life)
    }
  }

  /** A way that works goes to the front; how long its carriers live is told wherever it stands. */
  #remember(way: Way, isNewest: boolean): void {
    const dialMs = this.#plan.dialMsOf(way)
    if (dialMs === undefined) return
    const life = this.#reachability.lifeOf(way.host)
    if (isNewest) this.#memory.worked(way, dialMs, life)
    else this.#memory.learned(way, life)
  }
}
