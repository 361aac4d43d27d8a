// A rehearsal: connects for real, and takes one way after the other away from itself while data flows. Each step begins anew, so that none spoils the next.
//
// 1. a session by whatever comes first; the relay's policy may name more ways                      the first
// 2. for each step: only what is to be taken away may carry, until data flows steadily by it       #begin
// 3. all else is allowed again, and that is denied; data flows again, or does not                  #deny
// 4. it is watched for a little longer: who carries, and whether what was open went on
import { setTimeout as pause } from 'node:timers/promises'
import type { Crypto, Invite } from '#protocol'
import type { Rehearsal, StepName, StepOutcome, StepResult } from '../../contract/rehearsal.ts'
import type { Way } from '../control/way.ts'
import { waysOf } from '../control/way.ts'
import { type Core, startCore } from '../core.ts'
import { type DrillLimits, drillLimits } from '../limits.ts'
import type { Platform } from '../platform.ts'
import type { EngineState, StateStore } from '../state.ts'
import { isSameEndpoint, WayNames } from '../way-names.ts'
import { type Denial, DenyingPlatform } from './denying-platform.ts'
import type { Spot } from './guarded-carrier.ts'
import { Heard } from './heard.ts'
import { adviceOf, missingOf, type Step, stepsOf } from './steps.ts'
import type { StartTransfer, Transfer } from './transfer.ts'

export interface RehearseOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  readonly invites: readonly Invite[]
  /** What connect remembers: only policies and the clock are used, and nothing is written. */
  readonly state: EngineState
  readonly transfer: StartTransfer
  readonly stepMs: number
  readonly signal: AbortSignal
  readonly onStep: (step: StepName, index: number, count: number) => void
  readonly onOutcome: (result: StepResult) => void
  readonly limits?: DrillLimits
}

/** undefined: no way to a relay works as it is. Rejects when it is given up; nothing is open then. */
export async function rehearse(options: RehearseOptions): Promise<Rehearsal | undefined> {
  const { stepMs, signal, onStep, onOutcome, limits = drillLimits } = options
  const drill = new Drill(options, limits)
  const startedBy = await drill.first()
  if (startedBy === undefined) return undefined
  const { ways } = drill
  const names = new WayNames(ways)
  const steps = stepsOf(ways, names, stepMs, limits)
  const results: StepResult[] = []
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted()
    onStep(step.name, index, steps.length)
    const result = { ...step.name, ...(await drill.run(step, names)) }
    results.push(result)
    onOutcome(result)
  }
  const missing = missingOf(ways, results)
  const isFailed = results.some(({ outcome }) => outcome === 'cut-off' || outcome === 'nothing-left')
  const advice = adviceOf(ways, results)
  return {
    version: 1,
    startedBy: names.nameOf(wayOf(startedBy, ways)),
    steps: results,
    missing,
    advice,
    survived: !isFailed && missing.length === 0,
  }
}

class Drill {
  readonly #options: RehearseOptions
  readonly #limits: DrillLimits
  /** Policies that came in the drill are known in its later steps; what worked is not, since denials have no place in memory. */
  readonly #store: StateStore
  #ways: readonly Way[] = []

  constructor(options: RehearseOptions, limits: DrillLimits) {
    this.#options = options
    this.#limits = limits
    let state: EngineState = { ...options.state, memory: undefined }
    this.#store = {
      load: () => state,
      save: ({ clockOffsetS, policies }) => {
        state = { clockOffsetS, memory: undefined, policies }
      },
    }
  }

  /** As of the last session's end. */
  get ways(): readonly Way[] {
    return this.#ways
  }

  /** What carries data while nothing is denied. */
  first(): Promise<Spot | undefined> {
    return this.#with(async ({ heard }) => {
      const { stepMs, signal } = this.#options
      if ((await heard.next(() => true, Math.max(stepMs, this.#limits.beginMs), signal)) === undefined) return undefined
      const fromMs = performance.now()
      await pause(this.#limits.steadyMs, undefined, { signal })
      return heard.carriersSince(fromMs)[0]
    })
  }

  async run({ name, denial, hasFallback }: Step, names: WayNames): Promise<StepOutcome> {
    if (!hasFallback) return { outcome: 'nothing-left' }
    return this.#with(async (scene) => {
      if (!(await this.#begin(scene, denial))) return { outcome: 'not-there' }
      return this.#deny(scene, denial, name.ms, names)
    })
  }

  /** Only what is to be taken away may carry, and does. */
  async #begin({ heard, platform }: Scene, { covers }: Denial): Promise<boolean> {
    const { signal } = this.#options
    platform.deny({ covers: (spot) => !covers(spot), manner: 'silence', beside: 'nothing' })
    if ((await heard.next(covers, this.#limits.beginMs, signal)) === undefined) return false
    await pause(this.#limits.steadyMs, undefined, { signal })
    return true
  }

  async #deny(
    { heard, platform, transfer }: Scene,
    denial: Denial,
    comesBackMs: number | undefined,
    names: WayNames,
  ): Promise<StepOutcome> {
    const { stepMs, signal } = this.#options
    const deniedMs = performance.now()
    platform.deny(denial)
    if (comesBackMs !== undefined) {
      await pause(comesBackMs, undefined, { signal })
      platform.deny(undefined)
    }
    const fromMs = performance.now()
    const backMs = await heard.next(() => true, stepMs, signal)
    if (backMs === undefined) return { outcome: 'cut-off', waitedMs: Math.round(performance.now() - fromMs) }
    await pause(this.#limits.steadyMs, undefined, { signal })
    return {
      outcome: 'survived',
      standstillMs: Math.round(heard.standstillMs(fromMs, performance.now())),
      carriedBy: heard.carriersSince(fromMs).map((spot) => names.nameOf(wayOf(spot, this.#ways))),
      kept: transfer.keptSince(deniedMs),
    }
  }

  /** Plays with a session of its own, and leaves nothing of it. */
  async #with<T>(play: (scene: Scene) => Promise<T>): Promise<T> {
    const { platform: real, crypto, invites, transfer: start } = this.#options
    const heard = new Heard(this.#limits)
    let last: Spot | undefined
    const platform = new DenyingPlatform(real, (spot) => {
      last = spot
    })
    const core: Core = startCore({ platform, crypto, invites, store: this.#store, onStatus: () => undefined, onFinding: () => undefined })
    const transfer = start(core.link, (bytes) => {
      if (last !== undefined) heard.note(last, bytes, performance.now())
    })
    try {
      return await play({ heard, platform, transfer })
    } finally {
      this.#ways = waysOf(core.policies.places.relays)
      transfer.stop()
      core.stop()
      platform.release()
    }
  }
}

interface Scene {
  readonly heard: Heard
  readonly platform: DenyingPlatform
  readonly transfer: Transfer
}

function wayOf(spot: Spot, ways: readonly Way[]): Way {
  const way = ways.find(({ endpoint, carrier }) => carrier === spot.carrier && isSameEndpoint(endpoint, spot.endpoint))
  if (way === undefined) throw new Error('what carried data is not a way that is known')
  return way
}
