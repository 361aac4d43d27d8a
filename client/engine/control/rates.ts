// Whether a way is slowed down on purpose: it is slow for a while, and another way on the same network is many times faster meanwhile. A way that is slow
// while no other is busy says nothing; it asks for another one beside it, as a control. One that was given up for its slowness is judged by what came after.
import { rateLimits } from './limits.ts'
import type { Way } from './way.ts'

interface Sample {
  readonly atMs: number
  readonly bytesPerS: number
}

interface Track {
  readonly way: Way
  samples: readonly Sample[]
  judgedMs: number
}

export interface Judgement {
  /** `alone`: slow, and nothing to compare it with. */
  readonly found: 'slowed' | 'alone' | 'fair'
  readonly bytesPerS: number
  /** How many times faster the control was; 1 without one. */
  readonly times: number
}

export class Rates {
  readonly #tracks = new Map<string, Track>()

  /** One report of link. Gives a judgement when a window is full, once for each window. */
  note(way: Way, bytesPerS: number, nowMs: number): Judgement | undefined {
    const track = this.#tracks.get(way.id) ?? { way, samples: [], judgedMs: nowMs }
    this.#tracks.delete(way.id)
    this.#tracks.set(way.id, track)
    if (this.#tracks.size > rateLimits.waysMax) this.#tracks.delete(this.#tracks.keys().next().value as string)
    track.samples = [...track.samples, { atMs: nowMs, bytesPerS }].filter(({ atMs }) => nowMs - atMs < rateLimits.windowMs)
    if (nowMs - track.judgedMs < rateLimits.windowMs || track.samples.length < rateLimits.samplesMin) return undefined
    track.judgedMs = nowMs
    // A stall is a lost packet, or a death; a throttle lets bytes trickle.
    if (track.samples.some((sample) => sample.bytesPerS < rateLimits.stalledBytesPerS)) return undefined
    return this.#judge(track, nowMs)
  }

  /** A way that trickled until it ended a moment ago, while this one is so many times faster that no chance explains it. Told once. */
  outrunBy(way: Way, nowMs: number): { readonly way: Way; readonly bytesPerS: number } | undefined {
    const samples = this.#tracks.get(way.id)?.samples ?? []
    if (samples.length < rateLimits.samplesMin) return undefined
    for (const other of this.#tracks.values()) {
      const endedMs = nowMs - (other.samples.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY)
      const isGone = endedMs > rateLimits.goneMs && endedMs < rateLimits.windowMs
      if (other.way.host === way.host || !isGone || other.samples.length < rateLimits.samplesMin) continue
      if (other.samples.some((sample) => sample.bytesPerS < rateLimits.stalledBytesPerS)) continue
      const bytesPerS = meanOf(other.samples.slice(-rateLimits.samplesMin))
      if (bytesPerS >= rateLimits.slowBytesPerS || meanOf(samples) < bytesPerS * rateLimits.timesSure) continue
      other.samples = []
      return { way: other.way, bytesPerS }
    }
    return undefined
  }

  /** By the latest alone: what came before the act was fast. */
  #judge(track: Track, nowMs: number): Judgement {
    const bytesPerS = meanOf(track.samples.slice(-rateLimits.samplesMin))
    if (bytesPerS >= rateLimits.slowBytesPerS) return { found: 'fair', bytesPerS, times: 1 }
    const control = this.#controlOf(track, nowMs)
    if (control === undefined) return { found: 'alone', bytesPerS, times: 1 }
    const times = control / bytesPerS
    return { found: times >= rateLimits.timesMin ? 'slowed' : 'fair', bytesPerS, times }
  }

  /** The rate of the fastest other way that was busy just now. */
  #controlOf(track: Track, nowMs: number): number | undefined {
    let most: number | undefined
    for (const other of this.#tracks.values()) {
      const recent = other.samples.filter(({ atMs }) => nowMs - atMs < rateLimits.windowMs)
      if (other === track || recent.length < rateLimits.samplesMin) continue
      most = Math.max(most ?? 0, meanOf(recent))
    }
    return most
  }
}

function meanOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { bytesPerS }) => sum + bytesPerS, 0) / Math.max(1, samples.length)
}
