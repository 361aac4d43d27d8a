// Whether a way is slowed down on purpose: it is slow for a while, and another way on the same network is many times faster meanwhile. That it was
// faster itself a while ago is only a suspicion: it makes link open another way, which then is the control.
import { rateLimits } from '../limits.ts'

interface Sample {
  readonly atMs: number
  readonly bytesPerS: number
}

interface Track {
  readonly host: string
  samples: Sample[]
  peakBytesPerS: number
  peakMs: number
  judgedMs: number
}

export interface Judgement {
  readonly found: 'slowed' | 'fell' | 'fair'
  readonly bytesPerS: number
}

export class Rates {
  readonly #tracks = new Map<string, Track>()

  /** One report of link. Gives a judgement when a window is full, once for each window. */
  note(wayId: string, host: string, bytesPerS: number, nowMs: number): Judgement | undefined {
    const track = this.#tracks.get(wayId) ?? { host, samples: [], peakBytesPerS: 0, peakMs: nowMs, judgedMs: nowMs }
    this.#tracks.delete(wayId)
    this.#tracks.set(wayId, track)
    if (this.#tracks.size > rateLimits.waysMax) this.#tracks.delete(this.#tracks.keys().next().value as string)
    track.samples = [...track.samples, { atMs: nowMs, bytesPerS }].filter(({ atMs }) => nowMs - atMs < rateLimits.windowMs)
    const peak = meanOf(track.samples.slice(-rateLimits.peakSamples))
    if (track.samples.length >= rateLimits.peakSamples && (peak > track.peakBytesPerS || nowMs - track.peakMs > rateLimits.peakMs)) {
      track.peakBytesPerS = peak
      track.peakMs = nowMs
    }
    if (nowMs - track.judgedMs < rateLimits.windowMs || track.samples.length < rateLimits.samplesMin) return undefined
    track.judgedMs = nowMs
    return this.#judge(track, nowMs)
  }

  #judge(track: Track, nowMs: number): Judgement {
    const bytesPerS = meanOf(track.samples)
    if (bytesPerS >= rateLimits.slowBytesPerS) return { found: 'fair', bytesPerS }
    const control = this.#controlOf(track, nowMs)
    if (control !== undefined) return { found: control >= bytesPerS * rateLimits.ratio ? 'slowed' : 'fair', bytesPerS }
    return { found: track.peakBytesPerS >= bytesPerS * rateLimits.ratio ? 'fell' : 'fair', bytesPerS }
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
