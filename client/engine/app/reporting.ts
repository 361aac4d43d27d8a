// Taking part in the public numbers, off until the person says so: when a report leaves, what it says, and what is shown of it beforehand.
//
// 1. what happens on a day is noted in memory, whether one takes part or not: nothing of it is stored      note…
// 2. the person takes part: a secret is drawn that says on which days                                     take
// 3. each minute of a session, the reporter is asked whether one is due                                   look
// 4. the person takes no part any more: the secret is gone, and whoever changes their mind again in this run is not counted anew in the same month     take
import { encodeBase64url } from '#protocol'
import type { Drive } from '#protocol/node'
import type { AppStatus } from '../../contract/app-status.ts'
import type { SharedPreview } from '../../contract/commands.ts'
import type { Finding, Verdict } from '../../contract/verdict.ts'
import type { WayName } from '../../contract/way-name.ts'
import type { Policies } from '../policies.ts'
import { reportLimits } from '../reports/limits.ts'
import { type CoarseFacts, reportText, type WayKind } from '../reports/report.ts'
import { Reporter, type ReporterState } from '../reports/reporter.ts'
import { sessionSubmitter } from '../reports/submitter.ts'
import { appLimits } from './limits.ts'
import type { Vault } from './vault.ts'

export interface ReportingOptions {
  readonly vault: Vault
  readonly random: (count: number) => Uint8Array
  /** By the relays' clock, as far as it is known. ms since 1970. */
  readonly nowMs: () => number
  readonly status: () => AppStatus
}

export class Reporting {
  readonly #options: ReportingOptions
  #reporter: Reporter | undefined
  #session: { readonly drive: Drive; readonly relayIndex: number } | undefined
  /** Of one day. */
  #seen: { readonly day: string; readonly verdicts: Set<Verdict>; connectMs: number | undefined } = {
    day: '',
    verdicts: new Set(),
    connectMs: undefined,
  }
  #verdict: Verdict = 'open'
  #lookedMs = Number.NEGATIVE_INFINITY
  /** Of whoever told something this month and then took no part: nothing more is told of it. In memory only. */
  #rest: Pick<ReporterState, 'usedMonth' | 'toldDay'> = { usedMonth: '', toldDay: '' }

  constructor(options: ReportingOptions) {
    this.#options = options
  }

  // What happens

  noteFinding({ verdict }: Finding): void {
    this.#verdict = verdict
    this.#today().verdicts.add(verdict)
  }

  /** From the first dial to the first session of a connect. */
  noteConnected(tookMs: number): void {
    this.#today().connectMs ??= tookMs
  }

  noteSession(drive: Drive, relayIndex: number): void {
    this.#session = { drive, relayIndex }
  }

  // Taking part

  /** The setting has changed, or was read. */
  take(isPart: boolean): void {
    const { vault, random, nowMs } = this.#options
    if (!isPart) {
      this.#reporter = undefined
      const { usedMonth, toldDay = '' } = vault.state.reporter ?? {}
      if (usedMonth === undefined) return
      const month = dayOf(nowMs()).slice(0, 7)
      if (toldDay.startsWith(month)) this.#rest = { usedMonth: month, toldDay: `${month}-31` }
      vault.change({ reporter: undefined })
      return
    }
    if (this.#reporter !== undefined) return
    const state: ReporterState = vault.state.reporter ?? { secret: encodeBase64url(random(32)), ...this.#rest }
    const keep = (reporter: ReporterState): Promise<void> => {
      vault.change({ reporter })
      return vault.flush()
    }
    if (vault.state.reporter === undefined) vault.change({ reporter: state })
    this.#reporter = new Reporter({ state, onState: keep, random, nowMs, country: () => this.#country, coarse: () => this.#coarse() })
  }

  /** Called each second of a session; looks each minute, from when the relay's policy is known. */
  async look(policies: Policies): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - this.#lookedMs < appLimits.reportLookMs || this.#reportKey(policies) === undefined) return
    this.#lookedMs = nowMs
    await this.#send(policies, false)
  }

  /** The person asks for it, though the network is cut off. False: there is nothing to send, or nowhere to. */
  async sendNow(policies: Policies | undefined): Promise<boolean> {
    if (policies === undefined || this.preview(policies).sends !== 'today') return false
    await this.#send(policies, true)
    return this.#reporter?.forecast().sends === 'told'
  }

  /** What leaves, with the spaces that give every report one size; and whether, and when. */
  preview(policies: Policies | undefined): Omit<SharedPreview, 'id'> {
    const forecast = this.#reporter?.forecast()
    const text = (forecast?.text ?? this.#fullest()).padEnd(reportLimits.bytes)
    if (forecast === undefined) return { text, sends: 'off' }
    if (!this.#isKept) return { text, sends: 'unkept' }
    if (policies !== undefined && this.#session !== undefined && this.#reportKey(policies) === undefined) return { text, sends: 'nowhere' }
    return { text, sends: forecast.sends }
  }

  async #send(policies: Policies, isAsked: boolean): Promise<void> {
    const key = this.#reportKey(policies)
    if (this.#reporter === undefined || this.#session === undefined || key === undefined || !this.#isKept) return
    const desk = { submitter: sessionSubmitter(this.#session.drive), collectorKey: encodeBase64url(key) }
    await this.#reporter.look(desk, this.#verdict, isAsked)
  }

  /** Of the relay of this session. */
  #reportKey(policies: Policies): Uint8Array | undefined {
    return this.#session && policies.reportKeyOf(this.#session.relayIndex)
  }

  /** What is not stored would be told again after each start. */
  get #isKept(): boolean {
    const { manner, fault } = this.#options.vault.status
    return (manner === 'sealed' || manner === 'plain') && fault === undefined
  }

  // What is told

  /** A country is told only where the person has named one. */
  get #country(): string | undefined {
    return this.#options.status().settings.domestic.country || undefined
  }

  #fullest(): string {
    const { day } = this.#today()
    return reportText({ day, isFirstOfMonth: true, country: this.#country, coarse: this.#coarse() }, this.#options.random(16))
  }

  #coarse(): CoarseFacts {
    const { version, settings, capabilities, relays, switches } = this.#options.status()
    const { day, verdicts, connectMs } = this.#today()
    const inUse = relays.flatMap(({ ways }) => ways.filter(({ state }) => state === 'in-use'))
    const ofToday = switches.filter(({ atMs }) => dayOf(atMs) === day)
    return {
      verdicts: [...verdicts],
      worked: [...inUse.map(({ way }) => way), ...ofToday.map(({ to }) => to)].map(kindOf),
      connectMs,
      version,
      language: settings.language === 'system' ? capabilities.systemLanguage : settings.language,
    }
  }

  #today(): { readonly day: string; readonly verdicts: Set<Verdict>; connectMs: number | undefined } {
    const day = dayOf(this.#options.nowMs())
    if (this.#seen.day !== day) this.#seen = { day, verdicts: new Set(), connectMs: undefined }
    return this.#seen
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function kindOf({ carrier, place }: WayName): WayKind {
  return `${carrier}-${place}`
}
