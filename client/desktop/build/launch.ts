// Runs the app from its sources: builds it, and starts it by whatever Electron this machine has (`npx install-electron` brings it). Arguments go to the
// app. Where no window can be shown, it says so in a line of JSON and ends well, so that whoever asked shows the screens in a browser instead.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { buildApp } from './build.ts'
import { findRuntime } from './runtime.ts'

const runtime = hasDisplay() ? findRuntime() : undefined
if (runtime === undefined) process.stdout.write(`${JSON.stringify({ event: 'no-window' })}\n`)
else await launch(runtime)

function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true
  return [process.env['DISPLAY'], process.env['WAYLAND_DISPLAY']].some((name) => name !== undefined && name !== '')
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
