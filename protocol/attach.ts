// Attach: how a further carrier joins a living session (SPEC.md §12).
//
// client: createAttach → cookie → … → consumeAttached(first message) → the relay's expected
// relay:  the gate → consumeAttach → Session.attach → createAttached
import { equalBytes, Reader, utf8, Writer } from './bytes.ts'
import { type Crypto, expand32 } from './crypto.ts'
import { ProtocolError } from './errors.ts'
import { CARRIERS_MAX } from './limits.ts'

const SESSION_ID_BYTES = 16
const CARRIER_ID_BYTES = 8
const PROOF_BYTES = 16
const MESSAGE_BYTES_MAX = SESSION_ID_BYTES + 4 + 8 + 1 + 4 * CARRIERS_MAX + PROOF_BYTES
const UP = utf8('up')
const DOWN = utf8('down')

/** What both sides derive once for a session from the handshake's attach secret. */
export interface AttachKeys {
  /** 16 bytes: what the relay looks the session up by. */
  readonly sessionId: Uint8Array
  /** 32 bytes. */
  readonly proof: Uint8Array
}

/** What an attach says. */
export interface Attach {
  readonly sessionId: Uint8Array
  /** Of the new carrier. */
  readonly counter: number
  /** The number of the record that the client expects next. */
  readonly expected: number
  /** Counters of carriers that the client has given up. */
  readonly gone: readonly number[]
}

export function deriveAttachKeys(crypto: Crypto, attach: Uint8Array): AttachKeys {
  return {
    sessionId: crypto.hmacSha256(attach, utf8('culvert v1 session id')).slice(0, SESSION_ID_BYTES),
    proof: expand32(crypto, attach, utf8('culvert v1 attach proof')),
  }
}

/** The keys of one `http` carrier (SPEC.md §2.5), known to nobody but the two ends of its session. */
export interface CarrierKeys {
  /** 8 bytes: what the relay looks the carrier up by. */
  readonly id: Uint8Array
  /** 32 bytes. */
  readonly key: Uint8Array
}

export function deriveCarrierKeys(crypto: Crypto, attach: Uint8Array, counter: number): CarrierKeys {
  const which = new Writer(new Uint8Array(4)).u32(counter).done()
  return {
    id: crypto.hmacSha256(attach, utf8('culvert v1 carrier id'), which).slice(0, CARRIER_ID_BYTES),
    key: crypto.hmacSha256(attach, utf8('culvert v1 carrier key'), which),
  }
}

export function createAttach(crypto: Crypto, keys: AttachKeys, { counter, expected, gone }: Omit<Attach, 'sessionId'>): Uint8Array {
  const writer = new Writer(new Uint8Array(MESSAGE_BYTES_MAX)).put(keys.sessionId).u32(counter).varint(expected).u8(gone.length)
  for (const one of gone) writer.u32(one)
  return writer.put(proofOf(crypto, keys, UP, writer.done())).done()
}

/** undefined for anything but a proof by the session's own key. `keysOf` finds a session's keys by its id. */
export function consumeAttach(
  crypto: Crypto,
  message: Uint8Array,
  keysOf: (sessionId: Uint8Array) => AttachKeys | undefined,
): Attach | undefined {
  const body = message.subarray(0, Math.max(0, message.length - PROOF_BYTES))
  const attach = decodeAttach(body)
  const keys = attach && keysOf(attach.sessionId)
  const proof = proofOf(crypto, keys ?? NOBODY, UP, body)
  return equalBytes(proof, message.subarray(body.length)) && keys !== undefined ? attach : undefined
}

/** The relay's answer. `expected` is the number of the record that it expects next. */
export function createAttached(crypto: Crypto, keys: AttachKeys, counter: number, expected: number): Uint8Array {
  const writer = new Writer(new Uint8Array(MESSAGE_BYTES_MAX)).u32(counter).varint(expected)
  return writer.put(proofOf(crypto, keys, DOWN, writer.done())).done()
}

/** The relay's expected. Throws ProtocolError('bad-handshake') when it is not the answer of this session's relay for this carrier. */
export function consumeAttached(crypto: Crypto, keys: AttachKeys, counter: number, message: Uint8Array): number {
  const body = message.subarray(0, Math.max(0, message.length - PROOF_BYTES))
  if (!equalBytes(proofOf(crypto, keys, DOWN, body), message.subarray(body.length)))
    throw new ProtocolError('bad-handshake', 'the answer is not from this session’s relay')
  const reader = new Reader(body, 'bad-handshake')
  if (reader.u32() !== counter) throw new ProtocolError('bad-handshake', 'the answer is for another carrier')
  const expected = reader.varint()
  reader.end()
  return expected
}

/** Stands in for a session that does not exist, so that looking for one costs the same. */
const NOBODY: AttachKeys = { sessionId: new Uint8Array(SESSION_ID_BYTES), proof: new Uint8Array(32) }

function proofOf(crypto: Crypto, keys: AttachKeys, direction: Uint8Array, body: Uint8Array): Uint8Array {
  return crypto.hmacSha256(keys.proof, direction, body).subarray(0, PROOF_BYTES)
}

function decodeAttach(body: Uint8Array): Attach | undefined {
  try {
    const reader = new Reader(body, 'bad-handshake')
    const sessionId = reader.take(SESSION_ID_BYTES)
    const counter = reader.u32()
    const expected = reader.varint()
    const count = reader.u8()
    if (count >= CARRIERS_MAX) return undefined
    const gone = Array.from({ length: count }, () => reader.u32())
    reader.end()
    return { sessionId, counter, expected, gone }
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
