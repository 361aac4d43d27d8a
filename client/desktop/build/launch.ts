// Runs the app from its sources: builds it, and starts it by whatever Electron this machine has. Arguments go to the app. Where no window can be shown, it says
// so in a line of JSON and ends well, so that whoever asked shows the screens in a browser instead.
import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { buildApp } from './build.ts'
import { findRuntime } from './runtime.ts'

/** Electron's own download, once: 110 MB on a slow line. */
const DOWNLOAD_MS = 300_000
const ROOT = join(import.meta.dirname, '..', '..', '..')

const runtime = hasDisplay() ? (findRuntime() ?? download()) : undefined
if (runtime === undefined) process.stdout.write(`${JSON.stringify({ event: 'no-window' })}\n`)
else await launch(runtime)

function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true
  return [process.env['DISPLAY'], process.env['WAYLAND_DISPLAY']].some((name) => name !== undefined && name !== '')
}

function download(): string | undefined {
  process.stderr.write('Fetching Electron, once …\n')
  const script = join(ROOT, 'node_modules', 'electron', 'install.js')
  spawnSync(process.execPath, [script], { stdio: 'ignore', timeout: DOWNLOAD_MS, killSignal: 'SIGKILL' })
  return findRuntime()
}

async function launch(executable: string): Promise<void> {
  const folder = await buildApp()
  // Chromium has no sandbox for root, and says so by not starting.
  const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const child = spawn(executable, [...switches, folder, ...process.argv.slice(2)], { stdio: ['ignore', 'inherit', 'ignore'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  child.once('error', () => process.exit(1))
  child.once('close', (code, signal) => process.exit(code ?? 128 + constants.signals[signal as NodeJS.Signals]))
}
