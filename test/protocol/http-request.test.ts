import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  consumeAdmission,
  consumeRequest,
  createRequestCookie,
  decodeSequence,
  deriveAdmissionKeys,
  EnvelopeKind,
  encodeSequence,
  RequestUse,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { HttpBodyCase, HttpRequestCase } from '../vectors/make/http.ts'
import { countingCrypto } from './counting-crypto.ts'
import { CRYPTOS, flipBit, fromHex, seededRandom, toHex } from './fixtures.ts'

const KEYS = { id: new Uint8Array(8).fill(1), key: new Uint8Array(32).fill(2) }
const NOW_S = 1_790_000_000
const admission = deriveAdmissionKeys(nodeCrypto, new Uint8Array(32).fill(3), new Uint8Array(32).fill(4))
const keyOf = (id: Uint8Array): Uint8Array | undefined => (Buffer.compare(id, KEYS.id) === 0 ? KEYS.key : undefined)

/** The message inside the cookie of a request, as a relay's gate finds it. */
function messageOf(cookie: string): Uint8Array {
  const admitted = consumeAdmission(nodeCrypto, admission, cookie, NOW_S, { remember: () => false })
  expect(admitted?.kind).toBe(EnvelopeKind.request)
  return new Uint8Array(admitted?.message ?? [])
}

const MESSAGE = messageOf(createRequestCookie(nodeCrypto, admission, seededRandom('request'), NOW_S, KEYS, 41))

describe.each(CRYPTOS)('a further request, by $name', ({ crypto }) => {
  test('tells its carrier and its place', () => {
    const cookie = createRequestCookie(crypto, admission, seededRandom('a'), NOW_S, KEYS, 0xfffffffe)
    expect(consumeRequest(crypto, messageOf(cookie), keyOf)).toEqual({ id: KEYS.id, sequence: 0xfffffffe })
  })

  test('is refused with any bit turned, cut short, or longer', () => {
    for (let offset = 0; offset < MESSAGE.length; offset++) {
      for (let bit = 0; bit < 8; bit++) expect(consumeRequest(crypto, flipBit(MESSAGE, offset, bit), keyOf)).toBe(undefined)
      expect(consumeRequest(crypto, MESSAGE.subarray(0, offset), keyOf)).toBe(undefined)
    }
    expect(consumeRequest(crypto, Buffer.concat([MESSAGE, Uint8Array.of(0)]), keyOf)).toBe(undefined)
  })
})

test('a refused request costs the same work as one that is not, whatever is wrong with it', () => {
  const workOf = (message: Uint8Array, find: typeof keyOf): readonly string[] => {
    const { crypto, work } = countingCrypto(nodeCrypto)
    consumeRequest(crypto, message, find)
    return work.calls
  }
  const right = workOf(MESSAGE, keyOf)
  expect(workOf(MESSAGE, () => undefined)).toEqual(right)
  expect(workOf(flipBit(MESSAGE, -1), keyOf)).toEqual(right)
  expect(workOf(MESSAGE.subarray(1), keyOf)).toEqual(right)
})

test('number and use are one sequence, and the fourth use is none', () => {
  for (const use of Object.values(RequestUse)) expect(decodeSequence(encodeSequence(77, use))).toEqual({ number: 77, use })
  expect(decodeSequence(77 * 4 + 3)).toBe(undefined)
  expect(() => encodeSequence(2 ** 30, RequestUse.up)).toThrow('counted')
})

describe('the vectors', () => {
  const { keys, cases } = JSON.parse(readFileSync('test/vectors/http.json', 'utf8')) as {
    readonly keys: { readonly carrierId: string; readonly carrierKey: string }
    readonly cases: readonly (HttpBodyCase | HttpRequestCase)[]
  }
  const find = (id: Uint8Array): Uint8Array | undefined => (toHex(id) === keys.carrierId ? fromHex(keys.carrierKey) : undefined)

  test.each(cases.filter((one) => one.reader === 'request'))('$expect: $name', ({ message, sequence }) => {
    expect(consumeRequest(nodeCrypto, fromHex(message), find)?.sequence).toBe(sequence)
  })
})
