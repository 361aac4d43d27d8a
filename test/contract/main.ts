// npm run cuts: cuts carriers at every byte of the first 64 KB, each place on a carrier of its own, on all cores. Ends with 1 when one cost more than a
// carrier.
//
// 1. the settings whose name fits, in each direction: a row, which has its even share of the time        tryAll
// 2. its places in an order that spreads whatever was tried, among processes, which say what each cost    tryRow, part.ts
// 3. the time is over: what is under way is tried to its end. Somebody ends this: it is dropped           stop, end
import { availableParallelism, constants } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { installMissingPrograms } from '../system-packages.ts'
import { CUT_BYTES } from './cuts.ts'
import { Part } from './parts.ts'
import type { Direction } from './path.ts'
import { Progress } from './progress.ts'
import { DIRECT, SETTINGS } from './settings.ts'

interface Options {
  readonly carrier?: string
  readonly direction?: Direction
  readonly from: number
  readonly to: number
  readonly at?: number
  readonly seconds?: number
}

interface Row {
  readonly setting: string
  readonly direction: Direction
  readonly from: number
  readonly to: number
}

const PROCESSES = availableParallelism()
const TIMER_MS_MAX = 2 ** 31 - 1

const command = new Command('npm run cuts --')
  .description('Cuts carriers at every byte of the first 64 KB of each direction.')
  .option('--carrier <name>', `those whose name holds this (all with nothing between): ${SETTINGS.map(({ name }) => name).join('; ')}`)
  .option('--direction <name>', 'up or down alone', parseDirection)
  .option('--from <byte>', 'the first place', parsePlace, 0)
  .option('--to <byte>', 'the place behind the last', parsePlace, CUT_BYTES)
  .option('--at <byte>', 'this place alone', parsePlace)
  .option('--seconds <number>', 'stops after so long, shared evenly; what was tried until then lies evenly', parseSeconds)

const parts: (Part | undefined)[] = []
let isEnded = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(128 + constants.signals[signal]))
const failures = await tryAll(command.parse().opts<Options>())
process.exitCode ||= failures === 0 ? 0 : 1

/** How many places of all rows were not borne. */
async function tryAll({ carrier, direction, from, to, at, seconds }: Options): Promise<number> {
  const settings = carrier === undefined ? DIRECT : SETTINGS.filter(({ name }) => name.includes(carrier))
  if (settings.length === 0) command.error(`no carrier's name holds ${carrier}`)
  const [first, behindLast] = at === undefined ? [from, to] : [at, at + 1]
  if (first >= behindLast || behindLast > CUT_BYTES) command.error(`there is no place from ${first} to below ${behindLast}`)
  if (settings.some((setting) => !DIRECT.includes(setting))) installMissingPrograms()
  const directions = direction === undefined ? (['up', 'down'] as const) : [direction]
  const rows = settings.flatMap(({ name }) => directions.map((way) => ({ setting: name, direction: way, from: first, to: behindLast })))
  const endMs = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1_000
  let sum = 0
  for (const [i, row] of rows.entries()) {
    if (!isEnded) sum += await tryRow(row, (endMs - performance.now()) / (rows.length - i))
  }
  for (const part of parts) part?.drop()
  return sum
}

async function tryRow(row: Row, msMax: number): Promise<number> {
  const progress = new Progress(`${row.setting}, ${row.direction}`, row.from, row.to)
  const count = Math.min(PROCESSES, row.to - row.from)
  const stop = setTimeout(
    () => {
      for (const part of parts) part?.stop()
    },
    Math.max(0, Math.min(msMax, TIMER_MS_MAX)),
  )
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const part = parts[i] ?? new Part()
      parts[i] = part
      const failure = await part.try({ ...row, part: i, parts: count }, (tried) => progress.count(tried))
      if (failure === undefined) return
      parts[i] = undefined
      if (!isEnded) progress.fail(failure)
    }),
  )
  clearTimeout(stop)
  return progress.finish()
}

function end(code: number): void {
  isEnded = true
  process.exitCode = code
  for (const part of parts) part?.drop()
}

function parsePlace(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0 || number > CUT_BYTES) throw new InvalidArgumentError('This is no place in the first 64 KB.')
  return number
}

function parseSeconds(text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('This is no time.')
  return number
}

function parseDirection(text: string): Direction {
  if (text !== 'up' && text !== 'down') throw new InvalidArgumentError('This is neither up nor down.')
  return text
}
