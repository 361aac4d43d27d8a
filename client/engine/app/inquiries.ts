// What a person may have looked into: the doctor and the rehearsal, one run of each at a time, with how far it is.
import type { Crypto, Invite } from '#protocol'
import type { DoctorStatus, RehearsalStatus } from '../../contract/app-status.ts'
import type { StepResult } from '../../contract/rehearsal.ts'
import { examine } from '../doctor/examine.ts'
import { drillLimits } from '../limits.ts'
import type { Platform } from '../platform.ts'
import { rehearse } from '../rehearse/rehearse.ts'
import { requestsToRelay } from '../rehearse/transfer.ts'
import type { EngineState } from '../state.ts'

export interface InquiryOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  readonly onChange: () => void
}

export class Inquiries {
  readonly #options: InquiryOptions
  #doctor: DoctorStatus = { state: 'idle' }
  #rehearsal: RehearsalStatus = { state: 'idle' }
  #doctorStop: AbortController | undefined
  #rehearsalStop: AbortController | undefined

  constructor(options: InquiryOptions) {
    this.#options = options
  }

  get doctor(): DoctorStatus {
    return this.#doctor
  }

  get rehearsal(): RehearsalStatus {
    return this.#rehearsal
  }

  /** False: one runs already. */
  startDoctor(invites: readonly Invite[], state: EngineState): boolean {
    if (this.#doctorStop !== undefined) return false
    const stop = new AbortController()
    this.#doctorStop = stop
    this.#setDoctor({ state: 'running', tried: 0, known: 0 })
    const onProgress = (tried: number, known: number): void => {
      if (!stop.signal.aborted) this.#setDoctor({ state: 'running', tried, known })
    }
    const { platform, crypto } = this.#options
    void examine({ platform, crypto, invites, state, signal: stop.signal, onProgress }).then((report) => {
      if (this.#doctorStop === stop) this.#doctorStop = undefined
      if (!stop.signal.aborted) this.#setDoctor({ state: 'done', atMs: Date.now(), report })
    })
    return true
  }

  stopDoctor(): void {
    if (this.#doctorStop === undefined) return
    this.#doctorStop.abort()
    this.#doctorStop = undefined
    this.#setDoctor({ state: 'idle' })
  }

  startRehearsal(invites: readonly Invite[], state: EngineState): boolean {
    if (this.#rehearsalStop !== undefined) return false
    const stop = new AbortController()
    this.#rehearsalStop = stop
    void this.#rehearse(invites, state, stop.signal).then((status) => {
      if (this.#rehearsalStop === stop) this.#rehearsalStop = undefined
      if (!stop.signal.aborted) this.#setRehearsal(status)
    })
    return true
  }

  stopRehearsal(): void {
    if (this.#rehearsalStop === undefined) return
    this.#rehearsalStop.abort(new Error('the rehearsal was given up'))
    this.#rehearsalStop = undefined
    this.#setRehearsal({ state: 'idle' })
  }

  stop(): void {
    this.stopDoctor()
    this.stopRehearsal()
  }

  async #rehearse(invites: readonly Invite[], state: EngineState, signal: AbortSignal): Promise<RehearsalStatus> {
    const results: StepResult[] = []
    this.#setRehearsal({ state: 'running', index: 0, count: 0, results: [] })
    const { platform, crypto } = this.#options
    try {
      const rehearsal = await rehearse({
        platform,
        crypto,
        invites,
        state,
        signal,
        transfer: requestsToRelay(drillLimits),
        stepMs: drillLimits.stepMs,
        onStep: (step, index, count) => {
          if (!signal.aborted) this.#setRehearsal({ state: 'running', step, index, count, results: [...results] })
        },
        onOutcome: (result) => void results.push(result),
      })
      return rehearsal === undefined ? { state: 'impossible', atMs: Date.now() } : { state: 'done', atMs: Date.now(), rehearsal }
    } catch (error) {
      if (!signal.aborted) throw error
      return { state: 'idle' }
    }
  }

  #setDoctor(status: DoctorStatus): void {
    this.#doctor = status
    this.#options.onChange()
  }

  #setRehearsal(status: RehearsalStatus): void {
    this.#rehearsal = status
    this.#options.onChange()
  }
}
