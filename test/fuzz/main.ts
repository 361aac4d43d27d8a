// npm run fuzz: each decoder in turn, until told to stop. A crasher is made small, kept in the corpus, and told; then this ends with 1.
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { fuzz, keepCrasher, shrink, tryInput, tryInTime } from './fuzzer.ts'
import type { FuzzTarget } from './target.ts'
import { TARGETS } from './targets/all.ts'

interface Options {
  readonly target?: string
  readonly seconds: number
  readonly seed?: number
  readonly input?: string
}

/** How long one target runs before the next has its turn. */
const TURN_MS = 5_000

const command = new Command('npm run fuzz --')
  .description('Feeds mutants to every decoder. A crasher goes to test/fuzz/corpus, where the tests replay it.')
  .option('--target <name>', `one of ${TARGETS.map(({ name }) => name).join(', ')}`)
  .option('--seconds <number>', 'how long in all', parseNumber, Number.POSITIVE_INFINITY)
  .option('--seed <number>', 'of the first turn', parseNumber)
  .option('--input <file>', 'run this input only; with --target')
const options = command.parse().opts<Options>()
process.exitCode = run(options)

function run({ target, seconds, seed, input }: Options): number {
  const targets = TARGETS.filter(({ name }) => target === undefined || name === target)
  const [first] = targets
  if (first === undefined) throw new Error(`no target is called ${target}`)
  if (input !== undefined) return replay(first, input)
  const endsMs = performance.now() + seconds * 1_000
  const turnMs = Math.min(TURN_MS, (seconds * 1_000) / targets.length)
  let crashes = 0
  for (let turn = seed ?? Math.floor(Math.random() * 0xffff_ffff); performance.now() < endsMs && crashes === 0; turn++) {
    for (const one of targets) crashes += fuzzFor(one, turn, Math.min(turnMs, endsMs - performance.now())) ? 1 : 0
  }
  return crashes === 0 ? 0 : 1
}

/** True when something crashed. */
function fuzzFor(target: FuzzTarget, seed: number, durationMs: number): boolean {
  const endsMs = performance.now() + durationMs
  const { count, kinds, crash } = fuzz(tryInTime(target), seed, () => performance.now() < endsMs)
  console.log(`${target.name.padEnd(20)} seed ${seed}: ${count} inputs, ${kinds} kinds of ending`)
  if (crash === undefined) return false
  const file = keepCrasher(target, shrink(target, crash), seed)
  console.log(`${crash.error.stack}\nkept as ${file}\nreplay: npm run fuzz -- --target ${target.name} --input ${file}`)
  return true
}

function replay(target: FuzzTarget, file: string): number {
  const ended = tryInput(target, readFileSync(file))
  console.log(ended instanceof Error ? ended.stack : `it ended well: ${ended}`)
  return ended instanceof Error ? 1 : 0
}

function parseNumber(text: string): number {
  const number = Number(text)
  if (text === '' || !Number.isFinite(number) || number < 0) throw new InvalidArgumentError('This is not a number.')
  return number
}
