// A carrier in memory: what one end sends, the other gets a turn of the event loop later, until a test cuts or freezes it.
import type { Carrier, CarrierEvents } from '#protocol'
import type { SealedRecord } from '../../protocol/record.ts'

export class WireEnd implements Carrier {
  events: CarrierEvents | undefined
  /** Where what is sent goes; undefined: nowhere, and nobody is told. */
  other: WireEnd | undefined
  readonly hasRoom = true
  receivedBytes = 0
  isClosed = false

  start(): void {}

  send({ header, body, tag }: SealedRecord): void {
    this.sendMessage(Buffer.concat([header, body, tag]))
  }

  sendMessage(message: Uint8Array): void {
    if (this.isClosed) return
    const { other } = this
    const copy = message.slice()
    setImmediate(() => other?.arrived(copy))
  }

  close(): void {
    const { other } = this
    setImmediate(() => other?.closed())
    this.closed()
  }

  closed(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.events?.onClosed()
  }

  arrived(message: Uint8Array): void {
    if (this.isClosed) return
    this.receivedBytes += message.length
    this.events?.onMessage(message)
  }
}

/** Two ends that are joined. */
export function wire(): readonly [WireEnd, WireEnd] {
  const [one, other] = [new WireEnd(), new WireEnd()]
  one.other = other
  other.other = one
  return [one, other]
}
