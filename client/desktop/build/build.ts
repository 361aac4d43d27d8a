// Makes the app of its sources: three bundles for Electron, the screens, the icons, and the package.json that Electron starts with. One folder, as it is
// run, and as it is packed.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import { type BuildOptions, build } from 'esbuild'
import { buildScreens } from '../../build/screens.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const DESKTOP = join(ROOT, 'client', 'desktop')

export const APP_FOLDER: string = join(ROOT, 'dist', 'app')

/** Pixels a side: of the program, and of the tray at a plain and a fine screen. */
const APP_ICON_PX = 512
const TRAY_ICON_PX = { '': 22, '@2x': 44 }

const COMMON: BuildOptions = { bundle: true, logLevel: 'warning', legalComments: 'none', minifySyntax: true, absWorkingDir: ROOT }

/** Electron's own modules stay outside; Node 18 is what the oldest runtime has that this app is run with. */
const NODE: BuildOptions = {
  ...COMMON,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  external: ['electron'],
  inject: [join(import.meta.dirname, 'old-runtime.ts')],
}

/** Makes the app anew. Resolves with its folder. */
export async function buildApp(folder: string = APP_FOLDER): Promise<string> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'screens'), { recursive: true })
  mkdirSync(join(folder, 'icons'))
  await Promise.all([
    build({ ...NODE, entryPoints: [join(DESKTOP, 'main.ts')], outfile: join(folder, 'main.js') }),
    // A sandboxed window's script has no Node but what Electron gives it.
    build({ ...NODE, inject: [], entryPoints: [join(DESKTOP, 'chromium-dialer', 'page', 'main.ts')], outfile: join(folder, 'dialer.js') }),
    build({ ...NODE, inject: [], entryPoints: [join(DESKTOP, 'preload.ts')], outfile: join(folder, 'preload.js') }),
    build({ ...NODE, entryPoints: [join(ROOT, 'client', 'engine', 'app', 'parent-port.ts')], outfile: join(folder, 'engine.js') }),
    writeScreens(join(folder, 'screens')),
  ])
  drawIcons(join(folder, 'icons'))
  const { name, version, description, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const manifest = { name, productName: 'Culvert', version, description, license, main: 'main.js' }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  return folder
}

async function writeScreens(folder: string): Promise<void> {
  for (const [name, bytes] of await buildScreens()) writeFileSync(join(folder, name), bytes)
}

function drawIcons(folder: string): void {
  draw('culvert', APP_ICON_PX, join(folder, 'culvert.png'))
  for (const look of ['off', 'busy', 'on']) {
    for (const [suffix, size] of Object.entries(TRAY_ICON_PX)) draw(`tray-${look}`, size, join(folder, `tray-${look}${suffix}.png`))
  }
}

function draw(name: string, size: number, file: string): void {
  const svg = readFileSync(join(DESKTOP, 'icons', `${name}.svg`), 'utf8')
  writeFileSync(file, new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render().asPng())
}
