// Failures of a program's own doing, such as a store that can't be reached or a disk that is full. It lives on and tries again; they are counted, and told of
// seldom, by a code: what an error says may hold the store's address and password.
import { codeOf } from './fault-code.ts'
import { faultLimits } from './limits.ts'

/** `count`: of all since the start. */
export type TellFault = (fault: { readonly code: string; readonly count: number }) => void

export class Faults {
  readonly #tell: TellFault
  readonly #nowMs: () => number
  #count = 0
  #toldMs = Number.NEGATIVE_INFINITY

  /** `nowMs`: any clock that never goes back. */
  constructor(tell: TellFault, nowMs: () => number = () => performance.now()) {
    this.#tell = tell
    this.#nowMs = nowMs
  }

  readonly take = (error: unknown): void => {
    this.#count++
    const nowMs = this.#nowMs()
    if (nowMs - this.#toldMs < faultLimits.tellMs) return
    this.#toldMs = nowMs
    this.#tell({ code: codeOf(error), count: this.#count })
  }

  /** Never rejects. undefined: it failed, or there is nothing. */
  async living<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.take(error)
      return undefined
    }
  }
}
