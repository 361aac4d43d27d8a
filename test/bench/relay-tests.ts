// Tests of the relay alone: what idle sessions hold, what newcomers cost, and what strangers cost everyone else.

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BENCH_LIMITS } from './limits.ts'
import type { Subject, Values } from './load.ts'
import { collect, runLoad, withCpu } from './load.ts'
import { inviteFile, PRODUCT_NAME } from './product.ts'
import { start, stop } from './run.ts'
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
      { key: 'perSecond', title: 'per second here' },
      { key: 'pagesPerCoreSecond', title: 'ordinary pages per second of one core' },
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
      { key: 'mbPerSecond', title: 'with, MB/s' },
      { key: 'keptShare', title: 'kept' },
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
      const { seconds = 0 } = await collect(child)
      const cpu = stage.cpuSeconds().server - before.cpu
      await delay(BENCH_LIMITS.settleMs)
      const relayKibPerSession = (stage.rssKib().server - before.kib) / count
      await stop(child)
      return { relayKibPerSession, handshakesPerCoreSecond: count / cpu, handshakesPerSecond: count / seconds }
    },
  }
}

async function refuse(subject: Subject, sizes: Sizes): Promise<Values> {
  const measure = async (kind: 'refusal' | 'page'): Promise<{ readonly perSecond: number; readonly perCoreSecond: number }> => {
    const [values, cpu] = await withCpu(subject, () => collect(startStrangers(subject, kind, sizes.refusalSeconds, 0)))
    return { perSecond: values['perSecond'] ?? 0, perCoreSecond: (values['count'] ?? 0) / cpu.server }
  }
  const pages = await measure('page')
  return { ...(await measure('refusal')), pagesPerCoreSecond: pages.perCoreSecond }
}

/** New TLS connections a second, each with one forged admission: far above what one prober sends, and what one home line could. */
const FLOOD_PER_SECOND = 100

async function flood(subject: Subject, sizes: Sizes): Promise<Values> {
  const seconds = sizes.pacedSeconds
  const quiet = await runLoad(subject, 'down', ENDLESS_BYTES, 1, seconds)
  const strangers = startStrangers(subject, 'refusal', seconds + 2, FLOOD_PER_SECOND)
  const refused = collect(strangers)
  await delay(1_000)
  const loud = await runLoad(subject, 'down', ENDLESS_BYTES, 1, seconds)
  const { perSecond = 0 } = await refused
  const [quietMbPerSecond, mbPerSecond] = [quiet['mbPerSecond'] ?? 0, loud['mbPerSecond'] ?? 0]
  return { quietMbPerSecond, mbPerSecond, keptShare: mbPerSecond / quietMbPerSecond, refusalsPerSecond: perSecond }
}

// Niced, so that the strangers' own work on this machine does not take the relay's or the user's part.
function startStrangers(subject: Subject, kind: 'refusal' | 'page', seconds: number, perSecond: number): ReturnType<typeof start> {
  const script = join(import.meta.dirname, 'strangers.ts')
  const argv = ['nice', '-n', '19', process.execPath, script, inviteFile(subject.stage), kind, String(seconds), String(perSecond)]
  return start(subject.stage.place.on('client', argv))
}
