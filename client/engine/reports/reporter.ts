// When an opted-in client tells something: on a drawn day, on its first use of it, once; never while the network is cut off, unless the person asks.
import type { Verdict } from '../../contract/verdict.ts'
import { drawDays } from './days.ts'
import { type ReportLimits, reportLimits } from './limits.ts'
import { type CoarseFacts, reportText, sealReport } from './report.ts'
import type { Submitter } from './submitter.ts'

/** What is kept on the device of a person who opted in; without that there is nothing. */
export interface ReporterState {
  /** Draws the days. 32 random bytes, base64url. */
  readonly secret: string
  /** The month of the last use, YYYY-MM: by it the first of a month is known. */
  readonly usedMonth: string
  /** The last day for which something was told, or is never to be. */
  readonly toldDay: string
}

export interface ReporterOptions {
  readonly collectorKey: string
  readonly state: ReporterState
  /** Called before anything leaves, so that a crash can't make it leave twice. */
  readonly onState: (state: ReporterState) => void
  readonly random: (count: number) => Uint8Array
  /** ms since 1970. */
  readonly nowMs: () => number
  readonly country: () => string | undefined
  readonly coarse: () => CoarseFacts
}

export class Reporter {
  readonly #options: ReporterOptions
  readonly #limits: ReportLimits
  #state: ReporterState
  /** The report of a day that is not taken yet: handed in again as it is. */
  #pending: { readonly day: string; readonly sealed: Uint8Array } | undefined
  #notBeforeMs = 0
  #isBusy = false

  constructor(options: ReporterOptions, limits: ReportLimits = reportLimits) {
    this.#options = options
    this.#limits = limits
    this.#state = options.state
  }

  /** The exact text that would leave today, whether today was drawn or not: for the person to read before they opt in. */
  preview(): string {
    const day = this.#today()
    const isFirstOfMonth = this.#state.usedMonth !== day.slice(0, 7)
    return reportText({ day, isFirstOfMonth, country: this.#options.country(), coarse: this.#options.coarse() }, this.#options.random(16))
  }

  /** To be called when a session lives, and each minute after. `isAsked`: the person wants it now, cut off or not. */
  async look(submitter: Submitter, verdict: Verdict, isAsked = false): Promise<void> {
    if (this.#isBusy || this.#options.nowMs() < this.#notBeforeMs) return
    if ((verdict === 'cutoff' || verdict === 'offline') && !isAsked) return
    const sealed = this.#due()
    if (sealed === undefined) return
    this.#isBusy = true
    const submitted = await submitter.submit(sealed)
    this.#isBusy = false
    if (submitted === 'later') this.#notBeforeMs = this.#options.nowMs() + this.#limits.againMs
    else this.#pending = undefined
  }

  #due(): Uint8Array | undefined {
    const day = this.#today()
    if (this.#pending?.day === day) return this.#pending.sealed
    this.#pending = undefined
    const month = day.slice(0, 7)
    const { days, coarseDay } = drawDays(Buffer.from(this.#state.secret, 'base64url'), month, this.#limits)
    const isFirstOfMonth = this.#state.usedMonth !== month
    const isTold = this.#state.toldDay >= day
    if (!isFirstOfMonth && isTold) return undefined
    const isDrawn = days.includes(day) && !isTold
    this.#keep({ ...this.#state, usedMonth: month, toldDay: isDrawn ? day : this.#state.toldDay })
    if (!isDrawn) return undefined
    const { country, coarse, random, collectorKey } = this.#options
    const facts = { day, isFirstOfMonth, country: country(), coarse: day === coarseDay ? coarse() : undefined }
    this.#pending = { day, sealed: sealReport(reportText(facts, random(16)), collectorKey, this.#limits) }
    return this.#pending.sealed
  }

  #keep(state: ReporterState): void {
    if (state.usedMonth === this.#state.usedMonth && state.toldDay === this.#state.toldDay) return
    this.#state = state
    this.#options.onState(state)
  }

  #today(): string {
    return new Date(this.#options.nowMs()).toISOString().slice(0, 10)
  }
}
