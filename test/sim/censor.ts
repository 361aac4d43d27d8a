// The censor: lets faults happen, to the flows that there are and to those that come.
import { ResetCode } from '#protocol'
import type { CarrierShape, SimCarrier } from './carrier.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import type { Fault, Regime } from './faults.ts'
import type { Link } from './link.ts'
import type { PathShape } from './pipe.ts'
import type { Side } from './side.ts'

interface CensoredWorld {
  readonly clock: Clock
  readonly link: Link
  readonly client: Side
  readonly relay: Side
  readonly goaway: (code: ResetCode) => void
}

/** Lets the faults happen. */
export function censor(world: CensoredWorld, faults: readonly Fault[], dice: Dice): void {
  for (const fault of faults) world.clock.at(fault.atMs, () => strike(world, fault, dice))
}

function strike(world: CensoredWorld, fault: Fault, dice: Dice): void {
  const { link } = world
  const alive = link.carriers.filter(({ isAlive }) => isAlive)
  const hit = (hits: 'one' | 'all'): readonly SimCarrier[] => (hits === 'all' || alive.length === 0 ? alive : [dice.pick(alive)])
  switch (fault.kind) {
    case 'cut':
      for (const carrier of hit(fault.hits)) carrier.cut()
      return
    case 'freeze':
      for (const carrier of hit(fault.hits)) carrier.freeze(fault.direction)
      return
    case 'tamper':
      for (const carrier of hit('one')) carrier[fault.direction].tamper(fault.how)
      return
    case 'rotate':
      return world.client.turn(() => link.rotate())
    case 'replay':
      return void (link.recorded && link.replay(link.recorded))
    case 'goaway':
      return world.goaway(ResetCode.goingAway)
    case 'stall':
      return world[fault.side].stall(fault.durationMs)
    default:
      return rule(world, fault)
  }
}

/** Applies to all that live, and to all that come until it ends. */
function rule(world: CensoredWorld, regime: Regime): void {
  const { clock, link } = world
  const endsMs = clock.nowMs + regime.durationMs
  const isOn = (): boolean => clock.nowMs < endsMs
  const treat = treatmentOf(world, regime, endsMs, isOn)
  for (const carrier of link.carriers) treat.apply(carrier)
  link.onCarrier.add(treat.apply)
  clock.at(endsMs, () => {
    link.onCarrier.delete(treat.apply)
    for (const carrier of link.carriers) treat.lift(carrier)
  })
}

interface Treatment {
  readonly apply: (carrier: SimCarrier) => void
  readonly lift: (carrier: SimCarrier) => void
}

function treatmentOf({ clock, link }: CensoredWorld, regime: Regime, endsMs: number, isOn: () => boolean): Treatment {
  const end = (carrier: SimCarrier, manner: 'reset' | 'silence'): void => (manner === 'reset' ? carrier.cut() : carrier.freeze('both'))
  const nothing = (): void => undefined
  switch (regime.kind) {
    case 'block':
      return { apply: (carrier) => end(carrier, regime.manner), lift: nothing }
    case 'blackout':
      return { apply: (carrier) => carrier.hold(endsMs), lift: nothing }
    case 'allowance':
      return {
        apply: (carrier) => carrier.down.spendAfter(regime.bytes, () => end(carrier, regime.manner)),
        lift: (carrier) => carrier.down.spendAfter(Number.POSITIVE_INFINITY, nothing),
      }
    case 'throttle': {
      const normal = new Map<SimCarrier, CarrierShape>()
      return {
        apply: (carrier) => {
          normal.set(carrier, { up: carrier.up.shape, down: carrier.down.shape })
          for (const pipe of [carrier.up, carrier.down]) pipe.crossAfter(regime.bytes, () => isOn() && carrier.throttle(regime.bytesPerMs))
        },
        lift: (carrier) => reshape(carrier, normal.get(carrier) ?? link.shape),
      }
    }
    case 'lifetime':
      return { apply: (carrier) => void clock.after(regime.lifeMs, () => isOn() && end(carrier, regime.manner)), lift: nothing }
    case 'crowd': {
      const begunMs: number[] = []
      return {
        apply: (carrier) => {
          while ((begunMs[0] ?? clock.nowMs) < clock.nowMs - regime.windowMs) begunMs.shift()
          begunMs.push(clock.nowMs)
          if (begunMs.length > regime.count) carrier.freeze('both')
        },
        lift: nothing,
      }
    }
    default: {
      const normal = link.shape
      link.shape = { up: slower(normal.up, regime.factor), down: slower(normal.down, regime.factor) }
      clock.at(endsMs, () => (link.shape = normal))
      return { apply: (carrier) => reshape(carrier, link.shape), lift: (carrier) => reshape(carrier, normal) }
    }
  }
}

function slower(shape: PathShape, factor: number): PathShape {
  return { ...shape, bytesPerMs: shape.bytesPerMs / factor, delayMs: shape.delayMs * factor }
}

function reshape(carrier: SimCarrier, { up, down }: CarrierShape): void {
  carrier.up.shape = up
  carrier.down.shape = down
}
