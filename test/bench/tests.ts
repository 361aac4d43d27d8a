// What is measured. A test puts one kind of load on one running peer and returns numbers; main.ts decides when and how often.

import { setTimeout as delay } from 'node:timers/promises'
import { DIALER_NAMES } from './dialer.ts'
import { BENCH_LIMITS } from './limits.ts'
import type { Subject, Values } from './load.ts'
import { release, runCurl, runLoad, startLoad, withCpu } from './load.ts'
import type { PlaceName } from './place.ts'
import { PRODUCT_NAME } from './product.ts'
import { RELAY_TESTS } from './relay-tests.ts'
import type { Column } from './report.ts'

export interface Test {
  readonly name: string
  readonly title: string
  readonly place: PlaceName
  /** Wants processes that have done nothing yet: memory left by an earlier test would hide the growth. */
  readonly isFresh: boolean
  /** undefined: every peer that speaks SOCKS. */
  readonly peers: readonly string[] | undefined
  readonly columns: readonly Column[]
  run(subject: Subject, sizes: Sizes): Promise<Values>
}

export interface Sizes {
  readonly bulkBytes: number
  readonly pacedSeconds: number
  readonly lossySeconds: number
  readonly firstCount: number
  readonly farFirstCount: number
  readonly homeFirstCount: number
  readonly rateCount: number
  /** Of the counts of streams and sessions that are held. */
  readonly heldShare: number
  readonly refusalSeconds: number
}

export const FULL_SIZES: Sizes = {
  bulkBytes: 512 * 2 ** 20,
  pacedSeconds: 10,
  lossySeconds: 15,
  firstCount: 200,
  farFirstCount: 30,
  homeFirstCount: 40,
  rateCount: 3000,
  heldShare: 1,
  refusalSeconds: 5,
}

/** Enough to see that everything works; not for quoting. */
export const QUICK_SIZES: Sizes = {
  bulkBytes: 128 * 2 ** 20,
  pacedSeconds: 4,
  lossySeconds: 5,
  firstCount: 60,
  farFirstCount: 8,
  homeFirstCount: 10,
  rateCount: 1000,
  heldShare: 0.1,
  refusalSeconds: 2,
}

const ENDLESS_BYTES = 2 ** 40
const STREAMS_UNDER_LOAD = 8
/** Probes a little apart see the downloads in different states. */
const PROBE_GAP_MS = 10
/** Long enough for windows to open at 100 ms RTT. */
const RAMP_MS = 2_000
const PACED_PEERS = ['direct', 'direct-tls', 'trojan', 'vmess-ws-tls', 'vless-ws-tls-mux8', 'ss', PRODUCT_NAME]

const SPEED: Column = { key: 'mbPerSecond', title: 'MB/s' }
const CPU: readonly Column[] = [
  { key: 'cpuSecondsPerGib', title: 'CPU s/GiB' },
  { key: 'clientCpuSecondsPerGib', title: 'client' },
  { key: 'serverCpuSecondsPerGib', title: 'server' },
]
const LATE: Column = { key: 'lateMbPerSecond', title: 'second half, MB/s' }
const FIRST: readonly Column[] = [
  { key: 'p50Ms', title: 'p50 ms' },
  { key: 'p95Ms', title: 'p95 ms' },
]

export const TESTS: readonly Test[] = [
  bulk('down', 1),
  bulk('down', 8),
  bulk('up', 1),
  bulk('up', 8),
  {
    name: 'first',
    title: 'First byte of a new stream on a live session, RTT 0',
    place: 'near',
    isFresh: false,
    peers: undefined,
    columns: FIRST,
    run: (subject, sizes) => runLoad(subject, 'first', sizes.firstCount),
  },
  {
    name: 'rate50',
    title: '50 short requests at a time',
    place: 'near',
    isFresh: false,
    peers: undefined,
    columns: [{ key: 'perSecond', title: 'requests/s' }, ...FIRST, { key: 'cpuMsPerRequest', title: 'CPU ms/request' }],
    run: async (subject, sizes) => {
      const [values, cpu] = await withCpu(subject, () => runLoad(subject, 'rate', sizes.rateCount, 50))
      return { ...values, cpuMsPerRequest: ((cpu.client + cpu.server) * 1e3) / sizes.rateCount }
    },
  },
  busy('near', 'RTT 0', STREAMS_UNDER_LOAD, (sizes) => sizes.firstCount),
  paced('far', 'One download over a link of 100 ms RTT', (sizes) => sizes.pacedSeconds),
  {
    name: 'first-far',
    title: 'First byte of a new stream on a live session, 100 ms RTT',
    place: 'far',
    isFresh: false,
    peers: undefined,
    columns: FIRST,
    run: (subject, sizes) => runLoad(subject, 'first', sizes.farFirstCount),
  },
  busy('far', '100 ms RTT', STREAMS_UNDER_LOAD, (sizes) => sizes.farFirstCount),
  busy('home', 'a line of 16 Mbit/s, 80 ms RTT', 1, (sizes) => sizes.homeFirstCount),
  paced('lossy', 'One download over a link of 100 ms RTT that loses 1 % of packets', (sizes) => sizes.lossySeconds),
  {
    name: 'hold',
    title: 'Memory per idle stream, 5,000 held',
    place: 'near',
    isFresh: true,
    peers: undefined,
    columns: [
      { key: 'serverKibPerStream', title: 'server KiB' },
      { key: 'clientKibPerStream', title: 'client KiB' },
      { key: 'serverBaseMib', title: 'server before, MiB' },
      { key: 'clientBaseMib', title: 'client before, MiB' },
    ],
    run: holdStreams,
  },
  ...RELAY_TESTS,
  dialer('down'),
  dialer('up'),
]

/** The desktop app's dialer beside Node's. */
function dialer(direction: 'down' | 'up'): Test {
  const words = direction === 'down' ? 'Download' : 'Upload'
  return { ...bulk(direction, 1), name: `dialer-${direction}`, title: `${words} by each dialer and carrier`, peers: DIALER_NAMES }
}

function bulk(direction: 'down' | 'up', streams: number): Test {
  return {
    name: `${direction}${streams}`,
    title: `${direction === 'down' ? 'Download' : 'Upload'}, ${streams === 1 ? '1 stream' : `${streams} streams`}`,
    place: 'near',
    isFresh: false,
    peers: undefined,
    columns: [SPEED, ...CPU],
    run: (subject, sizes) => perGib(subject, () => runLoad(subject, direction, sizes.bulkBytes, streams)),
  }
}

function paced(place: 'far' | 'lossy', title: string, seconds: (sizes: Sizes) => number): Test {
  return {
    name: `down1-${place}`,
    title,
    place,
    isFresh: false,
    peers: PACED_PEERS,
    columns: [SPEED, LATE, ...CPU],
    run: (subject, sizes) => {
      const { way } = subject
      return perGib(subject, () =>
        'curl' in way ? runCurl(subject, way.curl, seconds(sizes)) : runLoad(subject, 'down', ENDLESS_BYTES, 1, seconds(sizes)),
      )
    },
  }
}

function busy(place: 'near' | 'far' | 'home', words: string, downloads: number, count: (sizes: Sizes) => number): Test {
  return {
    name: place === 'near' ? 'busy' : `busy-${place}`,
    title: `First byte of a new stream while ${downloads === 1 ? 'a download runs' : `${downloads} downloads run`}, ${words}`,
    place,
    isFresh: false,
    peers: undefined,
    columns: [
      { key: 'idleP50Ms', title: 'idle p50 ms' },
      { key: 'idleP95Ms', title: 'idle p95 ms' },
      { key: 'p50Ms', title: 'busy p50 ms' },
      { key: 'p95Ms', title: 'busy p95 ms' },
      { key: 'bulkMbPerSecond', title: 'the downloads, MB/s' },
    ],
    run: async (subject, sizes) => {
      const idle = await runLoad(subject, 'first', count(sizes), PROBE_GAP_MS)
      const load = startLoad(subject, 'down', ENDLESS_BYTES, downloads)
      await delay(RAMP_MS)
      const probes = await runLoad(subject, 'first', count(sizes), PROBE_GAP_MS).finally(() => load.child.kill('SIGTERM'))
      const bulkValues = await load.done
      const { p50Ms = 0, p95Ms = 0 } = probes
      return { idleP50Ms: idle['p50Ms'] ?? 0, idleP95Ms: idle['p95Ms'] ?? 0, p50Ms, p95Ms, bulkMbPerSecond: bulkValues['mbPerSecond'] ?? 0 }
    },
  }
}

async function holdStreams(subject: Subject, sizes: Sizes): Promise<Values> {
  const count = Math.round(5000 * sizes.heldShare)
  await runLoad(subject, 'rate', 20, 5)
  const before = subject.stage.rssKib()
  const held = startLoad(subject, 'hold', count)
  const after = await held.done
    .then(() => delay(BENCH_LIMITS.settleMs))
    .then(() => subject.stage.rssKib())
    .finally(() => release(held.child))
  return {
    serverKibPerStream: (after.server - before.server) / count,
    clientKibPerStream: (after.client - before.client) / count,
    serverBaseMib: before.server / 1024,
    clientBaseMib: before.client / 1024,
  }
}

async function perGib(subject: Subject, run: () => Promise<Values>): Promise<Values> {
  const [values, cpu] = await withCpu(subject, run)
  const gib = (values['bytes'] ?? 0) / 2 ** 30
  const share = { clientCpuSecondsPerGib: cpu.client / gib, serverCpuSecondsPerGib: cpu.server / gib }
  return { ...values, ...share, cpuSecondsPerGib: (cpu.client + cpu.server) / gib }
}
