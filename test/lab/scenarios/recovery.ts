// How long a download stands still from the censor's first act on.
import type { Recipe } from '../recipe.ts'
import { cutoff, ipBlock, ipReset } from '../recipes/addresses.ts'
import { freeze, throttle } from '../recipes/flows.ts'
import type { Result, Row } from '../report.ts'
import { clockMs } from '../servers/marks.ts'
import { onStage, type Stage, within } from './stage.ts'
import { percentile, recoveryMs } from './timeline.ts'

/** What the censor does to the address in use, and how soon data must flow again. */
export const ACTS = {
  reset: { recipe: () => ipReset(), barMs: 1_000 },
  freeze: { recipe: () => freeze({ places: ['relayA'] }), barMs: 4_000 },
  'silent drop': { recipe: () => ipBlock(), barMs: 6_000 },
  throttle: { recipe: () => throttle({ places: ['relayA'] }), barMs: 20_000 },
  cutoff: { recipe: () => cutoff(), barMs: 8_000 },
} as const satisfies Record<string, { readonly recipe: () => Recipe; readonly barMs: number }>
export type Act = keyof typeof ACTS

/** The act comes once the download is at its pace. */
const BEFORE_BYTES = 3_000_000
const BYTES = 200_000_000
const GIVEN_UP_MS = 45_000
const LOOK_MS = 100

export const recoveryRows = (runs: number): Readonly<Record<string, Row>> =>
  Object.fromEntries(
    (Object.keys(ACTS) as Act[]).map((act) => [
      `from the censor's first act to data flowing again: ${act}`,
      () => onStage(async (stage) => judge(act, await measureRecovery(stage, act, runs))),
    ]),
  )

function judge(act: Act, timesMs: readonly number[]): Result {
  const { barMs } = ACTS[act]
  const p95 = percentile(timesMs, 95)
  const figure = `p95 ${(p95 / 1000).toFixed(1)} s, median ${(percentile(timesMs, 50) / 1000).toFixed(1)} s of ${timesMs.length}`
  return { figure, bar: `p95 ≤ ${barMs / 1000} s`, pass: p95 <= barMs }
}

/** One time for each run, each by a client of its own; infinite where data never came again. */
export async function measureRecovery(stage: Stage, act: Act, runs: number): Promise<number[]> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) times.push(await recover(stage, ACTS[act].recipe()))
  return times
}

async function recover({ country, connect, invite, transfer }: Stage, recipe: Recipe): Promise<number> {
  const client = await connect(invite())
  const download = transfer(client, { direction: 'down', bytes: BYTES })
  try {
    await within(GIVEN_UP_MS, 'the start of a download', download.reached(BEFORE_BYTES))
    const fromMs = clockMs()
    await country.censor.apply(recipe)
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      const ms = recoveryMs(download.marks, fromMs)
      if (ms !== undefined) return ms
      if (clockMs() - fromMs > GIVEN_UP_MS) return Number.POSITIVE_INFINITY
    }
  } finally {
    await download.kill()
    await client.program.kill()
    await country.censor.lift()
  }
}
