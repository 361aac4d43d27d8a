// A race for a carrier: starts each attempt at its time, and stops the others when one has won.
import type { Attempt } from './control/plan.ts'
import type { Way } from './control/way.ts'

export interface RaceEvents {
  /** Starts a dial; rejects or resolves when it is over. What it does when it wins is its own. */
  dial(way: Way, signal: AbortSignal): Promise<void>
  /** One dial is over: true, and the race with it, when it won. */
  onOver(way: Way, won: boolean, error: unknown): void
}

export class Race {
  readonly #events: RaceEvents
  readonly #running = new Map<string, AbortController>()
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  #isOver = false

  constructor(events: RaceEvents) {
    this.#events = events
  }

  get isRunning(): boolean {
    return this.#running.size > 0
  }

  /** Whether something is under way, or will be without being asked. */
  get isBusy(): boolean {
    return this.#running.size + this.#waiting.size > 0
  }

  /** Puts these attempts in the place of those that have not begun. */
  plan(attempts: readonly Attempt[], nowMs: number): void {
    if (this.#isOver) return
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
    for (const { way, notBeforeMs } of attempts) {
      if (this.#running.has(way.id)) continue
      this.#waiting.set(
        way.id,
        setTimeout(() => this.#start(way), Math.max(0, notBeforeMs - nowMs)),
      )
    }
  }

  /** Gives up what runs and what waits. */
  stop(): void {
    this.#isOver = true
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
    for (const abort of [...this.#running.values()]) abort.abort()
  }

  #start(way: Way): void {
    this.#waiting.delete(way.id)
    const abort = new AbortController()
    this.#running.set(way.id, abort)
    this.#events.dial(way, abort.signal).then(
      () => this.#over(way, true, undefined),
      (error: unknown) => this.#over(way, false, error),
    )
  }

  #over(way: Way, won: boolean, error: unknown): void {
    this.#running.delete(way.id)
    if (won) this.stop()
    this.#events.onOver(way, won, error)
  }
}
