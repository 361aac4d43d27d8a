// All years of the report, in rounds: each round is one seed for every cell whose turn it is, so that whenever it ends, all cells have had their share.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type Cell, cells } from './plan.ts'
import type { Year } from './world.ts'

export interface Outcome {
  readonly cell: Cell
  readonly years: readonly Year[]
}

export interface Asked {
  readonly firstSeed: number
  readonly seeds: number
  readonly minutes: number
}

interface Job {
  readonly cell: number
  readonly seed: number
}

const TELL_MS = 10_000

export async function runAll({ firstSeed, seeds, minutes }: Asked): Promise<readonly Outcome[]> {
  const all = cells()
  const endsMs = performance.now() + minutes * 60_000
  const jobs = Array.from({ length: seeds }, (_, round) =>
    all.flatMap(({ every }, cell): Job[] => (round % every === 0 ? [{ cell, seed: firstSeed + round }] : [])),
  ).flat()
  const years = new Map<number, Year[]>()
  let [next, done, told] = [0, 0, performance.now()]
  const work = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const give = (): void => {
        const job = performance.now() < endsMs ? jobs[next++] : undefined
        if (job === undefined) void worker.terminate().then(() => resolve())
        else worker.postMessage(job)
      }
      worker.on('error', reject)
      worker.on('message', ({ cell, year }: Job & { readonly year: Year }) => {
        years.set(cell, [...(years.get(cell) ?? []), year])
        done++
        if (performance.now() - told > TELL_MS) {
          told = performance.now()
          console.log(`${done} of ${jobs.length} years`)
        }
        give()
      })
      give()
    })
  const threads = Math.min(availableParallelism(), 16)
  await Promise.all(Array.from({ length: threads }, () => work(new Worker(new URL('./worker.ts', import.meta.url)))))
  console.log(`${done} of ${jobs.length} years`)
  return all.map((cell, at) => ({ cell, years: years.get(at) ?? [] }))
}

export interface Estimate {
  readonly mean: number
  /** Half of a 95 % interval: Student's t; 0 where there is one year only. */
  readonly margin: number
  readonly count: number
}

/** Of Student's t, two-sided 95 %, by degrees of freedom; from 30 on the normal one is near enough. */
const T = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09, 2.09, 2.08, 2.07, 2.07,
  2.06, 2.06, 2.06, 2.05, 2.05, 2.05,
] as const

export function estimate(values: readonly number[]): Estimate {
  const count = values.length
  const mean = values.reduce((sum, one) => sum + one, 0) / count
  if (count < 2) return { mean, margin: 0, count }
  const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (count - 1)
  return { mean, margin: (T[count - 2] ?? 2) * Math.sqrt(variance / count), count }
}
