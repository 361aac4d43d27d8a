// Which Electron on this machine shows the app's window: its own download if there is one, else what the tests run.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testRuntimePath } from './test-runtime.ts'

const PACKAGE = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'electron')

/** The path of an executable, or undefined where this machine has none. */
export function findRuntime(): string | undefined {
  const given = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  const candidates = [given && join(given, executableName()), ownDownload(), testRuntimePath()]
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
}

/** What Electron's package has downloaded, in the words of its own file. */
function ownDownload(): string | undefined {
  try {
    return join(PACKAGE, 'dist', readFileSync(join(PACKAGE, 'path.txt'), 'utf8').trim())
  } catch {
    return undefined
  }
}

function executableName(): string {
  if (process.platform === 'win32') return 'electron.exe'
  return process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron'
}
