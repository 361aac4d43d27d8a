// So many in a minute, for each of many: a bucket that refills evenly.

const MINUTE_MS = 60_000

export class Pace {
  readonly #perMinute: number
  readonly #namesMax: number
  readonly #buckets = new Map<string, { left: number; atMs: number }>()

  constructor(perMinute: number, namesMax: number) {
    this.#perMinute = perMinute
    this.#namesMax = namesMax
  }

  /** Takes one, if there is one. */
  allows(name: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(name) ?? this.#add(name, nowMs)
    bucket.left = Math.min(this.#perMinute, bucket.left + ((nowMs - bucket.atMs) / MINUTE_MS) * this.#perMinute)
    bucket.atMs = nowMs
    if (bucket.left < 1) return false
    bucket.left--
    return true
  }

  /** The one that was added first goes for it: it has had the longest time to refill. */
  #add(name: string, nowMs: number): { left: number; atMs: number } {
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size >= this.#namesMax && oldest !== undefined) this.#buckets.delete(oldest)
    const bucket = { left: this.#perMinute, atMs: nowMs }
    this.#buckets.set(name, bucket)
    return bucket
  }
}
