// A client's report: sealed for the collector by the client, so that the relay that hands it on can't read it; and the collector never sees an address. The
// relay adds one thing, the country. The form is in docs/SPEC.md §15.
import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { CONNECT_BUCKETS, type ConnectSlice, UNKNOWN_COUNTRY, VERDICTS, type VerdictSlice, WAYS, type WaySlice } from '../published.ts'
import { COUNTRY, MARK, Parsed, parseJson, Refused } from './fields.ts'

export interface Coarse {
  readonly verdicts: readonly VerdictSlice[]
  readonly worked: readonly WaySlice[]
  readonly connect: ConnectSlice
  readonly version: string
  readonly language: string
}

export interface Report {
  /** 32 hex digits, drawn for this report alone: one that comes twice counts once. */
  readonly mark: string
  readonly day: string
  /** Whether this was the first use in the calendar month. That it is the first today is what a report is for. */
  readonly isFirstOfMonth: boolean
  /** What the person says where they are; for relays that can't tell. */
  readonly country: string
  readonly coarse: Coarse | undefined
}

export const REPORT_BYTES = 1_024
const KEY_BYTES = 32
const TAG_BYTES = 16
export const SEALED_BYTES: number = KEY_BYTES + REPORT_BYTES + TAG_BYTES
const INFO = 'culvert report v1'

/** The collector's key pair for reports: X25519. */
export function createReportKey(): { readonly privatePem: string; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync('x25519')
  return { privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), publicKey: reportPublicKey(privateKey) }
}

export function importReportKey(pem: string): KeyObject {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType !== 'x25519') throw new Refused('not an X25519 key')
  return key
}

export function reportPublicKey(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x as string
}

/** Throws Refused, whatever is wrong. */
export function openReport(sealed: Uint8Array, key: KeyObject): Report {
  if (sealed.length !== SEALED_BYTES) throw new Refused('a report is not of the one size')
  return parseReport(decrypt(sealed, key))
}

function decrypt(sealed: Uint8Array, key: KeyObject): string {
  try {
    const ephemeral = Buffer.from(sealed.subarray(0, KEY_BYTES))
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: ephemeral.toString('base64url') }, format: 'jwk' })
    const shared = diffieHellman({ privateKey: key, publicKey })
    const salt = Buffer.concat([ephemeral, Buffer.from(reportPublicKey(key), 'base64url')])
    const secret = new Uint8Array(hkdfSync('sha256', shared, salt, INFO, 44))
    const opening = createDecipheriv('aes-256-gcm', secret.subarray(0, 32), secret.subarray(32))
    opening.setAuthTag(sealed.subarray(SEALED_BYTES - TAG_BYTES))
    const text = Buffer.concat([opening.update(sealed.subarray(KEY_BYTES, SEALED_BYTES - TAG_BYTES)), opening.final()])
    return text.toString('utf8')
  } catch {
    throw new Refused('a report does not open')
  }
}

function parseReport(text: string): Report {
  const fields = new Parsed(parseJson(text), ['version', 'mark', 'day', 'firstOfMonth'], ['country', 'coarse'])
  if (fields.value('version') !== 1) throw new Refused('version is not right')
  const coarse = fields.value('coarse')
  return {
    mark: fields.text('mark', MARK),
    day: fields.day('day'),
    isFirstOfMonth: fields.count('firstOfMonth', 1) === 1,
    country: fields.value('country') === undefined ? UNKNOWN_COUNTRY : fields.text('country', COUNTRY),
    coarse: coarse === undefined ? undefined : parseCoarse(coarse),
  }
}

function parseCoarse(value: unknown): Coarse {
  const fields = new Parsed(value, ['verdicts', 'worked', 'connect', 'version', 'language'])
  return {
    verdicts: fields.someOf('verdicts', VERDICTS),
    worked: fields.someOf('worked', WAYS),
    connect: fields.oneOf('connect', CONNECT_BUCKETS),
    version: fields.text('version', /^\d{1,3}\.\d{1,3}$/),
    language: fields.text('language', /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?$/),
  }
}
