// What the desktop app costs the person's machine: npm run bench -- --only app. A real Electron under Xvfb, where the processor draws, and a real relay.
//
// 1. from starting the process to the first screen with its status: with new homes, and with the same ones once more
// 2. processor time and memory of all its processes, left alone: off, connected with its window open, connected in the tray
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { environment, newHome, openStage, type Stage } from '../desktop/app.ts'
import { BENCH_LIMITS } from './limits.ts'
import { atEnd, cpuSeconds, freePort, memoryKib, retry, runOnce, start, stop, waitForLine } from './run.ts'

const RELAY = resolve(import.meta.dirname, '../../relay/main.ts')
const START_BAR_MS = 2_000
const IDLE_BAR_PERCENT = 1
const HOMES = 5

type Say = (line: string) => void

interface Running {
  readonly pid: number
  readonly startedMs: number
  /** Runs a script in its screen to its end; nothing of ours is joined to the app before or after. */
  readonly evaluate: (script: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Prints each figure beside its bar. Resolves with whether all bars are met. */
export async function benchApp(say: Say): Promise<boolean> {
  const stage = await openStage()
  atEnd(() => rmSync(join(stage.folder, '..'), { recursive: true, force: true }))
  const homes = Array.from({ length: HOMES }, newHome)
  atEnd(() => {
    for (const home of homes) rmSync(home, { recursive: true, force: true })
  })
  const invite = await startRelay()
  const verdicts = [
    await benchStart(stage, homes, 'start to usable window, new home', say),
    await benchStart(stage, homes, 'start to usable window, same home', say),
  ]
  const app = await open(stage, homes[0] as string)
  verdicts.push(await benchIdle(app, 'idle, off, window open', say))
  await app.evaluate(`culvert.send('addInvite', { text: ${JSON.stringify(invite)} }).then(() => culvert.send('connect'))`)
  await app.evaluate(shown('.state-connected'))
  verdicts.push(await benchIdle(app, 'idle, connected, window open', say))
  await app.evaluate('void setTimeout(() => window.close())')
  verdicts.push(await benchIdle(app, 'idle, connected, in the tray', say))
  await app.stop()
  await stage.display.close()
  return verdicts.every(Boolean)
}

async function benchStart(stage: Stage, homes: readonly string[], title: string, say: Say): Promise<boolean> {
  const times: number[] = []
  for (const home of homes) {
    const app = await open(stage, home)
    times.push(app.startedMs)
    await app.stop()
  }
  const sorted = times.sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY
  const isMet = median <= START_BAR_MS
  const range = `[${seconds(sorted[0] ?? 0)}–${seconds(sorted.at(-1) ?? 0)}]`
  say(`${title.padEnd(36)} ${seconds(median)} ${range} s  (≤ ${seconds(START_BAR_MS)} s: ${isMet ? 'pass' : 'MISS'})`)
  return isMet
}

async function benchIdle({ pid }: Running, title: string, say: Say): Promise<boolean> {
  await delay(BENCH_LIMITS.settleMs)
  const before = cpuSeconds([pid])
  await delay(BENCH_LIMITS.idleMs)
  const percent = ((cpuSeconds([pid]) - before) / (BENCH_LIMITS.idleMs / 1000)) * 100
  const isMet = percent <= IDLE_BAR_PERCENT
  const [rss, pss] = (['Rss', 'Pss'] as const).map((kind) => `${kind.toUpperCase()} ${Math.round(memoryKib([pid], kind) / 1024)} MiB`)
  say(`${title.padEnd(36)} ${percent.toFixed(2)} % of a core  (≤ ${IDLE_BAR_PERCENT} %: ${isMet ? 'pass' : 'MISS'}), ${rss}, ${pss}`)
  return isMet
}

async function open(stage: Stage, home: string): Promise<Running> {
  const port = await freePort()
  const switches = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
  const argv = [stage.executable, ...switches, `--remote-debugging-port=${port}`, stage.folder, `--user-data-dir=${home}`]
  const fromMs = performance.now()
  const child = start(argv, { env: environment(stage, home, {}) })
  const evaluate: Running['evaluate'] = async (script) => evaluateIn(await retry(() => findScreen(port)), script)
  await evaluate(shown('main h1'))
  return { pid: child.pid as number, startedMs: performance.now() - fromMs, evaluate, stop: () => stop(child) }
}

/** A script that ends once there is such an element. */
function shown(selector: string): string {
  return `new Promise((resolve) => {
    const look = () => (document.querySelector('${selector}') ? resolve() : requestAnimationFrame(look))
    look()
  })`
}

/** The address at which Chromium's debugger speaks for the app's screen. Rejects while there is none. */
async function findScreen(port: number): Promise<string> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    readonly url: string
    readonly webSocketDebuggerUrl: string
  }[]
  const screen = targets.find(({ url }) => url.startsWith('culvert-app:'))
  if (screen === undefined) throw new Error('the app shows no window')
  return screen.webSocketDebuggerUrl
}

async function evaluateIn(debuggerUrl: string, script: string): Promise<void> {
  const socket = new WebSocket(debuggerUrl)
  await once(socket, 'open')
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: script, awaitPromise: true } }))
  const [{ data }] = (await once(socket, 'message')) as [MessageEvent<string>]
  socket.close()
  if (data.includes('exceptionDetails')) throw new Error(`the app’s screen failed: ${data}`)
}

/** Resolves with an invite to it. */
async function startRelay(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-bench-relay-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  const dir = join(folder, 'relay')
  runOnce([process.execPath, RELAY, 'init', '--dir', dir, '--domain', 'relay.example', '--listen', '127.0.0.1:0'])
  await waitForLine(start([process.execPath, RELAY, 'run', '--dir', dir, '--json']), (line) => line.includes('"ready"'))
  return readFileSync(join(dir, 'invite'), 'utf8').trim()
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2)
}
