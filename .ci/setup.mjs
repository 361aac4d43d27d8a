// Runs a script of this repository on the Node that package-lock.json names, after installing what is missing: `node .ci/setup.mjs test/run.ts`.
// Plain JavaScript for Node 20, since on a fresh clone nothing newer is there yet.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 20
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const isWindows = process.platform === 'win32'
const TICK_MS = 5000
const ATTEMPTS = 2
/** A slow line needs some minutes; a mark that is older is one that nobody came back to. */
const INSTALL_MS_MAX = 1_200_000
/** Between the mark and the process id in it. */
const STARTING_MS = 10_000
/** What another attempt won't mend. */
const LASTING = /ENOSPC|EACCES|EPERM|EUSAGE|can only install packages when|ENOENT.*npm/
const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Names the process group of whoever installs here: two at once would each delete what the other has brought. */
const mark = join(root, '.culvert', 'installing')
const node = join(root, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node')

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(
    `Node ${process.versions.node} is too old to begin with: Node ${OLDEST_NODE} or newer is needed (it then fetches its own, newer one).`,
  )
}
while (!isInstalled()) {
  if (markInstalling()) await install()
  else await othersInstalling()
}
await handOver(process.argv.slice(2))

/** Whether node_modules holds what the lock file names (compared by version, since a checkout changes times at random). */
function isInstalled() {
  if (!existsSync(node)) return false
  try {
    const wanted = readPackages(join(root, 'package-lock.json'))
    const present = readPackages(join(root, 'node_modules', '.package-lock.json'))
    return Object.entries(wanted).every(([path, entry]) => path === '' || isMet(entry, present[path]))
  } catch {
    return false
  }
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

/** Optional packages may be absent: they are for other machines. */
function isMet(entry, found) {
  return found === undefined ? entry.optional === true || entry.devOptional === true : found.version === entry.version
}

/** False when somebody is at it already: another npm start, or what is left of one that was killed. */
function markInstalling() {
  mkdirSync(dirname(mark), { recursive: true })
  try {
    closeSync(openSync(mark, 'wx'))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  if (isInstalling()) return false
  rmSync(mark, { force: true })
  return markInstalling()
}

function isInstalling() {
  const ageMs = Date.now() - (statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  if (ageMs > INSTALL_MS_MAX) return false
  try {
    const group = Number(readFileSync(mark, 'utf8'))
    if (group === 0) return ageMs < STARTING_MS
    return process.kill(isWindows ? group : -group, 0) && !isZombie(group)
  } catch {
    return false
  }
}

/** Ended, and nobody asked how: in a container whose first process doesn't, it stays so. Always false where there is no /proc. */
function isZombie(pid) {
  const file = `/proc/${pid}/stat`
  return existsSync(file) && /\) Z /.test(readFileSync(file, 'utf8'))
}

async function othersInstalling() {
  console.log('The packages are being installed already; waiting for that …')
  while (isInstalling()) await new Promise((resolve) => setTimeout(resolve, 500))
}

async function install() {
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1000)
  console.log('Installing the packages that package-lock.json names (700 MB on disk, half a minute on a good line) …')
  const ticker = setInterval(() => console.log(`  still installing, ${seconds()} s`), TICK_MS)
  let failure = await npmCi()
  for (let attempt = 1; attempt < ATTEMPTS && failure?.mayPass; attempt += 1) {
    console.log(`  that failed; once more from the beginning, ${seconds()} s`)
    rmSync(join(root, 'node_modules'), { recursive: true, force: true, maxRetries: 3 })
    failure = await npmCi()
  }
  clearInterval(ticker)
  rmSync(mark, { force: true })
  if (failure) fail(failure.text)
  console.log(`Installed in ${seconds()} s.\n`)
}

/** What went wrong, and whether it may go well another time. */
async function npmCi() {
  const { status, text } = await npm(['ci', '--include=dev', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'])
  if (status !== 0) return { text: `${text}\nnpm ci failed (${status}). ${reasonOf(text)}`, mayPass: !LASTING.test(text) }
  if (isInstalled()) return undefined
  return { text: `${text}\nnpm ci ended well, but ${node} is not there: does npm's configuration forbid install scripts?`, mayPass: true }
}

/** Ends together with this process, and with all that it started itself; else it would go on beside the next attempt. */
function npm(args) {
  const cli = process.env.npm_execpath
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  return new Promise((resolve) => {
    const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: !isWindows })
    if (child.pid !== undefined) writeFileSync(mark, String(child.pid))
    const end = (signal) => {
      try {
        process.kill(isWindows ? child.pid : -child.pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
      rmSync(mark, { force: true })
      process.exit(128 + constants.signals[signal])
    }
    for (const signal of SIGNALS) process.on(signal, end)
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk
      })
    }
    const done = (status) => {
      for (const signal of SIGNALS) process.off(signal, end)
      resolve({ status, text })
    }
    child.on('error', (error) => {
      text += error.message
      done(error.code)
    })
    child.on('close', (status, signal) => done(status ?? signal))
  })
}

function reasonOf(text) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|socket hang up/.test(text)) {
    return 'The package registry could not be reached: is this machine online, and does npm need a proxy (npm config set proxy …)?'
  }
  if (/ENOSPC/.test(text)) return 'The disk is full.'
  if (/EACCES|EPERM/.test(text)) return `${join(root, 'node_modules')} is not writable: does it belong to another user?`
  if (/EUSAGE|can only install packages when/.test(text))
    return 'package.json and package-lock.json disagree: run npm install and commit both.'
  if (/ENOENT.*npm/.test(text)) return 'npm is not installed.'
  return 'What npm said stands above.'
}

/** Runs the rest on the new Node and ends as it does. */
async function handOver(args) {
  const path = `${join(root, 'node_modules', '.bin')}${isWindows ? ';' : ':'}${process.env.PATH ?? ''}`
  // Each of the many programs that a script starts would read the sources anew; see relay/culvert-relay.mjs.
  const compiled = join(root, '.culvert', 'compiled')
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { NODE_COMPILE_CACHE: compiled, ...process.env, PATH: path } })
  for (const signal of SIGNALS) {
    // Ctrl-C at a terminal reaches both of us: this process then only waits for the other to clean up.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal))
  }
  child.on('error', (error) => fail(`${node} does not run: ${error.message}`))
  child.on('close', (status, signal) => process.exit(status ?? 128 + constants.signals[signal]))
}

function fail(text) {
  console.error(text)
  process.exit(1)
}
