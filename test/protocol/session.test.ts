// Two sessions that behave: what one writes is what the other reads, and what one ends is ended for both.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Cipher, concatBytes, ResetCode } from '#protocol'
import { CRYPTOS, codeOf } from './fixtures.ts'
import { Pair, pattern, type Recorder, TARGET, wireBytes } from './pair.ts'

const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 70_000 })), { maxLength: 12 })

function writeAll({ stream }: Recorder, lengths: readonly number[], seed: number): Uint8Array {
  const whole = pattern(
    lengths.reduce((sum, length) => sum + length, 0),
    seed,
  )
  let offset = 0
  for (const length of lengths) {
    stream.write(whole.slice(offset, offset + length))
    offset += length
  }
  return whole
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

describe('bytes', () => {
  test('what is written in any pieces, both ways and on several streams, is read in the same order', () => {
    const piece = fc.record({ up: sizes, down: sizes })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (streams) => {
        const pair = new Pair()
        const ends = streams.map(() => pair.openStream())
        const written = streams.map(({ up, down }, i) => {
          const { near, far } = ends[i] as { near: Recorder; far: Recorder }
          return { up: writeAll(near, up, i), down: writeAll(far, down, i + 100) }
        })
        for (const { near, far } of ends) {
          near.stream.fin()
          far.stream.fin()
        }
        pair.settle()
        return ends.every(({ near, far }, i) => {
          const whole = written[i] as { up: Uint8Array; down: Uint8Array }
          return sameBytes(far.received, whole.up) && sameBytes(near.received, whole.down) && near.events.includes('fin')
        })
      }),
      { numRuns: 40 },
    )
  })

  test('the same with any cuts: a carrier may die at any record, and nothing is lost or doubled', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 8 }), (up, down, cuts) => {
        const pair = new Pair()
        const { near, far } = pair.openStream()
        const [sentUp, sentDown] = [writeAll(near, up, 1), writeAll(far, down, 2)]
        near.stream.fin()
        far.stream.fin()
        for (const count of cuts) {
          pair.pass(1)
          pair.produce(count)
          pair.toRelay.splice(Math.ceil(pair.toRelay.length / 2))
          pair.toClient.splice(Math.ceil(pair.toClient.length / 2))
          pair.deliver()
          pair.cut()
        }
        pair.settle()
        return sameBytes(far.received, sentUp) && sameBytes(near.received, sentDown) && far.events.includes('fin')
      }),
      { numRuns: 60 },
    )
  })

  test('what is sent again after a cut is the same sealed bytes', () => {
    const pair = new Pair()
    const { near } = pair.openStream()
    near.stream.write(pattern(200_000))
    pair.produce()
    const first = pair.toRelay.map(wireBytes)
    pair.cut()
    const again: Uint8Array[] = []
    for (let round = 0; round < 10; round++) {
      pair.produce()
      again.push(...pair.toRelay.map(wireBytes))
      pair.deliver()
      pair.pass(1)
    }
    expect(first.length).toBeGreaterThan(2)
    // Acks of the new carrier may come in between.
    const repeated = again.filter((bytes) => first.some((one) => sameBytes(one, bytes)))
    expect(repeated.length).toBe(first.length)
    for (const [i, bytes] of first.entries()) expect(sameBytes(repeated[i] as Uint8Array, bytes)).toBe(true)
  })

  test.each(CRYPTOS.flatMap((one) => Object.values(Cipher).map((cipher) => ({ ...one, cipher }))))(
    'cipher $cipher of $name carries a stream',
    ({ crypto, cipher }) => {
      const pair = new Pair({ crypto, cipher })
      const { near, far } = pair.openStream()
      const sent = writeAll(near, [1, 5_000, 30_000], 3)
      pair.settle()
      expect(sameBytes(far.received, sent)).toBe(true)
    },
  )

  test('a large read that is sealed where it lies arrives like any other', () => {
    const pair = new Pair()
    const { near, far } = pair.openStream()
    const before = writeAll(near, [500_000], 1)
    pair.settle()
    const buffer = pattern(60_064)
    const sent = concatBytes(before, buffer.subarray(64))
    const record = pair.client.session.sealNow(pair.client.lane, near.stream, buffer, 64, buffer.length, pair.nowMs)
    expect(record).toBeDefined()
    if (record !== undefined) pair.toRelay.push(record)
    buffer.fill(0)
    pair.settle()
    expect(sameBytes(far.received, sent)).toBe(true)
  })

  test('a large read is not sealed whole for a lane whose path is not known, nor where other lanes owe their records', () => {
    const pair = new Pair()
    const { near } = pair.openStream()
    const { session, lane } = pair.client
    expect(session.sealNow(lane, near.stream, pattern(60_064), 64, 60_064, pair.nowMs)).toBeUndefined()
    writeAll(near, [500_000], 1)
    pair.settle()
    writeAll(near, [1_000], 1)
    pair.produce()
    const other = session.attach(1, session.expected, [lane.counter], pair.nowMs)
    expect(session.sealNow(other, near.stream, pattern(60_064), 64, 60_064, pair.nowMs)).toBeUndefined()
  })

  test('nothing overtakes what is queued: sealing at once is refused while bytes wait', () => {
    const pair = new Pair()
    const { near } = pair.openStream()
    near.stream.write(pattern(10))
    expect(pair.client.session.sealNow(pair.client.lane, near.stream, pattern(60_064), 64, 60_064, pair.nowMs)).toBeUndefined()
  })
})

describe('the life of a stream', () => {
  test('the open frame takes the first bytes with it', () => {
    const pair = new Pair()
    const near = pair.client.open()
    near.stream.write(pattern(100))
    pair.produce()
    expect(pair.toRelay.length).toBe(1)
    pair.deliver()
    expect(pair.relay.opened[0]?.receivedBytes).toBe(100)
    expect(pair.relay.targets).toEqual([TARGET])
  })

  test('an open frame waits for first bytes, but not for long', () => {
    const pair = new Pair()
    pair.client.open()
    expect(pair.produce()).toBe(0)
    pair.pass(3)
    expect(pair.produce()).toBe(1)
  })

  test('streams may get their first bytes in another order than they were opened in', () => {
    const pair = new Pair()
    const [first, second] = [pair.client.open(), pair.client.open()]
    second.stream.write(pattern(2))
    pair.produce()
    first.stream.write(pattern(1))
    pair.settle()
    expect(pair.relay.opened.map(({ receivedBytes }) => receivedBytes)).toEqual([2, 1])
  })

  test('a stream that is reset before its open frame was sent is never heard of', () => {
    const pair = new Pair()
    pair.client.open().stream.reset(ResetCode.cancelled)
    pair.settle()
    expect(pair.relay.opened).toEqual([])
    expect(pair.client.session.streamCount).toBe(0)
  })

  test('opened is reported when the relay says so', () => {
    const pair = new Pair()
    const { near, far } = pair.openStream({ reportDial: true })
    expect(pair.relay.flags).toEqual([{ reportDial: true, datagrams: false }])
    far.stream.opened()
    pair.settle()
    expect(near.events).toEqual(['opened'])
  })

  test('half-close: after a fin the other direction goes on, and the stream ends with the second', () => {
    const pair = new Pair()
    const { near, far } = pair.openStream()
    near.stream.fin()
    pair.settle()
    expect(far.events).toEqual(['fin'])
    expect([pair.client.session.streamCount, pair.relay.session.streamCount]).toEqual([1, 1])
    far.stream.write(pattern(300_000))
    far.stream.fin()
    pair.settle()
    expect(near.receivedBytes).toBe(300_000)
    expect(near.events).toEqual(['fin'])
    expect([pair.client.session.streamCount, pair.relay.session.streamCount]).toEqual([0, 0])
  })

  test('a fin comes after the data that was queued before it', () => {
    const pair = new Pair()
    const { near, far } = pair.openStream()
    near.stream.write(pattern(200_000))
    near.stream.fin()
    pair.settle()
    expect([far.receivedBytes, far.events]).toEqual([200_000, ['fin']])
  })

  test('a stream with unread bytes counts until they are consumed, even when both have ended it', () => {
    const pair = new Pair()
    pair.relay.consumes = false
    const { near, far } = pair.openStream()
    near.stream.write(pattern(1_000))
    near.stream.fin()
    far.stream.fin()
    pair.settle()
    expect([pair.client.session.streamCount, pair.relay.session.streamCount]).toEqual([0, 1])
    far.stream.consumed(999)
    expect(pair.relay.session.streamCount).toBe(1)
    far.stream.consumed(1)
    expect([pair.relay.session.streamCount, pair.relay.session.unconsumedBytes]).toEqual([0, 0])
  })

  test.each(['near', 'far'] as const)('a reset by the %s end ends both, drops what is queued, and says why', (who) => {
    const pair = new Pair()
    const ends = pair.openStream()
    const [by, other] = who === 'near' ? [ends.near, ends.far] : [ends.far, ends.near]
    by.stream.write(pattern(100_000))
    by.stream.reset(ResetCode.nameNotFound)
    pair.settle()
    expect(other.events).toEqual([`reset ${ResetCode.nameNotFound}`])
    expect(other.receivedBytes).toBe(0)
    expect(by.events).toEqual([])
    expect([pair.client.session.streamCount, pair.relay.session.streamCount]).toEqual([0, 0])
  })

  test('what crosses a reset on its way is dropped without harm', () => {
    const pair = new Pair()
    const { near, far } = pair.openStream()
    near.stream.reset(ResetCode.cancelled)
    far.stream.write(pattern(1_000))
    far.stream.fin()
    pair.produce()
    pair.settle()
    expect(near.receivedBytes).toBe(0)
  })

  test('the end of a session resets every stream, also those that were still to be opened', () => {
    const pair = new Pair()
    const { near } = pair.openStream()
    const late = pair.client.open()
    pair.client.session.end(ResetCode.broken)
    expect([near.events, late.events]).toEqual([[`reset ${ResetCode.broken}`], [`reset ${ResetCode.broken}`]])
    expect(codeOf(() => pair.client.open())).toBe('limit')
  })
})

describe('ending', () => {
  test('goaway is told; what is open goes on, what is opened after it is reset', () => {
    const pair = new Pair()
    const { near, far } = pair.openStream()
    pair.relay.session.goaway(ResetCode.goingAway)
    pair.settle()
    expect(pair.client.goaways).toEqual([ResetCode.goingAway])
    const late = pair.client.open()
    near.stream.write(pattern(10))
    pair.settle()
    expect(late.events).toEqual([`reset ${ResetCode.goingAway}`])
    expect(far.receivedBytes).toBe(10)
  })

  test('a session is settled when all that asks for an answer was acknowledged, though the last ack was not', () => {
    const pair = new Pair()
    const { near } = pair.openStream()
    near.stream.write(pattern(10))
    pair.settle()
    expect([pair.client.session.isSettled, pair.relay.session.isSettled]).toEqual([true, true])
    near.stream.write(pattern(10))
    pair.produce()
    expect(pair.client.session.isSettled).toBe(false)
  })

  test('a session is not settled while its goaway is still to be sent, or to be acknowledged', () => {
    const pair = new Pair()
    pair.openStream()
    pair.relay.session.goaway(ResetCode.goingAway)
    expect(pair.relay.session.isSettled).toBe(false)
    pair.produce()
    expect(pair.relay.session.isSettled).toBe(false)
    pair.settle()
    expect(pair.relay.session.isSettled).toBe(true)
  })

  test('the client opens as many streams as it may; the relay resets what is too many for it', () => {
    const pair = new Pair({ relayStreamsMax: 3 })
    const near = Array.from({ length: 5 }, () => pair.client.open())
    pair.settle()
    expect(near.map(({ events }) => events[0])).toEqual([
      undefined,
      undefined,
      undefined,
      `reset ${ResetCode.overload}`,
      `reset ${ResetCode.overload}`,
    ])
    expect(pair.relay.session.streamCount).toBe(3)
    near[0]?.stream.reset(ResetCode.cancelled)
    const next = pair.client.open()
    pair.settle()
    expect(next.events).toEqual([])
  })
})
