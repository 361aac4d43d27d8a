import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePolicy, type Endpoint, encodePolicy, type Policy } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { POLICY_AHEAD_S, POLICY_BYTES_MAX, POLICY_LIFE_S_MAX } from '../../protocol/limits.ts'
import { codeOf, flipBit } from './fixtures.ts'
import { drawPolicyKeys } from './policy-keys.ts'

const NOW_S = 1_790_000_000
const { policyKey, sign } = drawPolicyKeys('policy test')

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
)
const address = fc.tuple(host, fc.integer({ min: 1, max: 65_535 })).map(([name, port]) => `${name}:${port}`)
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  address,
  serverName: fc.domain(),
  hostName: fc.domain(),
  path: fc.stringMatching(/^\/[!-~]{0,40}$/),
  pin: fc.option(
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.slice()),
    { nil: undefined },
  ),
  carriers: fc.constantFrom<Endpoint['carriers'][]>(['websocket'], ['http'], ['websocket', 'http']),
  isEdge: fc.boolean(),
})
const span = (min: number, max: number): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
const policy: fc.Arbitrary<Policy> = fc
  .record({
    canaries: fc.record({
      domestic: fc.array(address, { maxLength: 3 }),
      foreign: fc.array(address, { maxLength: 3 }),
      udp: fc.array(address, { maxLength: 3 }),
    }),
    resolvers: fc.array(
      fc.domain().map((name) => `https://${name}/dns-query`),
      { maxLength: 2 },
    ),
    endpoints: fc.array(endpoint, { maxLength: 4 }),
    relays: fc.array(fc.stringMatching(/^culvert:[A-Za-z0-9_-]{0,300}$/), { maxLength: 3 }),
    bytes: span(4_096, 2 ** 31),
    seconds: span(5, 86_400),
    reportKey: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
    lifeS: fc.integer({ min: 1, max: POLICY_LIFE_S_MAX }),
  })
  .map(({ bytes, seconds, lifeS, ...rest }) => ({
    ...rest,
    issuedS: NOW_S,
    expiresS: NOW_S + lifeS,
    rotation: { bytesMin: bytes[0], bytesMax: bytes[1], secondsMin: seconds[0], secondsMax: seconds[1] },
  }))

const POLICY: Policy = {
  issuedS: NOW_S,
  expiresS: NOW_S + 86_400,
  canaries: { domestic: ['192.0.2.7:443'], foreign: ['foreign.example:443'], udp: ['foreign.example:443'] },
  resolvers: ['https://resolver.example/dns-query'],
  endpoints: [],
  relays: ['culvert:AAAA'],
  rotation: { bytesMin: 1_000_000, bytesMax: 9_000_000, secondsMin: 60, secondsMax: 600 },
}

function refusal(one: Policy, nowS: number = NOW_S): string | undefined {
  return codeOf(() => decodePolicy(nodeCrypto, encodePolicy(one, sign), policyKey, nowS))
}

test('decode what was encoded', () => {
  fc.assert(
    fc.property(policy, (one) => {
      expect(decodePolicy(nodeCrypto, encodePolicy(one, sign), policyKey, NOW_S)).toEqual(one)
    }),
    { numRuns: 60 },
  )
})

describe('a policy that the relay did not sign as it stands', () => {
  const bytes = encodePolicy(POLICY, sign)

  test('is refused with any one bit turned', () => {
    for (let at = 0; at < bytes.length; at += 3) {
      expect([at, codeOf(() => decodePolicy(nodeCrypto, flipBit(bytes, at, at % 8), policyKey, NOW_S))]).toEqual([at, 'bad-policy'])
    }
  })

  test('is refused when cut anywhere, and with anything added', () => {
    for (let at = 0; at < bytes.length; at += 5)
      expect(codeOf(() => decodePolicy(nodeCrypto, bytes.subarray(0, at), policyKey, NOW_S))).toBe('bad-policy')
    expect(codeOf(() => decodePolicy(nodeCrypto, new Uint8Array([...bytes, 0]), policyKey, NOW_S))).toBe('bad-policy')
  })

  test('is refused when another key signed it, or this key for another purpose', () => {
    expect(codeOf(() => decodePolicy(nodeCrypto, encodePolicy(POLICY, drawPolicyKeys('another').sign), policyKey, NOW_S))).toBe(
      'bad-policy',
    )
    const purposeBytes = 'culvert v1 policy'.length
    const other = encodePolicy(POLICY, (signed) => sign(signed.subarray(purposeBytes)))
    expect(codeOf(() => decodePolicy(nodeCrypto, other, policyKey, NOW_S))).toBe('bad-policy')
  })
})

test('a policy is taken from a day before it was issued until it expires, and lives for 90 days at most', () => {
  expect(refusal(POLICY, POLICY.issuedS - POLICY_AHEAD_S)).toBeUndefined()
  expect(refusal(POLICY, POLICY.issuedS - POLICY_AHEAD_S - 1)).toBe('bad-policy')
  expect(refusal(POLICY, POLICY.expiresS - 1)).toBeUndefined()
  expect(refusal(POLICY, POLICY.expiresS)).toBe('bad-policy')
  expect(refusal({ ...POLICY, expiresS: POLICY.issuedS + POLICY_LIFE_S_MAX })).toBeUndefined()
  expect(refusal({ ...POLICY, expiresS: POLICY.issuedS + POLICY_LIFE_S_MAX + 1 })).toBe('bad-policy')
  expect(refusal({ ...POLICY, expiresS: POLICY.issuedS })).toBe('bad-policy')
})

test('a signed policy with a field that makes no sense is refused', () => {
  const { canaries, rotation } = POLICY
  for (const wrong of ['', 'name', 'name:0', 'name:65536', 'https://name', 'a b:1', ':443']) {
    expect([wrong, refusal({ ...POLICY, canaries: { ...canaries, foreign: [wrong] } })]).toEqual([wrong, 'bad-policy'])
  }
  for (const wrong of ['http://name/', 'https://', 'name', 'https://a b/'])
    expect(refusal({ ...POLICY, resolvers: [wrong] })).toBe('bad-policy')
  for (const wrong of ['culvert: A', 'culvert:\u0001']) expect(refusal({ ...POLICY, relays: [wrong] })).toBe('bad-policy')
  for (const wrong of [
    { bytesMin: 1 },
    { bytesMax: 2 ** 41 },
    { bytesMin: rotation.bytesMax + 1 },
    { secondsMin: 0 },
    { secondsMax: 86_401 },
    { secondsMin: 601 },
  ]) {
    expect([wrong, refusal({ ...POLICY, rotation: { ...rotation, ...wrong } })]).toEqual([wrong, 'bad-policy'])
  }
})

test('a policy that nobody could read again is never made', () => {
  const long = `culvert:${'A'.repeat(8_180)}`
  expect(() => encodePolicy({ ...POLICY, relays: Array.from({ length: 8 }, () => long) }, sign)).toThrow('assertion failed')
  expect(() => encodePolicy({ ...POLICY, relays: Array.from({ length: 9 }, () => 'culvert:') }, sign)).toThrow('assertion failed')
  expect(() => encodePolicy({ ...POLICY, resolvers: Array.from({ length: 17 }, () => 'https://a/') }, sign)).toThrow('assertion failed')
  expect(codeOf(() => decodePolicy(nodeCrypto, new Uint8Array(POLICY_BYTES_MAX + 1), policyKey, NOW_S))).toBe('bad-policy')
})
