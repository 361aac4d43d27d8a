// Virtual time: what is to happen, when, and in which order what happens at once is taken.
import type { Dice } from './dice.ts'

export interface Appointment {
  readonly atMs: number
  cancel(): void
}

interface Entry extends Appointment {
  /** Decides between entries of the same moment. */
  readonly draw: number
  action: (() => void) | undefined
}

export class Clock {
  readonly #dice: Dice
  /** A binary heap, the soonest first. */
  readonly #heap: Entry[] = []
  #nowMs = 0
  #steps = 0

  /** The dice choose the order of what is due at the same moment: an event loop promises none between its sources. */
  constructor(dice: Dice) {
    this.#dice = dice
  }

  get nowMs(): number {
    return this.#nowMs
  }

  get steps(): number {
    return this.#steps
  }

  after(delayMs: number, action: () => void): Appointment {
    return this.at(this.#nowMs + delayMs, action)
  }

  /** A moment that has passed is now. */
  at(atMs: number, action: () => void): Appointment {
    const entry: Entry = {
      atMs: Math.max(atMs, this.#nowMs),
      draw: this.#dice.fraction(),
      action,
      cancel() {
        this.action = undefined
      },
    }
    this.#push(entry)
    return entry
  }

  /** Runs until `isDone`, until nothing is left to happen, or until the moment given. */
  run(untilMs: number, isDone: () => boolean = () => false): 'done' | 'idle' | 'late' {
    while (!isDone()) {
      const next = this.#heap[0]
      if (next === undefined) return 'idle'
      if (next.atMs > untilMs) {
        this.#nowMs = untilMs
        return 'late'
      }
      this.#pop()
      if (next.action === undefined) continue
      this.#nowMs = next.atMs
      this.#steps++
      next.action()
    }
    return 'done'
  }

  #push(entry: Entry): void {
    let at = this.#heap.push(entry) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isSooner(entry, this.#heap[above] as Entry)) break
      this.#heap[at] = this.#heap[above] as Entry
      at = above
    }
    this.#heap[at] = entry
  }

  #pop(): void {
    const last = this.#heap.pop() as Entry
    const { length } = this.#heap
    if (length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= length) break
      const right = left + 1
      const below = right < length && isSooner(this.#heap[right] as Entry, this.#heap[left] as Entry) ? right : left
      if (!isSooner(this.#heap[below] as Entry, last)) break
      this.#heap[at] = this.#heap[below] as Entry
      at = below
    }
    this.#heap[at] = last
  }
}

function isSooner(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.draw < b.draw)
}
