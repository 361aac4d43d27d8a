// Networks that scenario tests build by hand: one path, a few streams, nothing that goes wrong by chance.
import { Dice } from './dice.ts'
import type { EndPlan } from './end.ts'
import type { Exchange, ExchangePlan } from './exchange.ts'
import type { WorldPlan } from './plan.ts'
import { World } from './world.ts'

/** More than any scenario carries. */
export const ENDLESS_BYTES = 1e9
/** Deeper than what the protocol may put under way: a queue in the network is then its own doing. */
const QUEUE_BYTES = 16_000_000

const QUICK: EndPlan = {
  sends: 0,
  begins: 'at-once',
  chunkBytes: 65_400,
  pauseMs: 0,
  readBytesPerMs: Number.POSITIVE_INFINITY,
  resetsAfter: undefined,
}

/** A request of 200 bytes, and an answer. */
export function ask(openMs: number, bytes: number, client: Partial<EndPlan> = {}): ExchangePlan {
  return {
    openMs,
    client: { ...QUICK, sends: 200, ...client },
    relay: { ...QUICK, sends: bytes, begins: 'on-first-byte' },
    dialMs: 0,
    dialFails: undefined,
    reportDial: false,
  }
}

/** A world that has begun, over a path of so many bytes a millisecond and so long a round trip. */
export function begin(bytesPerMs: number, roundTripMs: number, exchanges: readonly ExchangePlan[], more: Partial<WorldPlan> = {}): World {
  const path = { bytesPerMs, delayMs: roundTripMs / 2, jitterMs: 0, queueBytesMax: QUEUE_BYTES }
  const world = new World(
    { shape: { up: path, down: path }, turnMs: 0, carriers: 1, exchanges, associations: [], faults: [], ...more },
    new Dice(1),
  )
  world.begin()
  return world
}

export function receivedBytes(exchanges: readonly Exchange[]): number {
  return exchanges.reduce((sum, { client }) => sum + (client?.receivedBytes ?? 0), 0)
}

/** An upload of so many bytes, and a short answer. */
export function give(openMs: number, bytes: number): ExchangePlan {
  return { ...ask(openMs, 100), client: { ...QUICK, sends: bytes } }
}

/** What has come of all streams, one way. */
export function came(world: World, way: Way): number {
  return world.exchanges.reduce((sum, { client, relay }) => sum + ((way === 'down' ? client : relay)?.receivedBytes ?? 0), 0)
}

/** The longest time without a byte of any stream, from then until it is over or so late. */
export function longestStallMs(world: World, way: Way, fromMs: number, untilMs: number): number {
  world.clock.run(fromMs)
  let [bytes, lastMs, longestMs] = [came(world, way), fromMs, 0]
  while (!world.isOver && world.clock.nowMs < untilMs) {
    world.clock.run(world.clock.nowMs + 10, () => world.isOver)
    longestMs = Math.max(longestMs, world.clock.nowMs - lastMs)
    if (came(world, way) === bytes) continue
    bytes = came(world, way)
    lastMs = world.clock.nowMs
  }
  return longestMs
}

export type Way = 'up' | 'down'

/** Lets time pass in small steps and looks after each. */
export function watch(world: World, untilMs: number, look: () => void): void {
  while (world.clock.nowMs < untilMs) {
    world.clock.run(Math.min(untilMs, world.clock.nowMs + 10))
    look()
  }
}

/** From opening to the first byte, of the streams that have had one. In order; none when one has not. */
export function firstByteMs(exchanges: readonly Exchange[]): number[] {
  return exchanges.map(({ client, openedMs }) => (client?.firstByteMs ?? Number.POSITIVE_INFINITY) - openedMs).sort((a, b) => a - b)
}
