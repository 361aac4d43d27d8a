// The clock and the event loop, as a drive uses them: Node's own, or virtual ones in the simulator.

export interface Timing {
  /** Milliseconds from some beginning; never goes back. */
  now(): number
  /** Does it when this turn of the event loop is over. What is returned cancels it. */
  soon(action: () => void): () => void
  /** Does it once so much time has passed, and keeps no process alive for it. What is returned cancels it. */
  after(delayMs: number, action: () => void): () => void
}

export const nodeTiming: Timing = {
  now: () => performance.now(),
  soon(action) {
    const immediate = setImmediate(action)
    return () => clearImmediate(immediate)
  },
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
