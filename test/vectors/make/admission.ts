// Cases for SPEC.md §4: Cookie headers, and what a relay makes of them. Everything is computed here from the page, not by the code under test.
import { aes256ctr, draw, expand, hmac, join, turn, u8, u16, u32 } from './write.ts'

export interface AdmissionCase {
  readonly name: string
  /** The Cookie header. */
  readonly header: string
  /** The relay's clock, seconds since 1970. */
  readonly nowS: number
  /** Tags that the gate remembers. */
  readonly seen: readonly string[]
  /** What an admitted request wants to be: 0 a session, 2 a further carrier of one, 4 a further request of a carrier. */
  readonly kind?: 0 | 2 | 4
  readonly expect:
    | 'admitted'
    /** No cookie that counts. */
    | 'no-cookie'
    /** Not an envelope that these keys sealed. */
    | 'not-genuine'
    /** Genuine, and of a kind that is not for this, or with a message that does not fit. */
    | 'malformed'
    | 'not-fresh'
    | 'replayed'
  /** What the envelope carries. */
  readonly message?: string
}

export const RELAY_KEY: Buffer = draw('admission relay key', 32)
export const PSK: Buffer = draw('admission psk', 32)
const NAMES = [
  'session sid sessionid auth token uid _session connect.sid',
  'access_token id_token user_session remember_token __session jwt ssid visitor',
].flatMap((line) => line.split(' '))

interface Keys {
  readonly encrypt: Buffer
  readonly authenticate: Buffer
  readonly cookieName: string
}

export function keysOf(psk: Buffer, relayKey: Buffer): Keys {
  const extracted = hmac(relayKey, psk)
  return {
    encrypt: expand(extracted, 'culvert v1 envelope encrypt'),
    authenticate: expand(extracted, 'culvert v1 envelope authenticate'),
    cookieName: NAMES[(expand(extracted, 'culvert v1 cookie name')[0] as number) % 16] as string,
  }
}

const KEYS = keysOf(PSK, RELAY_KEY)
const NOW_S = 1_800_000_000
const MESSAGE = draw('admission message', 60)

interface Envelope {
  readonly keys?: Keys
  readonly counter?: Buffer
  readonly kind?: number
  readonly timeS?: number
  readonly length?: number
  readonly message?: Buffer
  readonly padding?: Buffer
}

function seal({
  keys = KEYS,
  counter = draw('admission counter', 16),
  kind = 0,
  timeS = NOW_S,
  message = MESSAGE,
  length = message.length,
  padding = Buffer.alloc(9),
}: Envelope): Buffer {
  const ciphertext = aes256ctr(keys.encrypt, counter, join(u8(kind), u32(timeS), u16(length), message, padding))
  return join(counter, ciphertext, hmac(keys.authenticate, counter, ciphertext).subarray(0, 16))
}

const cookie = (envelope: Buffer, name = KEYS.cookieName): string => `${name}=${envelope.toString('base64url')}`
const tag = (envelope: Buffer): string => envelope.subarray(-16).toString('hex')
const GOOD = seal({})

/** Somebody else's psk, whose cookie happens to have the same name. */
function strangersPsk(): Buffer {
  for (let i = 0; ; i++) {
    const psk = draw(`admission stranger ${i}`, 32)
    if (keysOf(psk, RELAY_KEY).cookieName === KEYS.cookieName) return psk
  }
}

function refused(name: string, expect: AdmissionCase['expect'], header: string, more: Partial<AdmissionCase> = {}): AdmissionCase {
  return { name, header, nowS: NOW_S, seen: [], expect, ...more }
}

function admitted(name: string, envelope: Buffer, more: Partial<AdmissionCase> = {}): AdmissionCase {
  return { name, header: cookie(envelope), nowS: NOW_S, seen: [], expect: 'admitted', kind: 0, message: MESSAGE.toString('hex'), ...more }
}

export const admissionKeys: Readonly<Record<string, string>> = {
  relayKey: RELAY_KEY.toString('hex'),
  psk: PSK.toString('hex'),
  encrypt: KEYS.encrypt.toString('hex'),
  authenticate: KEYS.authenticate.toString('hex'),
  cookieName: KEYS.cookieName,
}

export const admissionCases: readonly AdmissionCase[] = [
  admitted('a fresh one', GOOD),
  admitted('without padding', seal({ padding: Buffer.alloc(0) })),
  admitted('with padding of any value', seal({ padding: draw('admission padding', 700) })),
  admitted('a counter block that overflows 32, 64 and 128 bits', seal({ counter: Buffer.alloc(16, 0xff) })),
  admitted('a clock 120 s behind', seal({ timeS: NOW_S - 120 })),
  admitted('a clock 120 s ahead', seal({ timeS: NOW_S + 120 })),
  admitted('an empty message', seal({ message: Buffer.alloc(0) }), { message: '' }),
  admitted('the largest', seal({ padding: Buffer.alloc(3_000 - 39 - 60) })),
  admitted('among shorter cookies', GOOD, { header: `theme=dark; ${cookie(GOOD)} ;lang=en` }),
  admitted('beside a shorter cookie of its name', GOOD, { header: `${KEYS.cookieName}=x; ${cookie(GOOD)}` }),
  admitted('of two that are as long the first', GOOD, { header: `${cookie(GOOD)}; ${cookie(turn(GOOD, 20))}` }),
  admitted('an attach', seal({ kind: 2 }), { kind: 2 }),
  admitted('a further request', seal({ kind: 4 }), { kind: 4 }),
  admitted('a further request again: its carrier counts it', seal({ kind: 4 }), { kind: 4, seen: [tag(seal({ kind: 4 }))] }),
  admitted('with others remembered', GOOD, { seen: [tag(seal({ timeS: NOW_S - 1 }))] }),
  refused('nothing', 'no-cookie', ''),
  refused('no value', 'no-cookie', KEYS.cookieName),
  refused('an empty value', 'no-cookie', `${KEYS.cookieName}=`),
  refused('another name', 'no-cookie', cookie(GOOD, 'other')),
  refused('its name in capitals', 'no-cookie', cookie(GOOD, KEYS.cookieName.toUpperCase())),
  refused('behind a longer cookie', 'no-cookie', `${cookie(GOOD)}; other=${'A'.repeat(400)}`),
  refused('garbage', 'not-genuine', cookie(draw('admission garbage', 99))),
  refused('a wrong psk', 'not-genuine', cookie(seal({ keys: keysOf(strangersPsk(), RELAY_KEY) }))),
  refused('a wrong letter', 'not-genuine', cookie(GOOD).replace(/.$/, '!')),
  refused('padding of base64', 'not-genuine', `${cookie(GOOD)}=`),
  refused('a bit turned in the counter block', 'not-genuine', cookie(turn(GOOD, 0))),
  refused('a bit turned in the kind', 'not-genuine', cookie(turn(GOOD, 16))),
  refused('a bit turned in the time', 'not-genuine', cookie(turn(GOOD, 20))),
  refused('a bit turned in the padding', 'not-genuine', cookie(turn(GOOD, -17))),
  refused('a bit turned in the tag', 'not-genuine', cookie(turn(GOOD, -1))),
  refused('the last byte missing', 'not-genuine', cookie(GOOD.subarray(0, -1))),
  refused('a byte more', 'not-genuine', cookie(join(GOOD, u8(0)))),
  refused('38 bytes', 'not-genuine', cookie(GOOD.subarray(0, 38))),
  refused('3,001 bytes, genuine otherwise', 'not-genuine', cookie(seal({ padding: Buffer.alloc(3_001 - 39 - 60) }))),
  refused('4,000 bytes, genuine otherwise', 'not-genuine', cookie(seal({ padding: Buffer.alloc(4_000 - 39 - 60) }))),
  refused('a relay’s reply', 'malformed', cookie(seal({ kind: 1 }))),
  refused('a relay’s answer to an attach', 'malformed', cookie(seal({ kind: 3 }))),
  refused('an unknown kind', 'malformed', cookie(seal({ kind: 5 }))),
  refused('the last of all kinds', 'malformed', cookie(seal({ kind: 255 }))),
  refused('a message longer than the envelope', 'malformed', cookie(seal({ length: 70, padding: Buffer.alloc(9) }))),
  refused('a message of 65,535 bytes', 'malformed', cookie(seal({ length: 65_535 }))),
  refused('a clock 121 s behind', 'not-fresh', cookie(seal({ timeS: NOW_S - 121 }))),
  refused('a clock 121 s ahead', 'not-fresh', cookie(seal({ timeS: NOW_S + 121 }))),
  refused('time 0', 'not-fresh', cookie(seal({ timeS: 0 }))),
  refused('the last of all times', 'not-fresh', cookie(seal({ timeS: 0xffff_ffff }))),
  refused('a replay', 'replayed', cookie(GOOD), { seen: [tag(GOOD)] }),
  refused('a replayed attach', 'replayed', cookie(seal({ kind: 2 })), { seen: [tag(seal({ kind: 2 }))] }),
  refused('an attach too old', 'not-fresh', cookie(seal({ kind: 2, timeS: NOW_S - 121 }))),
  refused('a further request too old', 'not-fresh', cookie(seal({ kind: 4, timeS: NOW_S - 121 }))),
  refused('a replay among other cookies', 'replayed', `a=b; ${cookie(GOOD)}`, { seen: [tag(GOOD)] }),
  refused('a replay at the end of its time', 'replayed', cookie(GOOD), { seen: [tag(GOOD)], nowS: NOW_S + 120 }),
]
