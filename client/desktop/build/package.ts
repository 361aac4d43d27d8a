// `npm run package`: what people install, of the system that this runs on, into dist/packages; with checksums and a bill of materials.
//
// 1. the app is built, and its files get the time of the last commit              build
// 2. electron-builder puts it into Electron, sets the fuses, and makes the rest    pack
// 3. on Linux: a tar.gz and a deb of the unpacked folder                           linux-packages.ts
// 4. the bill of materials, and last the checksums of all files                    finish
//
// --dir: stops at the unpacked folder. --test-runtime: takes the old Electron that the tests run; such a package is never given to anybody.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CliOptions, build as pack } from 'electron-builder'
import { buildApp } from './build.ts'
import { createDeb, createTar } from './linux-packages.ts'
import { TEST_RUNTIME_VERSION, testRuntime } from './test-runtime.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const OUTPUT = join(ROOT, 'dist', 'packages')
const CHECKSUMS = 'SHA256SUMS'

const flags = new Set(process.argv.slice(2))
const isDirOnly = flags.has('--dir')
const isTest = flags.has('--test-runtime')

/** Seconds since 1970 that all files get: the same sources make the same bytes. */
const epochS = Number(process.env['SOURCE_DATE_EPOCH'] ?? lastCommitS())
process.env['SOURCE_DATE_EPOCH'] = String(epochS)

rmSync(OUTPUT, { recursive: true, force: true })
setTimes(await buildApp())
await pack(await options())
if (process.platform === 'linux') packLinux()
if (!isDirOnly) finish()

async function options(): Promise<CliOptions> {
  const runtime = isTest
    ? { electronDist: join(await testRuntime(), '..'), electronVersion: TEST_RUNTIME_VERSION, afterExtract: dropLoader }
    : {}
  return {
    projectDir: ROOT,
    dir: isDirOnly || isTest,
    publish: 'never',
    config: { extends: join(ROOT, 'electron-builder.yml'), ...runtime },
  }
}

/** What makes the test runtime run a folder has no place in a package. */
function dropLoader({ appOutDir }: { readonly appOutDir: string }): void {
  rmSync(join(appOutDir, 'resources', 'app'), { recursive: true, force: true })
}

function packLinux(): void {
  const unpacked = join(OUTPUT, 'linux-unpacked')
  setTimes(unpacked)
  if (isDirOnly) return
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const made = { unpacked, output: OUTPUT, version, arch: process.arch, epochS }
  createTar(made)
  createDeb({ ...made, icon: join(ROOT, 'client', 'desktop', 'icons', 'culvert.svg') })
}

function finish(): void {
  const bill = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'], {
    cwd: ROOT,
    maxBuffer: 2 ** 26,
  })
  writeFileSync(join(OUTPUT, 'culvert-sbom.cdx.json'), bill)
  const files = readdirSync(OUTPUT, { withFileTypes: true }).filter((entry) => entry.isFile() && !/\.(?:ya?ml|blockmap)$/.test(entry.name))
  const lines = files.map(
    ({ name }) =>
      `${createHash('sha256')
        .update(readFileSync(join(OUTPUT, name)))
        .digest('hex')}  ${name}\n`,
  )
  writeFileSync(join(OUTPUT, CHECKSUMS), lines.sort().join(''))
}

function setTimes(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) utimesSync(join(folder, path), epochS, epochS)
}

function lastCommitS(): string {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' }).trim()
}
