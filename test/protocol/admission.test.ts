import { describe, expect, test } from 'vitest'
import {
  ADMISSION_FRESH_S,
  type AdmissionKeys,
  consumeAdmission,
  createAdmissionCookie,
  decodeBase64url,
  deriveAdmissionKeys,
  EnvelopeKind,
  encodeBase64url,
  encodeHex,
  openEnvelope,
  type ReplayMemory,
  sealEnvelope,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { countingCrypto } from './counting-crypto.ts'
import { CRYPTOS, flipBit, seededRandom } from './fixtures.ts'

const NOW_S = 1_800_000_000
const random = seededRandom('admission')
const relayKey = random(32)
const psk = random(32)
const keys = deriveAdmissionKeys(nodeCrypto, psk, relayKey)
const message = random(1_251)

class SetMemory implements ReplayMemory {
  readonly ids = new Set<string>()
  readonly expiries: number[] = []
  remember(id: Uint8Array, expiresS: number): boolean {
    const key = encodeBase64url(id)
    if (this.ids.has(key)) return false
    this.ids.add(key)
    this.expiries.push(expiresS)
    return true
  }
}

function cookieAt(timeS: number, of: AdmissionKeys = keys): string {
  return createAdmissionCookie(nodeCrypto, of, random, timeS, message)
}

/** Keys of somebody with another psk whose cookie has the same name, or another one. */
function strangerKeys(sameName: boolean): AdmissionKeys {
  for (;;) {
    const stranger = deriveAdmissionKeys(nodeCrypto, random(32), relayKey)
    if ((stranger.cookieName === keys.cookieName) === sameName) return stranger
  }
}

describe.each(CRYPTOS)('with $name', ({ crypto }) => {
  test('a fresh cookie is admitted once', () => {
    const memory = new SetMemory()
    const cookie = cookieAt(NOW_S)
    const admission = consumeAdmission(crypto, keys, cookie, NOW_S, memory)
    expect([admission?.kind, encodeHex(admission?.message as Uint8Array)]).toEqual([EnvelopeKind.handshake, encodeHex(message)])
    expect(consumeAdmission(crypto, keys, cookie, NOW_S, memory)).toBeUndefined()
  })

  test('an envelope says its kind, and opens as no other', () => {
    const envelope = sealEnvelope(crypto, keys, random, EnvelopeKind.reply, NOW_S, message)
    expect(openEnvelope(crypto, keys, [EnvelopeKind.handshake, EnvelopeKind.attach, EnvelopeKind.attached], envelope)).toBeUndefined()
    const opened = openEnvelope(crypto, keys, [EnvelopeKind.reply], envelope)
    expect(opened?.timeS).toBe(NOW_S)
    expect(encodeHex(opened?.message as Uint8Array)).toBe(encodeHex(message))
  })
})

describe('the size of an envelope', () => {
  /** As many letters as this kind of message draws from this seed. */
  const lengths = (kind: EnvelopeKind, bytes: number): number[] => {
    const drawn = seededRandom('sizes')
    return Array.from({ length: 200 }, () => sealEnvelope(nodeCrypto, keys, drawn, kind, NOW_S, new Uint8Array(bytes)).length)
  }

  test('of an attach is drawn as that of a handshake, whatever it says', () => {
    const handshakes = lengths(EnvelopeKind.handshake, 1_251)
    for (const bytes of [38, 66, 73]) expect(lengths(EnvelopeKind.attach, bytes)).toEqual(handshakes)
    expect(new Set(handshakes).size).toBeGreaterThan(100)
  })

  test('of the answer to an attach is drawn as that of the answer to a handshake', () => {
    for (const bytes of [21, 28]) expect(lengths(EnvelopeKind.attached, bytes)).toEqual(lengths(EnvelopeKind.reply, 1_154))
  })
})

describe('freshness', () => {
  test.each([
    [-ADMISSION_FRESH_S - 1, false],
    [-ADMISSION_FRESH_S, true],
    [ADMISSION_FRESH_S, true],
    [ADMISSION_FRESH_S + 1, false],
  ])('a cookie of %i s from now is admitted: %s', (offsetS, admitted) => {
    expect(consumeAdmission(nodeCrypto, keys, cookieAt(NOW_S + offsetS), NOW_S, new SetMemory()) !== undefined).toBe(admitted)
  })

  test('a time far away on either end of its 32 bits is not fresh', () => {
    for (const timeS of [0, 0xffff_ffff])
      expect(consumeAdmission(nodeCrypto, keys, cookieAt(timeS), NOW_S, new SetMemory())).toBeUndefined()
  })

  test('what is remembered is remembered until it can no longer be fresh, and no stale cookie is', () => {
    const memory = new SetMemory()
    consumeAdmission(nodeCrypto, keys, cookieAt(NOW_S + 100), NOW_S, memory)
    consumeAdmission(nodeCrypto, keys, cookieAt(NOW_S - ADMISSION_FRESH_S - 1), NOW_S, memory)
    expect(memory.expiries).toEqual([NOW_S + 100 + ADMISSION_FRESH_S])
  })

  test('a memory that takes no more lets nobody in', () => {
    expect(consumeAdmission(nodeCrypto, keys, cookieAt(NOW_S), NOW_S, { remember: () => false })).toBeUndefined()
  })
})

describe('the cookie header', () => {
  const cookie = cookieAt(NOW_S)
  const admits = (header: string): boolean => consumeAdmission(nodeCrypto, keys, header, NOW_S, new SetMemory()) !== undefined

  test('other cookies may stand before and behind it', () => {
    expect(admits(`theme=dark; ${cookie};  lang=en`)).toBe(true)
  })

  test('the longest cookie counts, so that it does not matter by its name how much work there is', () => {
    expect(admits(`${keys.cookieName}=x; ${cookie}`)).toBe(true)
    expect(admits(`${cookie}; other=${'A'.repeat(3_000)}`)).toBe(false)
  })

  test('of two that are as long the first counts', () => {
    const copy = cookie.replace(/=./, '=!')
    expect(admits(`${cookie}; ${copy}`)).toBe(true)
    expect(admits(`${copy}; ${cookie}`)).toBe(false)
  })

  test('under another name it is refused', () => {
    expect(admits(cookie.replace(keys.cookieName, `${keys.cookieName}2`))).toBe(false)
  })

  test('no bit of it can be turned', () => {
    const cut = cookie.indexOf('=') + 1
    const envelope = decodeBase64url(cookie.slice(cut)) as Uint8Array
    for (let offset = 0; offset < envelope.length; offset += 7) {
      expect(admits(cookie.slice(0, cut) + encodeBase64url(flipBit(envelope, offset, offset % 8)))).toBe(false)
    }
  })
})

describe('a refusal', () => {
  /** All of one length: what differs in length may differ in work. */
  const padded = (cookie: string): string => cookie.padEnd(2_750, 'A').slice(0, 2_750)
  const value = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1)
  const named = (text: string): string => `${keys.cookieName}=${text}`
  const genuine = value(cookieAt(NOW_S))
  const letters = genuine.length
  const bytes = Math.floor((letters * 3) / 4)
  const sized = (of: AdmissionKeys, timeS: number): string => {
    for (;;) {
      const text = value(cookieAt(timeS, of))
      if (text.length === letters) return text
    }
  }
  const replayed = new SetMemory()
  replayed.remember((decodeBase64url(genuine) as Uint8Array).slice(-16), NOW_S)

  const REFUSED: readonly { readonly name: string; readonly header: string; readonly memory?: SetMemory }[] = [
    { name: 'a replay', header: named(genuine), memory: replayed },
    { name: 'an old time', header: named(sized(keys, NOW_S - 1_000)) },
    { name: 'a future time', header: named(sized(keys, NOW_S + 1_000)) },
    { name: 'a wrong psk with the right name', header: named(sized(strangerKeys(true), NOW_S)) },
    { name: 'a wrong psk with another name', header: `${strangerKeys(false).cookieName}=${sized(keys, NOW_S)}` },
    { name: 'a turned bit', header: named(encodeBase64url(flipBit(decodeBase64url(genuine) as Uint8Array, 40))) },
    { name: 'garbage in right letters', header: named(encodeBase64url(random(bytes))) },
    { name: 'a wrong letter in front', header: named(`!${genuine.slice(1)}`) },
    { name: 'a wrong letter at the end', header: named(`${genuine.slice(0, -1)}!`) },
    { name: 'a genuine cookie under another name', header: `other=${genuine}` },
    { name: 'a short cookie of its name beside a long one', header: `${named('x')}; other=${genuine}` },
  ]

  test.each(REFUSED)('$name asks for the same cryptographic work as a replay', ({ header, memory }) => {
    const reference = countingCrypto(nodeCrypto)
    consumeAdmission(reference.crypto, keys, named(genuine), NOW_S, replayed)
    const counted = countingCrypto(nodeCrypto)
    expect(consumeAdmission(counted.crypto, keys, header, NOW_S, memory ?? new SetMemory())).toBeUndefined()
    expect(counted.work.calls).toEqual(reference.work.calls)
    expect(counted.work.calls.length).toBeGreaterThan(1)
  })

  test.each([
    ['nothing', ''],
    ['a short cookie', named('AAAA')],
    ['a cookie that is too long', named('A'.repeat(60_000))],
  ])('%s asks for the same steps, on what there is', (_name, header) => {
    const reference = countingCrypto(nodeCrypto)
    consumeAdmission(reference.crypto, keys, named(padded(genuine)), NOW_S, replayed)
    const counted = countingCrypto(nodeCrypto)
    expect(consumeAdmission(counted.crypto, keys, header, NOW_S, new SetMemory())).toBeUndefined()
    const steps = (calls: readonly string[]): string[] => calls.map((call) => call.split(' ')[0] as string)
    expect(steps(counted.work.calls)).toEqual(steps(reference.work.calls))
  })
})
