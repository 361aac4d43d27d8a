// The further requests of an `http` carrier: whose they are, which in order, and what for (SPEC.md §2.5).
import { type AdmissionKeys, createAdmissionCookie, EnvelopeKind } from './admission.ts'
import type { CarrierKeys } from './attach.ts'
import { concatBytes, equalBytes, Reader, Writer } from './bytes.ts'
import type { Crypto, Random } from './crypto.ts'
import { assert } from './errors.ts'

const ID_BYTES = 8
const SEQUENCE_BYTES = 4
const PROOF_BYTES = 16
const MESSAGE_BYTES = ID_BYTES + SEQUENCE_BYTES + PROOF_BYTES
const USES = 4

/** What a request is for. */
export const RequestUse = { up: 0, poll: 1, stream: 2 } as const
export type RequestUse = (typeof RequestUse)[keyof typeof RequestUse]

/** Number and use as one integer, which the proof covers. */
export function encodeSequence(number: number, use: RequestUse): number {
  const sequence = number * USES + use
  assert(sequence < 2 ** 32, 'a carrier ends before its requests can no more be counted')
  return sequence
}

/** undefined for a use that is none. */
export function decodeSequence(sequence: number): { readonly number: number; readonly use: RequestUse } | undefined {
  const use = sequence % USES
  return use > RequestUse.stream ? undefined : { number: Math.floor(sequence / USES), use: use as RequestUse }
}

/** `name=value`, for a Cookie header. */
export function createRequestCookie(
  crypto: Crypto,
  admission: AdmissionKeys,
  random: Random,
  nowS: number,
  carrier: CarrierKeys,
  sequence: number,
): string {
  const body = new Writer(new Uint8Array(ID_BYTES + SEQUENCE_BYTES)).put(carrier.id).u32(sequence).done()
  const message = concatBytes(body, proofOf(crypto, carrier.key, body))
  return createAdmissionCookie(crypto, admission, random, nowS, message, EnvelopeKind.request)
}

/** Whose request it is and which, or undefined for anything that no carrier's own client made. Takes the same time whether there is such a carrier or not. */
export function consumeRequest(
  crypto: Crypto,
  message: Uint8Array,
  keyOf: (id: Uint8Array) => Uint8Array | undefined,
): { readonly id: Uint8Array; readonly sequence: number } | undefined {
  const isWhole = message.length === MESSAGE_BYTES
  const bytes = isWhole ? message : new Uint8Array(MESSAGE_BYTES)
  const reader = new Reader(bytes, 'bad-envelope')
  const id = reader.take(ID_BYTES)
  const sequence = reader.u32()
  const key = keyOf(id)
  const proof = proofOf(crypto, key ?? NO_KEY, bytes.subarray(0, reader.offset))
  const isProven = equalBytes(proof, reader.take(PROOF_BYTES))
  return isWhole && isProven && key !== undefined ? { id, sequence } : undefined
}

const NO_KEY = new Uint8Array(32)

function proofOf(crypto: Crypto, key: Uint8Array, body: Uint8Array): Uint8Array {
  return crypto.hmacSha256(key, body).subarray(0, PROOF_BYTES)
}
