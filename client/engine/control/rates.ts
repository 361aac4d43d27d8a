// Whether a way is slowed down on purpose: it is slow for a while, and another way on the same network is many times faster meanwhile. A way that is slow
// while no other is busy says nothing; it asks for another one beside it, as a control.
import { rateLimits } from './limits.ts'

interface Sample {
  readonly atMs: number
  readonly bytesPerS: number
}

interface Track {
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
  note(wayId: string, bytesPerS: number, nowMs: number): Judgement | undefined {
    const track = this.#tracks.get(wayId) ?? { samples: [], judgedMs: nowMs }
    this.#tracks.delete(wayId)
    this.#tracks.set(wayId, track)
    if (this.#tracks.size > rateLimits.waysMax) this.#tracks.delete(this.#tracks.keys().next().value as string)
    track.samples = [...track.samples, { atMs: nowMs, bytesPerS }].filter(({ atMs }) => nowMs - atMs < rateLimits.windowMs)
    if (nowMs - track.judgedMs < rateLimits.windowMs || track.samples.length < rateLimits.samplesMin) return undefined
    track.judgedMs = nowMs
    // A stall is a lost packet, or a death; a throttle lets bytes trickle.
    if (track.samples.some((sample) => sample.bytesPerS < rateLimits.stalledBytesPerS)) return undefined
    return this.#judge(track, nowMs)
  }

  #judge(track: Track, nowMs: number): Judgement {
    const bytesPerS = meanOf(track.samples)
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
