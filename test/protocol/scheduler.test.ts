import { describe, expect, test } from 'vitest'
import { Cipher } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { decodeFrames } from '../../protocol/frame.ts'
import { INTERACTIVE_BYTES_MAX, INTERACTIVE_IDLE_MS } from '../../protocol/limits.ts'
import { RecordOpener } from '../../protocol/record.ts'
import { Scheduler } from '../../protocol/scheduler.ts'
import { Stream } from '../../protocol/stream.ts'
import { IGNORED } from './frames.ts'
import { Pair, pattern, UP, wireBytes } from './pair.ts'

const noOwner = { ready: () => undefined, due: () => undefined, consumed: () => undefined }

function stream(id: number, burstBytes = 0): Stream {
  const one = new Stream(id, noOwner, 0)
  one.burstBytes = burstBytes
  return one
}

function order(scheduler: Scheduler): number[] {
  const ids: number[] = []
  for (let one = scheduler.take(); one !== undefined; one = scheduler.take()) ids.push(one.id)
  return ids
}

describe('the scheduler', () => {
  test('lets streams that sent little go before bulk, each kind in the order in which they came', () => {
    const scheduler = new Scheduler()
    for (const one of [
      stream(1, INTERACTIVE_BYTES_MAX),
      stream(2),
      stream(3, INTERACTIVE_BYTES_MAX),
      stream(4, INTERACTIVE_BYTES_MAX - 1),
    ]) {
      scheduler.add(one, 0)
    }
    expect(order(scheduler)).toEqual([2, 4, 1, 3])
    expect(scheduler.isEmpty).toBe(true)
  })

  test('gives bulk streams equal turns', () => {
    const scheduler = new Scheduler()
    const streams = [1, 2, 3].map((id) => stream(id, INTERACTIVE_BYTES_MAX))
    for (const one of streams) scheduler.add(one, 0)
    const turns: number[] = []
    for (let i = 0; i < 9; i++) {
      const one = scheduler.take() as Stream
      turns.push(one.id)
      scheduler.add(one, 0)
    }
    expect(turns).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
  })

  test('holds a stream once, and forgets one that is removed', () => {
    const scheduler = new Scheduler()
    const [one, two] = [stream(1), stream(2, INTERACTIVE_BYTES_MAX)]
    for (const each of [one, one, two, two]) scheduler.add(each, 0)
    scheduler.remove(two)
    expect(order(scheduler)).toEqual([1])
  })

  test('takes a bulk stream for interactive again after it was idle, not before', () => {
    for (const [idleMs, expected] of [
      [INTERACTIVE_IDLE_MS, [2, 1]],
      [INTERACTIVE_IDLE_MS + 1, [1, 2]],
    ] as const) {
      const scheduler = new Scheduler()
      const bulk = stream(1, INTERACTIVE_BYTES_MAX)
      bulk.lastSentMs = 100
      scheduler.add(bulk, 100 + idleMs)
      scheduler.add(stream(2), 100 + idleMs)
      expect(order(scheduler)).toEqual(expected)
    }
  })
})

describe('in a session', () => {
  /** The streams whose data is in the client's next record, which is then delivered, and answered. */
  function nextData(pair: Pair, opener: RecordOpener): number[] {
    pair.pass(1)
    const record = pair.client.session.produce(pair.client.lane, pair.nowMs)
    const ids: number[] = []
    if (record !== undefined) {
      opener.open(wireBytes(record))
      decodeFrames(opener.take() as Uint8Array, IGNORED, { ...IGNORED, onData: (id) => void ids.push(id) })
      pair.relay.session.receive(pair.relay.lane, wireBytes(record), pair.nowMs)
    }
    const { session, lane } = pair.relay
    for (let answer = session.produce(lane, pair.nowMs); answer !== undefined; answer = session.produce(lane, pair.nowMs)) {
      pair.client.session.receive(pair.client.lane, wireBytes(answer), pair.nowMs)
    }
    return ids
  }

  test('a click is first in the very next record, however much bulk is queued, and bulk takes turns', () => {
    const pair = new Pair()
    const opener = new RecordOpener(nodeCrypto, Cipher.aes256gcm, UP)
    const bulk = [1, 2, 3].map(() => pair.client.open().stream)
    for (const one of bulk) one.write(pattern(1_000_000))
    while (bulk.some(({ burstBytes }) => burstBytes < INTERACTIVE_BYTES_MAX)) nextData(pair, opener)
    const click = pair.client.open()
    click.stream.write(pattern(100))
    expect(nextData(pair, opener)[0]).toBe(4)
    const turns = Array.from({ length: 6 }, () => nextData(pair, opener)).flat()
    expect([1, 2, 3].map((id) => turns.filter((turn) => turn === id).length)).toEqual([2, 2, 2])
  })
})
