// Cuts: a flow is reset in the place of one byte of a direction. All 65,536 places are tried by `npm run cuts`; the tests try some of them.
import assert from 'node:assert/strict'
import { DialError } from '../../client/engine/platform.ts'
import { Dice } from '../sim/dice.ts'
import type { Pair } from './dial.ts'
import { digestsOf } from './end.ts'
import { REPLY } from './origin.ts'
import type { Direction, Path } from './path.ts'
import { Turns } from './turns.ts'

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
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2
/** What the other direction brings meanwhile. */
const OTHER_BYTES = 16_384
/** What is not over by then: the longest that a client waits for an answer is 30 s, and a carrier may have to wait twice. */
const CUT_MS_MAX = 120_000
const TRIES_MAX = 3
/** Cuts under way at once; more would only make each other late. What is not over so long after the byte waits for somebody to notice, and makes room. */
const UNDER_WAY_MAX = 48
const NOTICE_MS = 500

const UP = scriptOf(messagesOf(CUT_BYTES, 397))
const DOWN = scriptOf([REPLY, ...messagesOf(CUT_BYTES, 683)])

/** What one end sends from the beginning, and the digests of the first of it. */
interface Script {
  readonly messages: readonly Buffer[]
  readonly digests: readonly string[]
}

/** So many places, spread evenly, where in each stretch as the seed draws. */
export function sampleCuts(count: number, seed: number): number[] {
  const dice = new Dice(seed)
  const near = Math.ceil(count / 4)
  const spread = (from: number, to: number, among: number): number[] =>
    Array.from({ length: among }, (_, i) => Math.floor(from + ((i + dice.fraction()) * (to - from)) / among))
  return [...spread(0, CLOSE_BYTES, near), ...spread(CLOSE_BYTES, CUT_BYTES, count - near)]
}

/** Each place once, in an order whose first places, however many, lie evenly: by steps of the golden section. */
export function* placesInTurn(from: number, to: number): Iterable<number> {
  const count = to - from
  let step = Math.round(count * GOLDEN_SECTION)
  while (divisor(step, count) !== 1) step++
  for (let i = 0, at = 0; i < count; i++, at = (at + step) % count) yield from + at
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

export interface CutTried {
  readonly place: number
  readonly tookMs: number
  /** What was not borne, in words that name the place. */
  readonly failure: string | undefined
}

/** Tries these places, each on a carrier of its own, in as many worlds at once as there are; tells of each as it is over. */
export async function tryCuts(
  worlds: readonly World[],
  direction: Direction,
  places: Iterable<number>,
  onTried: (tried: CutTried) => void,
): Promise<void> {
  const left = places[Symbol.iterator]()
  const turns = new Turns(UNDER_WAY_MAX)
  await Promise.all(
    worlds.map(async (world) => {
      for (;;) {
        const done = await turns.take()
        const { value: place } = left.next()
        if (place === undefined) return done()
        const beganMs = performance.now()
        const failure = await inTime(tryCut(world, direction, place, done)).then(
          () => undefined,
          (error: Error) => `cut ${direction} at ${place}: ${error.message.split('\n')[0]}`,
        )
        done()
        onTried({ place, tookMs: performance.now() - beganMs, failure })
      }
    }),
  )
}

async function inTime(over: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('it leaves something waiting for ever')), CUT_MS_MAX)
  await Promise.race([over, late.promise]).finally(() => clearTimeout(timer))
}

/** A carrier may end of something else before the byte comes, on a busy machine: that is no try. */
async function tryCut(world: World, direction: Direction, place: number, onEnded: () => void): Promise<void> {
  let ended = ''
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    let hasCome = false
    world.path.cutAt(direction, place, () => {
      hasCome = true
      setTimeout(onEnded, NOTICE_MS)
    })
    ended = await expectCutBorne(world, direction, place, onEnded)
    if (hasCome) return
  }
  throw new Error(`the byte did not come in ${TRIES_MAX} tries: ${ended}`)
}

/**
 * A cut costs the carrier at most, and never half a message. Rejects where it costs more; resolves with how the carrier ended. `onEnded`: what is left to do
 * is to wait.
 */
async function expectCutBorne(world: World, direction: Direction, place: number, onEnded: () => void): Promise<string> {
  const up = reaching(UP.messages, direction === 'up' ? place + 1 : OTHER_BYTES)
  const down = reaching(DOWN.messages.slice(1), direction === 'down' ? place + 1 : OTHER_BYTES)
  const pair = await world.dial().catch((error: unknown) => {
    if (error instanceof DialError) return `the dial failed: ${error.reason}`
    if ((error as Error).message.includes('before its first message')) return (error as Error).message
    throw error
  })
  if (typeof pair === 'string') return pair
  const { client, relay } = pair
  const areDone = (): boolean => client.count === down.length + 1 && relay.count === up.length
  const [sentUp, sentDown] = await Promise.all([client.send(up), relay.send(down)])
  await Promise.race([client.until(() => client.closedCount > 0 || areDone()), relay.until(() => relay.closedCount > 0 || areDone())])
  client.carrier.close()
  onEnded()
  await relay.until(() => relay.closedCount > 0)
  assert.deepEqual([client.closedCount, relay.closedCount], [1, 1], 'each end closes once')
  assert(client.count - 1 <= sentDown && relay.count <= sentUp, 'no more comes than was sent')
  assert.equal(client.digest, DOWN.digests[client.count], 'what came down is what was sent')
  assert.equal(relay.digest, UP.digests[relay.count], 'what came up is what was sent')
  return `after ${client.count} messages down and ${relay.count} up`
}

function scriptOf(messages: readonly Buffer[]): Script {
  return { messages, digests: digestsOf(messages) }
}

/** The first of these messages: so many bytes or more in all. */
function reaching(messages: readonly Buffer[], bytes: number): readonly Buffer[] {
  let sum = 0
  const end = messages.findIndex((message) => {
    sum += message.length
    return sum >= bytes
  })
  return messages.slice(0, end + 1)
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
