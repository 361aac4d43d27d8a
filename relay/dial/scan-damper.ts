// Keeps one session from searching the network through this relay: how many destinations it may ask for that it did not ask for before, how many ports
// of one host, how many dials that fail. What it remembers of destinations is keyed hashes, with the session and no longer.
import { hash, randomBytes } from 'node:crypto'
import type { Target } from '#protocol'
import { type ScanLimits, scanLimits } from '../limits.ts'

/** Of the whole process: a dump of its memory tells no destination without it, and it is never written down. */
const KEY = randomBytes(32).toString('hex')

export class ScanDamper {
  readonly #limits: ScanLimits
  readonly #nowMs: () => number
  readonly #destinations: Bucket
  readonly #failures: Bucket
  /** In the order of their use. */
  readonly #known = new Set<string>()
  /** How many ports of a host are known. */
  readonly #ports = new Map<string, number>()

  constructor(nowMs: () => number = () => performance.now(), limits: ScanLimits = scanLimits) {
    this.#limits = limits
    this.#nowMs = nowMs
    this.#destinations = new Bucket(limits.destinationsBurst, limits.destinationsPerSecond, nowMs())
    this.#failures = new Bucket(limits.failuresBurst, limits.failuresPerSecond, nowMs())
  }

  /** Whether this session may dial there now. Where it was before, it may always go again. */
  permits({ host, port }: Target): boolean {
    const place = `${markOf(host)} ${port}`
    if (this.#known.delete(place)) {
      this.#known.add(place)
      return true
    }
    const nowMs = this.#nowMs()
    const hostMark = place.slice(0, place.indexOf(' '))
    const portCount = this.#ports.get(hostMark) ?? 0
    if (portCount >= this.#limits.portsMax || !this.#failures.hasAny(nowMs) || !this.#destinations.take(nowMs)) return false
    this.#known.add(place)
    this.#ports.set(hostMark, portCount + 1)
    if (this.#known.size > this.#limits.rememberedMax) this.#forgetOldest()
    return true
  }

  /** A dial came to nothing. */
  failed(): void {
    this.#failures.take(this.#nowMs())
  }

  #forgetOldest(): void {
    const [oldest] = this.#known
    if (oldest === undefined) return
    this.#known.delete(oldest)
    const host = oldest.slice(0, oldest.indexOf(' '))
    const portCount = (this.#ports.get(host) ?? 1) - 1
    if (portCount === 0) this.#ports.delete(host)
    else this.#ports.set(host, portCount)
  }
}

/** 66 bits, for each stream that is opened: an HMAC's objects take 22 µs, and 50 in a young process, where this takes 1 and 4 (Node 24.21, November 2026). */
function markOf(host: string): string {
  return hash('sha256', `${KEY} ${host}`, 'base64').slice(0, 11)
}

/** So many at once, and so many each second after that. */
class Bucket {
  readonly #countMax: number
  readonly #perSecond: number
  #count: number
  #filledMs: number

  constructor(countMax: number, perSecond: number, nowMs: number) {
    this.#countMax = countMax
    this.#perSecond = perSecond
    this.#count = countMax
    this.#filledMs = nowMs
  }

  hasAny(nowMs: number): boolean {
    this.#count = Math.min(this.#countMax, this.#count + ((nowMs - this.#filledMs) * this.#perSecond) / 1_000)
    this.#filledMs = nowMs
    return this.#count >= 1
  }

  take(nowMs: number): boolean {
    if (!this.hasAny(nowMs)) return false
    this.#count--
    return true
  }
}
