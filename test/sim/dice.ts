// All chance in the simulator and the fuzzers: one seed, one run.

/** mulberry32: 32 bits of state, well spread, the same on every machine. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to and without 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  /** Whole, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  /** Whole, both ends included; each order of magnitude is as likely as the next. `low` is at least 1. */
  skewed(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.fraction())
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)] as T
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.between(0, 255))
  }

  /** Another source of chance, so that what one part of the world draws does not shift what another does. */
  fork(): Dice {
    return new Dice(this.between(0, 0xffff_ffff))
  }
}
