// One drive with carriers that are arrays, and a clock that a test turns.
import { describe, expect, test } from 'vitest'
import { type Carrier, type CarrierEvents, Cipher, parseTarget, Session } from '#protocol'
import { Drive, nodeCrypto, type Timing } from '#protocol/node'
import { LATE_MS_MIN, SILENCE_MS_MAX } from '../../../protocol/limits.ts'
import type { SealedRecord } from '../../../protocol/record.ts'
import { flipBit, seededRandom } from '../fixtures.ts'
import { DOWN, pattern, Recorder, UP, wireBytes } from '../pair.ts'

class HandTiming implements Timing {
  nowMs = 0
  readonly #due: { readonly atMs: number; readonly action: () => void }[] = []

  now(): number {
    return this.nowMs
  }

  soon(action: () => void): () => void {
    return this.after(0, action)
  }

  after(delayMs: number, action: () => void): () => void {
    const one = { atMs: this.nowMs + delayMs, action }
    this.#due.push(one)
    return () => void (this.#due.includes(one) && this.#due.splice(this.#due.indexOf(one), 1))
  }

  /** Does all that is due until then, in order. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const next = this.#due.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#due.splice(this.#due.indexOf(next), 1)
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.action()
    }
    this.nowMs = untilMs
  }
}

class ArrayCarrier implements Carrier {
  readonly sent: Uint8Array[] = []
  hasRoom = true
  receivedBytes = 0
  isClosed = false
  events: CarrierEvents | undefined

  start(): void {}

  send(record: SealedRecord): void {
    this.sent.push(wireBytes(record))
  }

  sendMessage(message: Uint8Array): void {
    this.sent.push(message)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.events?.onClosed()
  }
}

/** One end, its carriers by counter, and what it was told of them. */
class Place {
  readonly drive: Drive
  readonly carriers = new Map<number, ArrayCarrier>()
  readonly told: string[] = []
  readonly opened: Recorder[] = []

  constructor(timing: HandTiming, role: 'client' | 'relay') {
    this.drive = new Drive(
      (onWake): Session =>
        new Session(
          { crypto: nodeCrypto, cipher: Cipher.aes256gcm, role, up: UP, down: DOWN, random: seededRandom(role), nowMs: timing.nowMs },
          {
            onWake,
            onGoaway: () => undefined,
            onRetire: (lane) => this.drive.onRetire(lane),
            onOpen: (stream) => void this.opened.push(new Recorder(stream)),
          },
        ),
      {
        onEnd: (why) => this.told.push(`end ${why}`),
        onLost: (counter, how) => this.told.push(`lost ${counter} ${how}`),
        onLate: (counter) => this.told.push(`late ${counter}`),
      },
      timing,
    )
  }

  attach(counter: number, peerExpects = 0, gone: readonly number[] = []): ArrayCarrier {
    const carrier = new ArrayCarrier()
    this.carriers.set(counter, carrier)
    carrier.events = this.drive.attach(carrier, counter, peerExpects, gone)
    return carrier
  }
}

class Couple {
  readonly timing: HandTiming = new HandTiming()
  readonly client: Place = new Place(this.timing, 'client')
  readonly relay: Place = new Place(this.timing, 'relay')

  constructor(...counters: readonly number[]) {
    for (const counter of counters) {
      this.client.attach(counter)
      this.relay.attach(counter)
    }
  }

  /** Brings what is under way on these carriers, for as long as there is any. */
  settle(...counters: readonly number[]): void {
    for (let round = 0; round < 100; round++) {
      this.timing.pass(1)
      for (const counter of counters) {
        this.bring(this.client, this.relay, counter)
        this.bring(this.relay, this.client, counter)
      }
    }
  }

  bring(from: Place, to: Place, counter: number): void {
    const target = to.carriers.get(counter)
    for (const message of from.carriers.get(counter)?.sent.splice(0) ?? []) {
      if (target === undefined || target.isClosed) continue
      target.receivedBytes += message.length
      target.events?.onMessage(message)
    }
  }

  open(): Recorder {
    return new Recorder(this.client.drive.open(parseTarget('x.example', 80), {}))
  }
}

describe('a carrier that is retired', () => {
  test('is closed by the relay once the acks of all that it sent there have come by another, and not before', () => {
    const couple = new Couple(0, 1)
    const near = couple.open()
    couple.settle(0, 1)
    const far = couple.relay.opened[0] as Recorder
    far.stream.write(pattern(3_000))
    couple.timing.pass(0)
    const counter = couple.relay.carriers.get(0)?.sent.length === 0 ? 1 : 0
    const old = couple.relay.carriers.get(counter) as ArrayCarrier
    couple.client.drive.retire(counter)
    couple.timing.pass(0)
    couple.bring(couple.client, couple.relay, counter)
    couple.timing.pass(10)
    expect(old.isClosed).toBe(false)
    couple.settle(0, 1)
    expect([near.receivedBytes, old.isClosed]).toEqual([3_000, true])
    expect([couple.relay.told, couple.relay.drive.live]).toEqual([[`lost ${counter} closed`], [1 - counter]])
  })

  test('is closed at once where nothing is under way on it', () => {
    const couple = new Couple(0, 1)
    couple.settle(0, 1)
    couple.client.drive.retire(0)
    couple.settle(0, 1)
    expect([couple.relay.carriers.get(0)?.isClosed, couple.relay.carriers.get(1)?.isClosed]).toEqual([true, false])
  })
})

describe('a carrier that ends', () => {
  test('leaves the session as it was, and says how it ended', () => {
    const couple = new Couple(0, 1)
    couple.open()
    couple.settle(0, 1)
    couple.relay.carriers.get(0)?.events?.onClosed(true)
    couple.relay.carriers.get(1)?.events?.onClosed()
    expect(couple.relay.told).toEqual(['lost 0 reset', 'lost 1 closed'])
    expect([couple.relay.drive.live, couple.relay.drive.session.streamCount]).toEqual([[], 1])
  })

  test('by what nobody sealed costs itself and nothing else', () => {
    const couple = new Couple(0, 1)
    const near = couple.open()
    near.stream.write(pattern(100))
    couple.timing.pass(0)
    const from = couple.client.carriers.get(0)?.sent.length === 0 ? 1 : 0
    const [record] = (couple.client.carriers.get(from) as ArrayCarrier).sent.splice(0) as [Uint8Array]
    couple.relay.carriers.get(from)?.events?.onMessage(flipBit(record, 20))
    expect([couple.relay.told, couple.relay.carriers.get(from)?.isClosed]).toEqual([[`lost ${from} broken`], true])
    couple.client.carriers.get(from)?.events?.onClosed()
    couple.settle(0, 1)
    expect(couple.relay.opened[0]?.receivedBytes).toBe(100)
  })

  test('by silence is told as late, then as lost', () => {
    const couple = new Couple(0)
    couple.open()
    couple.timing.pass(10)
    couple.timing.pass(LATE_MS_MIN)
    expect(couple.client.told).toEqual(['late 0'])
    couple.timing.pass(SILENCE_MS_MAX)
    expect(couple.client.told).toEqual(['late 0', 'lost 0 silent'])
    expect(couple.client.carriers.get(0)?.isClosed).toBe(true)
  })

  test('of which parts of a record still come is not late', () => {
    const couple = new Couple(0)
    couple.open()
    for (let ms = 0; ms < 2 * SILENCE_MS_MAX; ms += 100) {
      couple.timing.pass(100)
      ;(couple.client.carriers.get(0) as ArrayCarrier).receivedBytes += 10
    }
    expect(couple.client.told).toEqual([])
  })
})

test('opening a stream does not keep from anybody that a carrier is late', () => {
  const couple = new Couple(0)
  couple.open()
  couple.timing.pass(10)
  couple.timing.nowMs += LATE_MS_MIN
  couple.open()
  expect(couple.client.told).toEqual(['late 0'])
})

describe('attaching', () => {
  test('a carrier whose peer expects what was never sealed ends the session, and that carrier as well', () => {
    const couple = new Couple(0)
    const carrier = couple.client.attach(1, 1_000)
    expect(couple.client.told).toEqual(['end protocol'])
    expect([carrier.isClosed, couple.client.carriers.get(0)?.isClosed]).toEqual([true, true])
  })

  test('to a session that has ended closes the carrier', () => {
    const couple = new Couple(0)
    couple.client.drive.stop()
    const carrier = couple.client.attach(1)
    expect([carrier.isClosed, couple.client.told]).toEqual([true, ['end stopped']])
  })

  test('gives up the carriers that it names, without a word to their owner', () => {
    const couple = new Couple(0, 1)
    couple.client.attach(2, 0, [0])
    expect([couple.client.drive.live, couple.client.told]).toEqual([[1, 2], []])
    expect(couple.client.carriers.get(0)?.isClosed).toBe(true)
  })
})
