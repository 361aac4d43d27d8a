// Processes and what they cost: starts the programs under measurement, reads their CPU time and memory from /proc, ends them.
// Whatever was started here, or registered with atEnd, is gone when the benchmark ends, however it ends.

import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { BENCH_LIMITS } from './limits.ts'

const TICKS_PER_SECOND = 100 // sysconf(_SC_CLK_TCK) is 100 on every Linux that Node runs on

const endings: (() => unknown)[] = []

/** Registers what must be undone at the end; it runs synchronously, last registered first. */
export function atEnd(ending: () => unknown): void {
  if (endings.length === 0) {
    process.once('exit', () => {
      for (const undo of endings.splice(0).reverse()) undo()
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
  }
  endings.push(ending)
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly folder?: string
  /** A file for what the program says; without it stderr is dropped. */
  readonly log?: string
  /** 'pipe', as without a log, leaves stdout to the caller. */
  readonly stdout?: 'pipe'
  /** 'pipe' lets the caller end the program by ending its stdin. */
  readonly stdin?: 'pipe' | 'ignore'
}

/** Starts a program in a process group of its own, so that its children end with it. */
export function start(argv: readonly string[], options: StartOptions = {}): ChildProcess {
  const [command, ...args] = argv
  if (command === undefined) throw new Error('nothing to start')
  const log = options.log === undefined ? undefined : openSync(options.log, 'a')
  const child = spawn(command, args, {
    detached: true,
    stdio: [options.stdin ?? 'ignore', options.stdout ?? log ?? 'pipe', log ?? 'ignore'],
    env: { ...process.env, ...options.env },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
  })
  child.on('error', () => {}) // a missing program shows as one that has ended; the exit handlers need no more
  if (log !== undefined) closeSync(log)
  // A program that has ended may have left its number to a stranger.
  atEnd(() => hasEnded(child) || signalGroup(child, 'SIGKILL'))
  return child
}

/** Ends a program: SIGTERM, a grace time, SIGKILL. Resolves when it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), BENCH_LIMITS.stopMs)
  await gone
  clearTimeout(timer)
  signalGroup(child, 'SIGKILL') // children that outlived it
}

export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

/** Runs a program to its end and returns its stdout; throws with its stderr when it fails. */
export function runOnce(argv: readonly string[], input = ''): string {
  const [command = '', ...args] = argv
  const result = spawnSync(command, args, { encoding: 'utf8', input, timeout: BENCH_LIMITS.commandMs })
  if (result.error !== undefined || result.status !== 0) {
    throw new Error(`${argv.slice(0, 6).join(' ')}: ${result.error?.message ?? (result.stderr || result.stdout).slice(-400)}`)
  }
  return result.stdout
}

/** Resolves with the first stdout line that `matches` accepts; later lines are read and dropped. */
export function waitForLine(child: ChildProcess, matches: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const { stdout } = child
    if (stdout === null) throw new Error('no stdout to read')
    const timer = setTimeout(() => reject(new Error(`${child.spawnargs.slice(0, 6).join(' ')}: not ready in time`)), BENCH_LIMITS.readyMs)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`${child.spawnargs.slice(0, 6).join(' ')}: ended with ${code}`))
    })
    createInterface({ input: stdout }).on('line', (line) => {
      if (!matches(line)) return
      clearTimeout(timer)
      resolve(line)
    })
  })
}

/** Calls `attempt` until it does not throw or the ready time is over. */
export async function retry<T>(attempt: () => Promise<T>): Promise<T> {
  const untilMs = Date.now() + BENCH_LIMITS.readyMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > untilMs) throw error
    }
    await delay(BENCH_LIMITS.retryMs)
  }
}

let nextPort = BENCH_LIMITS.firstPort + (process.pid % 500) * 16

/** A port below the ephemeral range that nobody listens on now: a stranger there would be measured instead. */
export async function freePort(): Promise<number> {
  for (;;) {
    nextPort = nextPort + 1 > BENCH_LIMITS.lastPort ? BENCH_LIMITS.firstPort : nextPort + 1
    const port = nextPort
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

/** User and system CPU seconds of processes, their living descendants and those already reaped. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids.flatMap(descendants)) {
    const fields = statFields(pid)
    for (let index = 11; index <= 14; index++) ticks += Number(fields[index] ?? 0)
  }
  return ticks / TICKS_PER_SECOND
}

/** Memory of processes and their descendants, KiB. Rss: what is resident in each, so that what several share counts for each; Pss: shared out among them. */
export function memoryKib(pids: readonly number[], kind: 'Rss' | 'Pss'): number {
  let kib = 0
  for (const pid of pids.flatMap(descendants))
    kib += Number(new RegExp(`^${kind}:\\s+(\\d+)`, 'm').exec(readProc(`${pid}/smaps_rollup`))?.[1] ?? 0)
  return kib
}

/** CPU seconds the whole machine has spent so far; niced work is left out, since it yields to a measurement. */
export function machineCpuSeconds(): number {
  const [user = 0, , system = 0, , , irq = 0, softIrq = 0, steal = 0] = (readProc('stat').split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + system + irq + softIrq + steal) / TICKS_PER_SECOND
}

function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // the group is gone
  }
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const parent = Number(statFields(pid)[1] ?? 0)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const found: number[] = []
  for (let todo = [root]; todo.length > 0; todo = todo.flatMap((pid) => children.get(pid) ?? [])) found.push(...todo)
  return found
}

// Fields of /proc/PID/stat after the program's name, which may itself hold blanks: state, parent, … utime at index 11.
function statFields(pid: number): string[] {
  const stat = readProc(`${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return '' // the process ended meanwhile
  }
}
