// The time by which all that is signed for a time is judged: the relays', as far as they have told it; this computer's until then.
import { linkLimits } from './limits.ts'

export class Clock {
  readonly #computerS: () => number
  #offsetS: number
  #isOfRelays = false
  /** By how much this computer's clock was ahead of the time that passes, when it was last looked at. */
  #aheadS: number

  /** `computerS`: this computer's clock. `offsetS`: how far the relays' was ahead of it when it was last known. */
  constructor(computerS: () => number, offsetS: number) {
    this.#computerS = computerS
    this.#offsetS = offsetS
    this.#aheadS = computerS() - passedS()
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
   * To be called often. True: this computer's clock was set since, and the offset is known anew. A jump ahead counts as that only where it sets the clock right:
   * it may be sleep as well, in which some systems count no time.
   */
  look(): boolean {
    const aheadS = this.#computerS() - passedS()
    const jumpS = aheadS - this.#aheadS
    this.#aheadS = aheadS
    const offsetS = Math.round(this.#offsetS - jumpS)
    if (isNear(jumpS, 0) || (jumpS > 0 && !isNear(offsetS, 0))) return false
    this.#offsetS = offsetS
    return true
  }

  /**
   * A site answered as a site, at this time by its own clock, whoever it is; it was tried when `offsetS` was as given. True: that was off by so much that
   * this may be why, and by the new time it may answer as a relay.
   */
  learn(siteTimeS: number | undefined, triedOffsetS: number): boolean {
    if (siteTimeS === undefined) return false
    this.look()
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

/** Seconds that nobody can set. */
function passedS(): number {
  return performance.now() / 1_000
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) < linkLimits.clockOffS
}
