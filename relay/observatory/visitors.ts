// How often a network asks, so that one can't keep others out. In memory only, under a keyed hash that is forgotten with the window.
import { createHmac, randomBytes } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { type SiteLimits, siteLimits } from './site-limits.ts'

export class Visitors {
  readonly #limits: SiteLimits
  readonly #counts = new Map<string, number>()
  #key = randomBytes(32)
  #windowEndsMs = 0

  constructor(limits: SiteLimits = siteLimits) {
    this.#limits = limits
  }

  /** Whether this request is one too many. Beyond the networks that can be remembered, all others share one count. */
  isTooMany(address: string, nowMs: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      this.#counts.clear()
      this.#key = randomBytes(32)
      this.#windowEndsMs = nowMs + this.#limits.windowMs
    }
    const name = createHmac('sha256', this.#key).update(networkOf(address)).digest('base64url')
    const slot = this.#counts.has(name) || this.#counts.size < this.#limits.networksMax ? name : 'others'
    const count = (this.#counts.get(slot) ?? 0) + 1
    this.#counts.set(slot, count)
    return count > this.#limits.requestsMax
  }
}

/** One subscriber commonly has an IPv6 /48 to itself; an IPv4 /24 is the least that is routed. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  return parsed
    .toByteArray()
    .slice(0, parsed.kind() === 'ipv4' ? 3 : 6)
    .join('.')
}

/** Whoever asks: the socket's other end, or, where that is a web server on this machine, the last address that it forwards. */
export function visitorOf(remote: string | undefined, forwardedFor: string | undefined): string {
  const own = remote ?? ''
  const isLocal = ipaddr.isValid(own) && ipaddr.process(own).range() === 'loopback'
  return isLocal && forwardedFor !== undefined ? (forwardedFor.split(',').at(-1)?.trim() ?? own) : own
}
