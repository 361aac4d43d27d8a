// What a relay tells its clients to do and where else to go: fresh endpoints, further relays, canaries, how long carriers live. Bytes: SPEC.md §13.
//
// 1. who runs the relay writes a policy, and the relay signs it                    encodePolicy
// 2. the client fetches it through a session and checks it by its invite's key     decodePolicy
// 3. the client keeps the youngest that it saw, and takes no older one             (the caller)
import { concatBytes, Reader, utf8, Writer } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import { decodeEndpoint, type Endpoint, encodeEndpoint } from './endpoint.ts'
import { assert, ProtocolError } from './errors.ts'
import {
  INVITE_TEXT_BYTES_MAX,
  POLICY_AHEAD_S,
  POLICY_BYTES_MAX,
  POLICY_ENDPOINTS_MAX,
  POLICY_HOSTS_MAX,
  POLICY_LIFE_S_MAX,
  POLICY_RELAYS_MAX,
  ROTATION_BYTES_MAX,
  ROTATION_BYTES_MIN,
  ROTATION_SECONDS_MAX,
  ROTATION_SECONDS_MIN,
} from './limits.ts'

/** Hosts to ask whether the network lets through what has nothing to do with us, as `host:port`. Each list may be empty. */
export interface Canaries {
  /** TLS sites inside the country, which a shutdown leaves up. */
  readonly domestic: readonly string[]
  /** TLS sites outside. */
  readonly foreign: readonly string[]
  /** Sites outside that answer QUIC. */
  readonly udp: readonly string[]
}

/** The life of a carrier is drawn between these. */
export interface Rotation {
  readonly bytesMin: number
  readonly bytesMax: number
  readonly secondsMin: number
  readonly secondsMax: number
}

export interface Policy {
  /** Seconds since 1970. */
  readonly issuedS: number
  readonly expiresS: number
  readonly canaries: Canaries
  /** https URLs that answer DNS questions (RFC 8484). */
  readonly resolvers: readonly string[]
  /** Fresh endpoints of this relay. */
  readonly endpoints: readonly Endpoint[]
  /** Invites of further relays, as text; not looked into here. */
  readonly relays: readonly string[]
  readonly rotation: Rotation
  /** For which reports are sealed (SPEC.md §15); undefined: this relay hands none on. */
  readonly reportKey?: Uint8Array | undefined
}

const VERSION = 2
const REPORT_KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** Before what is signed, so that no signature by this key for another purpose can be taken for one of a policy. */
const PURPOSE = utf8('culvert v1 policy')

/** `sign` makes an Ed25519 signature of 64 bytes. */
export function encodePolicy(policy: Policy, sign: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const writer = new Writer(new Uint8Array(POLICY_BYTES_MAX))
  const { canaries, resolvers, endpoints, relays, rotation, reportKey } = policy
  writer.u8(VERSION).varint(policy.issuedS).varint(policy.expiresS)
  encodeWhom(writer, { canaries, resolvers })
  assert(endpoints.length <= POLICY_ENDPOINTS_MAX && relays.length <= POLICY_RELAYS_MAX, 'endpoints and relays are few')
  writer.u8(endpoints.length)
  for (const endpoint of endpoints) encodeEndpoint(writer, endpoint)
  writer.u8(relays.length)
  for (const relay of relays) writer.u16(relay.length).put(utf8(relay))
  encodeRotation(writer, rotation)
  assert(reportKey === undefined || reportKey.length === REPORT_KEY_BYTES, 'a report key is an X25519 key')
  writer.u8(reportKey === undefined ? 0 : 1).put(reportKey ?? new Uint8Array())
  const body = writer.done()
  const bytes = concatBytes(body, sign(concatBytes(PURPOSE, body)))
  assert(bytes.length <= POLICY_BYTES_MAX, 'a policy can be read again')
  return bytes
}

/** `policyKey` is the Ed25519 key of the invite. Throws ProtocolError('bad-policy'). That it is younger than one seen before is the caller's to check. */
export function decodePolicy(crypto: Crypto, bytes: Uint8Array, policyKey: Uint8Array, nowS: number): Policy {
  if (bytes.length > POLICY_BYTES_MAX || bytes.length <= SIGNATURE_BYTES)
    throw new ProtocolError('bad-policy', 'a policy of impossible size')
  const body = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const signature = bytes.subarray(body.length)
  if (!crypto.ed25519Verify(policyKey, concatBytes(PURPOSE, body), signature)) {
    throw new ProtocolError('bad-policy', 'a policy that the relay did not sign')
  }
  const policy = decodeBody(new Reader(body, 'bad-policy'))
  if (policy.expiresS <= nowS) throw new ProtocolError('bad-policy', 'a policy that has expired')
  if (policy.issuedS > nowS + POLICY_AHEAD_S) throw new ProtocolError('bad-policy', 'a policy of the future')
  return policy
}

function decodeBody(reader: Reader): Policy {
  if (reader.u8() !== VERSION) throw reader.error('a policy of an unknown version')
  const issuedS = reader.varint()
  const expiresS = reader.varint()
  if (expiresS <= issuedS || expiresS - issuedS > POLICY_LIFE_S_MAX) throw reader.error('a policy of impossible life')
  const { canaries, resolvers } = decodeWhom(reader)
  const endpoints = decodeList(reader, POLICY_ENDPOINTS_MAX, () => decodeEndpoint(reader))
  const relays = decodeList(reader, POLICY_RELAYS_MAX, () => decodeRelay(reader))
  const rotation = decodeRotation(reader)
  const [reportKey] = decodeList(reader, 1, () => reader.take(REPORT_KEY_BYTES).slice())
  reader.end()
  return { issuedS, expiresS, canaries, resolvers, endpoints, relays, rotation, ...(reportKey && { reportKey }) }
}

/** Whom one may ask: four lists. Also part of the directory's policies (SPEC.md §14.6). */
export function encodeWhom(writer: Writer, { canaries, resolvers }: Pick<Policy, 'canaries' | 'resolvers'>): void {
  for (const list of [canaries.domestic, canaries.foreign, canaries.udp, resolvers]) {
    assert(list.length <= POLICY_HOSTS_MAX, 'a list of hosts is short')
    writer.u8(list.length)
    for (const text of list) writer.text8(text)
  }
}

export function decodeWhom(reader: Reader): Pick<Policy, 'canaries' | 'resolvers'> {
  const canaries = { domestic: decodeHosts(reader), foreign: decodeHosts(reader), udp: decodeHosts(reader) }
  const resolvers = decodeList(reader, POLICY_HOSTS_MAX, () => reader.text8())
  if (!resolvers.every((text) => /^https:\/\/[a-z0-9[][\x21-\x7e]*$/i.test(text))) throw reader.error('a resolver that is no https URL')
  return { canaries, resolvers }
}

function decodeList<T>(reader: Reader, countMax: number, decode: () => T): T[] {
  const count = reader.u8()
  if (count > countMax) throw reader.error('a list that is too long')
  return Array.from({ length: count }, decode)
}

function decodeHosts(reader: Reader): string[] {
  return decodeList(reader, POLICY_HOSTS_MAX, () => {
    const text = reader.text8()
    const port = Number(/^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+):([1-9]\d{0,4})$/i.exec(text)?.[1] ?? 0)
    if (port < 1 || port > 65_535) throw reader.error('a host that cannot be asked')
    return text
  })
}

function decodeRelay(reader: Reader): string {
  const bytes = reader.take(reader.u16())
  if (bytes.length > INVITE_TEXT_BYTES_MAX || bytes.some((byte) => byte < 0x21 || byte > 0x7e))
    throw reader.error('a relay that is no invite')
  return String.fromCharCode(...bytes)
}

export function encodeRotation(writer: Writer, { bytesMin, bytesMax, secondsMin, secondsMax }: Rotation): void {
  writer.varint(bytesMin).varint(bytesMax).varint(secondsMin).varint(secondsMax)
}

export function decodeRotation(reader: Reader): Rotation {
  const [bytesMin, bytesMax, secondsMin, secondsMax] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()]
  const isSane =
    ROTATION_BYTES_MIN <= bytesMin &&
    bytesMin <= bytesMax &&
    bytesMax <= ROTATION_BYTES_MAX &&
    ROTATION_SECONDS_MIN <= secondsMin &&
    secondsMin <= secondsMax &&
    secondsMax <= ROTATION_SECONDS_MAX
  if (!isSane) throw reader.error('carriers of impossible life')
  return { bytesMin, bytesMax, secondsMin, secondsMax }
}
