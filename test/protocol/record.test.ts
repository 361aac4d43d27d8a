import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Cipher, type Crypto } from '#protocol'
import { expand32 } from '../../protocol/crypto.ts'
import {
  AHEAD_BYTES_MAX,
  RECORD_BYTES_MAX,
  RECORD_OVERHEAD_BYTES,
  RECORD_PLAINTEXT_BYTES_MAX,
  REKEY_RECORDS,
  RETAINED_RECORDS_MAX,
} from '../../protocol/limits.ts'
import { RecordOpener, RecordSealer } from '../../protocol/record.ts'
import { countingCrypto } from './counting-crypto.ts'
import { fastForward, skipOpening, skipSealing } from './fast-forward.ts'
import { CRYPTOS, codeOf, flipBit, toHex } from './fixtures.ts'
import { pattern, wireBytes } from './pair.ts'

const SECRET = new Uint8Array(32).fill(7)
const BOTH = CRYPTOS.flatMap(({ name, crypto }) =>
  Object.entries(Cipher).map(([cipherName, cipher]) => ({ name, crypto, cipherName, cipher })),
)

function ends(crypto: Crypto, cipher: Cipher): { readonly sealer: RecordSealer; readonly opener: RecordOpener } {
  return { sealer: new RecordSealer(crypto, cipher, SECRET), opener: new RecordOpener(crypto, cipher, SECRET) }
}

/** The plaintext of a record that is due, or undefined: it had come before. */
function openNow(opener: RecordOpener, sealed: Uint8Array): Uint8Array | undefined {
  return opener.open(sealed) === undefined ? undefined : opener.take()
}

describe.each(BOTH)('$cipherName by $name', ({ crypto, cipher }) => {
  test('opens what was sealed, of every size up to the largest, in order', () => {
    const { sealer, opener } = ends(crypto, cipher)
    for (const size of [0, 1, 15, 16, 17, 1_400, RECORD_PLAINTEXT_BYTES_MAX]) {
      const sealed = wireBytes(sealer.seal(pattern(size)))
      expect(sealed.length).toBe(size + RECORD_OVERHEAD_BYTES)
      expect(toHex(openNow(opener, sealed) as Uint8Array)).toBe(toHex(pattern(size)))
    }
    expect([sealer.next, opener.expected]).toEqual([7, 7])
  })

  test('refuses a record with any one bit turned, and does not move on', () => {
    const { sealer, opener } = ends(crypto, cipher)
    openNow(opener, wireBytes(sealer.seal(pattern(3))))
    const sealed = wireBytes(sealer.seal(pattern(40)))
    for (let bit = 0; bit < sealed.length * 8; bit += 5) {
      let opened: Uint8Array | undefined
      const code = codeOf(() => {
        opened = openNow(opener, flipBit(sealed, bit >> 3, bit & 7))
      })
      // A turned bit of number or tag can make any number of it, an old one among them: that is dropped.
      expect(opened).toBeUndefined()
      if (code !== undefined) expect(['bad-record', 'record-gap']).toContain(code)
      else expect(bit >> 3 < 8 || bit >> 3 >= 48).toBe(true)
      expect(opener.expected).toBe(1)
    }
    expect(openNow(opener, sealed)).toBeDefined()
  })

  test('changes keys at the boundary on both sides, and masks with the same key before and after', () => {
    const from = REKEY_RECORDS - 2
    const forward = fastForward(crypto, from)
    const { sealer, opener } = ends(forward, cipher)
    skipSealing(sealer, from)
    skipOpening(opener, from, crypto.blockMask(expand32(crypto, SECRET, Buffer.from('culvert v1 record mask')))(new Uint8Array(16)))
    const sealed = Array.from({ length: 4 }, (_, i) => wireBytes(sealer.seal(pattern(10 + i))))
    for (const [i, record] of sealed.entries()) expect(toHex(openNow(opener, record) as Uint8Array)).toBe(toHex(pattern(10 + i)))
    expect(opener.expected).toBe(REKEY_RECORDS + 2)
    expect(opener.open(sealed[0] as Uint8Array)).toBeUndefined()
  })
})

describe('numbers', () => {
  const { crypto } = CRYPTOS[0] as (typeof CRYPTOS)[number]

  test('one that came before is dropped without any decryption, whether its turn has come or not', () => {
    const { sealer } = ends(crypto, Cipher.aes256gcm)
    const counted = countingCrypto(crypto)
    const opener = new RecordOpener(counted.crypto, Cipher.aes256gcm, SECRET)
    const [first, second, third] = [1, 2, 3].map((size) => wireBytes(sealer.seal(pattern(size)))) as [Uint8Array, Uint8Array, Uint8Array]
    expect(openNow(opener, first)?.length).toBe(1)
    expect(openNow(opener, third)).toBeUndefined()
    const calls = counted.work.calls.length
    expect([opener.open(first), opener.open(third)]).toEqual([undefined, undefined])
    expect(counted.work.calls.length).toBe(calls)
    expect(openNow(opener, second)?.length).toBe(2)
    expect(opener.take()?.length).toBe(3)
    expect([opener.expected, opener.aheadBytes, opener.take()]).toEqual([3, 0, undefined])
  })

  test('far ahead end the carrier by their number, or by what they would hold; nothing is forgotten by that', () => {
    const { sealer, opener } = ends(crypto, Cipher.aes256gcm)
    const first = wireBytes(sealer.seal(pattern(1)))
    while (sealer.next < RETAINED_RECORDS_MAX - 1) sealer.seal(new Uint8Array())
    expect(opener.open(wireBytes(sealer.seal(pattern(2))))?.plaintext.length).toBe(2)
    const beyond = wireBytes(sealer.seal(pattern(3)))
    expect(codeOf(() => opener.open(beyond))).toBe('record-gap')
    expect(openNow(opener, first)?.length).toBe(1)
    expect([opener.open(beyond)?.plaintext.length, opener.expected]).toEqual([3, 1])
  })

  test('may hold twelve megabytes ahead and no more, and the missing one is taken all the same', () => {
    const { sealer, opener } = ends(crypto, Cipher.aes256gcm)
    const first = wireBytes(sealer.seal(pattern(1)))
    let code: string | undefined
    for (let count = 0; code === undefined; count++) {
      expect(count).toBeLessThan(AHEAD_BYTES_MAX / RECORD_PLAINTEXT_BYTES_MAX + 1)
      const sealed = wireBytes(sealer.seal(new Uint8Array(RECORD_PLAINTEXT_BYTES_MAX)))
      code = codeOf(() => opener.open(sealed))
    }
    expect(code).toBe('record-gap')
    expect(opener.aheadBytes).toBeGreaterThan(AHEAD_BYTES_MAX - 2 * RECORD_BYTES_MAX)
    expect(openNow(opener, first)?.length).toBe(1)
    while (opener.take() !== undefined);
    expect(opener.aheadBytes).toBe(0)
  })

  test('are empty once nothing more is needed of them, and still have their turn', () => {
    const { sealer, opener } = ends(crypto, Cipher.aes256gcm)
    const [first, second] = [1, 2].map((size) => wireBytes(sealer.seal(pattern(size)))) as [Uint8Array, Uint8Array]
    expect(opener.open(second)?.number).toBe(1)
    opener.empty(1)
    expect([opener.aheadBytes, opener.aheadBitmap()?.length, opener.open(second)]).toEqual([0, 1, undefined])
    expect([openNow(opener, first)?.length, opener.take()?.length, opener.expected]).toEqual([1, 0, 2])
  })

  test('that lie around a change of keys may come in any order, each taken once', () => {
    const from = REKEY_RECORDS - 2
    const forward = fastForward(crypto, from)
    const sealer = new RecordSealer(forward, Cipher.aes256gcm, SECRET)
    skipSealing(sealer, from)
    const sealed = Array.from({ length: 7 }, (_, i) => wireBytes(sealer.seal(pattern(10 + i))))
    const mask = crypto
      .blockMask(expand32(crypto, SECRET, Buffer.from('culvert v1 record mask')))(new Uint8Array(16))
      .slice()
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), (order) => {
        const opener = new RecordOpener(forward, Cipher.aes256gcm, SECRET)
        skipOpening(opener, from, mask)
        const sizes: number[] = []
        for (const i of order) {
          const record = sealed[i] as Uint8Array
          expect([opener.open(record)?.plaintext.length, opener.open(record)]).toEqual([10 + i, undefined])
          for (let plaintext = opener.take(); plaintext !== undefined; plaintext = opener.take()) sizes.push(plaintext.length)
        }
        expect(sizes).toEqual([10, 11, 12, 13, 14, 15, 16])
      }),
      { numRuns: 12 },
    )
  })

  test('do not show on the wire: the first eight bytes of two sessions, or of two records, have nothing in common', () => {
    const { sealer } = ends(crypto, Cipher.aes256gcm)
    const headers = new Set(Array.from({ length: 100 }, () => toHex(sealer.seal(pattern(5)).header)))
    expect(headers.size).toBe(100)
    expect([...headers].filter((header) => header.startsWith('0000')).length).toBeLessThan(2)
  })

  test('the two directions, and the two ciphers, have nothing in common', () => {
    const sealed = wireBytes(new RecordSealer(crypto, Cipher.aes256gcm, SECRET).seal(pattern(5)))
    for (const opener of [
      new RecordOpener(crypto, Cipher.chacha20poly1305, SECRET),
      new RecordOpener(crypto, Cipher.aes256gcm, new Uint8Array(32).fill(8)),
    ]) {
      expect(['bad-record', 'record-gap']).toContain(codeOf(() => opener.open(sealed)))
    }
  })

  test.each([0, 1, RECORD_OVERHEAD_BYTES - 1, RECORD_BYTES_MAX + 1])('%i bytes are no record', (size) => {
    expect(codeOf(() => new RecordOpener(crypto, Cipher.aes256gcm, SECRET).open(new Uint8Array(size)))).toBe('bad-record')
  })

  test('a plaintext that is too large is a bug, not an event', () => {
    expect(() => codeOf(() => ends(crypto, Cipher.aes256gcm).sealer.seal(new Uint8Array(RECORD_PLAINTEXT_BYTES_MAX + 1)))).toThrow(
      'assertion failed',
    )
  })
})
