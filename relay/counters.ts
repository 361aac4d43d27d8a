// Which carriers a session has had: each is told from the others by a counter that the client gives out once (SPEC.md §12).

/** How far behind the highest one a counter may come: attaches that were raced overtake each other. */
const BEHIND_MAX = 64

export class Counters {
  /** Down to the lowest that may still come. */
  readonly #taken = new Set<number>()
  #highest = 0

  /** False: it was taken before, or is too old for us to know. */
  take(counter: number): boolean {
    if (this.#taken.has(counter) || counter < this.#highest - BEHIND_MAX) return false
    this.#taken.add(counter)
    this.#highest = Math.max(this.#highest, counter)
    for (const old of this.#taken) if (old < this.#highest - BEHIND_MAX) this.#taken.delete(old)
    return true
  }
}
