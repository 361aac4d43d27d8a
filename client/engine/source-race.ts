// Asks some sources, each by its ways, one begun shortly after the other; the first that has what is wanted calls the others off.
//
// 1. every source once before any twice, and of a source every endpoint once before any twice: what is blocked of one holds up nobody     #order
// 2. each way begins a moment after the last, whatever became of that, and has so long to begin a session
import { setTimeout as after } from 'node:timers/promises'
import type { Crypto, Invite, Random } from '#protocol'
import type { Drive } from '#protocol/node'
import type { Clock } from './clock.ts'
import { pickSome } from './control/draw.ts'
import { type Way, waysOf } from './control/way.ts'
import { throughSource } from './directory-fetch.ts'
import type { DirectoryLimits } from './limits.ts'
import type { Platform } from './platform.ts'

export interface RaceOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly limits: DirectoryLimits
}

/** `ask`: true where it has got what is wanted. Resolves with whether one had. Never rejects. */
export async function raceSources(
  { platform, crypto, clock, signal: stop, limits }: RaceOptions,
  sources: readonly Invite[],
  ask: (drive: Drive) => Promise<boolean>,
): Promise<boolean> {
  const won = Promise.withResolvers<boolean>()
  const over = new AbortController()
  const race = AbortSignal.any([stop, over.signal, AbortSignal.timeout(limits.raceMs)])
  const tries = orderOf(platform.random, pickSome(platform.random, sources, limits.sourcesMax)).slice(0, limits.waysMax)
  const tried = tries.map(async ({ source, way }, place) => {
    await after(place * limits.staggerMs, undefined, { signal: race }).catch(() => undefined)
    if (race.aborted) return
    const signal = AbortSignal.any([race, AbortSignal.timeout(limits.wayMs)])
    if ((await throughSource({ platform, crypto, source, way, clock, signal }, ask)) !== true) return
    // Those that are under way end by themselves; nobody waits for what they have to say.
    over.abort()
    won.resolve(true)
  })
  return Promise.race([won.promise, Promise.all(tried).then(() => false)])
}

interface Try {
  readonly source: Invite
  readonly way: Way
}

function orderOf(random: Random, sources: readonly Invite[]): readonly Try[] {
  const tries = sources.flatMap((source) => {
    const ways = waysOf([source])
    return inRounds(pickSome(random, ways, ways.length), ({ endpointIndex }) => endpointIndex).map((way) => ({ source, way }))
  })
  return inRounds(tries, ({ source }) => source)
}

/** Each key once before any comes twice, and so on; otherwise in the order in which they are given. */
function inRounds<T>(list: readonly T[], keyOf: (one: T) => unknown): readonly T[] {
  const counts = new Map<unknown, number>()
  const numbered = list.map((one) => {
    const round = counts.get(keyOf(one)) ?? 0
    counts.set(keyOf(one), round + 1)
    return { one, round }
  })
  return numbered.sort((a, b) => a.round - b.round).map(({ one }) => one)
}
