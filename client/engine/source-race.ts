// Asks some sources at nearly the same time, each by one way, so that edges and direct ones, of unlike places, are among them; the first that has what is
// wanted calls the others off.
import type { Crypto, Invite } from '#protocol'
import type { Drive } from '#protocol/node'
import { pickSome } from './control/draw.ts'
import { waysOf } from './control/way.ts'
import { throughSource } from './directory-fetch.ts'
import type { DirectoryLimits } from './limits.ts'
import type { Platform } from './platform.ts'

export interface RaceOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  /** The sources' clock minus ours, as far as it is known. */
  readonly clockOffsetS: number
  readonly signal: AbortSignal
  readonly limits: DirectoryLimits
}

/** `ask`: true where it has got what is wanted. Resolves with whether one had. Never rejects. */
export async function raceSources(
  { platform, crypto, clockOffsetS, signal: stop, limits }: RaceOptions,
  sources: readonly Invite[],
  ask: (drive: Drive, nowS: () => number) => Promise<boolean>,
): Promise<boolean> {
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal, AbortSignal.timeout(limits.raceMs)])
  const picked = pickSome(platform.random, sources, limits.sourcesMax)
  const found = await Promise.all(
    picked.map(async (source, place) => {
      const [way] = pickSome(platform.random, waysOf([source]), 1)
      await later(place * limits.staggerMs, signal)
      if (way === undefined || signal.aborted) return false
      const has = (await throughSource({ platform, crypto, source, way, clockOffsetS, signal }, ask)) === true
      if (has) over.abort()
      return has
    }),
  )
  return found.includes(true)
}

/** Resolves after so long, or when it is called off. */
function later(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
