// Which years are simulated, with which scheme, and what is asked of them.
import type { Dice } from '../dice.ts'
import { CENSORS, type CensorName } from './censor.ts'
import { Hashing } from './hashing.ts'
import { Ours } from './ours.ts'
import { RBridge } from './rbridge.ts'
import { Salmon } from './salmon.ts'
import type { Scheme } from './scheme.ts'
import { Several } from './several.ts'
import { type Setting, simulateYear, type Year } from './world.ts'

export const SCHEMES = {
  culvert: (dice: Dice): Scheme => new Ours(dice),
  pool: (dice: Dice): Scheme => new Several(dice, false),
  shares: (dice: Dice): Scheme => new Several(dice, true),
  rbridge: (dice: Dice): Scheme => new RBridge(dice),
  salmon: (dice: Dice): Scheme => new Salmon(dice),
  hashing: (dice: Dice): Scheme => new Hashing(dice),
} as const
export type SchemeName = keyof typeof SCHEMES

/** A cell of the report: one setting, run with many seeds. */
export interface Cell {
  readonly group: 'rbridge' | 'salmon' | 'ours' | 'others'
  readonly scheme: SchemeName
  readonly setting: Omit<Setting, 'seed'>
  /** Run with every so manieth seed: where no bar is asked, fewer will do. */
  readonly every: number
}

export interface Bar {
  readonly agentShare: number
  readonly served: number
}

export const BARS: readonly Bar[] = [
  { agentShare: 0.05, served: 0.95 },
  { agentShare: 0.15, served: 0.8 },
]
export const AGENT_SHARES = [0.01, 0.05, 0.1, 0.15, 0.2, 0.3] as const

const YEAR = { days: 360, users: 10_000, foundersShare: 0.8, relays: 1_000, relaysPerDay: 50 } as const
/** As its authors had it, as far as we remember: few users for many relays, and nothing comes later. */
const RBRIDGE = { days: 360, users: 1_000, foundersShare: 1, relays: 500, relaysPerDay: 0 } as const
/** Salmon argues from users who were there before the agents: those come among the last tenth. */
const SALMON = { days: 360, users: 10_000, foundersShare: 0.9, relays: 2_000, relaysPerDay: 0, areAgentsLate: true } as const

export function cells(): readonly Cell[] {
  const bars = new Set(BARS.map(({ agentShare }) => agentShare))
  const ours = AGENT_SHARES.flatMap((agentShare) =>
    CENSORS.map(
      (censor): Cell => ({
        group: 'ours',
        scheme: 'culvert',
        setting: { ...YEAR, agentShare, censor },
        every: bars.has(agentShare) ? 1 : 3,
      }),
    ),
  )
  const aggressive = { agentShare: 0.05, censor: 'aggressive' } as const
  const salmon = [0.01, 0.05].flatMap((agentShare) =>
    (['rbridge', 'salmon', 'culvert'] as const).map(
      (scheme): Cell => ({ group: 'salmon', scheme, setting: { ...SALMON, ...aggressive, agentShare }, every: 3 }),
    ),
  )
  const others = BARS.flatMap(({ agentShare }) =>
    (['rbridge', 'salmon', 'hashing'] as const).map(
      (scheme): Cell => ({ group: 'others', scheme, setting: { ...YEAR, ...aggressive, agentShare }, every: 3 }),
    ),
  )
  return [{ group: 'rbridge', scheme: 'rbridge', setting: { ...RBRIDGE, ...aggressive }, every: 1 }, ...salmon, ...others, ...ours]
}

export function runCell({ scheme, setting }: Cell, seed: number): Year {
  return simulateYear({ ...setting, seed }, SCHEMES[scheme])
}

export type { CensorName }
