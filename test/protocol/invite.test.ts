import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeInvite, type Endpoint, encodeInvite, type Invite } from '#protocol'
import { INVITE_TEXT_BYTES_MAX } from '../../protocol/limits.ts'
import { codeOf, seededRandom, toHex } from './fixtures.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
)
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  address: fc.tuple(host, fc.integer({ min: 1, max: 65_535 })).map(([name, port]) => `${name}:${port}`),
  serverName: fc.domain(),
  hostName: fc.domain(),
  path: fc.stringMatching(/^\/[!-~]{0,40}$/),
  pin: fc.option(key, { nil: undefined }),
  carriers: fc.constantFrom<Endpoint['carriers'][]>(['websocket'], ['http'], ['websocket', 'http']),
  isEdge: fc.boolean(),
})
const invite: fc.Arbitrary<Invite> = fc.record({
  relayKey: key,
  psk: key,
  policyKey: key,
  endpoints: fc.array(endpoint, { minLength: 1, maxLength: 8 }),
})

function plain({ relayKey, psk, policyKey, endpoints }: Invite): unknown {
  return [
    toHex(relayKey),
    toHex(psk),
    toHex(policyKey),
    endpoints.map(({ pin, ...rest }) => ({ ...rest, pin: pin === undefined ? '' : toHex(pin) })),
  ]
}

test('decode what was encoded, and white space around it does not matter', () => {
  fc.assert(
    fc.property(invite, fc.constantFrom('', ' ', '\n', '\t\r\n '), (one, space) => {
      expect(plain(decodeInvite(space + encodeInvite(one) + space))).toEqual(plain(one))
    }),
  )
})

const random = seededRandom('invite')
const ENDPOINT: Endpoint = {
  address: '192.0.2.1:443',
  serverName: 'example.com',
  hostName: 'example.com',
  path: '/live',
  pin: random(32),
  carriers: ['websocket', 'http'],
  isEdge: false,
}
const TEXT = encodeInvite({ relayKey: random(32), psk: random(32), policyKey: random(32), endpoints: [ENDPOINT] })

test('an invite of the version before is refused with a hint to ask for another, not to update', () => {
  const older = Buffer.from(TEXT.slice(8), 'base64url')
  older[0] = 1
  expect(() => decodeInvite(`culvert:${older.toString('base64url')}`)).toThrow(/older version.*[Aa]sk for a new one/)
})

describe('a slip of copying', () => {
  test('any one letter that is wrong is noticed', () => {
    for (let at = 0; at < TEXT.length; at++) {
      const wrong = TEXT[at] === 'A' ? 'B' : 'A'
      const text = TEXT.slice(0, at) + wrong + TEXT.slice(at + 1)
      // The scheme may be in any case.
      if (text.toLowerCase().startsWith('culvert:') && at < 8) continue
      expect([at, codeOf(() => decodeInvite(text))]).toEqual([at, 'bad-invite'])
    }
  })

  test('any cut, and anything added, is noticed', () => {
    for (let at = 0; at < TEXT.length; at++) expect(codeOf(() => decodeInvite(TEXT.slice(0, at)))).toBe('bad-invite')
    for (const more of ['A', 'AAAA', '=', '.', TEXT]) expect(codeOf(() => decodeInvite(TEXT + more))).toBe('bad-invite')
  })
})

test('any text decodes or is refused with a code and a sentence, and never anything else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary-ascii' }),
        fc.base64String().map((text) => `culvert:${text}`),
      ),
      (text) => codeOf(() => decodeInvite(text)) === 'bad-invite',
    ),
    { numRuns: 300 },
  )
})

test('a text that is too long is refused, and never made', () => {
  expect(codeOf(() => decodeInvite(`culvert:${'A'.repeat(INVITE_TEXT_BYTES_MAX)}`))).toBe('bad-invite')
  const long: Endpoint = { ...ENDPOINT, address: `${'a'.repeat(240)}:443`, serverName: 'b'.repeat(250), path: `/${'c'.repeat(250)}` }
  expect(() =>
    encodeInvite({ relayKey: random(32), psk: random(32), policyKey: random(32), endpoints: Array.from({ length: 8 }, () => long) }),
  ).toThrow('assertion failed')
})
