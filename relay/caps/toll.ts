// What stands between sessions and their carriers: counts the bytes that pass, and where the operator has set a rate, shares it out fairly.
//
// 1. a session that has carried its share sees carriers without room              Share.isOpen
// 2. every few milliseconds what the rate allows is parted among those who want    Toll.#part
// 3. whoever has something again is told, and sends: shortest first, by its own scheduler
//
// What comes from a client counts as well. It can't be held up where it comes in, but what answers it can: acknowledgements and credit wait like all else.
import type { Carrier, CarrierEvents } from '#protocol'
import type { SealedRecord } from '#protocol/node'
import type { MakeCarrier } from '../carriers/make-carrier.ts'
import { type CapLimits, capLimits } from '../limits.ts'
import type { Meter } from '../meter.ts'

export interface Rates {
  readonly bytesPerSecond: number | undefined
  readonly sessionBytesPerSecond: number | undefined
}

export class Toll {
  readonly #meter: Meter
  readonly #limits: CapLimits
  readonly #nowMs: () => number
  readonly #rates: Rates
  readonly #shares = new Set<Share>()
  readonly #timer: NodeJS.Timeout | undefined
  #partedMs: number
  /** Bytes a second of late, and how many sessions they were of. */
  #active = 0

  constructor(meter: Meter, rates: Rates, nowMs: () => number = () => performance.now(), limits: CapLimits = capLimits) {
    this.#meter = meter
    this.#rates = rates
    this.#limits = limits
    this.#nowMs = nowMs
    this.#partedMs = nowMs()
    const isCapped = rates.bytesPerSecond !== undefined || rates.sessionBytesPerSecond !== undefined
    if (isCapped) this.#timer = setInterval(() => this.part(), limits.shareMs).unref()
  }

  /** Whether the rate leaves enough for one more. */
  get hasRoom(): boolean {
    const { bytesPerSecond } = this.#rates
    return bytesPerSecond === undefined || (this.#active + 1) * this.#limits.sessionRateLeast <= bytesPerSecond
  }

  /** The share of a session that begins. */
  enter(): Share {
    const share = new Share(this.#meter, this.#timer === undefined ? Number.POSITIVE_INFINITY : this.#burstBytes)
    this.#shares.add(share)
    return share
  }

  leave(share: Share): void {
    this.#shares.delete(share)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** What has come up since the last time goes in equal parts to those who are below their burst; what one can't hold is for the others. */
  part(): void {
    const nowMs = this.#nowMs()
    const seconds = Math.min(nowMs - this.#partedMs, 1_000) / 1_000
    this.#partedMs = nowMs
    const { bytesPerSecond = Number.POSITIVE_INFINITY, sessionBytesPerSecond = Number.POSITIVE_INFINITY } = this.#rates
    const wanting = [...this.#shares].filter((share) => share.bytes < this.#burstBytes).sort((a, b) => b.bytes - a.bytes)
    this.#active = wanting.length
    let left = bytesPerSecond * seconds
    for (const [index, share] of wanting.entries()) {
      const part = Math.min(left / (wanting.length - index), sessionBytesPerSecond * seconds, this.#burstBytes - share.bytes)
      left -= part
      share.grant(part, this.#burstBytes)
    }
  }

  get #burstBytes(): number {
    const { bytesPerSecond = Number.POSITIVE_INFINITY, sessionBytesPerSecond = Number.POSITIVE_INFINITY } = this.#rates
    return Math.min(this.#limits.burstBytes, bytesPerSecond, sessionBytesPerSecond)
  }
}

/** What one session may carry now. It may go below nothing by a record, and then waits until it is paid. */
export class Share {
  readonly #meter: Meter
  readonly #seats = new Set<CarrierEvents>()
  bytes: number

  constructor(meter: Meter, bytes: number) {
    this.#meter = meter
    this.bytes = bytes
  }

  get isOpen(): boolean {
    return this.bytes > 0
  }

  grant(bytes: number, bytesMax: number): void {
    const wasOpen = this.isOpen
    this.bytes = Math.min(this.bytes + bytes, bytesMax)
    if (!wasOpen && this.isOpen) for (const events of [...this.#seats]) events.onRoom()
  }

  sent(bytes: number): void {
    this.bytes -= bytes
    this.#meter.downBytes += bytes
  }

  received(bytes: number): void {
    this.bytes -= bytes
    this.#meter.upBytes += bytes
  }

  /** As `make`, with this share in between. */
  around(make: MakeCarrier): MakeCarrier {
    return (events, keys) => {
      const inner = make(
        {
          onMessage: (message) => {
            this.received(message.length)
            events.onMessage(message)
          },
          onRoom: () => events.onRoom(),
          onClosed: (wasReset) => {
            this.#seats.delete(events)
            events.onClosed(wasReset)
          },
        },
        keys,
      )
      this.#seats.add(events)
      return new TolledCarrier(inner, this, () => this.#seats.delete(events))
    }
  }
}

class TolledCarrier implements Carrier {
  readonly #inner: Carrier
  readonly #share: Share
  readonly #onClose: () => void

  constructor(inner: Carrier, share: Share, onClose: () => void) {
    this.#inner = inner
    this.#share = share
    this.#onClose = onClose
  }

  get hasRoom(): boolean {
    return this.#inner.hasRoom && this.#share.isOpen
  }

  get receivedBytes(): number {
    return this.#inner.receivedBytes
  }

  start(): void {
    this.#inner.start()
  }

  send(record: SealedRecord): void {
    this.#share.sent(record.header.length + record.body.length + record.tag.length)
    this.#inner.send(record)
  }

  sendMessage(message: Uint8Array): void {
    this.#share.sent(message.length)
    this.#inner.sendMessage(message)
  }

  close(): void {
    this.#onClose()
    this.#inner.close()
  }
}
