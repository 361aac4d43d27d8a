// Watches the network beside the link: runs the probes that control wants, notices that the computer moved, fetches policies, and says the verdict.
//
// 1. twice a second: the probes that control wants; was the clock set?            #look
// 2. each few seconds: is this another network?                                 #moved
// 3. a session began: fetch its relay's policy, now and each day                 onSession
import type { Crypto } from '#protocol'
import type { Drive } from '#protocol/node'
import type { Finding } from '../contract/verdict.ts'
import type { Clock } from './clock.ts'
import { withClock } from './control/conclude.ts'
import type { Control, Places } from './control/control.ts'
import { type WatchLimits, watchLimits } from './limits.ts'
import type { Platform } from './platform.ts'
import type { Policies } from './policies.ts'
import { fetchPolicy } from './policy-fetch.ts'

export interface WatchOptions {
  readonly crypto: Crypto
  readonly control: Control
  readonly policies: Policies
  /** Where one can go, by policies and directory together. */
  readonly places: () => Places
  readonly platform: Pick<Platform, 'probe' | 'network'>
  readonly clock: Clock
  readonly events: WatchEvents
  readonly limits?: WatchLimits
}

export interface WatchEvents {
  onFinding(finding: Finding): void
  /** There are new ways, this is another network, or the clock was set: what the link gave up is worth another look. */
  onNews(): void
}

export class Watch {
  readonly #options: WatchOptions
  readonly #limits: WatchLimits
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  /** Sessions whose policy is to be asked for again. */
  readonly #asking = new Map<number, NodeJS.Timeout>()
  #network: string
  #networkAtMs: number
  #said = ''

  constructor(options: WatchOptions) {
    this.#options = options
    this.#limits = options.limits ?? watchLimits
    this.#network = nameOf(options.platform.network())
    this.#networkAtMs = performance.now()
    this.#timer = setInterval(() => this.#look(), this.#limits.lookMs)
    this.#timer.unref()
  }

  /** A carrier is there: what that says of the network is told no later than that it is there. */
  onCarried(): void {
    this.#say()
  }

  /** A session began with a relay. */
  onSession(drive: Drive, relayIndex: number): void {
    clearTimeout(this.#asking.get(relayIndex))
    void this.#askPolicy(drive, relayIndex)
  }

  stop(): void {
    this.#stop.abort()
    clearInterval(this.#timer)
    for (const timer of this.#asking.values()) clearTimeout(timer)
  }

  #look(): void {
    const { control, platform, clock, events } = this.#options
    const nowMs = performance.now()
    if (clock.look()) {
      // By how much it is off is told anew.
      this.#said = ''
      events.onNews()
    }
    if (nowMs - this.#networkAtMs >= this.#limits.networkMs) this.#lookAtNetwork(nowMs)
    for (const wanted of control.wanted(nowMs)) {
      void platform.probe(wanted, this.#stop.signal).then((result) => {
        if (!this.#stop.signal.aborted) control.note({ kind: 'probed', result }, performance.now())
      })
    }
    this.#say()
  }

  #lookAtNetwork(nowMs: number): void {
    const { control, platform, events } = this.#options
    this.#networkAtMs = nowMs
    const bytes = platform.network()
    control.note({ kind: 'interface', isUp: bytes.length > 0 }, nowMs)
    const name = nameOf(bytes)
    if (name === this.#network || bytes.length === 0) return
    this.#network = name
    control.move(bytes, nowMs)
    events.onNews()
  }

  async #askPolicy(drive: Drive, relayIndex: number): Promise<void> {
    const { crypto, policies, control, clock, events } = this.#options
    const invite = policies.invites[relayIndex]
    const fetched = invite && (await fetchPolicy(crypto, drive, invite.policyKey, () => clock.nowS()))
    if (this.#stop.signal.aborted) return
    if (fetched !== undefined && policies.take(relayIndex, fetched)) {
      control.update(this.#options.places())
      events.onNews()
    }
    const timer = setTimeout(() => void this.#askPolicy(drive, relayIndex), this.#limits.policyMs)
    this.#asking.set(relayIndex, timer.unref())
  }

  /** Each verdict and its evidence once; counts alone are no news. That nothing stands in the way is not said before somebody has answered. */
  #say(): void {
    const { control, clock } = this.#options
    const found = control.finding()
    const finding = clock.isOfRelays ? withClock(found, clock.offsetS * 1_000) : found
    if (finding.verdict === 'open' && !control.hasHeard) return
    const text = [finding.verdict, ...finding.evidence.map(({ code, of }) => `${code} ${of}`)].join()
    if (text === this.#said) return
    this.#said = text
    this.#options.events.onFinding(finding)
  }
}

function nameOf(network: Uint8Array): string {
  return Buffer.from(network).toString('hex')
}
