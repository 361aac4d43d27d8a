// One session over several carriers at once: order, loss, retiring, and what tells that a carrier is dead.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACK_DELAY_MS, RECORD_BYTES_SLOW } from '../../protocol/limits.ts'
import { toHex } from './fixtures.ts'
import { pattern, type Recorder } from './pair.ts'
import { type Sent, Several, type Way } from './several.ts'

const sum = (sent: readonly Sent[]): number => sent.reduce((bytes, one) => bytes + one.bytes.length, 0)
const numbers = (sent: readonly Sent[]): number[] => sent.map(({ record }) => record.number)

describe('order', () => {
  test('records that come in any order, some more than once, over one to four carriers: every stream has its bytes once and in order', () => {
    const shape = fc.record({
      ways: fc.integer({ min: 1, max: 4 }),
      streams: fc.array(fc.record({ up: fc.nat(60_000), down: fc.nat(60_000) }), { minLength: 1, maxLength: 4 }),
      /** Which carrier takes the next records, and how many. */
      turns: fc.array(fc.record({ way: fc.nat(3), count: fc.integer({ min: 1, max: 6 }) }), { minLength: 1, maxLength: 12 }),
      keys: fc.array(fc.nat(), { minLength: 50, maxLength: 50 }),
    })
    fc.assert(
      fc.property(shape, ({ ways, streams, turns, keys }) => {
        const several = new Several(ways)
        const ends = streams.map(() => several.openStream())
        const written = streams.map(({ up, down }, i) => ({ up: pattern(up, i), down: pattern(down, i + 100) }))
        for (const [i, { near, far }] of ends.entries()) {
          near.stream.write(written[i]?.up.slice() as Uint8Array)
          far.stream.write(written[i]?.down.slice() as Uint8Array)
          near.stream.fin()
          far.stream.fin()
        }
        const under: { readonly to: 'client' | 'relay'; readonly way: Way; readonly bytes: Uint8Array }[] = []
        for (const { way: index, count } of turns) {
          const way = several.ways[index % ways] as Way
          for (const { bytes } of several.produce(way, 'client', count)) under.push({ to: 'relay', way, bytes })
          for (const { bytes } of several.produce(way, 'relay', count)) under.push({ to: 'client', way, bytes })
          way.toRelay.length = 0
          way.toClient.length = 0
        }
        const doubled = [...under, ...under.filter((_, i) => (keys[i % 50] as number) % 3 === 0)]
        const shuffled = doubled.map((one, i) => ({ one, key: (keys[(i * 7) % 50] as number) ^ i })).sort((a, b) => a.key - b.key)
        for (const { one } of shuffled) several[one.to].session.receive(one.way[one.to], one.bytes, several.nowMs)
        several.settle()
        for (const [i, { near, far }] of ends.entries()) {
          expect([near.events, far.events]).toEqual([['fin'], ['fin']])
          expect(Buffer.compare(near.received, written[i]?.down as Uint8Array)).toBe(0)
          expect(Buffer.compare(far.received, written[i]?.up as Uint8Array)).toBe(0)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('what came ahead counts as held until its turn, and is acknowledged by number', () => {
    const several = new Several(2)
    const { near, far } = several.openStream()
    const [first, second] = several.ways as [Way, Way]
    near.stream.write(pattern(9_000))
    const early = several.produce(first, 'client', 1)
    several.produce(second, 'client')
    expect(sum(second.toRelay)).toBeGreaterThan(4_000)
    several.deliver({ ...first, toRelay: [], toClient: [] })
    several.deliver({ ...second, toClient: [] })
    expect([far.receivedBytes, several.relay.session.unconsumedBytes > 4_000]).toEqual([0, true])
    const before = several.client.session.retainedBytes
    several.pass(ACK_DELAY_MS)
    several.produce(second, 'relay')
    several.deliver(second)
    expect(several.client.session.retainedBytes).toBeLessThan(before - 4_000)
    expect(several.client.session.retainedBytes).toBeGreaterThanOrEqual(sum(early))
    several.settle()
    expect([far.receivedBytes, several.relay.session.unconsumedBytes, several.client.session.retainedBytes]).toEqual([9_000, 0, 0])
  })
})

describe('a carrier that is lost', () => {
  test('has its own records sent again and no others, as the very bytes that went out, before anything new', () => {
    const several = new Several(2)
    const { near, far } = several.openStream()
    const [lost, other] = several.ways as [Way, Way]
    near.stream.write(pattern(40_000))
    const onLost = several.produce(lost, 'client', 3)
    const onOther = several.produce(other, 'client', 2)
    several.client.session.lose(lost.client)
    lost.toRelay.length = 0
    near.stream.write(pattern(5_000))
    const after = several.produce(other, 'client', 4)
    expect(numbers(after).slice(0, 3)).toEqual(numbers(onLost))
    expect(after.slice(0, 3).map(({ bytes }) => toHex(bytes))).toEqual(onLost.map(({ bytes }) => toHex(bytes)))
    expect(numbers(after)[3]).toBe((numbers(onOther).at(-1) as number) + 1)
    several.relay.session.lose(lost.relay)
    several.ways.splice(0, 1)
    several.settle()
    expect(far.receivedBytes).toBe(45_000)
  })

  test('and all others too: a session without a carrier keeps everything for the next', () => {
    const several = new Several(3)
    const { near, far } = several.openStream()
    near.stream.write(pattern(100_000, 1))
    far.stream.write(pattern(100_000, 2))
    for (const way of several.ways) for (const from of ['client', 'relay'] as const) several.produce(way, from, 4)
    const ways = [...several.ways]
    for (const { client, relay } of ways) {
      several.client.session.lose(client)
      several.relay.session.lose(relay)
    }
    several.pass(600_000)
    expect([several.client.session.isSettled, several.client.session.lanes.length]).toEqual([false, 0])
    several.attach(...ways)
    several.settle()
    expect([Buffer.compare(far.received, pattern(100_000, 1)), Buffer.compare(near.received, pattern(100_000, 2))]).toEqual([0, 0])
  })

  test('is lost to both sides when an attach says so; others stay', () => {
    const several = new Several(3)
    const [first, second, third] = several.ways as [Way, Way, Way]
    const fourth = several.attach(first, third)
    for (const { session } of [several.client, several.relay]) {
      expect(session.lanes.map(({ counter }) => counter).sort()).toEqual([second.client.counter, fourth.client.counter])
    }
    expect([first.client.state, third.relay.state, second.client.state]).toEqual(['gone', 'gone', 'live'])
  })

  test('an attach that expects less than was acknowledged changes nothing', () => {
    const several = new Several(1)
    const { near, far } = several.openStream()
    near.stream.write(pattern(50_000))
    several.settle()
    const { retainedBytes, expected } = several.client.session
    const lane = several.client.session.attach(9, 0, [], several.nowMs)
    expect([several.client.session.retainedBytes, several.client.session.expected]).toEqual([retainedBytes, expected])
    const sent = several.client.session.produce(lane, several.nowMs)
    expect(sent?.body.length).toBeLessThan(200)
    expect(far.receivedBytes).toBe(50_000)
  })
})

describe('retiring', () => {
  function retired(): { several: Several; old: Way; other: Way; near: Recorder; far: Recorder } {
    const several = new Several(2)
    const { near, far } = several.openStream()
    const [old, other] = several.ways as [Way, Way]
    return { several, old, other, near, far }
  }

  test('is the last that goes out on the carrier, and everything that is written later goes by others', () => {
    const { several, old, near, far } = retired()
    near.stream.write(pattern(10_000))
    several.client.session.retire(old.client)
    const last = several.produce(old, 'client')
    expect([last.length, old.client.state]).toEqual([1, 'retiring'])
    near.stream.write(pattern(10_000))
    expect(several.produce(old, 'client')).toEqual([])
    several.settle()
    expect(far.receivedBytes).toBe(20_000)
    expect(several.relay.retired).toEqual([old.relay])
  })

  test('the relay sends nothing more on it, and it is empty once all is acknowledged by another', () => {
    const { several, old, other, far } = retired()
    far.stream.write(pattern(9_000))
    several.produce(old, 'relay')
    several.client.session.retire(old.client)
    several.produce(old, 'client')
    for (const { bytes } of old.toRelay.splice(0)) several.relay.session.receive(old.relay, bytes, several.nowMs)
    expect([several.relay.retired.length, old.relay.bytes > 9_000]).toEqual([1, true])
    far.stream.write(pattern(9_000))
    expect(several.produce(old, 'relay')).toEqual([])
    several.deliver(old)
    several.produce(other, 'client')
    several.deliver(other)
    expect(old.relay.bytes).toBe(0)
  })

  test('in order sends nothing twice: when it ends, neither side has anything to repeat', () => {
    const { several, old, near, far } = retired()
    near.stream.write(pattern(60_000))
    far.stream.write(pattern(60_000))
    for (const from of ['client', 'relay'] as const) several.produce(old, from, 5)
    several.client.session.retire(old.client)
    several.settle()
    expect([old.client.bytes, old.relay.bytes]).toEqual([0, 0])
    for (const end of ['client', 'relay'] as const) several[end].session.lose(old[end])
    expect([several.client.session.isSettled, several.relay.session.isSettled]).toEqual([true, true])
    expect([near.receivedBytes, far.receivedBytes]).toEqual([60_000, 60_000])
  })

  test('of a carrier that dies before the relay heard of it still ends that carrier', () => {
    const { several, old, other } = retired()
    several.client.session.retire(old.client)
    several.produce(old, 'client')
    old.toRelay.length = 0
    several.client.session.lose(old.client)
    several.produce(other, 'client')
    several.deliver(other)
    expect(several.relay.retired).toEqual([old.relay])
  })
})

describe('a carrier that is slow and holds all up', () => {
  test('is retired by the client on another, which also brings what was under way; what comes by it counts', () => {
    const several = new Several(2)
    const { near, far } = several.openStream()
    const [slow, other] = several.ways as [Way, Way]
    near.stream.write(pattern(9_000))
    const held = several.produce(slow, 'client')
    far.stream.write(pattern(9_000))
    several.produce(slow, 'relay', 1)
    several.client.session.relieve(slow.client)
    expect(several.produce(slow, 'client')).toEqual([])
    expect(numbers(several.produce(other, 'client')).slice(0, held.length)).toEqual(numbers(held))
    several.deliver({ ...other, toClient: [] })
    expect([far.receivedBytes, several.relay.retired]).toEqual([9_000, [slow.relay]])
    several.settle()
    expect([near.receivedBytes, slow.client.bytes, slow.relay.bytes]).toEqual([9_000, 0, 0])
  })

  test('is sent nothing more by the relay, not even answers, and brings what the client sends; it is better than none', () => {
    const several = new Several(2)
    const { near, far } = several.openStream()
    const [slow, other] = several.ways as [Way, Way]
    far.stream.write(pattern(9_000))
    several.produce(slow, 'relay')
    several.relay.session.relieve(slow.relay)
    near.stream.write(pattern(500))
    several.produce(slow, 'client')
    several.deliver({ ...slow, toClient: [] })
    several.pass(ACK_DELAY_MS)
    expect([far.receivedBytes, several.produce(slow, 'relay').length]).toEqual([500, 0])
    several.settle()
    expect([near.receivedBytes, several.client.session.isSettled]).toEqual([9_000, true])
    several.relay.session.lose(other.relay)
    several.client.session.lose(other.client)
    several.ways.splice(1, 1)
    far.stream.write(pattern(500))
    several.settle()
    expect([slow.relay.state, near.receivedBytes]).toEqual(['live', 9_500])
  })
})

describe('answers', () => {
  test('go out where the question came, though another carrier is preferred', () => {
    const several = new Several(3)
    const { near } = several.openStream()
    for (const way of several.ways) {
      near.stream.write(pattern(100))
      several.produce(way, 'client')
      several.deliver(way)
      several.pass(ACK_DELAY_MS)
      for (const other of several.ways) expect(several.produce(other, 'relay').length).toBe(other === way ? 1 : 0)
      several.deliver(way)
    }
  })

  test('go out elsewhere where nothing more goes out', () => {
    const several = new Several(2)
    const { far } = several.openStream()
    const [old, other] = several.ways as [Way, Way]
    several.client.session.retire(old.client)
    several.produce(old, 'client')
    far.stream.write(pattern(100))
    several.produce(old, 'relay')
    for (const { bytes } of old.toClient.splice(0)) several.client.session.receive(old.client, bytes, several.nowMs)
    expect([several.produce(old, 'client').length, several.produce(other, 'client').length]).toEqual([0, 1])
  })
})

describe('the size of records', () => {
  test('grows with what the carrier has carried: no more than an eighth of it, beyond the least', () => {
    const several = new Several(1)
    const { near } = several.openStream()
    const [way] = several.ways as [Way]
    let carriedBytes = 0
    for (let i = 0; i < 40; i++) {
      near.stream.write(pattern(60_000))
      const sent = several.produce(way, 'client')
      for (const { bytes } of sent) expect(bytes.length).toBeLessThanOrEqual(Math.max(RECORD_BYTES_SLOW, (carriedBytes + 2_000) / 8))
      carriedBytes += sum(sent)
      several.settle()
    }
    expect(carriedBytes).toBeGreaterThan(2_000_000)
  })

  test('is small on a carrier whose path is not known, and on a slow one, and full on a fast one', () => {
    const several = new Several(1)
    const { near } = several.openStream()
    const [way] = several.ways as [Way]
    near.stream.write(pattern(250_000))
    const first = several.produce(way, 'client')
    expect(Math.max(...first.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(RECORD_BYTES_SLOW)
    several.deliver(way)
    near.stream.write(pattern(500_000))
    several.settle()
    near.stream.write(pattern(250_000))
    expect(Math.max(...several.produce(way, 'client').map(({ bytes }) => bytes.length))).toBeGreaterThan(60_000)
  })
})

describe('settled', () => {
  test('is a session whose carriers have nothing under way that asks for an answer, and not one that has lost some', () => {
    const several = new Several(2)
    const { near } = several.openStream()
    const [first] = several.ways as [Way, Way]
    near.stream.write(pattern(10))
    several.produce(first, 'client')
    expect(several.client.session.isSettled).toBe(false)
    several.client.session.lose(first.client)
    expect(several.client.session.isSettled).toBe(false)
    several.relay.session.lose(first.relay)
    several.ways.splice(0, 1)
    several.settle()
    expect(several.client.session.isSettled).toBe(true)
  })
})
