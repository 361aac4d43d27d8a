// Runs a script of this repository on the Node that package-lock.json names, after installing what is missing: `node .ci/setup.mjs test/run.ts`.
// Plain JavaScript for Node 20, since on a fresh clone nothing newer is there yet.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 20
const TICK_MS = 5000
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(
    `Node ${process.versions.node} is too old to begin with: Node ${OLDEST_NODE} or newer is needed (it then fetches its own, newer one).`,
  )
}
if (!isInstalled()) await install()
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

async function install() {
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1000)
  console.log('Installing the packages that package-lock.json names (450 MB on disk, half a minute on a good line) …')
  const ticker = setInterval(() => console.log(`  still installing, ${seconds()} s`), TICK_MS)
  const { status, text } = await npm(['ci', '--include=dev', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'])
  clearInterval(ticker)
  if (status !== 0) fail(`${text}\nnpm ci failed (${status}). ${reasonOf(text)}`)
  if (!existsSync(node)) fail(`${text}\nnpm ci ended well, but ${node} is not there: does npm's configuration forbid install scripts?`)
  console.log(`Installed in ${seconds()} s.\n`)
}

function npm(args) {
  const cli = process.env.npm_execpath
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  return new Promise((resolve) => {
    const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk
      })
    }
    child.on('error', (error) => resolve({ status: error.code, text: `${text}${error.message}` }))
    child.on('close', (status, signal) => resolve({ status: status ?? signal, text }))
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
  const path = `${join(root, 'node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
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
