// HTML to PDF by the Chromium of this machine, in a profile that is thrown away, with no network and no script.
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { OperatorError } from '../../operator-error.ts'
import { siteLimits } from '../site-limits.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** undefined where this machine has none. */
export function findChromium(path: string = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(':')
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Whether a font of this machine has every letter of the text. True as well where fontconfig's program is not there to ask, which Debian's Chromium brings. */
export function hasLetters(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? []
  const charset = letters.map((letter) => letter.codePointAt(0)?.toString(16)).join(' ')
  const { error, stdout } = spawnSync('fc-list', [`:charset=${charset}`, 'file'], { encoding: 'utf8', timeout: siteLimits.pdfMs })
  return error !== undefined || stdout !== ''
}

/** Throws OperatorError. */
export async function printPdf(chromium: string, html: string): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-pdf-'))
  const [source, target] = [join(folder, 'report.html'), join(folder, 'report.pdf')]
  try {
    writeFileSync(source, html)
    const status = await run(chromium, [
      '--headless',
      // Chromium's own sandbox does not run as root; the page is ours, has no script and reaches no network.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-background-networking',
      '--host-resolver-rules=MAP * ~NOTFOUND',
      '--no-pdf-header-footer',
      `--user-data-dir=${join(folder, 'profile')}`,
      `--print-to-pdf=${target}`,
      pathToFileURL(source).href,
    ])
    if (status !== 0) throw new OperatorError(`Chromium could not print the report (status ${status}).`)
    return readFileSync(target)
  } catch (error) {
    if (error instanceof OperatorError) throw error
    throw new OperatorError(`Chromium could not print the report (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function run(file: string, args: readonly string[]): Promise<number | string> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore', timeout: siteLimits.pdfMs, killSignal: 'SIGKILL' })
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
}
