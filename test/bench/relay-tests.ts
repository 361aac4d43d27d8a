// Tests of the relay alone: what idle sessions hold, what newcomers cost, and what strangers cost everyone else.

import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BENCH_LIMITS } from './limits.ts'
import type { Subject, Values } from './load.ts'
import { collect, release, runLoad, withCpu } from './load.ts'
import { inviteFile, PRODUCT_NAME } from './product.ts'
import { start } from './run.ts'
import type { Sizes, Test } from './tests.ts'

const ENDLESS_BYTES = 2 ** 40

export const RELAY_TESTS: readonly Test[] = [
  sessions(1000),
  sessions(5000),
  {
    name: 'refusals',
    title: 'Refused admissions, as many as the relay takes',
    place: 'near',
    isFresh: true,
    peers: [PRODUCT_NAME],
    columns: [
      { key: 'perCoreSecond', title: 'per second of one core' },
      { key: 'newPerCoreSecond', title: 'each over new TLS' },
      { key: 'pagesPerCoreSecond', title: 'ordinary pages' },
      { key: 'newPagesPerCoreSecond', title: 'each over new TLS' },
    ],
    run: refuse,
  },
  {
    name: 'flood',
    title: "Another user's download during a flood of refusals",
    place: 'near',
    isFresh: true,
    peers: [PRODUCT_NAME],
    columns: [
      { key: 'quietMbPerSecond', title: 'without, MB/s' },
      { key: 'visitedMbPerSecond', title: 'with as many ordinary visits, MB/s' },
      { key: 'mbPerSecond', title: 'with refusals, MB/s' },
      { key: 'keptShare', title: 'kept' },
      { key: 'keptShareOfVisited', title: 'kept, of that with visits' },
      { key: 'refusalsPerSecond', title: 'refusals/s meanwhile' },
    ],
    run: flood,
  },
]

function sessions(full: number): Test {
  return {
    name: `sessions${full}`,
    title: `${full.toLocaleString('en')} idle sessions on one relay: memory, and what their handshakes cost`,
    place: 'near',
    isFresh: true,
    peers: [PRODUCT_NAME],
    columns: [
      { key: 'relayKibPerSession', title: 'relay KiB/session' },
      { key: 'handshakesPerCoreSecond', title: 'handshakes per second of one core' },
      { key: 'handshakesPerSecond', title: 'handshakes/s here' },
    ],
    run: async (subject, sizes) => {
      const count = Math.round(full * sizes.heldShare)
      const { stage } = subject
      const before = { kib: stage.rssKib().server, cpu: stage.cpuSeconds().server }
      const script = join(import.meta.dirname, 'many-sessions.ts')
      const child = start(stage.place.on('client', [process.execPath, script, inviteFile(stage), String(count)]), { stdin: 'pipe' })
      try {
        const { seconds = 0 } = await collect(child)
        const cpu = stage.cpuSeconds().server - before.cpu
        await delay(BENCH_LIMITS.settleMs)
        const relayKibPerSession = (stage.rssKib().server - before.kib) / count
        return { relayKibPerSession, handshakesPerCoreSecond: count / cpu, handshakesPerSecond: count / seconds }
      } finally {
        await release(child)
      }
    },
  }
}

async function refuse(subject: Subject, sizes: Sizes): Promise<Values> {
  const measure = async (kind: Kind, way: 'kept' | 'new'): Promise<number> => {
    const [{ count = 0 }, cpu] = await withCpu(subject, () => collect(startStrangers(subject, kind, way, sizes.refusalSeconds, 0)))
    return count / cpu.server
  }
  return {
    perCoreSecond: await measure('refusal', 'kept'),
    newPerCoreSecond: await measure('refusal', 'new'),
    pagesPerCoreSecond: await measure('page', 'kept'),
    newPagesPerCoreSecond: await measure('page', 'new'),
  }
}

/** New TLS connections a second, each with one forged admission: far above what one prober sends. */
const FLOOD_PER_SECOND = 100

// The same flood of ordinary visits stands beside it: what TLS costs any site is not what refusing costs.
async function flood(subject: Subject, sizes: Sizes): Promise<Values> {
  const download = async (): Promise<number> => (await runLoad(subject, 'down', ENDLESS_BYTES, 1, sizes.pacedSeconds))['mbPerSecond'] ?? 0
  const during = async (kind: Kind): Promise<{ readonly mbPerSecond: number; readonly perSecond: number }> => {
    const strangers = collect(startStrangers(subject, kind, 'new', sizes.pacedSeconds + 2, FLOOD_PER_SECOND))
    await delay(1_000)
    const mbPerSecond = await download()
    return { mbPerSecond, perSecond: (await strangers)['perSecond'] ?? 0 }
  }
  const quietMbPerSecond = await download()
  const { mbPerSecond: visitedMbPerSecond } = await during('page')
  const { mbPerSecond, perSecond: refusalsPerSecond } = await during('refusal')
  const shares = { keptShare: mbPerSecond / quietMbPerSecond, keptShareOfVisited: mbPerSecond / visitedMbPerSecond }
  return { quietMbPerSecond, visitedMbPerSecond, mbPerSecond, refusalsPerSecond, ...shares }
}

type Kind = 'refusal' | 'page'

// Niced, so that the strangers' own work on this machine does not take the relay's or the user's part. They lead a process group of their own, and where
// the kernel shares time between such groups (CONFIG_SCHED_AUTOGROUP) niceness counts within a group only: the group has one as well.
function startStrangers(subject: Subject, kind: Kind, way: 'kept' | 'new', seconds: number, perSecond: number): ChildProcess {
  const script = join(import.meta.dirname, 'strangers.ts')
  const argv = [process.execPath, script, inviteFile(subject.stage), kind, way, String(seconds), String(perSecond)]
  const yielding = ['sh', '-c', '{ echo 19 > /proc/self/autogroup; } 2> /dev/null; exec nice -n 19 "$@"', 'sh', ...argv]
  return start(subject.stage.place.on('client', yielding))
}
