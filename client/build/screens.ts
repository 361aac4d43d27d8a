// Makes the screens of their sources: what a browser or Electron's window loads, by name, without a folder in between.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '..', '..')
const UI = join(ROOT, 'client', 'ui')

/** The oldest browser that shows them: the Chromium of the Electron that we test with. */
const TARGET = 'chrome114'

/** index.html is the first page; all names are flat. Takes a fraction of a second. */
export async function buildScreens(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(UI, 'main.tsx'), join(UI, 'main.css'), join(UI, 'enter.ts')],
    outdir: join(ROOT, 'dist', 'screens'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  })
  const page = readFileSync(join(UI, 'index.html'))
  return new Map([['index.html', page], ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const)])
}
