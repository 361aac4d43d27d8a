// What one seed means: a path, streams of every kind, faults.
import { ResetCode } from '#protocol'
import type { AssociationPlan } from './association.ts'
import type { CarrierShape } from './carrier.ts'
import type { Dice } from './dice.ts'
import type { EndPlan } from './end.ts'
import type { ExchangePlan } from './exchange.ts'
import { drawFaults, drawFreeze, type Fault } from './faults.ts'
import type { PathShape } from './pipe.ts'

export interface WorldPlan {
  readonly shape: CarrierShape
  readonly turnMs: number
  /** Carriers at once. */
  readonly carriers: number
  readonly exchanges: readonly ExchangePlan[]
  readonly associations: readonly AssociationPlan[]
  readonly faults: readonly Fault[]
}

/** All streams of a run together: enough to fill every window, little enough for hundreds of runs. */
const BYTES_MAX = 4_000_000
/** … and no more than the path carries in so long. */
const BUSY_MS_MAX = 60_000
const OPEN_SPREAD_MS = 5_000

/** `isFrozen`: flows freeze early on, in the middle of what is under way. */
export function drawPlan(dice: Dice, isFrozen = false): WorldPlan {
  const shape = { up: drawPath(dice), down: drawPath(dice) }
  const slower = Math.min(shape.up.bytesPerMs, shape.down.bytesPerMs)
  const count = dice.skewed(1, 60)
  const bytesMax = Math.max(1, Math.floor(Math.min(BYTES_MAX, slower * BUSY_MS_MAX) / count))
  return {
    shape,
    turnMs: dice.chance(0.5) ? 0 : dice.skewed(1, 10),
    carriers: dice.pick([1, 1, 2, 3]),
    exchanges: Array.from({ length: count }, () => drawExchange(dice, bytesMax)),
    associations: Array.from({ length: dice.chance(0.3) ? dice.between(1, 3) : 0 }, () => ({
      openMs: dice.fraction() * OPEN_SPREAD_MS,
      count: dice.skewed(1, 200),
      bytesMax: dice.skewed(1, 2_000),
      pauseMs: dice.skewed(1, 100),
    })),
    faults: isFrozen ? drawFreeze(dice) : drawFaults(dice),
  }
}

/** A minute until a client that failed often dials again, and as much for what the dial that it has then may meet. */
const HEALING_MS = 120_000

/** How long the run may take once nothing goes wrong any more. */
export function patienceMs({ shape, exchanges }: WorldPlan): number {
  const slower = Math.min(shape.up.bytesPerMs, shape.down.bytesPerMs)
  const ends = exchanges.flatMap(({ client, relay }) => [client, relay])
  const bytesOf = ({ sends }: EndPlan): number => (sends === 'echo' ? 0 : sends)
  const bytes = ends.reduce((sum, end) => sum + bytesOf(end), 0)
  const slowest = exchanges.map(({ client, relay }) => {
    const most = bytesOf(client) + bytesOf(relay)
    const writes = [client, relay].map(({ chunkBytes, pauseMs }) => pauseMs * (1 + most / Math.max(1, chunkBytes / 8)))
    return Math.max(...writes) + most / Math.min(client.readBytesPerMs, relay.readBytesPerMs)
  })
  return HEALING_MS + (4 * bytes) / slower + 4 * Math.max(0, ...slowest)
}

function drawPath(dice: Dice): PathShape {
  return {
    bytesPerMs: dice.skewed(16, 20_000),
    delayMs: dice.chance(0.1) ? 0 : dice.skewed(1, 400),
    jitterMs: dice.chance(0.5) ? 0 : dice.skewed(1, 50),
    queueBytesMax: dice.skewed(16_000, 1_000_000),
  }
}

function drawExchange(dice: Dice, bytesMax: number): ExchangePlan {
  const end = (over: Partial<EndPlan>): EndPlan => ({ ...drawEnd(dice), ...over })
  const bytes = dice.chance(0.2) ? bytesMax : dice.skewed(1, bytesMax)
  const few = dice.skewed(1, Math.min(bytes, 1_000))
  const asking = end({ sends: few })
  const answering = end({ sends: bytes, begins: dice.pick(['on-first-byte', 'on-fin'] as const) })
  const base = {
    openMs: dice.chance(0.3) ? 0 : dice.fraction() * OPEN_SPREAD_MS,
    dialMs: dice.chance(0.3) ? 0 : dice.fraction() * 200,
    dialFails: dice.chance(0.03) ? dice.pick([ResetCode.refused, ResetCode.timeout, ResetCode.denied]) : undefined,
    reportDial: dice.chance(0.3),
  }
  switch (dice.pick(['ask', 'ask', 'echo', 'source', 'sink', 'both', 'resets', 'is-reset', 'empty'] as const)) {
    case 'ask':
      return { ...base, client: asking, relay: answering }
    case 'echo':
      return { ...base, client: end({ sends: bytes }), relay: end({ sends: 'echo' }) }
    case 'source':
      return { ...base, client: end({ sends: 0 }), relay: end({ sends: bytes }) }
    case 'sink':
      return { ...base, client: end({ sends: bytes }), relay: end({ sends: 0 }) }
    case 'resets':
      return { ...base, client: end({ sends: few, resetsAfter: dice.skewed(1, bytes) }), relay: answering }
    case 'is-reset':
      return { ...base, client: end({ sends: bytes }), relay: end({ sends: bytes, resetsAfter: dice.skewed(1, bytes) }) }
    case 'empty':
      return { ...base, client: end({ sends: 0 }), relay: end({ sends: 0, begins: 'on-fin' }) }
    default:
      return { ...base, client: end({ sends: bytes }), relay: end({ sends: dice.skewed(1, bytesMax) }) }
  }
}

/** Most are as fast as they can be; some write a little at a time, some read slowly. */
function drawEnd(dice: Dice): EndPlan {
  const isChatty = dice.chance(0.2)
  return {
    sends: 0,
    begins: 'at-once',
    chunkBytes: isChatty ? dice.skewed(100, 4_000) : dice.skewed(4_000, 65_400),
    pauseMs: isChatty ? dice.skewed(1, 50) : 0,
    readBytesPerMs: dice.chance(0.2) ? dice.skewed(10, 10_000) : Number.POSITIVE_INFINITY,
    resetsAfter: undefined,
  }
}
