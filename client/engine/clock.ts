// The time by which all that is signed for a time is judged: the relays', as far as they have told it; this computer's until then.
import { linkLimits } from './limits.ts'

export class Clock {
  readonly #computerS: () => number
  #offsetS: number
  #isOfRelays = false

  /** `computerS`: this computer's clock. `offsetS`: how far the relays' was ahead of it when it was last known. */
  constructor(computerS: () => number, offsetS: number) {
    this.#computerS = computerS
    this.#offsetS = offsetS
  }

  /** Seconds since 1970. */
  nowS(): number {
    return this.#computerS() + this.#offsetS
  }

  /** The relays' clock minus this computer's. */
  get offsetS(): number {
    return this.#offsetS
  }

  /** A relay has taken this time for its own since this clock was made: until then it is a computer's, or what was true once. */
  get isOfRelays(): boolean {
    return this.#isOfRelays
  }

  /**
   * A site answered as a site, at this time by its own clock, whoever it is; it was tried when `offsetS` was as given. True: that was off by so much that
   * this may be why, and by the new time it may answer as a relay.
   */
  learn(siteTimeS: number | undefined, triedOffsetS: number): boolean {
    if (siteTimeS === undefined) return false
    const offsetS = siteTimeS - this.#computerS()
    if (isNear(offsetS, triedOffsetS)) return false
    if (!isNear(offsetS, this.#offsetS)) this.#become(offsetS, false)
    return true
  }

  /** A relay, and nobody in its place, has admitted what was sent by this offset: it is no further from its own than an admission may be. */
  admitted(offsetS: number): void {
    this.#become(isNear(offsetS, this.#offsetS) ? this.#offsetS : offsetS, true)
  }

  #become(offsetS: number, isOfRelays: boolean): void {
    this.#offsetS = offsetS
    this.#isOfRelays = isOfRelays
  }
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) < linkLimits.clockOffS
}
