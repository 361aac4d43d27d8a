// Feeds mutants to a target until something breaks.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Dice } from '../sim/dice.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './target.ts'

export interface Crash {
  readonly input: Uint8Array
  readonly error: Error
}

/** How many inputs are kept to be mutated further. */
const POOL_COUNT_MAX = 2_000
/** Of the processor's time: the clock's depends on what else runs. */
const SLOW_MS = 1_000
const SHRINK_MS = 10_000
const CORPUS = join(import.meta.dirname, 'corpus')

/** Runs mutants until one crashes or `goesOn` says no more. */
export function fuzz(
  target: FuzzTarget,
  seed: number,
  goesOn: (count: number) => boolean,
): { readonly count: number; readonly kinds: number; readonly crash: Crash | undefined } {
  const dice = new Dice(seed)
  const pool = [...target.seeds, ...readCorpus(target).map(({ input }) => input)]
  const seen = new Set<string>()
  let count = 0
  for (; goesOn(count); count++) {
    const input = count < pool.length ? (pool[count] as Uint8Array) : mutate(dice, dice.pick(pool), dice.pick(pool), target.words)
    const ended = tryInput(target, input)
    if (ended instanceof Error) return { count, kinds: seen.size, crash: { input, error: ended } }
    if (!seen.has(ended) && pool.length < POOL_COUNT_MAX) pool.push(input)
    seen.add(ended)
  }
  return { count, kinds: seen.size, crash: undefined }
}

/** How it ended, or the crash. */
export function tryInput(target: FuzzTarget, input: Uint8Array): string | Error {
  try {
    return target.run(Uint8Array.from(input))
  } catch (error) {
    return error instanceof Error ? error : new Error(`it threw ${String(error)}`)
  }
}

/** As tryInput, and a crash when it took too long: for people who watch, not for tests on busy machines. */
export function tryInTime(target: FuzzTarget): FuzzTarget {
  return {
    ...target,
    run(input) {
      const began = process.cpuUsage()
      const ended = target.run(input)
      const tookMs = process.cpuUsage(began).user / 1_000
      if (tookMs > SLOW_MS) throw new Error(`broken: it took ${tookMs.toFixed(0)} ms`)
      return ended
    },
  }
}

/** The smallest input found that crashes with the same message: halves, then single bytes, are left out while it still does. */
export function shrink(target: FuzzTarget, { input, error }: Crash): Uint8Array {
  let smallest = input
  const endsMs = performance.now() + SHRINK_MS
  for (let length = Math.ceil(input.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let at = 0; at + length <= smallest.length && performance.now() < endsMs; ) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)])
      const ended = tryInput(target, shorter)
      if (ended instanceof Error && ended.message === error.message) smallest = shorter
      else at += length
    }
  }
  return smallest
}

/** Inputs that once crashed: each file's name says what it showed. */
export function readCorpus(target: FuzzTarget): { readonly name: string; readonly input: Uint8Array }[] {
  const folder = join(CORPUS, target.name)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, input: readFileSync(join(folder, name)) }))
}

export function keepCrasher(target: FuzzTarget, input: Uint8Array, seed: number): string {
  mkdirSync(join(CORPUS, target.name), { recursive: true })
  const file = join(CORPUS, target.name, `crash-${seed}.bin`)
  writeFileSync(file, input)
  return file
}
