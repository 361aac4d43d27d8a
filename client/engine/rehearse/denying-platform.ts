// A platform that denies itself some ways, as a censor would: what is dialled is cut or hangs, and carriers that live are cut or fall silent. All else is the
// real one's.
import type { Carrier, Endpoint, Random } from '#protocol'
import type { Probe, ProbeResult } from '../control/outcome.ts'
import { linkLimits, probeRunLimits } from '../limits.ts'
import { DialError, type DialRequest, type Platform } from '../platform.ts'
import { GuardedCarrier, type Spot } from './guarded-carrier.ts'

export interface Denial {
  readonly covers: (spot: Spot) => boolean
  /** Cut at once, or no answer ever. */
  readonly manner: 'reset' | 'silence'
  /** What else is denied: nothing, sites abroad, or everything. */
  readonly beside: 'nothing' | 'abroad' | 'everything'
}

export class DenyingPlatform implements Platform {
  readonly random: Random
  readonly #platform: Platform
  /** Told of each message of a carrier, as it is handed on. */
  readonly #onMessage: (spot: Spot) => void
  readonly #carriers = new Set<GuardedCarrier>()
  /** Dials that hang until they are allowed. */
  readonly #waiting = new Set<() => void>()
  #denial: Denial | undefined

  constructor(platform: Platform, onMessage: (spot: Spot) => void) {
    this.#platform = platform
    this.#onMessage = onMessage
    this.random = platform.random
  }

  nowS(): number {
    return this.#platform.nowS()
  }

  network(): Uint8Array {
    return this.#platform.network()
  }

  /** Denies this, and no longer what was denied before; undefined: nothing. Carriers that fell silent stay so. */
  deny(denial: Denial | undefined): void {
    this.#denial = denial
    for (const carrier of this.#carriers) if (denial?.covers(carrier.spot) === true) carrier.take(denial.manner)
    for (const look of [...this.#waiting]) look()
  }

  /** Lets go of all that is still held, so that nothing of the drill stays open. */
  release(): void {
    this.deny(undefined)
    for (const carrier of this.#carriers) carrier.release()
    this.#carriers.clear()
  }

  async dial(request: DialRequest): Promise<Carrier> {
    await this.#pass(request, 'before')
    const guarded = new GuardedCarrier(request, this.#onMessage, () => this.#carriers.delete(guarded))
    guarded.hold(await this.#platform.dial({ ...request, events: guarded }))
    try {
      // It may have been taken away meanwhile.
      await this.#pass(request, 'after')
    } catch (error) {
      guarded.release()
      throw error
    }
    this.#carriers.add(guarded)
    return guarded
  }

  async probe(probe: Probe, signal: AbortSignal): Promise<ProbeResult> {
    const denied = this.#deniedProbe(probe)
    if (denied === undefined) return this.#platform.probe(probe, signal)
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, probeRunLimits.runMs)
      signal.addEventListener('abort', () => {
        clearTimeout(late)
        resolve()
      })
    })
    return denied
  }

  /** Returns once a dial is allowed; rejects with a DialError as a censor would have it. */
  #pass(spot: DialRequest, when: 'before' | 'after'): Promise<void> {
    const { signal } = spot
    return new Promise((resolve, reject) => {
      // One that covers all carriers of an endpoint goes by its address, another looks into the flow.
      const isWhole = (): boolean => this.#coversAll(spot.endpoint)
      const finish = (error?: DialError): void => {
        clearTimeout(late)
        this.#waiting.delete(look)
        signal.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const look = (): void => {
        if (this.#denial?.covers(spot) !== true) finish()
        else if (this.#denial.manner === 'reset') finish(new DialError('reset', undefined, isWhole() ? 'tls' : 'upgrade'))
      }
      const onAbort = (): void => finish(new DialError('timeout', undefined, isWhole() && when === 'before' ? 'tcp' : 'upgrade'))
      const late = setTimeout(onAbort, linkLimits.dialMs)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort)
      this.#waiting.add(look)
      look()
    })
  }

  #coversAll(endpoint: Endpoint): boolean {
    return endpoint.carriers.every((carrier) => this.#denial?.covers({ endpoint, carrier }) === true)
  }

  /** What a probe would find, where it is denied; all of it by silence. */
  #deniedProbe(probe: Probe): ProbeResult | undefined {
    const { beside = 'nothing' } = this.#denial ?? {}
    switch (probe.kind) {
      case 'way': {
        const failed = { step: 'tcp', fault: 'timeout', afterMs: probeRunLimits.runMs } as const
        return this.#coversAll(probe.way.endpoint) ? { kind: 'way', way: probe.way, failed } : undefined
      }
      case 'canary': {
        const isDenied = beside === 'everything' || (beside === 'abroad' && probe.side === 'foreign')
        return isDenied ? { ...probe, fault: 'timeout', clockOffsetMs: undefined } : undefined
      }
      case 'udp':
        return beside === 'nothing' ? undefined : { ...probe, answers: false }
      case 'portal':
        return beside === 'everything' ? { kind: 'portal', found: 'nothing' } : undefined
      case 'dns':
        return beside === 'everything' ? { kind: 'dns', way: probe.way, found: 'unknown' } : undefined
    }
  }
}
