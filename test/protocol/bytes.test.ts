import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, decodeBase64url, encodeBase64url, equalBytes, Reader, utf8, Writer } from '#protocol'
import { varintBytes } from '../../protocol/bytes.ts'
import { codeOf, fromHex, toHex } from './fixtures.ts'

const reader = (hex: string): Reader => new Reader(fromHex(hex), 'bad-frame')

describe('varints', () => {
  test('decode what was encoded, in the shortest form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(70), fc.nat(20_000), fc.nat(), fc.maxSafeNat()), (value) => {
        const bytes = new Writer(new Uint8Array(8)).varint(value).done()
        const back = new Reader(bytes, 'bad-frame')
        expect(back.varint()).toBe(value)
        back.end()
        expect(bytes.length).toBe(varintBytes(value))
      }),
    )
  })

  // The examples of RFC 9000 §A.1, and the edges of each length.
  test.each([
    ['9d7f3e7d', 494_878_333],
    ['7bbd', 15_293],
    ['25', 37],
    ['4025', 37],
    ['3f', 63],
    ['4040', 64],
    ['7fff', 16_383],
    ['80004000', 16_384],
    ['bfffffff', 2 ** 30 - 1],
    ['c000000040000000', 2 ** 30],
    ['c01fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['c000000000000000', 0],
  ])('%s is %i', (hex, value) => {
    expect(reader(hex).varint()).toBe(value)
  })

  test.each(['', '40', '8000', 'c0000000000000', 'c020000000000000', 'ffffffffffffffff'])('“%s” is refused', (hex) => {
    expect(codeOf(() => reader(hex).varint())).toBe('bad-frame')
  })
})

describe('readers', () => {
  test('numbers are big-endian', () => {
    expect([reader('ff').u8(), reader('fffe').u16(), reader('fffefdfc').u32()]).toEqual([255, 65_534, 4_294_901_244])
  })

  test('the end is neither passed nor left out', () => {
    expect(codeOf(() => reader('00').u16())).toBe('bad-frame')
    expect(codeOf(() => reader('00').take(2))).toBe('bad-frame')
    expect(codeOf(() => reader('00').end())).toBe('bad-frame')
  })

  test('a text is UTF-8, strictly', () => {
    expect(reader('03e282ac').text8()).toBe('€')
    for (const hex of ['01ff', '02c080', '03eda080', '02e282', '0261']) expect(codeOf(() => reader(hex).text8())).toBe('bad-frame')
  })

  test('a writer that runs over is a bug, not an event', () => {
    expect(() => codeOf(() => new Writer(new Uint8Array(1)).u16(1))).toThrow('assertion failed')
  })
})

describe('base64url', () => {
  test('decodes what was encoded, as Node has it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(toHex(decodeBase64url(text) as Uint8Array)).toBe(toHex(bytes))
      }),
    )
  })

  test('every text has at most one meaning: what decodes is what encodes to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABYZabyz0189-_+/=. é'), maxLength: 9 }), (text) => {
        const bytes = decodeBase64url(text)
        return bytes === undefined || encodeBase64url(bytes) === text
      }),
      { numRuns: 500 },
    )
  })

  test.each(['A', 'AB', 'AAA=', 'AA==', 'A+AA', 'A/AA', 'AAA\n', 'AAAB\u0100', 'AAAAA', '\u{1f600}'])('“%s” is refused', (text) => {
    expect(decodeBase64url(text)).toBeUndefined()
  })
})

test('equalBytes compares every byte and the length', () => {
  expect(equalBytes(utf8('abc'), utf8('abc'))).toBe(true)
  for (const other of ['abd', 'bbc', 'ab', 'abcd', '']) expect(equalBytes(utf8('abc'), utf8(other))).toBe(false)
})

test('concatBytes joins in order', () => {
  expect(toHex(concatBytes(fromHex('01'), new Uint8Array(), fromHex('0203')))).toBe('010203')
})
