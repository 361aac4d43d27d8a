// Keeps the operator's caps over time: sums up the month, and lets the relay rest when its volume is used up or its hours are over.
import { readFileSync } from 'node:fs'
import { capLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { replaceFile } from '../replace-file.ts'
import type { Snapshot } from '../serve.ts'
import { type Caps, monthOf, type RestReason, restReason } from './caps.ts'

/** What a relay can be told. */
export interface Restable {
  snapshot(): Snapshot
  drain(): Promise<void>
  open(): void
}

/** In the relay's folder, and there only where a volume is capped: a month and a sum. */
export const USAGE_FILE = 'usage.json'

export class CapClock {
  readonly #caps: Caps
  readonly #serving: Restable
  readonly #nowMs: () => number
  readonly #onChange: (resting: RestReason | undefined) => void
  readonly #onFault: (words: string) => void
  readonly #timer: NodeJS.Timeout
  #month: string
  #writtenMs = Number.NEGATIVE_INFINITY
  #isKept = true
  #countedBytes = 0
  monthBytes: number
  resting: RestReason | undefined

  /** `onFault`: the month's sum can't be written down, in words for the operator; said once, until it can be again. */
  constructor(
    caps: Caps,
    serving: Restable,
    nowMs: () => number,
    onChange: (resting: RestReason | undefined) => void,
    onFault: (words: string) => void,
  ) {
    this.#caps = caps
    this.#serving = serving
    this.#nowMs = nowMs
    this.#onChange = onChange
    this.#onFault = onFault
    this.#month = monthOf(nowMs())
    this.monthBytes = readUsage(this.#month)
    this.#timer = setInterval(() => this.look(), capLimits.lookMs).unref()
    this.look()
  }

  look(): void {
    const nowMs = this.#nowMs()
    const { upBytes, downBytes } = this.#serving.snapshot().sums
    // A worker that was lost took its sums with it.
    const more = Math.max(0, upBytes + downBytes - this.#countedBytes)
    this.#countedBytes = upBytes + downBytes
    if (monthOf(nowMs) !== this.#month) {
      this.#month = monthOf(nowMs)
      this.monthBytes = 0
    }
    this.monthBytes += more
    const reason = restReason(this.#caps, this.monthBytes, nowMs)
    if (nowMs - this.#writtenMs >= capLimits.writeMs || reason !== this.resting) this.#write(nowMs)
    if (reason === this.resting) return
    const wasResting = this.resting !== undefined
    this.resting = reason
    this.#onChange(reason)
    if (reason === undefined) this.#serving.open()
    else if (!wasResting) void this.#serving.drain()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#write(this.#nowMs())
  }

  #write(nowMs: number): void {
    if (this.#caps.bytesPerMonth === undefined) return
    this.#writtenMs = nowMs
    try {
      replaceFile(USAGE_FILE, `${JSON.stringify({ month: this.#month, bytes: this.monthBytes })}\n`)
      this.#isKept = true
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      // A disk that is full ends no relay: its sum is right as long as it runs.
      if (this.#isKept) this.#onFault(error.message)
      this.#isKept = false
    }
  }
}

/** What was used of this month before the relay was started anew. */
export function readUsage(month: string, file: string = USAGE_FILE): number {
  try {
    const usage = JSON.parse(readFileSync(file, 'utf8')) as { month?: unknown; bytes?: unknown }
    return usage.month === month && typeof usage.bytes === 'number' && usage.bytes >= 0 ? usage.bytes : 0
  } catch {
    return 0
  }
}
