// What tells a session that a carrier lives, is late, or lost something.
import { describe, expect, test } from 'vitest'
import {
  ACK_DELAY_MS,
  LATE_MS_MIN,
  PING_AFTER_MS_MAX,
  PING_AFTER_MS_MIN,
  PROBE_AFTER_MS_MAX,
  PROBE_AFTER_MS_MIN,
  SILENCE_MS_MAX,
} from '../../protocol/limits.ts'
import { pattern, type Recorder } from './pair.ts'
import { type Sent, Several, type Way } from './several.ts'

const sum = (sent: readonly Sent[]): number => sent.reduce((bytes, one) => bytes + one.bytes.length, 0)

describe('silence', () => {
  /** Two carriers with a stream that has sent 100 bytes on the first; nothing is answered. */
  function awaiting(): { several: Several; first: Way; second: Way; sentMs: number } {
    const several = new Several(2)
    const { near } = several.openStream()
    const [first, second] = several.ways as [Way, Way]
    several.pass(100)
    near.stream.write(pattern(100))
    several.produce(first, 'client')
    return { several, first, second, sentMs: several.nowMs }
  }

  test('while an answer is awaited makes a carrier late, once, and it is preferred no more; then dead', () => {
    const { several, first, second, sentMs } = awaiting()
    const { session } = several.client
    expect(session.tick(sentMs + LATE_MS_MIN - 1)).toEqual({ late: [], dead: [] })
    expect(session.tick(sentMs + LATE_MS_MIN)).toEqual({ late: [first.client], dead: [] })
    expect([session.isLate(first.client), session.lanes]).toEqual([true, [second.client, first.client]])
    expect(session.tick(sentMs + LATE_MS_MIN + 1).late).toEqual([])
    expect(session.tick(sentMs + SILENCE_MS_MAX - 1).dead).toEqual([])
    expect(session.tick(sentMs + SILENCE_MS_MAX).dead).toEqual([first.client])
  })

  test('is over with any byte that comes there, and with nothing that comes elsewhere', () => {
    const { several, first, second, sentMs } = awaiting()
    const { session } = several.client
    several.deliver({ ...first, toClient: [] })
    several.relay.opened[0]?.stream.write(pattern(100))
    several.nowMs += 10
    several.produce(second, 'relay')
    several.deliver({ ...second, toRelay: [] })
    expect(session.tick(sentMs + LATE_MS_MIN + 20).late).toEqual([first.client])
    session.heard(first.client, sentMs + LATE_MS_MIN + 30)
    expect(session.isLate(first.client)).toBe(false)
    expect(session.tick(sentMs + LATE_MS_MIN + 40).late).toEqual([])
  })

  test('is borne for longer where a round trip, or a large record on a slow path, takes longer', () => {
    const slow = new Several(1)
    const [way] = slow.ways as [Way]
    const { near } = slow.openStream()
    for (let i = 0; i < 30; i++) {
      near.stream.write(pattern(100))
      slow.produce(way, 'client')
      slow.nowMs += 1_000
      slow.deliver(way)
      slow.nowMs += ACK_DELAY_MS
      slow.produce(way, 'relay')
      slow.deliver(way)
    }
    near.stream.write(pattern(100))
    slow.produce(way, 'client')
    expect(way.client.lateAtMs - slow.nowMs).toBeGreaterThan(3_000)
    expect(way.client.lateAtMs - slow.nowMs).toBeLessThan(5_000)
  })

  /** How long it took until the client asked, time after time, since a transfer fell silent. */
  function askedAfter(several: Several, far: Recorder): number[] {
    const [first, second] = several.ways as [Way, Way]
    far.stream.write(pattern(100))
    several.produce(first, 'relay')
    several.settle()
    const asked: number[] = []
    let lastMs = several.nowMs
    for (let i = 0; i < 4; i++) {
      several.pass(several.client.session.deadlineMs() - several.nowMs)
      expect([several.produce(first, 'client').length, several.produce(second, 'client').length]).toEqual([1, 0])
      asked.push(several.nowMs - lastMs)
      several.deliver(first)
      several.produce(first, 'relay')
      several.deliver(first)
      lastMs = several.nowMs
    }
    return asked
  }

  test('of a transfer is asked after on its carrier: after about half a second, then after about twice as long each time', () => {
    const several = new Several(2)
    const { far } = several.openStream()
    several.pass(120_000)
    several.settle()
    let expected: readonly [number, number] = [PROBE_AFTER_MS_MIN, PROBE_AFTER_MS_MAX]
    for (const ms of askedAfter(several, far)) {
      // What settling takes is a part of the first.
      expect(ms).toBeGreaterThan(expected[0] - 100)
      expect(ms).toBeLessThanOrEqual(expected[1])
      expected = [ms * 1.5, ms * 2.5 + 250]
    }
  })

  // A row of 500, 1,000, 2,000 ms behind the last byte of every page would tell a carrier from all else, whatever is in it.
  test('of a transfer is asked after at no fixed times', () => {
    const several = new Several(2)
    const { far } = several.openStream()
    const rows = Array.from({ length: 12 }, () => {
      several.pass(120_000)
      several.settle()
      return askedAfter(several, far)
    })
    for (const place of [0, 1, 2, 3]) {
      const times = rows.map((row) => row[place] as number)
      expect(Math.max(...times) / Math.min(...times)).toBeGreaterThan(1.25)
    }
    const steps = rows.map((row) => (row[2] as number) / (row[1] as number))
    expect(Math.max(...steps) - Math.min(...steps)).toBeGreaterThan(0.25)
  })

  test('of an idle session is asked after on each carrier by the client, within 20 to 45 seconds; the relay asks nothing', () => {
    const several = new Several(3)
    several.settle()
    const pings = new Map<Way, number[]>(several.ways.map((way) => [way, [several.nowMs]]))
    const endMs = several.nowMs + 600_000
    while (several.nowMs < endMs) {
      several.pass(Math.min(several.client.session.deadlineMs(), several.relay.session.deadlineMs()) - several.nowMs)
      for (const way of several.ways) {
        expect(several.produce(way, 'relay')).toEqual([])
        if (several.produce(way, 'client').length > 0) pings.get(way)?.push(several.nowMs)
        several.deliver(way)
        several.produce(way, 'relay')
        several.deliver(way)
      }
    }
    for (const times of pings.values()) {
      const gaps = times.slice(1).map((ms, i) => ms - (times[i] as number))
      expect(gaps.length).toBeGreaterThan(10)
      expect(Math.min(...gaps.slice(1))).toBeGreaterThanOrEqual(PING_AFTER_MS_MIN)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(PING_AFTER_MS_MAX)
    }
  })

  test('of an idle session is asked after at once where the client has reason to doubt, once on each carrier; what does not answer is late', () => {
    const several = new Several(2)
    several.settle()
    const [mute, sound] = several.ways as [Way, Way]
    const { session } = several.client
    for (const _ of [1, 2]) session.ask(several.nowMs)
    expect(several.ways.map((way) => several.produce(way, 'client').length)).toEqual([1, 1])
    session.ask(several.nowMs)
    expect(several.ways.map((way) => several.produce(way, 'client').length)).toEqual([0, 0])
    several.deliver(sound)
    several.pass(ACK_DELAY_MS)
    several.produce(sound, 'relay')
    several.deliver(sound)
    expect(session.tick(several.nowMs + LATE_MS_MIN).late).toEqual([mute.client])
  })

  test('of a carrier that takes nothing more counts from when the client would have asked', () => {
    const several = new Several(1)
    const { far } = several.openStream()
    const [way] = several.ways as [Way]
    far.stream.write(pattern(100))
    several.settle()
    const askMs = several.client.session.deadlineMs()
    several.client.session.tick(askMs)
    expect(several.client.session.tick(askMs + LATE_MS_MIN).late).toEqual([way.client])
  })
})

test('a carrier that lost a message on the way is dead once an ack names a later one of its records', () => {
  const several = new Several(2)
  const { near, far } = several.openStream()
  const [lossy, other] = several.ways as [Way, Way]
  near.stream.write(pattern(20_000))
  several.produce(lossy, 'client', 3)
  lossy.toRelay.splice(1, 1)
  several.deliver(lossy)
  several.pass(ACK_DELAY_MS)
  several.produce(lossy, 'relay')
  several.deliver(lossy)
  const atMs = several.client.session.deadlineMs()
  expect(atMs - several.nowMs).toBeLessThanOrEqual(1)
  expect(several.client.session.tick(atMs).dead).toEqual([lossy.client])
  several.attach(lossy)
  several.settle()
  expect([far.receivedBytes, several.client.session.lanes.includes(other.client)]).toEqual([20_000, true])
})

test('a record that the peer had from a carrier that is lost does not make the next one look lossy', () => {
  const several = new Several(2)
  const { near } = several.openStream()
  const [lost, other] = several.ways as [Way, Way]
  near.stream.write(pattern(12_000))
  several.produce(lost, 'client', 1)
  several.produce(other, 'client', 1)
  for (const { bytes } of lost.toRelay.splice(0)) several.relay.session.receive(lost.relay, bytes, several.nowMs)
  several.pass(ACK_DELAY_MS)
  several.client.session.lose(lost.client)
  several.produce(other, 'client', 1)
  several.produce(lost, 'relay')
  for (const { bytes } of lost.toClient.splice(0)) several.client.session.receive(lost.client, bytes, several.nowMs)
  expect(several.client.session.tick(several.nowMs + 10).dead).toEqual([])
})

describe('two sides that each miss a record of the other', () => {
  /** The first record of each is lost with its carrier, which nobody has noticed yet. */
  function missing(): { several: Several; other: Way; near: Recorder; far: Recorder } {
    const several = new Several(2)
    const { near, far } = several.openStream()
    const [lossy, other] = several.ways as [Way, Way]
    near.stream.write(pattern(100))
    far.stream.write(pattern(100))
    for (const from of ['client', 'relay'] as const) several.produce(lossy, from)
    lossy.toRelay.length = 0
    lossy.toClient.length = 0
    return { several, other, near, far }
  }

  test('do not answer each other’s acks for ever', () => {
    const { several, other, near } = missing()
    near.stream.write(pattern(100))
    let records = 0
    for (let ms = 0; ms < 300; ms += 5) {
      several.pass(5)
      for (const from of ['client', 'relay'] as const) records += several.produce(other, from).length
      several.deliver(other)
    }
    expect(records).toBeLessThan(6)
  })

  test('learn at once what the other has, though the acks came ahead of what is missing', () => {
    const { several, other, near, far } = missing()
    near.stream.write(pattern(3_000))
    const before = several.client.session.retainedBytes
    const sent = sum(several.produce(other, 'client'))
    several.deliver(other)
    several.pass(ACK_DELAY_MS)
    several.produce(other, 'relay')
    several.deliver(other)
    expect([near.receivedBytes, far.receivedBytes]).toEqual([0, 0])
    expect([sent > 3_000, several.client.session.retainedBytes]).toEqual([true, before])
  })
})
