// When payload came in a step, and by what: how long it stood still, and who carried it.
import type { DrillLimits } from '../limits.ts'
import type { Spot } from './guarded-carrier.ts'

interface Chunk {
  readonly atMs: number
  readonly bytes: number
  readonly spot: Spot
}

export class Heard {
  readonly #chunks: Chunk[] = []
  readonly #watchers = new Set<(chunk: Chunk) => void>()
  readonly #chunksMax: number

  constructor({ heardMax }: Pick<DrillLimits, 'heardMax'>) {
    this.#chunksMax = heardMax
  }

  note(spot: Spot, bytes: number, atMs: number): void {
    const chunk = { atMs, bytes, spot }
    if (this.#chunks.length < this.#chunksMax) this.#chunks.push(chunk)
    for (const watch of [...this.#watchers]) watch(chunk)
  }

  /** The moment of the next payload that `accept` takes, from now on; undefined: none came in time. Rejects when it is given up. */
  next(accept: (spot: Spot) => boolean, withinMs: number, signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(late)
        this.#watchers.delete(watch)
        signal.removeEventListener('abort', onAbort)
        settle()
      }
      const watch = ({ spot, atMs }: Chunk): void => {
        if (accept(spot)) finish(() => resolve(atMs))
      }
      const onAbort = (): void => finish(() => reject(signal.reason))
      const late = setTimeout(() => finish(() => resolve(undefined)), withinMs)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort)
      this.#watchers.add(watch)
    })
  }

  /** The longest time without payload between two moments. */
  standstillMs(fromMs: number, untilMs: number): number {
    const moments = this.#chunks.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs && atMs < untilMs)
    let longestMs = 0
    let lastMs = fromMs
    for (const atMs of [...moments, untilMs]) {
      longestMs = Math.max(longestMs, atMs - lastMs)
      lastMs = atMs
    }
    return longestMs
  }

  /** What carried payload from a moment on, the most first; what brought less than a tenth is left out. */
  carriersSince(fromMs: number): Spot[] {
    const sums: { readonly spot: Spot; bytes: number }[] = []
    for (const { spot, bytes, atMs } of this.#chunks) {
      if (atMs <= fromMs) continue
      const known = sums.find((sum) => sum.spot.endpoint === spot.endpoint && sum.spot.carrier === spot.carrier)
      if (known === undefined) sums.push({ spot, bytes })
      else known.bytes += bytes
    }
    const total = sums.reduce((sum, { bytes }) => sum + bytes, 0)
    return sums
      .filter(({ bytes }) => bytes * 10 >= total)
      .sort((a, b) => b.bytes - a.bytes)
      .map(({ spot }) => spot)
  }
}
