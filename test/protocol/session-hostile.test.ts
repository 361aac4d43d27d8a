// A session whose peer holds the right keys and sends what it should not: each case ends in the stated error, or in nothing at all.
import { describe, expect, test } from 'vitest'
import { Cipher, concatBytes, encodeHex, ResetCode, type Stream, utf8 } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import {
  CONTROL_QUEUE_COUNT_MAX,
  PIECE_BYTES,
  RECORD_PLAINTEXT_BYTES_MAX,
  SESSION_UNCONSUMED_BYTES_MAX,
  SILENCE_MS_MAX,
  STREAM_WINDOW_BYTES,
} from '../../protocol/limits.ts'
import { RecordSealer } from '../../protocol/record.ts'
import { codeOf, flipBit, fromHex } from './fixtures.ts'
import { DOWN, End, Pair, pattern, type Recorder, UP, wireBytes } from './pair.ts'

const NAME = `010b${encodeHex(utf8('example.com'))}01bb`
const hex = (value: number): string => value.toString(16).padStart(2, '0')
const open = (id: number, flags = 0): string => `03${hex(id)}${hex(flags)}${NAME}`
const varint = (value: number): string => (0x8000_0000 + value).toString(16)
/** Some units of a sealed record. */
const part = (number: number, record: Uint8Array, first = 0, last = 256, size = record.length): Uint8Array => {
  const bytes = record.subarray(first * 256, last * 256)
  return concatBytes(Uint8Array.of(13, number, size >> 8, size & 0xff, first), fromHex(varint(bytes.length)), bytes)
}

/** One session, and records of its peer's that hold whatever the test says. */
class Victim extends End {
  readonly #sealer: RecordSealer

  constructor(role: 'client' | 'relay', more: { readonly takesParts?: boolean } = {}) {
    super({ role, ...more })
    this.#sealer = new RecordSealer(nodeCrypto, Cipher.aes256gcm, role === 'relay' ? UP : DOWN)
  }

  record(...frames: readonly (string | Uint8Array)[]): Uint8Array {
    return wireBytes(this.#sealer.seal(concatBytes(...frames.map((frame) => (typeof frame === 'string' ? fromHex(frame) : frame)))))
  }

  /** The code that the frames end the session with. */
  suffers(...frames: readonly (string | Uint8Array)[]): string | undefined {
    const record = this.record(...frames)
    return codeOf(() => this.session.receive(this.lane, record, 1))
  }
}

describe('a relay', () => {
  test.each([
    ['data for a stream that was never opened', '05010100', 'bad-stream'],
    ['a fin for it', '0601', 'bad-stream'],
    ['a reset for it', '070100', 'bad-stream'],
    ['credit for it', '08014100', 'bad-stream'],
    ['a datagram for it', `0901${NAME}00`, 'bad-stream'],
    ['stream 0', open(0), 'bad-stream'],
    ['data for stream 0', '05000100', 'bad-stream'],
    ['a first stream that is not number 1', open(2), 'bad-stream'],
    ['a stream that is opened twice', open(1) + open(1), 'bad-stream'],
    ['a number that is left out', open(1) + open(3), 'bad-stream'],
    ['unknown flags', open(1, 4), 'bad-frame'],
    ['an unknown frame', '0e', 'bad-frame'],
    ['a part in its turn, of a later record', part(1, new Uint8Array(30)), 'bad-frame'],
    ['a part of its own record', part(0, new Uint8Array(30)), 'bad-frame'],
    ['an ack ahead of what was never sealed', '0b000101', 'bad-ack'],
    ['a frame that ends early', '0501', 'bad-frame'],
    ['more data than the record has', `${open(1)}05010500`, 'bad-frame'],
    ['a target that is an address in letters', '0301000107312e322e332e340050', 'bad-target'],
    ['an ack for what was never sealed', '0101', 'bad-ack'],
    ['data after fin', `${open(1)}060105010100`, 'bad-stream'],
  ])('%s', (_name, frames, code) => {
    expect(new Victim('relay').suffers(frames)).toBe(code)
  })

  test('data beyond the credit, by one byte, over several records', () => {
    const relay = new Victim('relay')
    relay.consumes = false
    const part = 0x8000
    expect(relay.suffers(open(1))).toBeUndefined()
    for (let sent = 0; sent < STREAM_WINDOW_BYTES; sent += part) {
      expect(relay.suffers(`0501${varint(part)}`, new Uint8Array(part))).toBeUndefined()
    }
    expect(relay.suffers('05010100')).toBe('over-credit')
  })

  test('what is harmless changes nothing: empty records, empty data, padding, a second fin, old acks, lower credit, unknown codes', () => {
    const relay = new Victim('relay')
    expect(relay.suffers()).toBeUndefined()
    expect(relay.suffers('0002030405')).toBeUndefined()
    expect(relay.suffers(open(1), '050100', '0801', varint(1), '0601', '0601', '0100')).toBeUndefined()
    expect(relay.opened[0]?.events).toEqual(['fin'])
    expect(relay.opened[0]?.stream.sendLimit).toBe(STREAM_WINDOW_BYTES)
    expect(relay.suffers(open(2), '0702ff')).toBeUndefined()
    expect(relay.opened[1]?.events).toEqual([`reset ${ResetCode.internal}`])
  })

  test('frames for a stream that is over are dropped', () => {
    const relay = new Victim('relay')
    expect(relay.suffers(open(1), '070100', '05010100', '0601', '070100', '08014100', `0901${NAME}00`)).toBeUndefined()
    expect(relay.opened[0]?.receivedBytes).toBe(0)
  })

  test('many streams that are filled and not read: the fattest is reset, and what is held stays bounded', () => {
    const relay = new Victim('relay')
    relay.consumes = false
    const part = 0xfc00
    const count = Math.ceil(SESSION_UNCONSUMED_BYTES_MAX / (4 * part)) + 5
    for (let i = 0; i < count; i++) {
      const id = (0x4000 + i + 1).toString(16)
      expect(relay.suffers(`03${id}00${NAME}`)).toBeUndefined()
      for (let sent = 0; sent < 4; sent++) relay.suffers(`05${id}${varint(part)}`, new Uint8Array(part))
      expect(relay.session.unconsumedBytes).toBeLessThanOrEqual(SESSION_UNCONSUMED_BYTES_MAX)
    }
    const ends = relay.opened.map(({ events }) => events.join()).filter((events) => events !== '')
    expect(ends.length).toBeGreaterThan(0)
    expect(new Set(ends)).toEqual(new Set([`reset ${ResetCode.overload}`]))
  })

  test('a flood of opens that are all refused, by a peer that reads nothing, ends the session where it is read, never elsewhere', () => {
    const relay = new Victim('relay')
    relay.suffers(open(1))
    const live = relay.opened[0]
    relay.session.goaway(ResetCode.goingAway)
    let id = 1
    let code: string | undefined
    while (code === undefined && id < 2 * CONTROL_QUEUE_COUNT_MAX) {
      const frames: string[] = []
      for (let i = 0; i < 2_000; i++) frames.push(`03${varint(++id)}00${NAME}`)
      code = relay.suffers(...frames)
    }
    expect(code).toBe('limit')
    expect(id).toBeGreaterThan(CONTROL_QUEUE_COUNT_MAX)
    expect(codeOf(() => live?.stream.reset(ResetCode.timeout))).toBeUndefined()
  })
})

describe('a client', () => {
  test.each([
    ['an open frame', open(1), 'bad-stream'],
    ['data for a stream that it never opened', '05010100', 'bad-stream'],
    ['opened for one', '0401', 'bad-stream'],
  ])('%s', (_name, frames, code) => {
    expect(new Victim('client').suffers(frames)).toBe(code)
  })

  test('a stream whose open frame waits can be told nothing yet', () => {
    const client = new Victim('client')
    client.open()
    expect(client.suffers('0401')).toBe('bad-stream')
  })
})

describe('parts', () => {
  /** A record of three units that opens a stream and says something there, and is kept back. */
  function victim(): { readonly relay: Victim; readonly missing: Uint8Array; readonly said: () => number[] } {
    const relay = new Victim('relay')
    const missing = relay.record(open(1), `0501${varint(600)}`, pattern(600))
    return { relay, missing, said: () => [relay.opened.length, relay.opened[0]?.receivedBytes ?? 0, relay.session.expected] }
  }

  test('make a record whole, in any order, doubled and overlapping, as soon as the last has come', () => {
    const { relay, missing, said } = victim()
    expect(relay.suffers(part(0, missing, 2), part(0, missing, 2))).toBeUndefined()
    expect(relay.suffers(part(0, missing, 0, 1), part(0, missing, 0, 1), '02')).toBeUndefined()
    expect([said(), relay.session.unconsumedBytes >= missing.length]).toEqual([[0, 0, 0], true])
    expect(relay.suffers(part(0, missing, 0, 2))).toBeUndefined()
    expect(said()).toEqual([1, 600, 4])
    expect([relay.opened[0]?.received, relay.session.unconsumedBytes]).toEqual([pattern(600), 0])
  })

  test('of a record that has come change nothing, in turn and out of it; nor does that record, after its parts', () => {
    const { relay, missing, said } = victim()
    const kept = relay.record('02')
    expect(relay.suffers(part(0, missing))).toBeUndefined()
    expect(said()).toEqual([1, 600, 1])
    expect(relay.suffers(part(0, missing), part(0, missing, 0, 1))).toBeUndefined()
    for (const record of [missing, kept]) expect(codeOf(() => relay.session.receive(relay.lane, record, 1))).toBeUndefined()
    expect(relay.suffers(part(0, missing, 1, 2))).toBeUndefined()
    expect(said()).toEqual([1, 600, 5])
  })

  test('that are never completed are held until the record comes whole, and no longer', () => {
    const { relay, missing, said } = victim()
    expect(relay.suffers(part(0, missing, 1))).toBeUndefined()
    expect(relay.session.unconsumedBytes).toBe(missing.length)
    relay.session.receive(relay.lane, missing, 1)
    expect([said(), relay.session.unconsumedBytes]).toEqual([[1, 600, 2], 0])
  })

  test('of four records wait side by side, and never hold more than four records; of a fifth end the session', () => {
    const { relay, missing } = victim()
    const large = new Uint8Array(65_535)
    for (let i = 1; i <= 4; i++) relay.record('02')
    for (let number = 0; number < 4; number++) {
      for (let twice = 0; twice < 2; twice++) expect(relay.suffers(part(number, number === 0 ? missing : large, 0, 1))).toBeUndefined()
    }
    expect(relay.session.unconsumedBytes).toBe(missing.length + 3 * 65_535)
    expect(relay.suffers(part(4, large, 0, 1))).toBe('limit')
  })

  test('one of four that is whole makes room for another', () => {
    const { relay, missing } = victim()
    for (let i = 1; i <= 4; i++) relay.record('02')
    for (let number = 1; number <= 3; number++) relay.suffers(part(number, new Uint8Array(600), 0, 1))
    expect(relay.suffers(part(0, missing))).toBeUndefined()
    expect(relay.suffers(part(4, new Uint8Array(600), 0, 1))).toBeUndefined()
  })

  test.each<[string, (missing: Uint8Array, other: Uint8Array) => readonly Uint8Array[], string]>([
    ['of one record that differ about its size', (missing) => [part(0, missing, 0, 1), part(0, missing, 1, 2, 1_000)], 'bad-frame'],
    ['of a record later than the one that they are in', () => [part(9, new Uint8Array(30))], 'bad-frame'],
    ['of the record that they are in', () => [part(2, new Uint8Array(30))], 'bad-frame'],
    ['that are of another record than they say', (_, other) => [part(0, other)], 'bad-frame'],
    ['that nobody sealed', () => [part(0, new Uint8Array(600))], 'bad-record'],
    ['with a bit turned', (missing) => [part(0, flipBit(missing, 300))], 'bad-record'],
    ['with a bit turned in what overlaps', (missing) => [part(0, missing, 0, 2), part(0, flipBit(missing, 300), 1)], 'bad-record'],
    [
      'of which one lies in another’s place',
      (missing) => [part(0, concatBytes(missing.subarray(256, 512), missing.subarray(256)))],
      'bad-record',
    ],
  ])('%s end what they can', (_name, parts, code) => {
    const { relay, missing, said } = victim()
    const other = relay.record('02')
    expect(relay.suffers(...parts(missing, other))).toBe(code)
    expect(said()).toEqual([0, 0, 0])
    if (code !== 'bad-record') return
    // The carrier has ended, and the session goes on by another.
    for (const record of [other, missing]) expect(codeOf(() => relay.session.receive(relay.lane, record, 1))).toBeUndefined()
    expect(said()).toEqual([1, 600, 3])
  })

  test('inside a record that itself came in parts are none: nothing can be nested', () => {
    const { relay, missing, said } = victim()
    const inner = relay.record(part(0, missing))
    expect(relay.suffers(part(1, inner))).toBeUndefined()
    expect(said()).toEqual([0, 0, 0])
    relay.session.receive(relay.lane, missing, 1)
    expect(said()).toEqual([1, 600, 3])
  })

  test('behind any other frame wait for their turn, when they are not needed', () => {
    const { relay, missing, said } = victim()
    expect(relay.suffers('02', part(0, missing))).toBeUndefined()
    expect(said()).toEqual([0, 0, 0])
    relay.session.receive(relay.lane, missing, 1)
    expect(said()).toEqual([1, 600, 2])
  })

  test('end a session that did not agree to them, in turn and out of it', () => {
    for (const isAhead of [false, true]) {
      const relay = new Victim('relay', { takesParts: false })
      const first = relay.record('02')
      if (!isAhead) relay.session.receive(relay.lane, first, 1)
      const code = relay.suffers(part(0, first))
      expect(isAhead ? codeOf(() => relay.session.receive(relay.lane, first, 1)) : code).toBe('bad-frame')
    }
  })
})

describe('bytes that nobody takes', () => {
  const byte = (id: number): string => `05${hex(id)}0107`

  // Else one byte of credit would hold a whole record, and a window's worth of them 17 GB.
  test('hold no more memory than they count for, however much padding came with them', () => {
    const relay = new Victim('relay')
    relay.consumes = false
    relay.session.receive(relay.lane, relay.record(open(1)), 1)
    const stream = relay.opened[0]?.stream as Stream
    const held: number[] = []
    stream.handler = { ...stream.handler, onData: (bytes) => void held.push(bytes.buffer.byteLength) }
    relay.session.receive(relay.lane, relay.record(byte(1), new Uint8Array(60_000)), 1)
    relay.session.receive(relay.lane, relay.record(byte(1), byte(1)), 1)
    expect(held).toEqual([1, 1, 1])
  })

  // A view and its place in a socket's queue take a hundred times what a byte does.
  test('count for what their pieces take as well: who sends them one by one loses the stream, and no more', () => {
    const relay = new Victim('relay')
    relay.consumes = false
    relay.session.receive(relay.lane, relay.record(open(1), open(2), byte(2)), 1)
    const [slow, other] = relay.opened as [Recorder, Recorder]
    slow.stream.handler = { ...slow.stream.handler, onData: () => undefined, onReset: (code) => slow.onReset(code) }
    const most = byte(1).repeat(Math.floor(RECORD_PLAINTEXT_BYTES_MAX / 4))
    for (let i = 0; i < 16 && slow.events.length === 0; i++) relay.session.receive(relay.lane, relay.record(most), 1)
    expect([slow.events, slow.stream.unconsumedBytes < STREAM_WINDOW_BYTES]).toEqual([[`reset ${ResetCode.overload}`], true])
    expect([other.stream.isOver, relay.session.unconsumedBytes, relay.session.pieceBytes]).toEqual([false, 1, PIECE_BYTES])
    other.stream.consumed(1)
    expect([relay.session.unconsumedBytes, relay.session.pieceBytes]).toEqual([0, 0])
  })

  test('count for less as they are taken, and for nothing when none is left', () => {
    const relay = new Victim('relay')
    relay.consumes = false
    relay.session.receive(relay.lane, relay.record(open(1), byte(1).repeat(10)), 1)
    const stream = relay.opened[0]?.stream as Stream
    stream.consumed(4)
    expect(relay.session.pieceBytes).toBe(6 * PIECE_BYTES)
    stream.consumed(6)
    expect(relay.session.pieceBytes).toBe(0)
  })
})

describe('records', () => {
  test('one that was opened before is dropped and acknowledged again', () => {
    const relay = new Victim('relay')
    const record = relay.record(open(1), '05010100')
    relay.session.receive(relay.lane, record, 1)
    while (relay.session.produce(relay.lane, 100) !== undefined);
    const wakes = relay.wakes
    expect(codeOf(() => relay.session.receive(relay.lane, record, 101))).toBeUndefined()
    expect(relay.wakes).toBeGreaterThan(wakes)
    expect(relay.session.produce(relay.lane, 101)).toBeDefined()
    expect([relay.opened.length, relay.opened[0]?.receivedBytes]).toEqual([1, 1])
  })

  test('one with any bit turned is not opened, and the genuine one still is', () => {
    const relay = new Victim('relay')
    const record = relay.record(open(1))
    for (const [offset, codes] of [
      [0, ['bad-record', 'record-gap']],
      [7, ['bad-record', 'record-gap']],
      [8, ['bad-record']],
      [-17, ['bad-record']],
      [-1, ['bad-record', 'record-gap']],
    ] as const) {
      expect(codes).toContain(codeOf(() => relay.session.receive(relay.lane, flipBit(record, offset), 1)))
    }
    expect(codeOf(() => relay.session.receive(relay.lane, record, 1))).toBeUndefined()
    expect(relay.opened.length).toBe(1)
  })

  test('one of our own, sent back, is not the peer’s', () => {
    const pair = new Pair()
    pair.client.open().stream.write(pattern(10))
    pair.produce()
    const own = wireBytes(pair.toRelay[0] as NonNullable<(typeof pair.toRelay)[0]>)
    expect(['bad-record', 'record-gap']).toContain(codeOf(() => pair.client.session.receive(pair.client.lane, own, 1)))
  })

  test('a size that no record has is refused before anything is computed', () => {
    const relay = new Victim('relay')
    for (const size of [0, 23, 65_536]) expect(codeOf(() => relay.session.receive(relay.lane, new Uint8Array(size), 1))).toBe('bad-record')
  })

  test('an attach that expects what was never sealed ends the session; one that expects what is acknowledged already changes nothing', () => {
    const pair = new Pair()
    pair.openStream()
    const { retainedBytes } = pair.client.session
    pair.client.session.attach(1, 0, [], pair.nowMs)
    expect(pair.client.session.retainedBytes).toBe(retainedBytes)
    expect(pair.client.session.isSettled).toBe(true)
    expect(codeOf(() => pair.client.session.attach(2, 1_000, [], pair.nowMs))).toBe('bad-ack')
  })
})

describe('silence', () => {
  test('an answer that does not come in time means that the carrier is dead, and not before', () => {
    const client = new End({ role: 'client' })
    client.open().stream.write(pattern(1))
    client.session.produce(client.lane, 0)
    expect(client.session.tick(SILENCE_MS_MAX - 1).dead).toEqual([])
    expect(client.session.deadlineMs()).toBe(SILENCE_MS_MAX)
    expect(client.session.tick(SILENCE_MS_MAX).dead).toEqual([client.lane])
  })

  test('an idle session is never dead, and its client pings now and then, at once answered', () => {
    const pair = new Pair()
    pair.openStream()
    let pings = 0
    for (let i = 0; i < 10; i++) {
      const waitMs = Math.min(pair.client.session.deadlineMs(), pair.relay.session.deadlineMs()) - pair.nowMs
      expect(waitMs).toBeGreaterThanOrEqual(20_000)
      expect(waitMs).toBeLessThanOrEqual(45_000)
      pair.nowMs += waitMs
      for (const { session } of [pair.client, pair.relay]) expect(session.tick(pair.nowMs)).toEqual({ late: [], dead: [] })
      pings += pair.produce()
      pair.deliver()
      expect(pair.produce()).toBe(1)
      pair.deliver()
    }
    expect(pings).toBe(10)
  })
})
