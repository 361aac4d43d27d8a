// What the engine asks of the machine that it runs on. On Node: platform-node.ts; the desktop app puts Chromium's network stack here.
import type { Carrier, CarrierEvents, CarrierKind, Random } from '#protocol'
import type { Reason } from '../contract/status.ts'
import type { DialStep, Probe, ProbeResult } from './control/outcome.ts'
import type { Place } from './control/way.ts'

export interface DialRequest {
  readonly endpoint: Place
  readonly carrier: CarrierKind
  /** `name=value`: goes out in the first request's Cookie header. */
  readonly cookie: string
  /** The same for a further request of an `http` carrier (SPEC.md §2.5); asked only once `events` was handed the first message. */
  readonly requestCookie: (sequence: number) => string
  /** Told of messages from Carrier.start on. */
  readonly events: CarrierEvents
  readonly signal: AbortSignal
}

export interface Platform {
  readonly random: Random
  /** Wall clock, seconds since 1970. */
  nowS(): number
  /** Resolves when the site has answered the first request as a relay does. Rejects with a DialError. */
  dial(request: DialRequest): Promise<Carrier>
  /** Runs one light probe. Never rejects; bounded in time. */
  probe(probe: Probe, signal: AbortSignal): Promise<ProbeResult>
  /** What tells this network from others, a byte string that is the same each time; empty when there is no network. */
  network(): Uint8Array
}

/** Why a carrier could not be had. */
export class DialError extends Error {
  readonly reason: Reason
  readonly step: DialStep
  /** What the site's Date header said, when it answered as an ordinary site. */
  readonly siteTimeS: number | undefined

  constructor(reason: Reason, siteTimeS?: number, step: DialStep = 'upgrade') {
    super(`no carrier: ${reason}`)
    this.name = 'DialError'
    this.reason = reason
    this.step = step
    this.siteTimeS = siteTimeS
  }
}
