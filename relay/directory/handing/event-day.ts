// The switch that releases the spares of one country: a shutdown, an election, a day on which what was saved is to be spent. Authorities sign it, as many as
// sign a directory, so that no single one can be made to spend what is for the worst day.
//
// purpose ‖ body, signed by each with Ed25519;  body: version u8 = 1 ‖ country [2] ‖ from varint ‖ until varint, epochs, `until` not included
import { type Crypto, equalBytes, ProtocolError, purposeBytes, Reader, type Sign, utf8, Writer } from '#protocol'

export interface EventDay {
  /** Two capital letters. */
  readonly country: string
  readonly fromEpoch: number
  readonly untilEpoch: number
}

export interface EventSignature {
  readonly key: Uint8Array
  readonly signature: Uint8Array
}

const PURPOSE = 'culvert v1 event day'
const VERSION = 1
const BYTES_MAX = 32
/** Longer than any shutdown that there was is no event but another rule. */
const EPOCHS_MAX = 90

export function encodeEventDay({ country, fromEpoch, untilEpoch }: EventDay): Uint8Array {
  return new Writer(new Uint8Array(BYTES_MAX)).u8(VERSION).put(utf8(country)).varint(fromEpoch).varint(untilEpoch).done()
}

/** Throws ProtocolError('bad-directory'). */
export function decodeEventDay(bytes: Uint8Array): EventDay {
  const reader = new Reader(bytes, 'bad-directory')
  if (reader.u8() !== VERSION) throw reader.error('an event day of an unknown version')
  const country = String.fromCharCode(...reader.take(2))
  const [fromEpoch, untilEpoch] = [reader.varint(), reader.varint()]
  reader.end()
  if (!/^[A-Z]{2}$/.test(country)) throw reader.error('an event day of no country')
  if (untilEpoch <= fromEpoch || untilEpoch - fromEpoch > EPOCHS_MAX) throw reader.error('an event day of impossible length')
  return { country, fromEpoch, untilEpoch }
}

export function signEventDay(body: Uint8Array, key: Uint8Array, sign: Sign): EventSignature {
  return { key, signature: sign(purposeBytes(PURPOSE, body)) }
}

/** What so many of the authorities signed. Throws ProtocolError('bad-directory'). */
export function verifyEventDay(
  crypto: Crypto,
  { body, signatures }: { readonly body: Uint8Array; readonly signatures: readonly EventSignature[] },
  { keys, threshold }: { readonly keys: readonly Uint8Array[]; readonly threshold: number },
): EventDay {
  const event = decodeEventDay(body)
  const bytes = purposeBytes(PURPOSE, body)
  const signers = keys.filter((key) =>
    signatures.some((one) => equalBytes(one.key, key) && crypto.ed25519Verify(key, bytes, one.signature)),
  )
  if (signers.length < threshold) throw new ProtocolError('bad-directory', 'an event day that too few authorities signed')
  return event
}

/** The countries whose spares are released in this epoch. */
export function eventCountries(events: readonly EventDay[], epoch: number): ReadonlySet<string> {
  return new Set(events.filter(({ fromEpoch, untilEpoch }) => fromEpoch <= epoch && epoch < untilEpoch).map(({ country }) => country))
}
