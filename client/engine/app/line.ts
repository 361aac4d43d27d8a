// The line to the relays as the screens show it: which of the five states, what is tried, what carries, what came before. Built from what the engine says
// and from what was observed of its dials; ways are told by their names, never by an address.
import { encodeHex } from '#protocol'
import type { Attempt, LinkStatus, OffFault, RelayStatus, WayInUse, WayOfRelay, WaySwitch } from '../../contract/app-status.ts'
import { statusLimits } from '../../contract/limits.ts'
import type { Status } from '../../contract/status.ts'
import type { WayName } from '../../contract/way-name.ts'
import { type Relay, type Way, waysOf } from '../control/way.ts'
import { isSameEndpoint, WayNames } from '../way-names.ts'
import { keyOf } from './invites.ts'
import type { Dial, LiveCarrier, ObservedPlatform, Spot } from './observed-platform.ts'
import type { KeptInvite } from './saved-state.ts'

const DAY_MS = 86_400_000

export class Line {
  readonly #platform: () => ObservedPlatform
  #status: Status | { readonly state: 'off' } = { state: 'off' }
  #fault: OffFault | undefined
  #sinceMs = Date.now()
  #saidMs = Date.now()
  #relays: readonly Relay[] = []
  #switches: readonly WaySwitch[] = []

  constructor(platform: () => ObservedPlatform) {
    this.#platform = platform
  }

  get state(): LinkStatus['state'] {
    const { state } = this.#status
    return state === 'stopped' ? 'off' : state
  }

  /** Newest first; kept until the app is left. */
  get switches(): readonly WaySwitch[] {
    return this.#switches
  }

  /** Where one can go, by invites and policies. */
  know(relays: readonly Relay[]): void {
    this.#relays = relays
  }

  said(status: Status): void {
    const before = this.state
    this.#status = status
    this.#fault = undefined
    this.#saidMs = Date.now()
    if (this.state === before) return
    this.#sinceMs = this.#saidMs
    if (before === 'off' || before === 'connected') this.#platform().forgetDials()
  }

  off(fault?: OffFault): void {
    this.#status = { state: 'off' }
    this.#fault = fault
    this.#sinceMs = Date.now()
  }

  joined(spot: Spot, others: readonly Spot[]): void {
    const to = this.#nameOf(spot)
    if (to === undefined) return
    const from = others.map((other) => this.#nameOf(other)).find((name) => name !== undefined)
    const [last] = this.#switches
    if (from !== undefined) return this.#note({ from, to, cause: isSame(from, to) ? 'renewed' : 'added' })
    if (last === undefined || this.state === 'connecting') this.#note({ to, cause: 'first' })
    else this.#note({ from: last.to, to, cause: isSame(last.to, to) ? 'renewed' : 'replaced' })
  }

  left(spot: Spot, wasCut: boolean, others: readonly Spot[]): void {
    const from = this.#nameOf(spot)
    const to = others.map((other) => this.#nameOf(other)).find((name) => name !== undefined)
    if (wasCut && from !== undefined && to !== undefined) this.#note({ from, to, cause: 'lost' })
  }

  link(): LinkStatus {
    const status = this.#status
    const sinceMs = this.#sinceMs
    switch (status.state) {
      case 'off':
      case 'stopped':
        return { state: 'off', ...(this.#fault === undefined ? {} : { fault: this.#fault }) }
      case 'connecting':
        return { state: 'connecting', sinceMs, attempts: this.#attempts() }
      case 'connected':
        return { state: 'connected', sinceMs, ways: this.#waysInUse() }
      case 'recovering':
        return { state: 'recovering', sinceMs, reason: status.reason, attempts: this.#attempts() }
      case 'waiting':
        return { state: 'waiting', sinceMs, reason: status.reason, retryAtMs: this.#saidMs + status.retryInMs, attempts: this.#attempts() }
    }
  }

  /** `handed`: keys of relays that a network gave, or of its doors before it gave any. */
  relays(invites: readonly KeptInvite[], handed: ReadonlySet<string>): RelayStatus[] {
    const ways = waysOf(this.#relays)
    const names = new WayNames(ways)
    const today = Math.floor(Date.now() / DAY_MS)
    return this.#relays.map(({ relayKey }, index) => {
      const key = encodeHex(relayKey)
      const kept = invites.find(({ any }) => keyOf(any) === key || (any.kind === 'network' && handed.has(key)))
      return {
        number: index + 1,
        ...(kept === undefined ? {} : { inviteId: kept.id }),
        ageDays: kept === undefined ? 0 : Math.max(0, today - kept.addedDay),
        ways: ways.filter(({ relayIndex }) => relayIndex === index).map((way) => this.#wayOfRelay(way, names.nameOf(way))),
      }
    })
  }

  #wayOfRelay(way: Way, name: WayName): WayOfRelay {
    const live = this.#platform().live.find(({ spot }) => isAt(spot, way))
    const dials = this.#platform().dials.filter(({ spot, endedMs }) => endedMs !== undefined && isAt(spot, way))
    const last = dials.at(-1)
    const dialMs = last?.stage === 'joined' && last.endedMs !== undefined ? { dialMs: last.endedMs - last.startedMs } : {}
    if (live !== undefined) return { way: name, state: 'in-use', sinceMs: live.sinceMs, ...dialMs }
    if (last?.stage !== 'failed') return { way: name, state: 'idle', ...dialMs }
    return { way: name, state: 'failed', ...(last.reason === undefined ? {} : { reason: last.reason }) }
  }

  #attempts(): Attempt[] {
    return this.#platform().dials.flatMap((dial) => {
      const way = this.#nameOf(dial.spot)
      return way === undefined ? [] : [attemptOf(dial, way)]
    })
  }

  /** The busiest first. */
  #waysInUse(): WayInUse[] {
    const live: LiveCarrier[] = [...this.#platform().live].sort((a, b) => b.bytes - a.bytes)
    const ways: WayInUse[] = []
    for (const { spot, sinceMs } of live) {
      const way = this.#nameOf(spot)
      if (way !== undefined && !ways.some((other) => isSame(other.way, way))) ways.push({ way, sinceMs })
    }
    return ways
  }

  #note(change: Omit<WaySwitch, 'atMs'>): void {
    this.#switches = [{ atMs: Date.now(), ...change }, ...this.#switches].slice(0, statusLimits.switchesMax)
  }

  #nameOf(spot: Spot): WayName | undefined {
    const ways = waysOf(this.#relays)
    const way = ways.find((one) => isAt(spot, one))
    return way && new WayNames(ways).nameOf(way)
  }
}

function attemptOf({ startedMs, stage, endedMs, reason }: Dial, way: WayName): Attempt {
  return { way, startedMs, stage, ...(endedMs === undefined ? {} : { endedMs }), ...(reason === undefined ? {} : { reason }) }
}

function isAt(spot: Spot, way: Way): boolean {
  return spot.carrier === way.carrier && isSameEndpoint(spot.endpoint, way.endpoint)
}

function isSame(a: WayName, b: WayName): boolean {
  return a.relay === b.relay && a.place === b.place && a.number === b.number && a.carrier === b.carrier
}
