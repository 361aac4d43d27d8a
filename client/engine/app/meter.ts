// Bytes of each second, for the graph, and in all. Kept for as long as the app runs, across engines that come and go.
import type { Traffic } from '../../contract/app-status.ts'
import { statusLimits } from '../../contract/limits.ts'

interface Carried {
  readonly down: number
  readonly up: number
}

export class Meter {
  /** Of engines that have ended. */
  #before: Carried = { down: 0, up: 0 }
  #now: Carried = { down: 0, up: 0 }
  #down: readonly number[] = []
  #up: readonly number[] = []

  /** Takes the second's sample. Says whether the graph looks different now. */
  sample(carried: Carried): boolean {
    const [down, up] = [Math.max(0, carried.down - this.#now.down), Math.max(0, carried.up - this.#now.up)]
    const wasStill = [...this.#down, ...this.#up].every((bytes) => bytes === 0) && this.#down.length === statusLimits.samplesMax
    this.#now = carried
    this.#down = [...this.#down, down].slice(-statusLimits.samplesMax)
    this.#up = [...this.#up, up].slice(-statusLimits.samplesMax)
    return !wasStill || down + up > 0
  }

  /** An engine ends; the next one counts from nothing. */
  close(carried: Carried): void {
    this.#before = { down: this.#before.down + carried.down, up: this.#before.up + carried.up }
    this.#now = { down: 0, up: 0 }
    this.#down = []
    this.#up = []
  }

  get traffic(): Traffic {
    return {
      downBytes: this.#before.down + this.#now.down,
      upBytes: this.#before.up + this.#now.up,
      down: this.#down,
      up: this.#up,
    }
  }
}
