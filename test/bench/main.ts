// npm run bench: Culvert beside the tools people use today, on this machine, now. See docs/BENCHMARKS.md for how to read what it prints.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { DIALERS } from './dialer.ts'
import { describeMachine, mergeReports, type Report, renderDocument, tables } from './document.ts'
import { measure, missingPrograms } from './measure.ts'
import { PEERS, type Peer } from './peers.ts'
import { openWorkshop, PLACES } from './place.ts'
import { culvert, hasProduct } from './product.ts'
import { profileDownload } from './profile.ts'
import { atEnd } from './run.ts'
import { FULL_SIZES, QUICK_SIZES, TESTS, type Test } from './tests.ts'

const DOCUMENT = resolve(import.meta.dirname, '../../docs/BENCHMARKS.md')
const PROFILE_BYTES = 2 ** 30

interface Options {
  readonly only?: string
  readonly peers?: string
  readonly place?: string
  readonly rounds: string
  readonly quick?: true
  readonly json?: string
  readonly from?: string
  readonly write?: true
  readonly profile?: true
  readonly list?: true
}

const command = new Command('npm run bench --')
  .description('Measures Culvert beside its peers: interleaved rounds, medians, ratios. Linux; root for the tests over a link with delay.')
  .option('--only <tests>', 'these tests, by name or the beginning of one, separated by commas')
  .option('--peers <names>', 'these peers only, separated by commas')
  .option('--place <names>', `tests in these places only: ${Object.keys(PLACES).join(', ')}`)
  .option('--rounds <count>', 'rounds to take the median of', '3')
  .option('--quick', 'small sizes and one round, to see that everything works')
  .option('--json <file>', 'write the results to a file, after each round')
  .option('--from <files>', 'measure nothing: read results that --json wrote, separated by commas')
  .option('--write', 'write docs/BENCHMARKS.md, but for what stands there by hand')
  .option('--profile', 'profile one download on both sides instead of measuring')
  .option('--list', 'name the tests and the peers')

const options = command.parse().opts<Options>()
const say = (line: string): void => void process.stdout.write(`${line}\n`)

if (options.only === 'dashboard') {
  // Pages, not peers: what they are made of is compiled first.
  const { compilePages } = await import('../../relay/observatory/tsx.ts')
  await compilePages()
  const { benchDashboard } = await import('./dashboard.ts')
  process.exit((await benchDashboard(say)) ? 0 : 1)
}
if (options.only === 'app') {
  const { benchApp } = await import('./app.ts')
  process.exit((await benchApp(say)) ? 0 : 1)
}
if (options.list) list()
else if (options.only === 'observatory') await observatory()
else finish(options.from === undefined ? await run() : mergeReports(split(options.from).map(readReport)))
process.exit() // whatever was started is ended by what atEnd was told

/** Has no peers: its figures are held against bounds. */
async function observatory(): Promise<void> {
  // What was started ends with this process, and its folder goes, also where a signal ends it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
  const { benchObservatory } = await import('./observatory.ts')
  const isWithin = await benchObservatory(options.quick ? 200_000 : 10_000_000, say)
  if (!isWithin) process.exitCode = 1
}

function list(): void {
  for (const { name, title } of TESTS) say(`${name.padEnd(14)} ${title}`)
  say('app            the desktop app: start, idle processor time, memory')
  say('observatory    ten million relay-days into PostgreSQL, and the sums of a day and a week')
  say(`peers: ${[...PEERS, culvert(), ...DIALERS].map(({ name }) => name).join(', ')}`)
}

async function run(): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-bench-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  const workshop = openWorkshop(folder)
  const peers = choosePeers()
  const rounds = options.quick ? 1 : Number(options.rounds)
  const report: Report = {
    machine: describeMachine(peers, Date.now()),
    rounds,
    sizes: options.quick ? 'quick' : 'full',
    rows: [],
    profiles: [],
  }
  if (options.profile) return { ...report, profiles: await profileDownload(workshop, PROFILE_BYTES) }
  const keep = (rows: Report['rows']): void => {
    if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ ...report, rows }, undefined, 1))
  }
  const plan = { tests: chooseTests(), peers, rounds, sizes: options.quick ? QUICK_SIZES : FULL_SIZES, say, keep }
  return { ...report, rows: await measure(plan, workshop) }
}

function finish(report: Report): void {
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(report, undefined, 1))
  if (options.write) writeFileSync(DOCUMENT, renderDocument(report, readFileSync(DOCUMENT, 'utf8')))
  say(`\n${tables(report)}`)
}

function chooseTests(): readonly Test[] {
  const wanted = options.only === undefined ? undefined : split(options.only)
  const places = options.place === undefined ? undefined : split(options.place)
  const tests = TESTS.filter(({ name }) => wanted?.some((word) => name.startsWith(word)) ?? true).filter(
    ({ place }) => places?.includes(place) ?? true,
  )
  if (tests.length === 0) throw new Error('no test has such a name; --list names them')
  return tests
}

function choosePeers(): readonly Peer[] {
  const wanted = options.peers === undefined ? undefined : split(options.peers)
  const all = hasProduct() ? [...PEERS, culvert(), ...DIALERS] : PEERS
  return all
    .filter((peer) => wanted?.includes(peer.name) ?? true)
    .filter((peer) => {
      const missing = missingPrograms(peer)
      if (missing.length > 0)
        say(`left out ${peer.name}: no ${missing.join(', ')} here (Debian: apt-get install ${peer.packages.join(' ')})`)
      return missing.length === 0
    })
}

function readReport(file: string): Report {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function split(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
