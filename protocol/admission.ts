// Admission: the envelope in a cookie that makes a request ours, and what travels in it (SPEC.md §4).
//
// envelope = counter block (16, random) ‖ AES-256-CTR(kind ‖ time ‖ length ‖ message ‖ padding) ‖ HMAC-SHA256 tag (16)
// Encrypt-then-MAC rather than an AEAD: a refusal then has no other path, and no exception, than an acceptance up to the last comparison.
import { concatBytes, decodeBase64url, encodeBase64url, equalBytes, utf8, Writer } from './bytes.ts'
import { type Crypto, hkdf32, type Random } from './crypto.ts'
import { assert } from './errors.ts'
import { ADMISSION_FRESH_S, ENVELOPE_BYTES_MAX, ENVELOPE_PADDING_BYTES_MAX } from './limits.ts'

const COUNTER_BYTES = 16
const TAG_BYTES = 16
const HEADER_BYTES = 7
/** The two handshake messages' (SPEC.md §5.2). */
const HANDSHAKE_BYTES = 1_251
const REPLY_BYTES = 1_154
const ENVELOPE_BYTES_MIN = COUNTER_BYTES + HEADER_BYTES + TAG_BYTES
/** One group more than the largest envelope has, so that what is longer stays too long. */
const COOKIE_LETTERS_MAX = (ENVELOPE_BYTES_MAX / 3) * 4 + 4

/** What an envelope carries. */
export const EnvelopeKind = { handshake: 0, reply: 1, attach: 2, attached: 3, request: 4 } as const
export type EnvelopeKind = (typeof EnvelopeKind)[keyof typeof EnvelopeKind]

/** Cookie names that many ordinary sites use; each relay has one of them (SPEC.md §4.2 fixes the order). */
const COOKIE_NAMES = [
  'session', 'sid', 'sessionid', 'auth', 'token', 'uid', '_session', 'connect.sid',
  'access_token', 'id_token', 'user_session', 'remember_token', '__session', 'jwt', 'ssid', 'visitor',
] as const // biome-ignore format: a table of sixteen

/** The keys that everyone with the same invite derives. */
export interface AdmissionKeys {
  readonly encrypt: Uint8Array
  readonly authenticate: Uint8Array
  readonly cookieName: string
}

export function deriveAdmissionKeys(crypto: Crypto, psk: Uint8Array, relayKey: Uint8Array): AdmissionKeys {
  const derive = (info: string): Uint8Array => hkdf32(crypto, relayKey, psk, utf8(info))
  const name = COOKIE_NAMES[(derive('culvert v1 cookie name')[0] as number) % COOKIE_NAMES.length] as string
  return { encrypt: derive('culvert v1 envelope encrypt'), authenticate: derive('culvert v1 envelope authenticate'), cookieName: name }
}

/** A message sealed as bytes that look random to anyone without the invite, of a size that varies. An attach and its answer are as long as a handshake's. */
export function sealEnvelope(
  crypto: Crypto,
  keys: AdmissionKeys,
  random: Random,
  kind: EnvelopeKind,
  nowS: number,
  message: Uint8Array,
): Uint8Array {
  const filledBytes = kind === EnvelopeKind.attach ? HANDSHAKE_BYTES : kind === EnvelopeKind.attached ? REPLY_BYTES : 0
  const fillBytes = Math.max(0, filledBytes - message.length)
  const room = ENVELOPE_BYTES_MAX - ENVELOPE_BYTES_MIN - message.length - fillBytes
  assert(room >= 0, 'the message fits an envelope')
  const [high, low] = random(2) as unknown as [number, number]
  const paddingBytes = fillBytes + (((high << 8) | low) % (Math.min(room, ENVELOPE_PADDING_BYTES_MAX) + 1))
  const plaintext = new Writer(new Uint8Array(HEADER_BYTES + message.length + paddingBytes))
  plaintext.u8(kind).u32(nowS).u16(message.length).put(message)
  const counter = random(COUNTER_BYTES)
  const ciphertext = crypto.aes256ctr(keys.encrypt, counter, plaintext.bytes)
  return concatBytes(counter, ciphertext, envelopeTag(crypto, keys, counter, ciphertext))
}

export interface OpenedEnvelope {
  readonly kind: EnvelopeKind
  readonly timeS: number
  readonly message: Uint8Array
  /** Unique for each envelope that this key ever made: what the gate remembers. */
  readonly id: Uint8Array
}

/** undefined when it was not sealed with these keys for one of these purposes. The same steps are done in either case, over as many bytes. */
export function openEnvelope(
  crypto: Crypto,
  keys: AdmissionKeys,
  kinds: readonly EnvelopeKind[],
  envelope: Uint8Array,
): OpenedEnvelope | undefined {
  const wellSized = envelope.length >= ENVELOPE_BYTES_MIN && envelope.length <= ENVELOPE_BYTES_MAX
  const bytes = wellSized ? envelope : new Uint8Array(Math.min(Math.max(envelope.length, ENVELOPE_BYTES_MIN), ENVELOPE_BYTES_MAX))
  const counter = bytes.subarray(0, COUNTER_BYTES)
  const ciphertext = bytes.subarray(COUNTER_BYTES, bytes.length - TAG_BYTES)
  const tag = bytes.subarray(bytes.length - TAG_BYTES)
  const genuine = equalBytes(envelopeTag(crypto, keys, counter, ciphertext), tag)
  const plaintext = crypto.aes256ctr(keys.encrypt, counter, ciphertext)
  const timeS =
    (((plaintext[1] as number) << 24) | ((plaintext[2] as number) << 16) | ((plaintext[3] as number) << 8) | (plaintext[4] as number)) >>> 0
  const messageBytes = ((plaintext[5] as number) << 8) | (plaintext[6] as number)
  const fits = messageBytes <= plaintext.length - HEADER_BYTES
  const message = plaintext.subarray(HEADER_BYTES, HEADER_BYTES + (fits ? messageBytes : 0))
  const kind = kinds.find((one) => one === plaintext[0])
  return wellSized && genuine && fits && kind !== undefined ? { kind, timeS, message, id: tag } : undefined
}

function envelopeTag(crypto: Crypto, keys: AdmissionKeys, counter: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return crypto.hmacSha256(keys.authenticate, counter, ciphertext).subarray(0, TAG_BYTES)
}

/** The gate's memory: true the first time an envelope is shown, false for ever after (while its time is fresh). */
export interface ReplayMemory {
  remember(id: Uint8Array, expiresS: number): boolean
}

/** What a request with a genuine cookie wants to be. */
export interface Admission {
  readonly kind: typeof EnvelopeKind.handshake | typeof EnvelopeKind.attach | typeof EnvelopeKind.request
  /** A view of memory of its own. */
  readonly message: Uint8Array
}

const ADMITTED = [EnvelopeKind.handshake, EnvelopeKind.attach, EnvelopeKind.request] as const

/**
 * The message out of a Cookie header, or undefined: garbage, wrong psk, not fresh and replayed are one case to the caller, and cost the same for a header
 * of the same length (SPEC.md §4.5). Further requests of a carrier are not remembered here: the carrier counts them.
 */
export function consumeAdmission(
  crypto: Crypto,
  keys: AdmissionKeys,
  cookieHeader: string,
  nowS: number,
  memory: ReplayMemory,
): Admission | undefined {
  const { name, value } = longestCookie(cookieHeader)
  const envelope = decodeBase64url(value) ?? new Uint8Array(Math.floor((value.length * 3) / 4))
  const opened = openEnvelope(crypto, keys, ADMITTED, envelope)
  if (opened === undefined || name !== keys.cookieName || Math.abs(opened.timeS - nowS) > ADMISSION_FRESH_S) return undefined
  const kind = opened.kind as Admission['kind']
  const isNew = kind === EnvelopeKind.request || memory.remember(opened.id, opened.timeS + ADMISSION_FRESH_S)
  return isNew ? { kind, message: opened.message } : undefined
}

/** `name=value`, for a Cookie header. */
export function createAdmissionCookie(
  crypto: Crypto,
  keys: AdmissionKeys,
  random: Random,
  nowS: number,
  message: Uint8Array,
  kind: Admission['kind'] = EnvelopeKind.handshake,
): string {
  return `${keys.cookieName}=${encodeBase64url(sealEnvelope(crypto, keys, random, kind, nowS, message))}`
}

/** The longest one, whatever its name: were it looked for by name, the work would tell the name. Cut where no envelope is longer. */
function longestCookie(header: string): { readonly name: string; readonly value: string } {
  let longest = { name: '', value: '' }
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    const value = pair.slice(at + 1).trim()
    if (at > 0 && value.length > longest.value.length) longest = { name: pair.slice(0, at).trim(), value }
  }
  return { name: longest.name, value: longest.value.slice(0, COOKIE_LETTERS_MAX) }
}
