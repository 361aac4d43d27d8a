// The order of a run. Rounds are interleaved: every round visits every peer in every test, so that whatever the machine does meanwhile
// meets all of them alike. All peers of a place run at once, idle but for the one measured, so that neighbours in a table are neighbours
// in time; a test of memory starts its peer anew and alone.

import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'
import { DIALER_NAMES } from './dialer.ts'
import { BENCH_LIMITS } from './limits.ts'
import type { Subject, Values } from './load.ts'
import { runLoad } from './load.ts'
import type { Peer } from './peers.ts'
import type { Place, PlaceName, Workshop } from './place.ts'
import { openPlace, PLACES } from './place.ts'
import { format, type Row } from './report.ts'
import { cpuSeconds, machineCpuSeconds, retry, runOnce } from './run.ts'
import { Stage } from './stage.ts'
import type { Sizes, Test } from './tests.ts'

export interface Plan {
  readonly tests: readonly Test[]
  readonly peers: readonly Peer[]
  readonly rounds: number
  readonly sizes: Sizes
  /** Told of every measurement as it is made. */
  readonly say: (line: string) => void
  /** Told of all rows so far at the end of each round. */
  readonly keep: (rows: readonly Row[]) => void
}

/** Makes every measurement of the plan. A peer that does not start or fails a test gives a row that says so. */
export async function measure(plan: Plan, workshop: Workshop): Promise<readonly Row[]> {
  const rows: Row[] = []
  const names = (Object.keys(PLACES) as PlaceName[]).filter((name) => plan.tests.some((test) => test.place === name))
  const places: Place[] = []
  for (const name of names) places.push(await openPlace(name, workshop))
  for (let round = 0; round < plan.rounds; round++) {
    for (const place of places) {
      const tests = plan.tests.filter((test) => test.place === place.name)
      const shared = tests.filter((test) => !test.isFresh)
      if (shared.length > 0) await visitTogether(plan, place, shared, round, rows)
      for (const test of tests.filter((one) => one.isFresh)) {
        for (const peer of plan.peers.filter((one) => takesPart(one, test))) {
          await withSubjects(plan, place, [peer], async (subjects) => visit(plan, subjects, peer, test, round, rows))
        }
      }
    }
    plan.keep(rows)
  }
  for (const place of places) await place.close()
  return rows
}

/** The programs that a peer needs and this machine lacks. */
export function missingPrograms(peer: Peer): readonly string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return peer.programs.filter((program) => !existsSync(program) && !folders.some((folder) => existsSync(join(folder, program))))
}

async function visitTogether(plan: Plan, place: Place, tests: readonly Test[], round: number, rows: Row[]): Promise<void> {
  const peers = plan.peers.filter((peer) => tests.some((test) => takesPart(peer, test)))
  // Another peer is first in each round: being first or last in a round must not matter.
  const turn = peers.length === 0 ? 0 : round % peers.length
  const order = [...peers.slice(turn), ...peers.slice(0, turn)]
  await withSubjects(plan, place, order, async (subjects) => {
    for (const test of tests) {
      for (const peer of order.filter((one) => takesPart(one, test))) await visit(plan, subjects, peer, test, round, rows)
    }
  })
}

/** One speaks no SOCKS, the others are Culvert once more. */
const ONLY_WHERE_NAMED: readonly string[] = ['direct-tls', ...DIALER_NAMES]

function takesPart(peer: Peer, test: Test): boolean {
  return test.peers === undefined ? !ONLY_WHERE_NAMED.includes(peer.name) : test.peers.includes(peer.name)
}

type Subjects = ReadonlyMap<string, Subject | string>

async function withSubjects(plan: Plan, place: Place, peers: readonly Peer[], run: (subjects: Subjects) => Promise<void>): Promise<void> {
  const stages: Stage[] = []
  const subjects = new Map<string, Subject | string>()
  for (const peer of peers) {
    const stage = new Stage(place, peer.name)
    stages.push(stage)
    try {
      subjects.set(peer.name, await startSubject(peer, stage))
    } catch (error) {
      subjects.set(peer.name, messageOf(error))
      plan.say(`${peer.name} did not start: ${messageOf(error)}`)
    }
  }
  try {
    await run(subjects)
  } finally {
    for (const stage of stages) await stage.stop()
  }
}

async function startSubject(peer: Peer, stage: Stage): Promise<Subject> {
  const subject = { name: peer.name, stage, way: await peer.start(stage) }
  const { way } = subject
  await retry(async () => {
    if (stage.casualty !== undefined) throw new Error(`${stage.casualty} ended`)
    if ('curl' in way) runOnce(stage.place.on('client', [...way.curl, '--range', '0-0', '--output', '/dev/null', '--max-time', '2']))
    else await runLoad(subject, 'rate', 4, 2)
  })
  return subject
}

async function visit(plan: Plan, subjects: Subjects, peer: Peer, test: Test, round: number, rows: Row[]): Promise<void> {
  const subject = subjects.get(peer.name)
  const base = { round, peer: peer.name, test: test.name }
  const row =
    subject === undefined || typeof subject === 'string'
      ? { ...base, othersPercent: 0, values: {}, failed: subject ?? 'not started' }
      : await attempt(base, () => test.run(subject, plan.sizes))
  rows.push(row)
  plan.say(describe(test, row))
}

// A run that others disturbed is repeated once, and the less disturbed of the two is kept. A failure stands.
async function attempt(base: Pick<Row, 'round' | 'peer' | 'test'>, run: () => Promise<Values>): Promise<Row> {
  const first = await observe(base, run)
  if (first.failed !== undefined || first.othersPercent <= BENCH_LIMITS.noisePercent) return first
  const second = await observe(base, run)
  return second.failed !== undefined || second.othersPercent < first.othersPercent ? second : first
}

async function observe(base: Pick<Row, 'round' | 'peer' | 'test'>, run: () => Promise<Values>): Promise<Row> {
  const [beganMs, machine, own] = [performance.now(), machineCpuSeconds(), cpuSeconds([process.pid])]
  const outcome = await run().then(
    (values) => ({ values }),
    (error: unknown) => ({ values: {}, failed: messageOf(error) }),
  )
  const seconds = (performance.now() - beganMs) / 1e3
  const others = machineCpuSeconds() - machine - (cpuSeconds([process.pid]) - own)
  return { ...base, ...outcome, othersPercent: Math.max(0, (others / seconds / cpus().length) * 100) }
}

function describe(test: Test, row: Row): string {
  const values = test.columns.map(({ key, title }) => `${title} ${format(row.values[key])}`).join(', ')
  return `round ${row.round + 1}  ${row.peer}  ${test.name}: ${row.failed ?? values}  (others ${row.othersPercent.toFixed(0)} %)`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
