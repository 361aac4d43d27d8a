// One seed from start to end, and how its failure is told.
import { execFileSync } from 'node:child_process'
import { Dice } from './dice.ts'
import { drawPlan, type WorldPlan } from './plan.ts'
import { World } from './world.ts'

export interface Run {
  readonly seed: number
  readonly isFrozen: boolean
  readonly plan: WorldPlan
  readonly virtualMs: number
  readonly steps: number
  readonly carriers: number
  /** What did not hold; undefined when all did. */
  readonly failure: Error | undefined
}

export function runSeed(seed: number, isFrozen = false): Run {
  const dice = new Dice(seed)
  const plan = drawPlan(dice, isFrozen)
  const world = new World(plan, dice)
  let failure: Error | undefined
  try {
    world.run()
  } catch (error) {
    failure = error as Error
  }
  return { seed, isFrozen, plan, virtualMs: world.clock.nowMs, steps: world.clock.steps, carriers: world.link.carrierCount, failure }
}

/** The seed and the commit: that pair replays it. */
export function tellFailure({ seed, isFrozen, failure }: Run): string {
  return `seed ${seed} at commit ${commit()}: ${failure?.stack ?? ''}\nreplay: npm run sim -- --seed ${seed}${isFrozen ? ' --freeze' : ''}`
}

/** The commit that this is, marked when files differ from it: those of the simulator, and of what it simulates. */
export function commit(simulated = '../../protocol'): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  try {
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--untracked-files=no', '--', simulated, '.') === '' ? '' : ' with changes')
    )
  } catch {
    return 'unknown'
  }
}
