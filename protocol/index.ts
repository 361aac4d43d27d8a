// The only door of protocol/.
export {
  type AdmissionKeys,
  consumeAdmission,
  createAdmissionCookie,
  deriveAdmissionKeys,
  EnvelopeKind,
  openEnvelope,
  type ReplayMemory,
  sealEnvelope,
} from './admission.ts'
export { concatBytes, decodeBase64url, encodeBase64url, encodeHex, equalBytes, Reader, utf8, Writer } from './bytes.ts'
export type { Carrier, CarrierEvents, CarrierKind } from './carrier.ts'
export { type Aead, Cipher, type Crypto, type KeyPair, type Random } from './crypto.ts'
export { decodeEndpoint, type Endpoint, encodeEndpoint } from './endpoint.ts'
export { assert, ProtocolError, type ProtocolErrorCode, ResetCode } from './errors.ts'
export { type ClientHandshake, consumeHandshake, createClientHandshake, type RelayAnswer, type SessionKeys } from './hello.ts'
export { decodeInvite, encodeInvite, type Invite } from './invite.ts'
export { ADMISSION_FRESH_S, DATAGRAM_BYTES_MAX, STREAMS_MAX } from './limits.ts'
export { Session, type SessionEvents, type SessionOptions } from './session.ts'
export { Stream, type StreamHandler } from './stream.ts'
export { parseTarget, type Target } from './target.ts'
