// One process at a time changes the system's proxy: the app, and the repair that runs when an app has died.
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { APP_FILES } from '../app-files.ts'
import { type SystemProxyLimits, systemProxyLimits } from '../limits.ts'
import { SystemProxyError } from './settings.ts'

export const LOCK_FILE: string = APP_FILES.systemProxyLock

/** Runs `work` alone. A process that died, or does not come to an end, holds nothing up for long: repairing must always work. */
export async function withLock<T>(folder: string, work: () => Promise<T>, limits: SystemProxyLimits = systemProxyLimits): Promise<T> {
  const file = join(folder, LOCK_FILE)
  // Twice as long as any lock counts: then it can't be read or removed at all.
  for (let waitedMs = 0; !take(file); waitedMs += limits.lockLookMs) {
    if (waitedMs > 2 * limits.lockMs) throw unwritable()
    if (!removeStale(file, limits)) await new Promise((resolve) => setTimeout(resolve, limits.lockLookMs))
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw unwritable(error)
  }
}

function unwritable(cause?: unknown): SystemProxyError {
  return new SystemProxyError('journal', 'The folder of this app cannot be written to, so nothing is changed.', { cause })
}

/** Two may find the same one stale: who moves it aside and then sees that it was a fresh one of the other puts that back. */
function removeStale(file: string, limits: SystemProxyLimits): boolean {
  const aside = `${file}.${process.pid}`
  try {
    const holder = readFileSync(file, 'utf8')
    if (!isStale(holder, Date.now() - statSync(file).mtimeMs, limits)) return false
    renameSync(file, aside)
    if (readFileSync(aside, 'utf8') === holder) rmSync(aside)
    else renameSync(aside, file)
    return true
  } catch {
    return !existsSync(file)
  }
}

/** Its process is gone, or it is older than any change takes: a process number may have passed on to another program. */
function isStale(holder: string, ageMs: number, limits: SystemProxyLimits): boolean {
  if (ageMs > limits.lockMs) return true
  // Empty: taken this moment, or its process died just then.
  return holder === '' ? ageMs > limits.lockBornMs : !isAlive(Number(holder))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
