import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, utf8 } from '#protocol'
import { RECORD_BYTES_MAX } from '../../protocol/limits.ts'
import { encodeClose, encodeMessageHeader, encodePong, WebSocketReader } from '../../protocol/websocket.ts'
import { codeOf, fromHex, toHex } from './fixtures.ts'
import { pattern } from './pair.ts'

/** What a reader made of the bytes, given in these pieces. */
function read(isMasked: boolean, pieces: readonly Uint8Array[]): { readonly events: string[]; readonly error: string | undefined } {
  const events: string[] = []
  const reader = new WebSocketReader(isMasked, {
    onMessage: (message) => events.push(`message ${toHex(message)}`),
    onPing: (payload) => events.push(`ping ${toHex(payload)}`),
    onClose: () => events.push('close'),
  })
  const error = codeOf(() => {
    for (const piece of pieces) reader.take(piece.slice())
  })
  reader.close()
  return { events, error }
}

interface Part {
  readonly opcode: number
  readonly isLast: boolean
  readonly payload: Uint8Array
}

/** RFC 6455 §5.2 apart from the code that sends: with a mask that is not zero, and any form of length. */
function encode({ opcode, isLast, payload }: Part, mask: Uint8Array | undefined): Uint8Array {
  const { length } = payload
  const sized =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255]
  sized[0] = (sized[0] as number) | (mask === undefined ? 0 : 0x80)
  const body = mask === undefined ? payload : payload.map((byte, i) => byte ^ (mask[i & 3] as number))
  return concatBytes(Uint8Array.of((isLast ? 0x80 : 0) | opcode, ...sized), mask ?? new Uint8Array(), body)
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.integer({ min: 0, max: 40_000 }).map((length) => pattern(length)),
)
const message = fc.record({ parts: fc.array(payload, { minLength: 1, maxLength: 3 }), pingAfter: fc.boolean() })
const mask = fc.uint8Array({ minLength: 4, maxLength: 4 })

/** Cuts bytes at offsets anywhere. */
function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const offsets = [...cuts.map((at) => at % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b)
  return offsets.slice(1).map((end, i) => bytes.subarray(offsets[i], end))
}

test('any split of the bytes gives the same messages, masked or not, fragmented or not, with pings between', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 4 }),
      fc.option(mask, { nil: undefined }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (messages, key, cuts) => {
        const expected: string[] = []
        const frames: Uint8Array[] = []
        for (const { parts, pingAfter } of messages) {
          const small = parts.map((part) => part.subarray(0, 20_000))
          for (const [i, part] of small.entries()) {
            frames.push(encode({ opcode: i === 0 ? 2 : 0, isLast: i === small.length - 1, payload: part }, key))
            if (pingAfter) frames.push(encode({ opcode: 9, isLast: true, payload: Uint8Array.of(i) }, key))
            if (pingAfter && i < small.length - 1) expected.push(`ping 0${i}`)
          }
          expected.push(`message ${toHex(concatBytes(...small))}`)
          if (pingAfter) expected.push(`ping 0${small.length - 1}`)
        }
        const got = read(key !== undefined, cut(concatBytes(...frames), cuts))
        expect(got).toEqual({ events: expected, error: undefined })
      },
    ),
    { numRuns: 60 },
  )
})

test('byte by byte is the same as in one piece', () => {
  const bytes = concatBytes(
    encode({ opcode: 2, isLast: true, payload: pattern(300) }, fromHex('01020304')),
    encode({ opcode: 8, isLast: true, payload: new Uint8Array() }, fromHex('00000000')),
  )
  expect(read(true, cut(bytes, Array.from(bytes.keys())))).toEqual(read(true, [bytes]))
  expect(read(true, [bytes]).events.length).toBe(2)
})

test('what reads straight into its memory gets the same', () => {
  const bytes = concatBytes(
    ...[0, 1, 50_000, 65_535].map((length) => encode({ opcode: 2, isLast: true, payload: pattern(length) }, undefined)),
  )
  const lengths: number[] = []
  const reader = new WebSocketReader(false, {
    onMessage: ({ length }) => lengths.push(length),
    onPing: () => undefined,
    onClose: () => undefined,
  })
  for (let offset = 0; offset < bytes.length; ) {
    const { target } = reader
    expect(target.length).toBeGreaterThanOrEqual(16_384)
    const count = Math.min(16_384, bytes.length - offset)
    target.set(bytes.subarray(offset, offset + count))
    reader.filled(count)
    offset += count
  }
  expect(lengths).toEqual([0, 1, 50_000, 65_535])
})

test('text is a fault, unless somebody asked for it', () => {
  const hello = encode({ opcode: 1, isLast: true, payload: utf8('hello') }, fromHex('01020304'))
  expect(read(true, [hello])).toEqual({ events: [], error: 'bad-websocket' })
  const texts: string[] = []
  const none = (): void => undefined
  const onText = (bytes: Uint8Array): void => void texts.push(Buffer.from(bytes).toString())
  new WebSocketReader(true, { onMessage: none, onText, onPing: none, onClose: none }).take(concatBytes(hello, hello))
  expect(texts).toEqual(['hello', 'hello'])
})

test('any bytes are read or refused with a code, and never anything else', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (isMasked, pieces) => {
      const { error } = read(isMasked, pieces)
      return error === undefined || error === 'bad-websocket'
    }),
    { numRuns: 2_000 },
  )
})

describe('limits', () => {
  test('a message of the largest size passes, one byte more is refused by its header', () => {
    expect(read(false, [encodeMessageHeader(RECORD_BYTES_MAX, false), pattern(RECORD_BYTES_MAX)]).events.length).toBe(1)
    expect(read(false, [fromHex('827f0000000000010000')]).error).toBe('bad-websocket')
  })

  test('fragments count together, and empty ones too', () => {
    const part = (opcode: number, length: number): Uint8Array => encode({ opcode, isLast: false, payload: pattern(length) }, undefined)
    expect(read(false, [part(2, 40_000), part(0, 25_535)]).error).toBeUndefined()
    expect(read(false, [part(2, 40_000), part(0, 25_536)]).error).toBe('bad-websocket')
    const empty = fromHex('0000'.repeat(70_000))
    expect(read(false, [fromHex('0200'), empty]).error).toBe('bad-websocket')
  })

  test('a ping between fragments counts for nothing, however large the message is', () => {
    const part = (opcode: number, isLast: boolean, length: number): Uint8Array =>
      encode({ opcode, isLast, payload: pattern(length) }, undefined)
    const { events, error } = read(false, [part(2, false, 65_500), part(9, true, 125), part(0, true, 35)])
    expect([events.map((event) => event.slice(0, 8)), error]).toEqual([['ping 001', 'message '], undefined])
  })

  test('a reader that has no incomplete frame holds no memory of its own', () => {
    const reader = new WebSocketReader(false, { onMessage: () => undefined, onPing: () => undefined, onClose: () => undefined })
    const shared = reader.target
    reader.take(fromHex('8205aabb'))
    expect(reader.target.buffer).not.toBe(shared.buffer)
    reader.take(fromHex('ccddee'))
    expect(reader.target).toBe(shared)
  })
})

describe('what we send', () => {
  test.each([
    [0, '8200', '828000000000'],
    [125, '827d', '82fd00000000'],
    [126, '827e007e', '82fe007e00000000'],
    [65_535, '827effff', '82feffff00000000'],
  ])('a message of %i bytes has the shortest header, and the zero mask from a client', (length, bare, masked) => {
    expect([toHex(encodeMessageHeader(length, false)), toHex(encodeMessageHeader(length, true))]).toEqual([bare, masked])
  })

  test('is read by the other side: messages, pongs and closes, in both directions', () => {
    for (const isMasked of [false, true]) {
      expect(read(isMasked, [encodeMessageHeader(2, isMasked), fromHex('abcd')]).events).toEqual(['message abcd'])
      expect(read(isMasked, [encodePong(fromHex('0102'), isMasked)])).toEqual({ events: [], error: undefined })
      expect(read(isMasked, [encodeClose(isMasked)]).events).toEqual(['close'])
    }
  })
})
