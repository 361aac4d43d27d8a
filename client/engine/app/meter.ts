// Bytes of each second, for the graph, and in all. Kept for as long as the app runs, across engines that come and go.
import type { Traffic } from '../../contract/app-status.ts'
import { statusLimits } from '../../contract/limits.ts'
import { appLimits } from './limits.ts'

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
  #isMoving = false
  /** Samples that the screens were not told to draw. */
  #undrawnCount = 0
  #isDrawnBlank = false

  /**
   * Takes the second's sample. Says whether the screens are to draw it now: each second while something moves, and the first in which nothing does; then
   * seldom, as what was slides out of the minute, since to draw a still line costs a slow machine as much as a busy one.
   */
  sample(carried: Carried): boolean {
    const [down, up] = [Math.max(0, carried.down - this.#now.down), Math.max(0, carried.up - this.#now.up)]
    this.#now = carried
    this.#down = [...this.#down, down].slice(-statusLimits.samplesMax)
    this.#up = [...this.#up, up].slice(-statusLimits.samplesMax)
    const wasMoving = this.#isMoving
    this.#isMoving = down + up >= appLimits.movingBytes
    this.#undrawnCount++
    const isBlank = this.#down.length === statusLimits.samplesMax && [...this.#down, ...this.#up].every((bytes) => bytes === 0)
    const isStale = this.#undrawnCount >= this.#stillSamples && !(isBlank && this.#isDrawnBlank)
    const isDue = this.#isMoving || wasMoving || isStale
    if (isDue) {
      this.#undrawnCount = 0
      this.#isDrawnBlank = isBlank
    }
    return isDue
  }

  /** A line that has nothing on it but pings can wait for a whole minute. */
  get #stillSamples(): number {
    const hasMoved = this.#down.some((bytes, index) => bytes + (this.#up[index] ?? 0) >= appLimits.movingBytes)
    return hasMoved ? appLimits.stillSamples : statusLimits.samplesMax
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
