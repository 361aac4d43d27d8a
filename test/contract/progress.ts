// What `npm run cuts` says of one setting and direction: how far it is, each place that was not borne, and in the end what was tried.
import type { CutTried } from './cuts.ts'

/** A line that overwrites itself, for people. */
const RENEW_MS = 500
/** A line more, for a log. */
const SAY_MS = 10_000

export class Progress {
  readonly #name: string
  readonly #from: number
  readonly #isTried: boolean[]
  readonly #beganMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #count = 0
  #failures = 0
  #slowest: CutTried | undefined

  constructor(name: string, from: number, to: number) {
    this.#name = name
    this.#from = from
    this.#isTried = new Array<boolean>(to - from).fill(false)
    this.#timer = setInterval(() => this.#say(), process.stdout.isTTY ? RENEW_MS : SAY_MS)
  }

  count(tried: CutTried): void {
    this.#isTried[tried.place - this.#from] = true
    this.#count++
    if (tried.tookMs > (this.#slowest?.tookMs ?? 0)) this.#slowest = tried
    if (tried.failure !== undefined) this.fail(tried.failure)
  }

  fail(failure: string): void {
    this.#failures++
    this.#wipe()
    console.log(`${this.#name}: ${failure}`)
  }

  /** Says what was tried; returns how many were not borne. */
  finish(): number {
    clearInterval(this.#timer)
    this.#wipe()
    const { length } = this.#isTried
    const last = this.#from + length - 1
    const tried =
      this.#count === length
        ? `all ${words(length)} places from ${words(this.#from)} to ${words(last)}`
        : `${words(this.#count)} of the ${words(length)} places from ${words(this.#from)} to ${words(last)}, at most ${words(this.#gap())} bytes from one to the next`
    const slowest = this.#slowest && `; the slowest took ${words(this.#slowest.tookMs)} ms, at ${words(this.#slowest.place)}`
    const borne = this.#failures === 0 ? 'all borne' : `${words(this.#failures)} not borne`
    console.log(`${this.#name}: ${tried}, ${borne}, in ${words(this.#seconds())} s${slowest ?? ''}`)
    return this.#failures
  }

  #say(): void {
    const perSecond = this.#count / this.#seconds()
    const left = this.#isTried.length - this.#count
    const line = [
      `${this.#name}: ${words(this.#count)} of ${words(this.#isTried.length)} places`,
      `${words(this.#failures)} not borne`,
      `${words(perSecond)} a second`,
      ...(this.#count > 0 ? [`${words(left / perSecond)} s left`] : []),
    ].join(', ')
    if (process.stdout.isTTY) process.stdout.write(`\r${line}\x1b[K`)
    else console.log(line)
  }

  #wipe(): void {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K')
  }

  #seconds(): number {
    return (performance.now() - this.#beganMs) / 1_000
  }

  /** The longest way from one end, or one that was tried, to the next. */
  #gap(): number {
    let gap = 0
    let before = -1
    for (const [i, isTried] of [...this.#isTried, true].entries()) {
      if (!isTried) continue
      gap = Math.max(gap, i - before)
      before = i
    }
    return gap
  }
}

function words(number: number): string {
  return Math.round(number).toLocaleString('en')
}
