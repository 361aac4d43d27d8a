// A thousand sessions of one relay that lose their carriers at once, and what they cost it until they are back.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sessionLimits } from '../../../relay/limits.ts'
import type { Program } from '../../e2e/program.ts'
import { NAMES } from '../atlas.ts'
import { ipReset } from '../recipes/addresses.ts'
import type { Result, Row } from '../report.ts'
import { lasting, onStage, type Stage, within } from './stage.ts'
import { BYTES_PORT } from './transfer.ts'

const CROWD = join(import.meta.dirname, '../servers/crowd.ts')
/** Of each download, so that it lasts through the cut. */
const BYTES_PER_S = 20_000
const BYTES = 600_000
/** A session without streams, as relay/limits.ts states it, and its TLS flow (measured in November 2026: 35 KiB). */
const SESSION_BYTES = 60 * 1024 + 35 * 1024
const STAND_LIMIT_MS = 180_000
const BACK_LIMIT_MS = 180_000
const SAMPLE_MS = 200

interface Tally {
  readonly standing: number
  readonly carried: number
  readonly whole: number
  readonly lost: number
}

export const crowdRows: Readonly<Record<string, Row>> = {
  'memory of a relay whose 1,000 sessions are cut at once': () => onStage((stage) => measureCrowd(stage, 1_000, 10_000), {}),
}

export async function measureCrowd({ country, invite }: Stage, count: number, cutForMs: number): Promise<Result> {
  const relay = country.relayA.program
  const before = residentBytes(relay)
  const rest = [NAMES.target, String(BYTES_PORT), String(BYTES), String(BYTES_PER_S)]
  const crowd = country.client.startNode(CROWD, invite([]), String(count), ...rest)
  await within(
    STAND_LIMIT_MS,
    'opening sessions',
    tally(crowd, ({ standing }) => standing === count),
  )
  const standing = residentBytes(relay)
  let peak = standing
  const sampler = setInterval(() => {
    peak = Math.max(peak, residentBytes(relay))
  }, SAMPLE_MS)
  try {
    const recipe = ipReset()
    await country.censor.apply(recipe)
    await within(
      STAND_LIMIT_MS,
      'the cut',
      tally(crowd, ({ carried }) => carried === 0),
    )
    await lasting(cutForMs)
    await country.censor.lift(recipe)
    const end = await within(
      BACK_LIMIT_MS,
      'coming back',
      tally(crowd, ({ whole, lost }) => whole + lost >= count),
    )
    const bound = before + count * SESSION_BYTES + sessionLimits.heldBytesMax
    const figure = `${mega(before)} MB empty, ${mega(standing)} MB with ${count} sessions, ${mega(peak)} MB at most until all were back; ${end.whole} downloads whole, ${end.lost} lost`
    return { figure, bar: `≤ ${mega(bound)} MB, none lost`, pass: peak <= bound && end.lost === 0 && end.whole === count }
  } finally {
    clearInterval(sampler)
  }
}

/** What the crowd says from now on, once it is as awaited. */
function tally(crowd: Program, accept: (tally: Tally) => boolean): Promise<Tally> {
  return crowd.line((line) => {
    const said = JSON.parse(line) as Tally
    return accept(said) ? said : undefined
  }, crowd.lineCount)
}

function residentBytes({ pid }: Program): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
