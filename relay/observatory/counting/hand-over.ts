// Handing a relay's days to the collector, signed by the relay's identity: once a day, and what is left when the relay ends. What was not acknowledged is
// offered again, with the same mark, so that it counts once; nothing of it is ever on the relay's disk. A day on which nothing was counted is handed over too:
// how many relays report is published as it is, and no session may decide about that.
import { randomBytes } from 'node:crypto'
import { type EnvelopeKind, envelopeBytes } from '../collect/envelope.ts'
import { dayOf, daysBetween } from '../spans.ts'
import type { CountedDay, DayCounts } from './day-counts.ts'
import { type CountingLimits, countingLimits } from './limits.ts'

/** Who a relay is to the collector: an Ed25519 key. The directory makes such identities; a relay without one signs by the key of its policy. */
export interface RelayIdentity {
  /** base64url, 32 bytes. */
  readonly publicKey: string
  sign(bytes: Uint8Array): Uint8Array
}

export interface HandOverOptions {
  /** Of the collector: https, or http on this machine. */
  readonly url: URL
  readonly identity: RelayIdentity
  readonly counts: DayCounts
  readonly geoipMadeMs: number
  readonly nowMs: () => number
}

interface Part {
  readonly day: string
  readonly text: string
}

export class HandOver {
  readonly #options: HandOverOptions
  readonly #limits: CountingLimits
  readonly #timer: NodeJS.Timeout
  #waiting: Part[] = []
  #sending: Promise<void> | undefined

  constructor(options: HandOverOptions, limits: CountingLimits = countingLimits) {
    this.#options = options
    this.#limits = limits
    this.#timer = setInterval(() => this.look(), limits.lookMs).unref()
  }

  /** Offers the day that is over, and what nobody took before. */
  look(): void {
    const finished = this.#options.counts.takeFinished()
    if (finished !== undefined) this.#add(finished)
    void this.#send()
  }

  /** Offers what was counted so far, once. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#add(this.#options.counts.take())
    await this.#send()
  }

  #add(counted: CountedDay): void {
    const { geoipMadeMs, nowMs, identity } = this.#options
    const geoipAgeDays = Math.max(0, daysBetween(dayOf(geoipMadeMs), dayOf(nowMs())))
    const body = JSON.stringify({
      day: counted.day,
      mark: randomBytes(16).toString('hex'),
      geoipAgeDays,
      places: counted.places.slice(0, this.#limits.placesMax),
    })
    this.#waiting.push({ day: counted.day, text: envelope('relay-day', body, identity) })
    this.#waiting = this.#waiting.filter(({ day }) => daysBetween(day, dayOf(nowMs())) <= this.#limits.daysKeptMax)
  }

  async #send(): Promise<void> {
    await this.#sending
    this.#sending = this.#sendAll()
    await this.#sending
  }

  async #sendAll(): Promise<void> {
    for (const part of this.#waiting) {
      const answer = await post(new URL('v1/relay-day', this.#options.url), part.text, this.#limits)
      if (answer === 'later') return
      this.#waiting = this.#waiting.filter((one) => one !== part)
    }
  }
}

export function envelope(kind: EnvelopeKind, body: string, { publicKey, sign }: RelayIdentity): string {
  const signature = Buffer.from(sign(envelopeBytes(kind, body))).toString('base64url')
  return JSON.stringify({ relay: publicKey, body, signature })
}

/** `never`: the collector has looked at it and does not want it. */
export type Answer = 'taken' | 'never' | 'later'

export async function post(url: URL, text: string, limits: CountingLimits = countingLimits): Promise<Answer> {
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, {
      method: 'POST',
      body: text,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(limits.requestMs),
    })
    await response.body?.cancel()
    if (response.status === 200) return 'taken'
    return response.status === 400 || response.status === 413 ? 'never' : 'later'
  } catch {
    return 'later'
  }
}
