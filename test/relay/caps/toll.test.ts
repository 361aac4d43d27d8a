// The toll: what it counts, and how it parts a rate among sessions. Its clock is the test's; no carrier here is real.
import { describe, expect, test } from 'vitest'
import type { Carrier, CarrierEvents } from '#protocol'
import type { SealedRecord } from '#protocol/node'
import { NO_CAPS } from '../../../relay/caps/caps.ts'
import { type Rates, Toll } from '../../../relay/caps/toll.ts'
import { capLimits } from '../../../relay/limits.ts'
import { Meter } from '../../../relay/meter.ts'

const RECORD_BYTES = 10_000
const KEYS = { id: new Uint8Array(8), key: new Uint8Array(32) }

/** Sends as much as it may, whenever it may. */
class Greedy {
  sentBytes = 0
  readonly carrier: Carrier
  events: CarrierEvents | undefined

  constructor(toll: Toll, wants = Number.POSITIVE_INFINITY) {
    const pump = (): void => {
      while (this.carrier.hasRoom && this.sentBytes < wants) this.carrier.send(record())
    }
    this.carrier = toll.enter().around((events) => {
      this.events = events
      return new Endless(this)
    })({ onMessage: () => undefined, onRoom: pump, onClosed: () => undefined }, KEYS)
    pump()
  }
}

class Endless implements Carrier {
  readonly hasRoom = true
  readonly receivedBytes = 0
  readonly #greedy: Greedy

  constructor(greedy: Greedy) {
    this.#greedy = greedy
  }

  start(): void {}
  close(): void {}
  sendMessage(): void {}
  send(): void {
    this.#greedy.sentBytes += RECORD_BYTES
  }
}

function record(): SealedRecord {
  return {
    header: new Uint8Array(8),
    body: new Uint8Array(RECORD_BYTES - 24),
    tag: new Uint8Array(16),
    holds: 0,
  } as unknown as SealedRecord
}

function makeToll(rates: Partial<Rates>): { toll: Toll; meter: Meter; pass: (seconds: number) => void } {
  let nowMs = 0
  const meter = new Meter()
  const toll = new Toll(meter, { ...NO_CAPS, ...rates }, () => nowMs, { ...capLimits, shareMs: 1e9 })
  const pass = (seconds: number): void => {
    for (let step = 0; step < seconds * 50; step++) {
      nowMs += 20
      toll.part()
    }
  }
  return { toll, meter, pass }
}

describe('a rate', () => {
  test('is kept by all together and parted alike among those who want more', () => {
    const { toll, meter, pass } = makeToll({ bytesPerSecond: 4_000_000 })
    const greedy = Array.from({ length: 4 }, () => new Greedy(toll))
    const burst = meter.downBytes
    pass(10)
    expect(Math.abs(meter.downBytes - burst - 40_000_000)).toBeLessThan(4 * RECORD_BYTES + 4 * capLimits.burstBytes)
    const each = greedy.map(({ sentBytes }) => sentBytes)
    expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(2 * RECORD_BYTES)
    toll.close()
  })

  test('goes to those who want it, where others have enough with less', () => {
    const { toll, pass } = makeToll({ bytesPerSecond: 1_000_000 })
    const modest = new Greedy(toll, 600_000)
    const greedy = new Greedy(toll)
    pass(10)
    expect(modest.sentBytes).toBe(600_000)
    expect(greedy.sentBytes).toBeGreaterThan(9_000_000)
    toll.close()
  })

  test('of one session holds however much the others leave', () => {
    const { toll, pass } = makeToll({ sessionBytesPerSecond: 200_000 })
    const greedy = new Greedy(toll)
    const before = greedy.sentBytes
    pass(10)
    expect(greedy.sentBytes - before).toBeLessThanOrEqual(2_000_000 + RECORD_BYTES)
    expect(greedy.sentBytes - before).toBeGreaterThan(1_900_000)
    toll.close()
  })

  test('counts what comes in as well: who sends much is answered late', () => {
    const { toll, meter } = makeToll({ bytesPerSecond: 1_000_000 })
    const greedy = new Greedy(toll, 0)
    greedy.events?.onMessage(new Uint8Array(600_000))
    expect([meter.upBytes, greedy.carrier.hasRoom]).toEqual([600_000, false])
    toll.close()
  })

  test('that is too little for one more lets nobody new in', () => {
    const { toll, pass } = makeToll({ bytesPerSecond: 100_000 })
    const greedy = Array.from({ length: 3 }, () => new Greedy(toll))
    pass(1)
    expect([greedy.length, toll.hasRoom]).toEqual([3, false])
    toll.close()
  })
})

test('without a rate everything passes, and is counted', () => {
  const { toll, meter } = makeToll({})
  const greedy = new Greedy(toll, 1_000_000)
  greedy.events?.onMessage(new Uint8Array(77))
  expect([greedy.carrier.hasRoom, toll.hasRoom, meter.downBytes, meter.upBytes]).toEqual([true, true, 1_000_000, 77])
})
