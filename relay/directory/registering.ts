// Relays that come to an authority by themselves: one that is not known brings a pass of a join code, and one that is says anew what it is.
import { type Certificate, commitmentOf, compareBytes, decodeDescriptor, encodeHex } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { Book, JoinUse } from './book.ts'
import { orUndefined } from './fetch.ts'
import { Hourly } from './hourly.ts'
import { decodePass } from './join-code.ts'

export interface RegisteringOptions {
  readonly book: Book
  readonly networkId: Uint8Array
  readonly nowMs: () => number
  /** Whether who signed a join code may still do so. */
  readonly isInForce: (certificate: Certificate) => boolean
  /** How often a relay may say something new within an hour. */
  readonly saidHourlyMax: number
}

export class Registering {
  readonly #options: RegisteringOptions
  /** What relays said anew of themselves, by their keys in hex. */
  readonly #said: Hourly

  constructor(options: RegisteringOptions) {
    this.#options = options
    this.#said = new Hourly(options.saidHourlyMax)
  }

  /** A word for why not; empty: taken. */
  async take(pass: Uint8Array, bytes: Uint8Array): Promise<string> {
    const { book, nowMs, networkId, isInForce } = this.#options
    const nowS = nowMs() / 1_000
    const descriptor = orUndefined(() => decodeDescriptor(nodeCrypto, bytes, nowS))
    if (descriptor === undefined) return 'bad-descriptor'
    const relay = encodeHex(descriptor.invite.policyKey)
    if (!this.#said.hasLeft(relay, nowS)) return 'too-often'
    let source = ''
    let use: JoinUse | undefined
    if (!(await book.knows(descriptor))) {
      const ticket = orUndefined(() => decodePass(pass, descriptor.invite.policyKey))
      const isOurs = ticket !== undefined && compareBytes(ticket.networkId, networkId) === 0
      if (!isOurs || !isInForce(ticket.certificate)) return 'bad-code'
      if (ticket.untilS <= nowS) return 'old-code'
      source = encodeHex(ticket.certificate.rootKey)
      // Who makes a ticket names its key, and may have named that of another's on purpose.
      use = { code: `${source} ${encodeHex(ticket.key)}`, uses: ticket.uses }
    }
    const taken = await book.take(descriptor, encodeHex(commitmentOf(descriptor.invite)), bytes, source, use)
    if (taken === 'taken') this.#said.count(relay)
    // A relay whose clock was set back, or that others have filled the book before, is not what it says now, and its operator is not to be told that it is.
    return taken === 'taken' || taken === 'known' ? '' : taken
  }
}
