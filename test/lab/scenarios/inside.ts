// Rows about where a client stands when it starts, or what it is left with: inside a cutoff, under a freeze, in a blackout, under a throttle.
import { blackout, cutoff } from '../recipes/addresses.ts'
import { freeze, throttle } from '../recipes/flows.ts'
import type { Result, Row } from '../report.ts'
import { clockMs } from '../servers/marks.ts'
import { LINE, lasting, onStage, type Stage, within } from './stage.ts'
import { bytesAt, percentile } from './timeline.ts'

const START_BAR_MS = 10_000
const PAGE_BYTES = 20_000_000
const PAGE_LIMIT_MS = 240_000
const BACK_LIMIT_MS = 90_000

export const insideRows: Readonly<Record<string, Row>> = {
  'client started inside the cutoff, from an invite alone': () => onStage((stage) => measureStart(stage, 10)),
  '16 KB freeze on every flow to the relay: a 20 MB page by an edge': () => onStage((stage) => measureFreeze(stage, PAGE_BYTES)),
  '16 KB freeze on every flow to the relay, and no edge': () => onStage((stage) => measureFrozenAlone(stage, 60_000)),
  '16 KB freeze that begins in the middle of a download, and no edge': () => onStage((stage) => measureFrozenMidway(stage, 90_000)),
  'five minutes without a carrier': () => onStage((stage) => measureBlackout(stage, 300_000)),
  'carriers under a throttle of each flow': () => onStage((stage) => measureStriping(stage, 40_000)),
}

export async function measureStart({ country, invite, transfer }: Stage, runs: number): Promise<Result> {
  await country.censor.apply(cutoff())
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const fromMs = clockMs()
    const client = await country.connect(invite())
    const download = transfer(client, { direction: 'down', bytes: 100_000 })
    await download.reached(1).catch(() => undefined)
    times.push((download.marks[0]?.atMs ?? Number.POSITIVE_INFINITY) - fromMs)
    await download.kill()
    await client.program.kill()
  }
  const p95 = percentile(times, 95)
  return {
    figure: `first byte after ${(p95 / 1000).toFixed(1)} s (p95 of ${runs})`,
    bar: `≤ ${START_BAR_MS / 1000} s`,
    pass: p95 <= START_BAR_MS,
  }
}

export async function measureFreeze({ country, connect, invite, transfer }: Stage, bytes: number): Promise<Result> {
  await country.censor.apply(freeze({ places: ['relayA'] }))
  const client = await connect(invite())
  const fromMs = clockMs()
  const page = transfer(client, { direction: 'down', bytes })
  const isWhole = await within(PAGE_LIMIT_MS, `the page (${page.received} bytes came)`, page.isWhole)
  const rate = bytes / 1e6 / (((page.marks.at(-1)?.atMs ?? 0) - fromMs) / 1000)
  return { figure: `${isWhole ? 'whole' : 'damaged'}, ${rate.toFixed(2)} MB/s on a line of ${LINE}`, bar: 'completes', pass: isWhole }
}

/** What a client does that has nothing but flows which freeze: informative. */
export async function measureFrozenAlone({ country, connect, invite, transfer }: Stage, forMs: number): Promise<Result> {
  await country.censor.apply(freeze({ places: ['relayA'] }))
  const client = await connect(invite([]))
  const fromMs = clockMs()
  const page = transfer(client, { direction: 'down', bytes: PAGE_BYTES })
  await Promise.race([page.ended, lasting(forMs)])
  const rate = bytesAt(page.marks, fromMs + forMs) / 1000 / (forMs / 1000)
  return { figure: `${rate.toFixed(1)} kB/s over ${forMs / 1000} s`, bar: 'more than nothing', pass: rate > 0 }
}

/** The same, where records as large as the line bears are under way when flows begin to freeze. What comes in the last third counts. */
export async function measureFrozenMidway({ country, connect, invite, transfer }: Stage, forMs: number): Promise<Result> {
  const client = await connect(invite([]))
  const page = transfer(client, { direction: 'down', bytes: PAGE_BYTES })
  await page.reached(PAGE_BYTES / 4)
  await country.censor.apply(freeze({ places: ['relayA'] }))
  const fromMs = clockMs()
  await Promise.race([page.ended, lasting(forMs)])
  const came = bytesAt(page.marks, fromMs + forMs) - bytesAt(page.marks, fromMs + (forMs * 2) / 3)
  const rate = came / (forMs / 3)
  return { figure: `${rate.toFixed(1)} kB/s in the last third of ${forMs / 1000} s`, bar: 'more than nothing', pass: rate > 0 }
}

export async function measureBlackout({ country, connect, invite, transfer }: Stage, forMs: number): Promise<Result> {
  const client = await connect(invite())
  const options = { bytes: 12_000_000 }
  const flows = [transfer(client, { direction: 'down', ...options }), transfer(client, { direction: 'up', ...options })] as const
  await Promise.all(flows.map((flow) => flow.reached(2_000_000)))
  await country.censor.apply(blackout())
  await lasting(forMs)
  const backMs = clockMs()
  await country.censor.lift()
  const whole = await within(BACK_LIMIT_MS, 'coming back', Promise.all(flows.map((flow) => flow.isWhole)))
  const first = Math.max(...flows.map(({ marks }) => (marks.find(({ atMs }) => atMs > backMs)?.atMs ?? Number.POSITIVE_INFINITY) - backMs))
  const isWhole = whole.every(Boolean)
  const figure = `${isWhole ? 'streams went on, SHA-256 equal' : 'bytes differ'}; data ${(first / 1000).toFixed(1)} s after the network came back`
  return { figure: `${figure} from ${forMs / 1000} s`, bar: 'streams go on', pass: isWhole }
}

/** The rate of one flow under the throttle, and what the client gets who has four ways. */
export async function measureStriping({ country, connect, invite, transfer }: Stage, forMs: number): Promise<Result> {
  const recipe = throttle()
  await country.censor.apply(recipe)
  const rates: number[] = []
  for (const text of [invite([]), invite()]) {
    const client = await connect(text)
    const flow = transfer(client, { direction: 'down', bytes: 100_000_000 })
    await lasting(forMs)
    const nowMs = clockMs()
    rates.push((bytesAt(flow.marks, nowMs) - bytesAt(flow.marks, nowMs - forMs / 2)) / (forMs / 2))
    await flow.kill()
    await client.program.kill()
  }
  const [alone = 0, striped = 0] = rates
  const figure = `${alone.toFixed(0)} kB/s with the relay's address alone, ${striped.toFixed(0)} kB/s with three edges beside it; one flow gets 16 kB/s`
  return { figure, bar: 'at least twice one flow', pass: striped >= 32 }
}
