// Where clients hand in their reports: a stream to a name that the relay answers itself (docs/SPEC.md §15). The relay can't read them. It adds the country, and
// lets each address hand in one a day: it remembers marks that only today's key makes, in memory, and forgets both with the day.
import { createHmac, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { ResetCode, type Stream, type Target } from '#protocol'
import { SEALED_BYTES } from '../collect/report.ts'
import { dayOf } from '../spans.ts'
import { envelope, post, type RelayIdentity } from './hand-over.ts'
import { type CountingLimits, countingLimits } from './limits.ts'

/** Names below `.invalid` never resolve (RFC 6761), so nothing is taken from anyone. */
export const REPORT_HOST = 'report.invalid'
export const REPORT_PORT = 1
/** What the client is told, in one byte. */
export const ReportAnswer = { later: 0, taken: 1, never: 2 } as const

/** Of an IPv6 address, what a subscriber has all of: its /64. */
const NETWORK_BYTES = 8

export interface ReportDeskOptions {
  readonly url: URL
  readonly identity: RelayIdentity
  readonly nowMs: () => number
}

export class ReportDesk {
  readonly #options: ReportDeskOptions
  readonly #limits: CountingLimits
  #day = ''
  #key = new Uint8Array()
  readonly #marks = new Set<string>()
  #underWay = 0

  constructor(options: ReportDeskOptions, limits: CountingLimits = countingLimits) {
    this.#options = options
    this.#limits = limits
  }

  /** False: the stream leads elsewhere. `whose`: the address that the session came from, or a mark of the session where that is not a person's. */
  serve(stream: Stream, { host, port }: Target, country: string, whose: string): boolean {
    if (host !== REPORT_HOST || port !== REPORT_PORT) return false
    let bytes = new Uint8Array()
    const ignore = (): void => undefined
    stream.handler = {
      onData: (more) => {
        if (bytes.length + more.length > SEALED_BYTES) return stream.reset(ResetCode.denied)
        bytes = new Uint8Array(Buffer.concat([bytes, more]))
        stream.consumed(more.length)
      },
      onFin: () => {
        let isOpen = true
        stream.handler = {
          onData: ignore,
          onDatagram: ignore,
          onOpened: ignore,
          onFin: ignore,
          onRoom: ignore,
          onReset: () => (isOpen = false),
        }
        void this.#handOn(bytes, country, whose).then((answer) => {
          if (!isOpen) return
          stream.write(Uint8Array.of(answer))
          stream.fin()
        })
      },
      onDatagram: () => stream.reset(ResetCode.internal),
      onOpened: ignore,
      onReset: ignore,
      onRoom: ignore,
    }
    return true
  }

  async #handOn(sealed: Uint8Array, country: string, whose: string): Promise<number> {
    if (sealed.length !== SEALED_BYTES) return ReportAnswer.never
    if (this.#underWay >= this.#limits.reportsMax) return ReportAnswer.later
    const mark = this.#markOf(whose)
    if (this.#marks.has(mark)) return ReportAnswer.never
    if (this.#marks.size >= this.#limits.marksMax) return ReportAnswer.later
    this.#marks.add(mark)
    this.#underWay++
    const body = JSON.stringify({ country, sealed: Buffer.from(sealed).toString('base64url') })
    const answer = await post(new URL('v1/report', this.#options.url), envelope('report', body, this.#options.identity), this.#limits)
    this.#underWay--
    if (answer === 'later') this.#marks.delete(mark)
    return ReportAnswer[answer]
  }

  /** Of the network, for IPv6; an IPv4 address in the form of one is what it stands for. */
  #markOf(whose: string): string {
    const day = dayOf(this.#options.nowMs())
    if (day !== this.#day) {
      this.#day = day
      this.#key = new Uint8Array(randomBytes(32))
      this.#marks.clear()
    }
    const of = isIPv6(whose) ? ipaddr.process(whose).toByteArray().slice(0, NETWORK_BYTES).join('.') : whose
    return createHmac('sha256', this.#key).update(of).digest('base64url').slice(0, 11)
  }
}
