// What goes wrong, and when: carriers that die loudly or in silence, paths that change, records that are altered, event loops that stall.
import type { SimCarrier } from './carrier.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import type { Link } from './link.ts'
import type { Tampering } from './pipe.ts'
import type { Side } from './side.ts'

export type Fault =
  | { readonly kind: 'cut' | 'rotate' | 'goaway'; readonly atMs: number }
  | { readonly kind: 'freeze'; readonly atMs: number; readonly direction: 'up' | 'down' | 'both' }
  | { readonly kind: 'tamper'; readonly atMs: number; readonly direction: 'up' | 'down'; readonly how: Tampering }
  | { readonly kind: 'stall'; readonly atMs: number; readonly side: 'client' | 'relay'; readonly durationMs: number }
  | { readonly kind: 'block'; readonly atMs: number; readonly durationMs: number }
  /** Each carrier dies, or freezes, once it has carried so much. */
  | { readonly kind: 'allowance'; readonly atMs: number; readonly durationMs: number; readonly bytes: number; readonly isSilent: boolean }
  | { readonly kind: 'slow'; readonly atMs: number; readonly durationMs: number; readonly factor: number }

interface CensoredWorld {
  readonly clock: Clock
  readonly link: Link
  readonly client: Side
  readonly relay: Side
  readonly goaway: () => void
}

/** When the last fault is over. */
export function healedMs(faults: readonly Fault[]): number {
  return Math.max(0, ...faults.map((fault) => fault.atMs + ('durationMs' in fault ? fault.durationMs : 0)))
}

export function mayGarble(faults: readonly Fault[]): boolean {
  return faults.some(({ kind }) => kind === 'tamper')
}

/** Lets the faults happen. */
export function censor(world: CensoredWorld, faults: readonly Fault[]): void {
  for (const fault of faults) world.clock.at(fault.atMs, () => strike(world, fault))
}

function strike(world: CensoredWorld, fault: Fault): void {
  const { clock, link } = world
  const carrier = link.carrier
  switch (fault.kind) {
    case 'cut':
      return carrier?.cut()
    case 'rotate':
      return link.dial()
    case 'goaway':
      return world.goaway()
    case 'freeze':
      return carrier?.freeze(fault.direction)
    case 'tamper':
      return carrier?.[fault.direction].tamper(fault.how)
    case 'stall':
      return world[fault.side].stall(fault.durationMs)
    case 'block':
      link.blockedUntilMs = clock.nowMs + fault.durationMs
      return carrier?.cut()
    case 'allowance': {
      const limit = (one: SimCarrier): void => one.down.spendAfter(fault.bytes, () => (fault.isSilent ? one.freeze('both') : one.cut()))
      const before = link.onCarrier
      link.onCarrier = limit
      if (carrier !== undefined) limit(carrier)
      clock.after(fault.durationMs, () => {
        link.onCarrier = before
        link.carrier?.down.spendAfter(Number.POSITIVE_INFINITY, () => undefined)
      })
      return
    }
    case 'slow': {
      const normal = link.shape
      const slower = (shape: typeof normal.up): typeof normal.up => ({
        ...shape,
        bytesPerMs: shape.bytesPerMs / fault.factor,
        delayMs: shape.delayMs * fault.factor,
      })
      const change = (up: typeof normal.up, down: typeof normal.up): void => {
        link.shape = { up, down }
        if (link.carrier === undefined) return
        link.carrier.up.shape = up
        link.carrier.down.shape = down
      }
      change(slower(normal.up), slower(normal.down))
      clock.after(fault.durationMs, () => change(normal.up, normal.down))
    }
  }
}

export function drawFaults(dice: Dice): Fault[] {
  const count = dice.chance(0.15) ? 0 : dice.skewed(1, 12)
  const spanMs = dice.skewed(200, 30_000)
  const mayTamper = dice.chance(0.3)
  const faults = Array.from({ length: count }, () => drawFault(dice, dice.fraction() * spanMs, mayTamper))
  // Two that change the same thing for a while would each restore what it found.
  const isFirst = ({ kind }: Fault, i: number): boolean => faults.findIndex((fault) => fault.kind === kind) === i
  return faults.filter((fault, i) => (fault.kind !== 'slow' && fault.kind !== 'allowance' && fault.kind !== 'goaway') || isFirst(fault, i))
}

function drawFault(dice: Dice, atMs: number, mayTamper: boolean): Fault {
  const direction = dice.pick(['up', 'down'] as const)
  const durationMs = dice.skewed(10, 10_000)
  switch (
    dice.pick(['cut', 'cut', 'cut', 'rotate', 'freeze', 'tamper', 'stall', 'stall', 'block', 'allowance', 'slow', 'goaway'] as const)
  ) {
    case 'rotate':
      return { kind: 'rotate', atMs }
    case 'freeze':
      return { kind: 'freeze', atMs, direction: dice.pick(['up', 'down', 'both'] as const) }
    case 'tamper':
      return mayTamper ? { kind: 'tamper', atMs, direction, how: dice.pick(['garble', 'drop', 'double'] as const) } : { kind: 'cut', atMs }
    case 'stall':
      return { kind: 'stall', atMs, side: dice.pick(['client', 'relay'] as const), durationMs: dice.skewed(1, 2_000) }
    case 'block':
      return { kind: 'block', atMs, durationMs }
    case 'allowance':
      return { kind: 'allowance', atMs, durationMs: durationMs * 2, bytes: dice.skewed(1_000, 500_000), isSilent: dice.chance(0.5) }
    case 'slow':
      return { kind: 'slow', atMs, durationMs, factor: dice.pick([2, 5, 10]) }
    case 'goaway':
      return dice.chance(0.2) ? { kind: 'goaway', atMs } : { kind: 'cut', atMs }
    default:
      return { kind: 'cut', atMs }
  }
}
