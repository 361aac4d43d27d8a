// docs/BENCHMARKS.md: everything a reader needs to judge the figures, made from one or more result files.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { BARS } from './bars.ts'
import { BENCH_LIMITS } from './limits.ts'
import type { Peer } from './peers.ts'
import { PRODUCT_NAME } from './product.ts'
import type { Profile } from './profile.ts'
import { profileTable } from './profile.ts'
import { barTable, Results, type Row, table, testTable } from './report.ts'
import { TESTS } from './tests.ts'

/** What --json writes and --from reads. */
export interface Report {
  readonly machine: Readonly<Record<string, string>>
  readonly rounds: number
  readonly sizes: 'full' | 'quick'
  readonly rows: readonly Row[]
  readonly profiles: readonly Profile[]
}

/** The machine and the versions of everything that takes part. */
export function describeMachine(peers: readonly Peer[], nowMs: number): Report['machine'] {
  const packages = [...new Set(peers.flatMap((peer) => peer.packages))]
  const versions = packages.map((name) => [name, quietly('dpkg-query', '-W', '-f', `\${Version}`, name)] as const)
  return {
    date: new Date(nowMs).toISOString().slice(0, 10),
    commit: quietly('git', 'rev-parse', '--short', 'HEAD'),
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `Linux ${release()}, ${readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim()}`,
    node: process.versions.node,
    ...Object.fromEntries(versions),
  }
}

/** Several runs as one: rows together, the newest run's machine. */
export function mergeReports(reports: readonly Report[]): Report {
  const last = reports.at(-1)
  if (last === undefined) throw new Error('no results to read')
  return {
    ...last,
    rounds: Math.max(...reports.map(({ rounds }) => rounds)),
    sizes: reports.some(({ sizes }) => sizes === 'quick') ? 'quick' : 'full',
    rows: reports.flatMap(({ rows }) => rows),
    profiles: reports.findLast(({ profiles }) => profiles.length > 0)?.profiles ?? [],
  }
}

/** The bars and the tables, as Markdown. */
export function tables(report: Report): string {
  const results = new Results(report.rows, BENCH_LIMITS.noisePercent)
  const measured = TESTS.filter(({ name }) => results.peers(name).length > 0)
  const bars = BARS.filter(({ test }) => measured.some(({ name }) => name === test))
  const parts = [
    '## Bars',
    barTable(results, bars, PRODUCT_NAME),
    '## Measurements',
    ...measured.map((test) => testTable(results, test, PRODUCT_NAME)),
  ]
  const profiles = report.profiles.map((profile) => profileTable(profile))
  return [...parts, ...(profiles.length > 0 ? ['## Where the time goes', PROFILE_WORDS, ...profiles] : [])].join('\n\n')
}

/** What stands below this line was written by hand, and stays. */
const BY_HAND = '<!-- From here on written by hand: `npm run bench -- --write` leaves it as it is. -->'

/** The whole document, with what the one before it had by hand. */
export function renderDocument(report: Report, before: string): string {
  const byHand = before.indexOf(BY_HAND)
  const machine = table(['', ''], Object.entries(report.machine))
  const quick =
    report.sizes === 'quick' ? '\n\n**These figures are of a quick run: good for seeing that everything works, not for quoting.**' : ''
  const kept = byHand < 0 ? '' : `\n${before.slice(byHand)}`
  return `${INTRODUCTION}${quick}\n\n## Machine\n\n${machine}\n\n${tables(report)}\n${kept}`
}

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench -- --write\`; \`npm run bench -- --help\` says how to run less. Linux, a C compiler, \`openssl\`, and root for the tests over a link.

Culvert and the tools beside it do the same work in one run on one machine: load generator, client, server and target share its cores.
\`direct\` is the load generator without a proxy. Read the ratios, not the absolute figures, and compare only within a table.

- Figures are the median [minimum–maximum] of interleaved rounds: each round visits every tool in every test. MB are 10⁶ bytes, GiB and KiB are binary.
- CPU is user and system time of all the processes of a tool, client and server together unless a column says otherwise.
- *others* is the share of the machine that processes outside the benchmark used meanwhile. A run above ${BENCH_LIMITS.noisePercent} % is repeated once; rows above it
  don't count where at least half of the rounds were below.
- A link of 100 ms RTT is two network namespaces joined by a program that holds every packet for 50 ms each way; it has no rate of its own.
- A *first byte* is timed from opening the app's socket to the echo of one byte from the target, SOCKS exchange included.
- \`direct-tls\` is one HTTPS download from nginx with curl, nothing in between.
- Handshakes and refusals are counted for one second of the relay's CPU time. The flood is 100 new TLS connections a second, each with a forged admission.`

const PROFILE_WORDS =
  'One download at RTT 0, sampled with `node --cpu-prof`; idle time left out. `npm run bench -- --profile` makes it again.'

function quietly(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
