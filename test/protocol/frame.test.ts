import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DATAGRAM_BYTES_MAX, parseTarget, type Target, Writer } from '#protocol'
import { dataHeaderBytes, decodeFrames, encodeDataHeader, FrameType } from '../../protocol/frame.ts'
import { encodeTarget } from '../../protocol/target.ts'
import { codeOf, fromHex, toHex } from './fixtures.ts'
import { type Frame, IGNORED, recordFrames } from './frames.ts'

const id = fc.oneof(fc.nat(100), fc.maxSafeNat())
const bytes = fc.uint8Array({ maxLength: 40 }).map(toHex)
const code = fc.integer({ min: 0, max: 10 })
const target = fc.constantFrom('example.com', '192.0.2.1', '2001:db8::1').map((host) => parseTarget(host, 443))

const frame: fc.Arbitrary<Frame> = fc.oneof(
  id.map((next): Frame => ['ack', next]),
  fc.constant<Frame>(['ping']),
  fc.tuple(id, fc.nat(3), target).map(([stream, flags, to]): Frame => ['open', stream, flags, to]),
  id.map((stream): Frame => ['opened', stream]),
  fc.tuple(id, bytes).map(([stream, hex]): Frame => ['data', stream, hex]),
  id.map((stream): Frame => ['fin', stream]),
  fc.tuple(id, code).map(([stream, reason]): Frame => ['reset', stream, reason]),
  fc.tuple(id, id).map(([stream, limit]): Frame => ['window', stream, limit]),
  fc.tuple(id, target, bytes).map(([stream, to, hex]): Frame => ['datagram', stream, to, hex]),
  code.map((reason): Frame => ['goaway', reason]),
  fc.tuple(id, fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([next, bitmap]): Frame => ['ackAhead', next, toHex(bitmap)]),
  fc.nat(0xffff_ffff).map((counter): Frame => ['retire', counter]),
  fc
    .tuple(id, fc.nat(254), fc.uint8Array({ minLength: 24, maxLength: 255 }))
    .map(([number, place, part]): Frame => ['part', number, place * 256 + part.length, place * 256, toHex(part)]),
)

/** By SPEC.md §7.2, apart from the code that sends. */
function encode(frames: readonly Frame[]): Uint8Array {
  const writer = new Writer(new Uint8Array(10_000))
  for (const [name, ...fields] of frames) {
    writer.u8(FrameType[name])
    for (const [i, field] of fields.entries()) {
      if (typeof field === 'object') encodeTarget(writer, field as Target)
      else if (typeof field === 'string') writer.varint(field.length / 2).put(fromHex(field))
      else if (name === 'retire') writer.u32(field)
      else if (name === 'part' && i === 1) writer.u16(field)
      else if (name === 'part' && i === 2) writer.u8(field / 256)
      else if (name === 'goaway' || (i === 1 && (name === 'open' || name === 'reset'))) writer.u8(field)
      else writer.varint(field)
    }
  }
  return writer.done()
}

test('decode what was encoded, in order', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), (frames) => {
      expect(recordFrames(encode(frames)).frames).toEqual(frames)
    }),
  )
})

test('ask for an answer, but for acks and padding', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 3 }), (frames) => {
      const asks = frames.some(([name]) => name !== 'ack' && name !== 'ackAhead')
      expect(decodeFrames(Buffer.concat([encode(frames), new Uint8Array(4)]), IGNORED, IGNORED)).toBe(asks)
    }),
  )
})

test('any bytes decode or are refused with a code, and never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
      const { error } = recordFrames(input)
      return error === undefined || error === 'bad-frame' || error === 'bad-target'
    }),
    { numRuns: 2_000 },
  )
})

test('any cut of good frames decodes to a beginning of them, or is refused', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), fc.nat(), (frames, cut) => {
      const whole = encode(frames)
      const { frames: got } = recordFrames(whole.subarray(0, cut % whole.length))
      expect(got).toEqual(frames.slice(0, got.length))
    }),
  )
})

test('padding takes the rest of the record, whatever it is', () => {
  expect(recordFrames(fromHex('0200ffffff0d'))).toEqual({ frames: [['ping']], error: undefined })
})

test('a datagram that is too large is refused by its length alone', () => {
  const writer = new Writer(new Uint8Array(20)).u8(FrameType.datagram).varint(1)
  encodeTarget(writer, parseTarget('192.0.2.1', 53))
  writer.varint(DATAGRAM_BYTES_MAX + 1)
  expect(recordFrames(writer.done()).error).toBe('bad-frame')
})

describe('data headers', () => {
  test('are as long as they say, and decode', () => {
    fc.assert(
      fc.property(id, fc.nat(70_000), (stream, length) => {
        const writer = new Writer(new Uint8Array(20 + length))
        encodeDataHeader(writer, stream, length)
        expect(writer.offset).toBe(dataHeaderBytes(stream, length))
        expect(recordFrames(writer.bytes.subarray(0, writer.offset + length)).frames).toEqual([['data', stream, '00'.repeat(length)]])
      }),
      { numRuns: 20 },
    )
  })
})

test('bytes that lie alone in their record are said to, others not', () => {
  const alone: boolean[] = []
  const streams = { ...IGNORED, onData: (_id: number, _bytes: Uint8Array, isAlone: boolean) => void alone.push(isAlone) }
  for (const hex of ['0105 05010161', '050101610501 0162', '05010161 02', `09010401020304003501ff 05010161`]) {
    expect(codeOf(() => decodeFrames(fromHex(hex), IGNORED, streams))).toBeUndefined()
  }
  expect(alone).toEqual([true, false, false, false, false])
})
