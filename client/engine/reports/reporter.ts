// When an opted-in client tells something: on a drawn day, on its first use of it, once; never while the network is cut off, unless the person asks.
import type { Verdict } from '../../contract/verdict.ts'
import { type DrawnDays, drawDays } from './days.ts'
import { type ReportLimits, reportLimits } from './limits.ts'
import { type CoarseFacts, reportText, sealReport } from './report.ts'
import type { Submitter } from './submitter.ts'

/** What is kept on the device of a person who opted in; without that there is nothing. */
export interface ReporterState {
  /** Draws the days. 32 random bytes, base64url. */
  readonly secret: string
  /** The latest month of any use, YYYY-MM: by it the first of a month is known. */
  readonly usedMonth: string
  /** The last day for which something was told, or is never to be. */
  readonly toldDay: string
}

export interface ReporterOptions {
  readonly state: ReporterState
  /** Called before anything leaves, which then waits for it, so that a crash can't make it leave twice. */
  readonly onState: (state: ReporterState) => Promise<void>
  readonly random: (count: number) => Uint8Array
  /** ms since 1970. */
  readonly nowMs: () => number
  readonly country: () => string | undefined
  readonly coarse: () => CoarseFacts
}

/** Through which session, and for whom. */
export interface Desk {
  readonly submitter: Submitter
  /** Of the collector behind that session's relay: X25519, base64url. */
  readonly collectorKey: string
}

/** `today`: this text leaves once there is a session. `told`: today's has left. `not-today`: this day was not drawn. */
export interface Forecast {
  readonly text: string
  readonly sends: 'today' | 'told' | 'not-today'
}

export class Reporter {
  readonly #options: ReporterOptions
  readonly #limits: ReportLimits
  #state: ReporterState
  /** The report of a day that is not taken yet: handed in again as it is, for the same collector. */
  #pending: { readonly day: string; readonly text: string; readonly sealed: Uint8Array; readonly collectorKey: string } | undefined
  /** Drawn for the report of a day, so that what was shown is what leaves. */
  #mark: { readonly day: string; readonly bytes: Uint8Array } | undefined
  #notBeforeMs = 0
  #isBusy = false

  constructor(options: ReporterOptions, limits: ReportLimits = reportLimits) {
    this.#options = options
    this.#limits = limits
    this.#state = options.state
  }

  /** The exact text that leaves today; on another day than a drawn one, what would be told if it were. */
  forecast(): Forecast {
    const day = this.#today()
    if (this.#pending?.day === day) return { text: this.#pending.text, sends: 'today' }
    const { days } = this.#drawn(day)
    if (!days.includes(day)) return { text: this.#text(day), sends: 'not-today' }
    return { text: this.#text(day), sends: this.#state.toldDay >= day ? 'told' : 'today' }
  }

  /** To be called when a session lives, and each minute after. `isAsked`: the person wants it now, cut off or not. Never rejects. */
  async look(desk: Desk, verdict: Verdict, isAsked = false): Promise<void> {
    if (this.#isBusy || (this.#options.nowMs() < this.#notBeforeMs && !isAsked)) return
    if ((verdict === 'cutoff' || verdict === 'offline') && !isAsked) return
    this.#isBusy = true
    const sealed = await this.#due(desk.collectorKey)
    const submitted = sealed && (await desk.submitter.submit(sealed))
    this.#isBusy = false
    if (submitted === 'later') this.#notBeforeMs = this.#options.nowMs() + this.#limits.againMs
    else if (submitted !== undefined) this.#pending = undefined
  }

  async #due(collectorKey: string): Promise<Uint8Array | undefined> {
    const day = this.#today()
    if (this.#pending?.day === day) return this.#pending.collectorKey === collectorKey ? this.#pending.sealed : undefined
    this.#pending = undefined
    const isDrawn = this.#drawn(day).days.includes(day) && this.#state.toldDay < day
    const text = this.#text(day)
    await this.#keep({
      ...this.#state,
      usedMonth: this.#isFirstOfMonth(day) ? day.slice(0, 7) : this.#state.usedMonth,
      toldDay: isDrawn ? day : this.#state.toldDay,
    })
    if (!isDrawn) return undefined
    this.#pending = { day, text, collectorKey, sealed: sealReport(text, collectorKey, this.#limits) }
    return this.#pending.sealed
  }

  /** Before #keep: it tells a first use by what is kept. */
  #text(day: string): string {
    const { country, coarse, random } = this.#options
    if (this.#mark?.day !== day) this.#mark = { day, bytes: random(16) }
    const facts = {
      day,
      isFirstOfMonth: this.#isFirstOfMonth(day),
      country: country(),
      coarse: day === this.#drawn(day).coarseDay ? coarse() : undefined,
    }
    return reportText(facts, this.#mark.bytes)
  }

  /** A clock that was wrong for a while makes no month new again. */
  #isFirstOfMonth(day: string): boolean {
    return this.#state.usedMonth < day.slice(0, 7)
  }

  #drawn(day: string): DrawnDays {
    return drawDays(Buffer.from(this.#state.secret, 'base64url'), day.slice(0, 7), this.#limits)
  }

  async #keep(state: ReporterState): Promise<void> {
    if (state.usedMonth === this.#state.usedMonth && state.toldDay === this.#state.toldDay) return
    this.#state = state
    await this.#options.onState(state)
  }

  #today(): string {
    return new Date(this.#options.nowMs()).toISOString().slice(0, 10)
  }
}
