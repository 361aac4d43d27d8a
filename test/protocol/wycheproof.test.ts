// The primitives of both cryptos against Wycheproof: every case that our interface can express, the invalid ones above all.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Cipher, type Crypto, concatBytes } from '#protocol'
import { hkdf32 } from '../../protocol/crypto.ts'
import { needs, SHARED_VECTORS } from '../needs.ts'
import { CRYPTOS, fromHex, toHex } from './fixtures.ts'

interface Group<T> {
  readonly ivSize?: number
  readonly keySize?: number
  readonly tests: readonly (T & {
    readonly tcId: number
    readonly result: 'valid' | 'invalid' | 'acceptable'
    readonly flags: readonly string[]
  })[]
}

type Case<T> = Group<T>['tests'][number]

function casesOf<T>(name: string, wanted: (group: Group<T>) => boolean = () => true): Case<T>[] {
  const { testGroups } = JSON.parse(readFileSync(`${SHARED_VECTORS}${name}_test.json`, 'utf8')) as {
    readonly testGroups: readonly Group<T>[]
  }
  return testGroups.filter(wanted).flatMap(({ tests }) => tests)
}

/** Numbers of the cases for which `holds` is false: one assertion a file, and the failures named. */
function failing<T>(cases: readonly Case<T>[], holds: (one: Case<T>) => boolean): number[] {
  return cases.filter((one) => !holds(one)).map(({ tcId }) => tcId)
}

interface AeadCase {
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
}

function aeadHolds(crypto: Crypto, cipher: Cipher, one: Case<AeadCase>): boolean {
  const [key, nonce, additional] = [fromHex(one.key), fromHex(one.iv), fromHex(one.aad)]
  const opened = crypto.aead(cipher, key).open(nonce, fromHex(one.ct), fromHex(one.tag), additional)
  if (one.result === 'invalid') return opened === undefined
  const sealed = crypto.aead(cipher, key).seal(nonce, fromHex(one.msg), additional)
  return opened !== undefined && toHex(opened) === one.msg && toHex(sealed.body) === one.ct && toHex(sealed.tag) === one.tag
}

interface HkdfCase {
  readonly ikm: string
  readonly salt: string
  readonly info: string
  readonly size: number
  readonly okm: string
}

/** All blocks, by hmacSha256; hkdf32 is the first of them. */
function hkdf(crypto: Crypto, salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, size: number): Uint8Array {
  const key = crypto.hmacSha256(salt, ikm)
  const blocks: Uint8Array[] = []
  for (let i = 1; (i - 1) * 32 < size; i++) blocks.push(crypto.hmacSha256(key, blocks.at(-1) ?? new Uint8Array(), info, Uint8Array.of(i)))
  return concatBytes(...blocks).subarray(0, size)
}

describe.runIf(needs('shared-vectors'))('wycheproof', () => {
  describe.each(CRYPTOS)('with $name', ({ crypto }) => {
    test('AES-256-GCM with 96-bit nonces and 128-bit tags: all 66 cases', () => {
      const cases = casesOf<AeadCase>('aes_gcm', ({ ivSize, keySize }) => ivSize === 96 && keySize === 256)
      expect(cases.length).toBe(66)
      expect(failing(cases, (one) => aeadHolds(crypto, Cipher.aes256gcm, one))).toEqual([])
    })

    test('ChaCha20-Poly1305 with 96-bit nonces: all 316 cases', () => {
      const cases = casesOf<AeadCase>('chacha20_poly1305', ({ ivSize }) => ivSize === 96)
      expect(cases.length).toBe(316)
      expect(failing(cases, (one) => aeadHolds(crypto, Cipher.chacha20poly1305, one))).toEqual([])
    })

    test('HKDF-SHA256: every valid size, by hmac and by hkdf32', () => {
      const cases = casesOf<HkdfCase>('hkdf_sha256').filter(({ result }) => result === 'valid')
      expect(cases.length).toBe(83)
      const wrong = failing(cases, ({ ikm, salt, info, size, okm }) => {
        const all = hkdf(crypto, fromHex(salt), fromHex(ikm), fromHex(info), size)
        const first = hkdf32(crypto, fromHex(salt), fromHex(ikm), fromHex(info))
        return toHex(all) === okm && toHex(first).startsWith(okm.slice(0, 64).slice(0, size * 2))
      })
      expect(wrong).toEqual([])
    })

    test('X25519: all 518 cases; a shared secret of zero, and only that, is refused', () => {
      const cases = casesOf<{ readonly public: string; readonly private: string; readonly shared: string }>('x25519')
      expect(cases.length).toBe(518)
      const wrong = failing(cases, (one) => {
        const shared = crypto.x25519(fromHex(one.private), fromHex(one.public))
        return shared === undefined ? one.flags.includes('ZeroSharedSecret') : toHex(shared) === one.shared && !/^0*$/.test(one.shared)
      })
      expect(wrong).toEqual([])
    })

    describe('ML-KEM-768', () => {
      const cases = needs('shared-vectors')
        ? casesOf<{ readonly seed: string; readonly ek: string; readonly c: string; readonly K: string }>('mlkem_768')
        : []
      /** Seeds and ciphertexts of a wrong length: the handshake takes both by length, so they can't come up. */
      const sized = cases.filter(({ seed, c }) => seed.length === 128 && c.length === 2_176)

      test('key generation and decapsulation: all cases of the right sizes', () => {
        expect(sized.length).toBeGreaterThanOrEqual(153)
        const wrong = failing(sized, (one) => {
          const { publicKey, secret } = crypto.mlkemKeyPair(fromHex(one.seed))
          const holds = toHex(publicKey) === one.ek && toHex(crypto.mlkemDecapsulate(secret, fromHex(one.c))) === one.K
          return holds === (one.result === 'valid')
        })
        expect(wrong).toEqual([])
      })

      test('what is encapsulated to a published key is what its seed decapsulates', () => {
        const wrong = failing(sized.slice(0, 20), (one) => {
          const sent = crypto.mlkemEncapsulate(fromHex(one.ek), new Uint8Array(32).fill(one.tcId))
          return (
            sent !== undefined &&
            toHex(crypto.mlkemDecapsulate(crypto.mlkemKeyPair(fromHex(one.seed)).secret, sent.ciphertext)) === toHex(sent.shared)
          )
        })
        expect(wrong).toEqual([])
      })

      test('a key of the wrong length, or with a coefficient that is not reduced, is refused', () => {
        const ek = fromHex(sized[0]?.ek ?? '')
        const unreduced = ek.slice()
        unreduced.set([0xff, 0xff, 0xff])
        for (const key of [ek.subarray(1), concatBytes(ek, Uint8Array.of(0)), new Uint8Array(), unreduced]) {
          expect(crypto.mlkemEncapsulate(key, new Uint8Array(32))).toBeUndefined()
        }
      })
    })
  })
})
