// One end of a carrier under test: sends as fast as there is room, and keeps what came.
import { createHash, type Hash } from 'node:crypto'
import type { Carrier, CarrierEvents } from '#protocol'

export class End implements CarrierEvents {
  carrier!: Carrier
  count = 0
  bytes = 0
  closedCount = 0
  roomCount = 0
  /** Of all messages, each behind its length. */
  readonly #hash: Hash = createHash('sha256')
  #first: Buffer | undefined
  #waits: { readonly claim: () => boolean; readonly resolve: () => void }[] = []
  #onRoom: () => void = () => undefined

  onMessage(message: Uint8Array): void {
    this.#first ??= Buffer.from(message)
    this.count++
    this.bytes += message.length
    this.#hash.update(lengthOf(message)).update(message)
    this.#wake()
  }

  onRoom(): void {
    this.roomCount++
    this.#onRoom()
    this.#wake()
  }

  onClosed(): void {
    this.closedCount++
    this.#onRoom()
    this.#wake()
  }

  get first(): Buffer | undefined {
    return this.#first
  }

  get digest(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Resolves when the claim holds; it is looked at whenever something happens here. */
  async until(claim: () => boolean): Promise<void> {
    if (!claim()) await new Promise<void>((resolve) => this.#waits.push({ claim, resolve }))
  }

  /** Sends these messages, never without room. Resolves when all are with the carrier, or it has closed; says how many. */
  async send(messages: readonly Uint8Array[]): Promise<number> {
    let sent = 0
    for (const message of messages) {
      while (!this.carrier.hasRoom && this.closedCount === 0) await new Promise<void>((resolve) => (this.#onRoom = resolve))
      if (this.closedCount > 0) break
      this.carrier.sendMessage(message)
      sent++
    }
    return sent
  }

  #wake(): void {
    this.#waits = this.#waits.filter(({ claim, resolve }) => {
      if (!claim()) return true
      resolve()
      return false
    })
  }
}

/** What `digest` says of these messages. */
export function digestOf(messages: readonly Uint8Array[]): string {
  return digestsOf(messages)[messages.length] as string
}

/** What `digest` says of the first of these messages: of none, of one, and so on to all. */
export function digestsOf(messages: readonly Uint8Array[]): readonly string[] {
  const hash = createHash('sha256')
  const none = hash.copy().digest('hex')
  return [none, ...messages.map((message) => hash.update(lengthOf(message)).update(message).copy().digest('hex'))]
}

function lengthOf(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return length
}
