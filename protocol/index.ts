// The only door of protocol/.
export {
  type Admission,
  type AdmissionKeys,
  consumeAdmission,
  createAdmissionCookie,
  deriveAdmissionKeys,
  EnvelopeKind,
  openEnvelope,
  type ReplayMemory,
  sealEnvelope,
} from './admission.ts'
export {
  type Attach,
  type AttachKeys,
  type CarrierKeys,
  consumeAttach,
  consumeAttached,
  createAttach,
  createAttached,
  deriveAttachKeys,
  deriveCarrierKeys,
} from './attach.ts'
export { concatBytes, decodeBase64url, encodeBase64url, encodeHex, equalBytes, Reader, utf8, Writer } from './bytes.ts'
export type { Carrier, CarrierEvents, CarrierKind } from './carrier.ts'
export { type Aead, Cipher, type Crypto, type KeyPair, type Random } from './crypto.ts'
export {
  type Bundle,
  type Directory,
  decodeBundle,
  encodeBundle,
  firstKnown,
  isRollOf,
  type Known,
  keepCertificates,
  refuseOtherPast,
  trimBundle,
  verifyBundle,
} from './directory/bundle.ts'
export {
  type Certificate,
  type Charter,
  charterHash,
  charterSignedBytes,
  countSignatures,
  decodeCertificate,
  decodeCharter,
  encodeCertificate,
  encodeCharter,
  encodeCharterBody,
  followCharters,
  keyNameOf,
  type Member,
  memberOf,
  originOf,
  type SignedCharter,
  type Times,
} from './directory/charter.ts'
export {
  type Consensus,
  type CountryPolicy,
  decodeConsensus,
  decodeRoll,
  decodeSettings,
  encodeRoll,
  encodeSettings,
  entryBytes,
  freshUntilS,
  policyBytes,
  policyFor,
  type RollEntry,
  rollLeaves,
  type Settings,
  validUntilS,
} from './directory/consensus.ts'
export {
  commitmentOf,
  compareVersions,
  type Descriptor,
  decodeDescriptor,
  encodeDescriptor,
  revocationOf,
  type Version,
  versionOf,
} from './directory/descriptor.ts'
export {
  type Answer,
  type Asks,
  authorityOfQuestion,
  HANDING_QUESTION_BYTES,
  HANDING_TARGET,
  type Handed,
  type OpenedQuestion,
  openQuestion,
  type Question,
  type Refused,
  refuseUnlisted,
  SECRET_BYTES,
  type Seen,
  sealQuestion,
  seenMark,
  type Word,
} from './directory/handing.ts'
export { Meeting, type MeetingOptions } from './directory/meeting.ts'
export {
  type Checkpoint,
  checkpointText,
  cosignCheckpoint,
  decodeNote,
  encodeBase64,
  encodeNote,
  type Note,
  type NoteSignature,
} from './directory/note.ts'
export {
  DIRECTORY_REQUEST_BYTES_MAX,
  DIRECTORY_TARGET,
  type DirectoryRequest,
  decodeDirectoryRequest,
  encodeDirectoryRequest,
} from './directory/request.ts'
export { handersOf, handersPerRelay, mayHandOut } from './directory/shares.ts'
export { compareBytes, purposeBytes, type Sign } from './directory/signed.ts'
export { consistencyPath, Frontier, inclusionPaths, isIncluded, leafHash } from './directory/tlog.ts'
export { type Ballot, decodeBallots, encodeBallots, type Verdict } from './directory/vote.ts'
export { decodeEndpoint, type Endpoint, encodeEndpoint } from './endpoint.ts'
export { assert, ProtocolError, type ProtocolErrorCode, ResetCode } from './errors.ts'
export { type ClientHandshake, consumeHandshake, createClientHandshake, type RelayAnswer, type SessionKeys } from './hello.ts'
export { BodyMark, BodyReader, type BodySink, encodeBodyHeader, encodeBodyMark } from './http-body.ts'
export { consumeRequest, createRequestCookie, decodeSequence, encodeSequence, RequestUse } from './http-request.ts'
export {
  decodeInvite,
  decodeInviteBody,
  encodeInvite,
  encodeInviteBody,
  type Invite,
  NETWORK_VERSION,
  NEWER_VERSION_MAX,
} from './invite.ts'
export type { Lane } from './lane.ts'
export {
  ADMISSION_FRESH_S,
  AUTHORITIES_MAX,
  BUNDLE_BYTES_MAX,
  COUNTRIES_MAX,
  DATAGRAM_BYTES_MAX,
  HANDED_BYTES_MAX,
  HANDED_RELAYS_MAX,
  HTTP_BODY_BYTES_MAX,
  HTTP_DOWN_MAX,
  HTTP_UP_MAX,
  LOG_LEAVES_MAX,
  NETWORK_DOORS_MAX,
  PERIOD_S_MAX,
  REVOKED_MAX,
  ROLL_RELAYS_MAX,
  SOURCES_MAX,
  STREAMS_MAX,
  VOTE_BYTES_MAX,
  WEIGHT_MAX,
} from './limits.ts'
export {
  type AnyInvite,
  decodeAnyInvite,
  decodeNetworkInvite,
  encodeNetworkInvite,
  type NetworkInvite,
} from './network-invite.ts'
export { type Canaries, decodePolicy, encodePolicy, type Policy, type Rotation } from './policy.ts'
export { Session } from './session.ts'
export type { SessionEvents, SessionOptions } from './session-events.ts'
export { Stream, type StreamHandler } from './stream.ts'
export { parseTarget, type Target } from './target.ts'
export { encodeMessageHeader, encodePong, encodeTextHeader, WebSocketReader } from './websocket.ts'
