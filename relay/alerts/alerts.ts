// Tells the operator when something is wrong, by webhook and mail: each kind of warning once, and so seldom that nobody switches it off.
// An alert holds the warning's sentence and the relay's domain, and no number of guests.
import { Socket } from 'node:net'
import { isLoopback } from '../host-port.ts'
import { alertLimits } from '../limits.ts'
import type { Health } from '../status/health.ts'
import type { AlertSettings } from './settings.ts'

export interface Alert {
  readonly domain: string
  readonly kind: string
  readonly says: string
}

/** Rejects where it can't be delivered. */
export type Deliver = (alert: Alert) => Promise<void>

export class Alerts {
  readonly #domain: string
  readonly #deliver: Deliver
  readonly #nowMs: () => number
  readonly #limits: typeof alertLimits
  /** When a warning was seen first, without a break. */
  readonly #since = new Map<string, number>()
  /** When its kind was last sent. */
  readonly #sent = new Map<string, number>()
  #day = 0
  #dayCount = 0
  /** Deliveries that failed in a row. */
  failureCount = 0

  constructor(domain: string, deliver: Deliver, nowMs: () => number, limits: typeof alertLimits = alertLimits) {
    this.#domain = domain
    this.#deliver = deliver
    this.#nowMs = nowMs
    this.#limits = limits
  }

  /** Sends what has been wrong for long enough and was not said lately. */
  async look({ warnings }: Health): Promise<void> {
    const nowMs = this.#nowMs()
    const kinds = new Set<string>(warnings.map(({ kind }) => kind))
    for (const kind of [...this.#since.keys()]) if (!kinds.has(kind)) this.#since.delete(kind)
    for (const { kind, says } of warnings) {
      const sinceMs = this.#since.get(kind) ?? nowMs
      this.#since.set(kind, sinceMs)
      if (nowMs - sinceMs < this.#limits.standsMs || !this.#mayTell(kind, nowMs)) continue
      this.#sent.set(kind, nowMs)
      this.#dayCount++
      try {
        await this.#deliver({ domain: this.#domain, kind, says })
        this.failureCount = 0
      } catch {
        this.failureCount++
        // What is wrong may well be what keeps it from arriving: it is told once that is better, and counts then.
        this.#sent.set(kind, nowMs - this.#limits.sameKindMs + this.#limits.againMs)
        this.#dayCount--
      }
    }
  }

  #mayTell(kind: string, nowMs: number): boolean {
    const day = Math.floor(nowMs / 86_400_000)
    if (day !== this.#day) this.#dayCount = 0
    this.#day = day
    return this.#dayCount < this.#limits.perDayMax && nowMs - (this.#sent.get(kind) ?? Number.NEGATIVE_INFINITY) >= this.#limits.sameKindMs
  }
}

/** By all the ways that are set. Rejects where none of them takes it: whoever was told by one is not told again because of the other. */
export function deliverBy({ webhook, mail }: AlertSettings, { sendMs }: Pick<typeof alertLimits, 'sendMs'> = alertLimits): Deliver {
  return async (alert) => {
    const ways = [...(webhook === undefined ? [] : [postTo(webhook, alert, sendMs)]), ...(mail ? [sendMail(mail, alert, sendMs)] : [])]
    const ends = await Promise.allSettled(ways)
    const [failed] = ends.filter((one) => one.status === 'rejected')
    if (failed !== undefined && ends.every(({ status }) => status === 'rejected')) throw failed.reason
  }
}

async function postTo(url: string, { domain, kind, says }: Alert, sendMs: number): Promise<void> {
  // `text` is what the webhooks of chat services show.
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ domain, kind, text: `${domain}: ${says}` }),
    redirect: 'error',
    signal: AbortSignal.timeout(sendMs),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`)
}

async function sendMail({ to, server }: NonNullable<AlertSettings['mail']>, { domain, says }: Alert, sendMs: number): Promise<void> {
  const { createTransport } = await import('nodemailer')
  const url = new URL(server)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // A server that keeps talking is never silent for long: only the whole has an end for it.
  const socket = new Socket()
  const late = setTimeout(() => socket.destroy(new Error('the mail server took too long')), sendMs)
  const transport = createTransport({
    socket,
    host,
    port: Number(url.port) || (url.protocol === 'smtps:' ? 465 : 587),
    secure: url.protocol === 'smtps:',
    // Whoever is between could take the offer of TLS out, and the password would follow in clear text.
    requireTLS: url.username !== '' && !isLoopback({ host }),
    connectionTimeout: sendMs,
    socketTimeout: sendMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(url.username !== '' && { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
  })
  try {
    await transport.sendMail({ from: to, to, subject: `${domain}: something to look at`, text: `${says}\n` })
  } finally {
    clearTimeout(late)
    transport.close()
  }
}
