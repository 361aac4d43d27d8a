// npm run cuts: cuts carriers at every byte of the first 64 KB, each place on a carrier of its own, on all cores. Ends with 1 when one cost more than a
// carrier.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { installMissingPrograms } from '../system-packages.ts'
import { CUT_BYTES, type CutReport, tryCuts } from './cuts.ts'
import type { Direction } from './path.ts'
import { DIRECT, EDGES, FRONTS, type Setting } from './settings.ts'

interface Options {
  readonly carrier?: string
  readonly direction?: Direction
  readonly from: number
  readonly to: number
  readonly at?: number
  readonly part?: number
}

const BY_PROGRAMS = [...FRONTS.nginx, ...FRONTS.caddy, ...EDGES]
const SETTINGS = [...DIRECT, ...BY_PROGRAMS]
const PROCESSES = availableParallelism()
/** In each process: while some wait for an edge or a relay to notice, others are tried. */
const WORLDS = 48

const command = new Command('npm run cuts --')
  .description('Cuts carriers at every byte of the first 64 KB of each direction.')
  .option('--carrier <name>', `those whose name holds this (all with nothing between): ${SETTINGS.map(({ name }) => name).join('; ')}`)
  .option('--direction <name>', 'up or down alone', parseDirection)
  .option('--from <byte>', 'the first place', parseNumber, 0)
  .option('--to <byte>', 'the place behind the last', parseNumber, CUT_BYTES)
  .option('--at <byte>', 'this place alone', parseNumber)
  .option('--part <number>', 'for the processes that this one starts', parseNumber)
const options = command.parse().opts<Options>()
process.exitCode = options.part === undefined ? await tryAll(options) : await tryPart(options, options.part)

async function tryAll({ carrier, direction, from, to, at }: Options): Promise<number> {
  const settings = carrier === undefined ? DIRECT : SETTINGS.filter(({ name }) => name.includes(carrier))
  if (settings.length === 0) throw new Error(`no carrier's name holds ${carrier}`)
  if (settings.some((setting) => BY_PROGRAMS.includes(setting))) installMissingPrograms()
  const [first, end] = at === undefined ? [from, to] : [at, at + 1]
  let failures = 0
  for (const { name } of settings) {
    for (const way of direction === undefined ? (['up', 'down'] as const) : [direction]) failures += await tryPlaces(name, way, first, end)
  }
  return failures === 0 ? 0 : 1
}

/** How many were not borne. */
async function tryPlaces(name: string, way: Direction, first: number, end: number): Promise<number> {
  const beganMs = performance.now()
  const processes = Array.from({ length: Math.min(PROCESSES, end - first) }, (_, part) => startPart(name, way, first, end, part))
  const reports = await Promise.all(processes)
  const count = reports.reduce((sum, one) => sum + one.count, 0)
  const { slowestMs, slowestAt } = reports.reduce((one, other) => (one.slowestMs > other.slowestMs ? one : other))
  const seconds = Math.round((performance.now() - beganMs) / 1_000)
  console.log(
    `${name}, ${way}: ${count} of ${end - first} cuts borne in ${seconds} s; the slowest took ${Math.round(slowestMs)} ms, at ${slowestAt}`,
  )
  for (const failure of reports.flatMap((one) => one.failures)) console.log(failure)
  return end - first - count
}

async function startPart(name: string, way: Direction, from: number, to: number, part: number): Promise<CutReport> {
  const child = fork(import.meta.filename, [
    '--carrier',
    name,
    '--direction',
    way,
    '--from',
    `${from}`,
    '--to',
    `${to}`,
    '--part',
    `${part}`,
  ])
  const ended = once(child, 'exit')
  const [told] = (await Promise.race([once(child, 'message'), ended])) as [CutReport | number]
  await ended
  return typeof told === 'object' ? told : { count: 0, failures: [`a process ended with ${told}`], slowestMs: 0, slowestAt: from }
}

async function tryPart({ carrier, direction = 'up', from, to }: Options, part: number): Promise<number> {
  const { begin } = SETTINGS.find(({ name }) => name === carrier) as Setting
  const behind = await begin()
  const places: number[] = []
  for (let place = from + part; place < to; place += Math.min(PROCESSES, to - from)) places.push(place)
  const worlds = await Promise.all(Array.from({ length: Math.min(WORLDS, places.length) }, () => behind.open()))
  process.send?.(await tryCuts(worlds, direction, places))
  await Promise.all(worlds.map((world) => world.close()))
  await behind.close()
  process.disconnect()
  return 0
}

function parseNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0 || number > CUT_BYTES) throw new InvalidArgumentError('This is no place in the first 64 KB.')
  return number
}

function parseDirection(text: string): Direction {
  if (text !== 'up' && text !== 'down') throw new InvalidArgumentError('This is neither up nor down.')
  return text
}
