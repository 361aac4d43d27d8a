// How much more must be under way where packets are lost. TCP hands on nothing behind a loss until it is repaired, a round trip later or more, so what fills
// the round trip leaves such a path idle. Elsewhere more makes nothing but a queue, so it has to show that it pays:
//   1. Too little comes of what the path can carry.
//   2. A trial: twice as much more may be under way for some rounds.
//   3. If clearly more comes, it stays, and follows what comes; if not, there is none for a while.

/** What came is averaged over about so long. */
const MEAN_MS = 2_000
const MEAN_MS_MIN = 500
/** Of what the path can carry: a trial begins where less comes, since from 0.8 on none could gain what it must. */
const SHARE_TRIED = 0.75
/** Less is too little, and from so much on there may be less under way. */
const SHARE_MIN = 0.9
const SHARE_FULL = 0.95
/** Before a trial counts, what was under way before it has to come. */
const TRIAL_SKIPPED_ROUNDS = 3
const TRIAL_ROUNDS = 6
const TRIAL_MS_MIN = 800
/** So many times more comes where most wait for repairs; hardly more where losses are rare, or come of the queue. */
const TRIAL_GAIN = 1.25
/** After one that failed; twice as long after each that follows. */
const TRIAL_AGAIN_MS_MIN = 10_000
const TRIAL_AGAIN_MS_MAX = 40_000
/** By so much it rises and falls each round, in products of rate and round trip. */
const STEP_UP = 0.125
const STEP_DOWN = 0.06
/** What is held up by a repair that is itself lost. */
const PRODUCTS_MAX = 2

interface Trial {
  /** Before it began. */
  readonly meanBytesPerMs: number
  rounds: number
  bytes: number
  ms: number
}

export class Spare {
  #products = 0
  /** Weighed by age: bytes over the time in which they came. */
  #bytes = 0
  #ms = 0
  #trial: Trial | undefined
  #notBeforeMs = 0
  #waitMs = TRIAL_AGAIN_MS_MIN

  /** In products of rate and least round trip. */
  get products(): number {
    return this.#products
  }

  /** A round in which the limit held back, how much came in it, and what the path can carry. */
  round(bytes: number, ms: number, bytesPerMs: number, nowMs: number): void {
    const weight = Math.exp(-ms / MEAN_MS)
    this.#bytes = this.#bytes * weight + bytes
    this.#ms = this.#ms * weight + ms
    if (this.#ms < MEAN_MS_MIN) return
    const meanBytesPerMs = this.#bytes / this.#ms
    if (this.#trial !== undefined) this.#try(this.#trial, bytes, ms, nowMs)
    else if (meanBytesPerMs < SHARE_MIN * bytesPerMs) this.#raise(meanBytesPerMs, bytesPerMs, nowMs)
    else if (meanBytesPerMs > SHARE_FULL * bytesPerMs) this.#products = Math.max(0, this.#products - STEP_DOWN)
  }

  #raise(meanBytesPerMs: number, bytesPerMs: number, nowMs: number): void {
    if (this.#products > 0) this.#products = Math.min(PRODUCTS_MAX, this.#products + STEP_UP)
    else if (meanBytesPerMs < SHARE_TRIED * bytesPerMs && nowMs >= this.#notBeforeMs) {
      this.#products = PRODUCTS_MAX
      this.#trial = { meanBytesPerMs, rounds: 0, bytes: 0, ms: 0 }
    }
  }

  #try(trial: Trial, bytes: number, ms: number, nowMs: number): void {
    if (++trial.rounds <= TRIAL_SKIPPED_ROUNDS) return
    trial.bytes += bytes
    trial.ms += ms
    if (trial.rounds < TRIAL_SKIPPED_ROUNDS + TRIAL_ROUNDS || trial.ms < TRIAL_MS_MIN) return
    this.#trial = undefined
    if (trial.bytes / trial.ms >= TRIAL_GAIN * trial.meanBytesPerMs) {
      this.#waitMs = TRIAL_AGAIN_MS_MIN
      return
    }
    this.#products = 0
    this.#notBeforeMs = nowMs + this.#waitMs
    this.#waitMs = Math.min(TRIAL_AGAIN_MS_MAX, 2 * this.#waitMs)
  }
}
