// Cuts: a flow is reset in the place of one byte of a direction. All 65,536 places are tried by `npm run cuts`; the tests try some of them.
import assert from 'node:assert/strict'
import { DialError } from '../../client/engine/platform.ts'
import { Dice } from '../sim/dice.ts'
import type { Pair } from './dial.ts'
import { digestOf } from './end.ts'
import { REPLY } from './origin.ts'
import type { Direction, Path } from './path.ts'

export interface World {
  /** Between the client and whatever it dials. */
  readonly path: Path
  /** A carrier, its first message passed. Rejects with what the dial failed of. */
  dial(): Promise<Pair>
  close(): Promise<void>
}

/** How far into a direction cuts are tried: TLS, the first requests and some records lie within. */
export const CUT_BYTES = 65_536
/** TLS and HTTP begin there: a quarter of a sample lies within. */
const CLOSE_BYTES = 2_048
/** What the other direction brings meanwhile. */
const OTHER_BYTES = 16_384
/** A cut that is not over by then: the longest that a client waits for an answer is 30 s, and a carrier may have to wait twice. */
const CUT_MS_MAX = 120_000

/** So many places, spread evenly, where in each stretch as the seed draws. */
export function sampleCuts(count: number, seed: number): number[] {
  const dice = new Dice(seed)
  const near = Math.ceil(count / 4)
  const spread = (from: number, to: number, among: number): number[] =>
    Array.from({ length: among }, (_, i) => Math.floor(from + ((i + dice.fraction()) * (to - from)) / among))
  return [...spread(0, CLOSE_BYTES, near), ...spread(CLOSE_BYTES, CUT_BYTES, count - near)]
}

export interface CutReport {
  /** How many were borne. */
  readonly count: number
  /** What was not, in words that name the place. */
  readonly failures: readonly string[]
  readonly slowestMs: number
  readonly slowestAt: number
}

/** Tries these places, each on a carrier of its own, in as many worlds at once as there are. */
export async function tryCuts(worlds: readonly World[], direction: Direction, places: readonly number[]): Promise<CutReport> {
  const left = [...places]
  const failures: string[] = []
  const slowest = { ms: 0, at: 0 }
  await Promise.all(
    worlds.map(async (world) => {
      for (let place = left.pop(); place !== undefined; place = left.pop()) {
        const beganMs = performance.now()
        const over = expectCutBorne(world, direction, place)
        await inTime(over).catch((error: Error) => failures.push(`cut ${direction} at ${place}: ${error.message.split('\n')[0]}`))
        const tookMs = performance.now() - beganMs
        if (tookMs > slowest.ms) Object.assign(slowest, { ms: tookMs, at: place })
      }
    }),
  )
  return { count: places.length - failures.length, failures, slowestMs: slowest.ms, slowestAt: slowest.at }
}

async function inTime(over: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('it leaves something waiting for ever')), CUT_MS_MAX)
  await Promise.race([over, late.promise]).finally(() => clearTimeout(timer))
}

/** A cut costs the carrier at most, and never half a message. Rejects where it costs more. */
async function expectCutBorne(world: World, direction: Direction, place: number): Promise<void> {
  world.path.cutAt(direction, place)
  const up = messagesOf(direction === 'up' ? place + 1 : OTHER_BYTES, 397)
  const down = messagesOf(direction === 'down' ? place + 1 : OTHER_BYTES, 683)
  const pair = await world.dial().catch((error: unknown) => {
    if (error instanceof DialError || (error as Error).message.includes('before its first message')) return undefined
    throw error
  })
  if (pair === undefined) return
  const { client, relay } = pair
  const areDone = (): boolean => client.count === down.length + 1 && relay.count === up.length
  const [sentUp, sentDown] = await Promise.all([client.send(up), relay.send(down)])
  await Promise.race([client.until(() => client.closedCount > 0 || areDone()), relay.until(() => relay.closedCount > 0 || areDone())])
  client.carrier.close()
  await relay.until(() => relay.closedCount > 0)
  assert.deepEqual([client.closedCount, relay.closedCount], [1, 1], 'each end closes once')
  assert(client.count - 1 <= sentDown && relay.count <= sentUp, 'no more comes than was sent')
  assert.equal(client.digest, digestOf([REPLY, ...down].slice(0, client.count)), 'what came down is what was sent')
  assert.equal(relay.digest, digestOf(up.slice(0, relay.count)), 'what came up is what was sent')
}

/** Messages of many sizes, so many bytes or more in all. */
function messagesOf(bytes: number, stride: number): Buffer[] {
  const messages: Buffer[] = []
  for (let sum = 0, i = 0; sum < bytes; i++) {
    const message = Buffer.alloc(1 + ((i * stride) % 4_000), i)
    messages.push(message)
    sum += message.length
  }
  return messages
}
