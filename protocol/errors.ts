// The two kinds of failure that the protocol knows: a ProtocolError (an event, caused by bytes from outside) and a bug (assert).

/** What went wrong, for code. Every decode failure is one of these; messages are for people. */
export type ProtocolErrorCode =
  | 'bad-target'
  | 'bad-invite'
  | 'bad-policy'
  | 'bad-descriptor'
  | 'bad-directory'
  | 'directory-unsigned'
  | 'directory-rolled-back'
  | 'directory-expired'
  | 'directory-early'
  | 'directory-forked'
  | 'directory-mixed'
  | 'directory-unproved'
  | 'bad-envelope'
  | 'bad-handshake'
  | 'bad-record'
  | 'record-gap'
  | 'bad-frame'
  | 'bad-ack'
  | 'bad-stream'
  | 'over-credit'
  | 'too-large'
  | 'bad-websocket'
  | 'limit'

/** An event caused by what the other side (or a person) sent. Ends the carrier or the session that it came on, never the process. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string) {
    super(message)
    this.name = 'ProtocolError'
    this.code = code
  }
}

/** Why a stream was reset, as one byte on the wire (SPEC.md §7.6). */
export const ResetCode = {
  cancelled: 0,
  refused: 1,
  hostUnreachable: 2,
  networkUnreachable: 3,
  timeout: 4,
  denied: 5,
  nameNotFound: 6,
  broken: 7,
  overload: 8,
  goingAway: 9,
  internal: 10,
} as const
export type ResetCode = (typeof ResetCode)[keyof typeof ResetCode]

/** A code from a newer peer that we do not know reads as `internal`. */
export function readResetCode(byte: number): ResetCode {
  return byte <= ResetCode.internal ? (byte as ResetCode) : ResetCode.internal
}

/** Stops on a bug of ours; bytes from outside never reach it. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${claim}`)
}
