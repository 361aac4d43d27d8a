// Networks from which people were let in of late: what comes from there now is most likely they, who come back. A CDN's edge brings a thousand of them from a
// handful of addresses, and a network that was cut brings all of its people at once; neither is a flood.
import type { AcceptLimits } from './limits.ts'

interface Vouched {
  /** Flows that may still begin; never 0. */
  count: number
  readonly untilMs: number
}

export class VouchedNetworks {
  readonly #limits: AcceptLimits
  /** In the order in which people last came. */
  readonly #networks = new Map<string, Vouched>()
  /** A bucket for all of them together. */
  #tokens: number
  #filledMs: number

  constructor(limits: AcceptLimits, nowMs: number) {
    this.#limits = limits
    this.#tokens = limits.vouchedPerSecond
    this.#filledMs = nowMs
  }

  /** Somebody was let in on a flow from there. */
  add(network: string, nowMs: number): void {
    const { vouchedPerFlow, vouchedFlowsMax, vouchedNetworksMax, vouchedMs } = this.#limits
    const count = Math.min(vouchedFlowsMax, this.count(network, nowMs) + vouchedPerFlow)
    this.#networks.delete(network)
    this.#networks.set(network, { count, untilMs: nowMs + vouchedMs })
    if (this.#networks.size > vouchedNetworksMax) this.#networks.delete(this.#networks.keys().next().value as string)
  }

  /** How many flows from there are still vouched for. */
  count(network: string, nowMs: number): number {
    const vouched = this.#networks.get(network)
    if (vouched === undefined || nowMs < vouched.untilMs) return vouched?.count ?? 0
    this.#networks.delete(network)
    return 0
  }

  /** The first of these from where one may begin now, though the loop has no time to spare: it counts as begun. */
  take(networks: Iterable<string>, nowMs: number): string | undefined {
    const { vouchedPerSecond } = this.#limits
    this.#tokens = Math.min(vouchedPerSecond, this.#tokens + ((nowMs - this.#filledMs) * vouchedPerSecond) / 1_000)
    this.#filledMs = nowMs
    if (this.#tokens < 1 || this.#networks.size === 0) return undefined
    for (const network of networks) {
      if (this.count(network, nowMs) === 0) continue
      this.#tokens--
      this.#spend(network)
      return network
    }
    return undefined
  }

  #spend(network: string): void {
    const vouched = this.#networks.get(network) as Vouched
    vouched.count--
    if (vouched.count === 0) this.#networks.delete(network)
  }
}
