// What can go wrong, in words, and how much of it a seed draws.
import type { Dice } from './dice.ts'
import type { Tampering } from './pipe.ts'

type Direction = 'up' | 'down' | 'both'
/** How a censor ends what it does not like: by resets, or in silence. */
type Manner = 'reset' | 'silence'

/** What happens once. */
export type Incident =
  | { readonly kind: 'cut'; readonly atMs: number; readonly hits: 'one' | 'all' }
  | { readonly kind: 'freeze'; readonly atMs: number; readonly hits: 'one' | 'all'; readonly direction: Direction }
  | { readonly kind: 'tamper'; readonly atMs: number; readonly direction: 'up' | 'down'; readonly how: Tampering }
  | { readonly kind: 'rotate' | 'goaway' | 'replay'; readonly atMs: number }
  | { readonly kind: 'stall'; readonly atMs: number; readonly side: 'client' | 'relay'; readonly durationMs: number }

/** What holds for a while. */
export type Regime =
  /** No flow lives, and none begins. */
  | { readonly kind: 'block'; readonly atMs: number; readonly durationMs: number; readonly manner: Manner }
  /** Nothing passes; what was sent meanwhile arrives late. */
  | { readonly kind: 'blackout'; readonly atMs: number; readonly durationMs: number }
  /** Each flow ends once it has brought so much down. */
  | { readonly kind: 'allowance'; readonly atMs: number; readonly durationMs: number; readonly bytes: number; readonly manner: Manner }
  /** Each flow is slow once it has carried so much one way. */
  | { readonly kind: 'throttle'; readonly atMs: number; readonly durationMs: number; readonly bytes: number; readonly bytesPerMs: number }
  /** Each flow ends at this age: a censor that kills, or an edge that caps. */
  | { readonly kind: 'lifetime'; readonly atMs: number; readonly durationMs: number; readonly lifeMs: number; readonly manner: Manner }
  /** No more than so many new flows in so long. */
  | { readonly kind: 'crowd'; readonly atMs: number; readonly durationMs: number; readonly count: number; readonly windowMs: number }
  /** The whole path is slower. */
  | { readonly kind: 'slow'; readonly atMs: number; readonly durationMs: number; readonly factor: number }

export type Fault = Incident | Regime

/** When the last fault is over. */
export function healedMs(faults: readonly Fault[]): number {
  return Math.max(0, ...faults.map((fault) => fault.atMs + ('durationMs' in fault ? fault.durationMs : 0)))
}

export function mayGarble(faults: readonly Fault[]): boolean {
  return faults.some(({ kind }) => kind === 'tamper')
}

export function drawFaults(dice: Dice): Fault[] {
  const count = dice.chance(0.15) ? 0 : dice.skewed(1, 12)
  const spanMs = dice.skewed(200, 30_000)
  const mayTamper = dice.chance(0.3)
  const faults = Array.from({ length: count }, () => drawFault(dice, dice.fraction() * spanMs, mayTamper))
  // Two that change the same thing for a while would each restore what it found.
  const isFirst = ({ kind }: Fault, i: number): boolean => faults.findIndex((fault) => fault.kind === kind) === i
  return faults.filter((fault, i) => (!('durationMs' in fault) && fault.kind !== 'goaway') || fault.kind === 'stall' || isFirst(fault, i))
}

/** A censor that begins to freeze every flow after some kilobytes, for long, where there is no other way; and whatever else goes wrong. */
export function drawFreeze(dice: Dice): Fault[] {
  const freeze: Fault = {
    kind: 'allowance',
    atMs: dice.skewed(100, 10_000),
    durationMs: dice.skewed(10_000, 600_000),
    bytes: dice.between(12_000, 24_000),
    manner: 'silence',
  }
  return [...drawFaults(dice).filter(({ kind }) => kind !== 'allowance'), freeze]
}

const INCIDENTS = ['cut', 'cut', 'rotate', 'freeze', 'freeze', 'tamper', 'stall', 'stall', 'goaway', 'replay'] as const
const REGIMES = ['block', 'blackout', 'allowance', 'throttle', 'lifetime', 'crowd', 'slow'] as const

function drawFault(dice: Dice, atMs: number, mayTamper: boolean): Fault {
  return dice.chance(0.6) ? drawIncident(dice, atMs, mayTamper) : drawRegime(dice, atMs)
}

function drawIncident(dice: Dice, atMs: number, mayTamper: boolean): Fault {
  const hits = dice.pick(['one', 'one', 'all'] as const)
  const kind = dice.pick(INCIDENTS)
  switch (kind) {
    case 'rotate':
    case 'replay':
      return { kind, atMs }
    case 'freeze':
      return { kind, atMs, hits, direction: dice.pick(['up', 'down', 'both'] as const) }
    case 'tamper': {
      const how = dice.pick(['garble', 'drop', 'double', 'truncate', 'reorder'] as const)
      return mayTamper ? { kind, atMs, direction: dice.pick(['up', 'down'] as const), how } : { kind: 'cut', atMs, hits }
    }
    case 'stall':
      return { kind, atMs, side: dice.pick(['client', 'relay'] as const), durationMs: dice.skewed(1, 2_000) }
    case 'goaway':
      return dice.chance(0.2) ? { kind, atMs } : { kind: 'cut', atMs, hits }
    default:
      return { kind, atMs, hits }
  }
}

function drawRegime(dice: Dice, atMs: number): Fault {
  const durationMs = dice.skewed(10, 30_000)
  const manner = dice.pick(['reset', 'silence'] as const)
  const kind = dice.pick(REGIMES)
  switch (kind) {
    case 'block':
      return { kind, atMs, durationMs, manner }
    case 'blackout':
      return { kind, atMs, durationMs }
    case 'allowance':
      return { kind, atMs, durationMs, bytes: dice.skewed(1_000, 500_000), manner }
    case 'throttle':
      return { kind, atMs, durationMs, bytes: dice.skewed(1_000, 200_000), bytesPerMs: dice.skewed(4, 64) }
    case 'lifetime':
      return { kind, atMs, durationMs, lifeMs: dice.skewed(200, 20_000), manner }
    case 'crowd':
      return { kind, atMs, durationMs, count: dice.between(1, 6), windowMs: dice.skewed(500, 30_000) }
    default:
      return { kind, atMs, durationMs, factor: dice.pick([2, 5, 10]) }
  }
}
