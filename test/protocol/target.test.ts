import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { parseTarget, Reader, type Target, Writer } from '#protocol'
import { decodeTarget, encodeTarget, TARGET_BYTES_MAX } from '../../protocol/target.ts'
import { codeOf, fromHex, toHex } from './fixtures.ts'

const label = fc.stringMatching(/^[a-z_]([a-z0-9_-]{0,20}[a-z0-9_])?$/)
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'))
const ipv6Bytes = fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 })
const host = fc.oneof(
  name,
  fc.ipV4(),
  ipv6Bytes.map((bytes) => ipaddr.fromByteArray(bytes).toString()),
)
const port = fc.integer({ min: 1, max: 65_535 })

function encoded(target: Target): Uint8Array {
  const writer = new Writer(new Uint8Array(TARGET_BYTES_MAX))
  encodeTarget(writer, target)
  return writer.done()
}

function decoded(bytes: Uint8Array): Target {
  const reader = new Reader(bytes, 'bad-frame')
  const target = decodeTarget(reader)
  reader.end()
  return target
}

test('decode what was encoded, names and addresses alike', () => {
  fc.assert(
    fc.property(host, port, (text, number) => {
      const target = parseTarget(text, number)
      expect(decoded(encoded(target))).toEqual(target)
    }),
  )
})

test('no target has two encodings: what decodes is what encodes to the same bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.tuple(fc.constantFrom(1, 4, 6), fc.uint8Array({ maxLength: 24 })).map(([kind, rest]) => Uint8Array.of(kind, ...rest)),
    fc.tuple(host, port).map(([text, number]) => Uint8Array.of(1, text.length, ...Buffer.from(text), number >> 8, number & 255)),
  )
  fc.assert(
    fc.property(bytes, (input) => {
      let target: Target | undefined
      const code = codeOf(() => {
        target = decoded(input)
      })
      return target === undefined ? code !== undefined : toHex(encoded(target)) === toHex(input)
    }),
    { numRuns: 2_000 },
  )
})

test('IPv6 is written as RFC 5952 has it, whatever spelling came in', () => {
  fc.assert(
    fc.property(ipv6Bytes, (bytes) => {
      const address = ipaddr.fromByteArray(bytes) as ipaddr.IPv6
      for (const text of [
        address.toNormalizedString(),
        address.parts.map((part) => part.toString(16).padStart(4, '0')).join(':'),
        address.toRFC5952String().toUpperCase(),
      ]) {
        expect(parseTarget(text, 1).host).toBe(address.toRFC5952String())
      }
    }),
  )
})

describe('names', () => {
  test.each([
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['localhost', 'localhost'],
    ['_dmarc.a-b.xn--p1ai', '_dmarc.a-b.xn--p1ai'],
    ['a1.2b.c', 'a1.2b.c'],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b`],
  ])('%s is %s', (text, host) => {
    expect(parseTarget(text, 80)).toEqual({ host, port: 80 })
  })

  test.each([
    '',
    '.',
    '..',
    'a..b',
    '.a',
    'a.-b',
    'a-.b',
    '-a',
    'a b',
    'a/b',
    'a@b',
    'a:80',
    'exämple.com',
    'a\0b',
    'a\nb',
    '%61',
    '[::1]',
    '*.a',
    'a.b..',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(127)}aa`,
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4.',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '127.1',
    'a.1',
    'a.0x1',
    '１.2.3.4',
  ])('“%s” is none', (text) => {
    expect(codeOf(() => parseTarget(text, 80))).toBe('bad-target')
  })
})

describe('addresses', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('%s is %s', (text, host) => {
    expect(parseTarget(text, 80).host).toBe(host)
  })

  test.each([
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '::1%eth0',
    '::1.2.3',
    '::1.2.3.4:5',
    '1.2.3.4::',
    '1.2.3.4::1',
    '::01.2.3.4',
    ' ::1',
    '::1 ',
    '1:2:3:4:1.2.3.4:5:6',
  ])('“%s” is none', (text) => {
    expect(codeOf(() => parseTarget(text, 80))).toBe('bad-target')
  })
})

test.each([0, -1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('port %d is none', (number) => {
  expect(codeOf(() => parseTarget('a', number))).toBe('bad-target')
})

test.each([
  ['an unknown kind', '0001610050'],
  ['a name in capitals', '0101410050'],
  ['a name with a dot at its end', '010261 2e0050'],
  ['an IPv4 address as a name', '0107312e322e332e340050'],
  ['an IPv6 address as a name', '01033a3a310050'],
  ['port 0', '04010203040000'],
])('%s on the wire is refused', (_what, hex) => {
  expect(codeOf(() => decoded(fromHex(hex)))).toBe('bad-target')
})
