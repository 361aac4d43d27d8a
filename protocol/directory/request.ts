// What a client asks of whoever has the directory, on a stream of a session. Bytes: SPEC.md §14.9.
import { Reader, Writer } from '../bytes.ts'
import { parseTarget, type Target } from '../target.ts'

/** Names below `.invalid` never resolve (RFC 6761), so nothing is taken from anyone. */
export const DIRECTORY_TARGET: Target = parseTarget('directory.invalid', 1)
export const DIRECTORY_REQUEST_BYTES_MAX = 9

export type DirectoryRequest =
  /** A bundle for who stopped at a log of this size. */
  | { readonly kind: 'bundle'; readonly size: number }
  /** The roll of the consensus of this number. */
  | { readonly kind: 'roll'; readonly number: number }

const BUNDLE = 1
const ROLL = 2

export function encodeDirectoryRequest(request: DirectoryRequest): Uint8Array {
  const writer = new Writer(new Uint8Array(DIRECTORY_REQUEST_BYTES_MAX))
  return request.kind === 'bundle' ? writer.u8(BUNDLE).varint(request.size).done() : writer.u8(ROLL).varint(request.number).done()
}

/** Throws ProtocolError('bad-directory'). */
export function decodeDirectoryRequest(bytes: Uint8Array): DirectoryRequest {
  const reader = new Reader(bytes, 'bad-directory')
  const kind = reader.u8()
  const value = reader.varint()
  reader.end()
  if (kind === BUNDLE) return { kind: 'bundle', size: value }
  if (kind === ROLL) return { kind: 'roll', number: value }
  throw reader.error('a request of an unknown kind')
}
