// Checkpoints as text: C2SP signed-note, tlog-checkpoint and tlog-cosignature, so that any witness of such logs can sign ours. SPEC.md §14.5.
//
//   <origin>\n<size>\n<root, base64>\n
//   \n
//   — <key name> <base64 of: key id[4] ‖ signature>\n      … and so on, one line a key; lines of keys that nobody knows are passed over
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, decodeBase64url, encodeBase64url, equalBytes, Reader, utf8, Writer } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { ProtocolError } from '../errors.ts'
import { LOG_LEAVES_MAX, NOTE_BYTES_MAX, NOTE_LINES_MAX } from '../limits.ts'

export interface Checkpoint {
  /** Which log. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

export interface NoteSignature {
  readonly name: string
  readonly keyId: Uint8Array
  /** 64 bytes; a cosignature's has its time, u64, in front. */
  readonly signature: Uint8Array
}

export interface Note {
  readonly checkpoint: Checkpoint
  readonly signatures: readonly NoteSignature[]
}

/** C2SP signed-note's kinds of keys: an ordinary signature, and one of a witness, with the time. */
export const KeyKind = { ed25519: 1, cosignature: 4 } as const
export type KeyKind = (typeof KeyKind)[keyof typeof KeyKind]

const SIGNATURE_BYTES = 64
const TIME_BYTES = 8
const DASH = '— '

/** What is signed: the note's text, with its last line break and without the blank line. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

export function keyIdOf(name: string, kind: KeyKind, key: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(kind), key)).subarray(0, 4)
}

/** `sign` makes an Ed25519 signature of 64 bytes by `key`. */
export function signCheckpoint(
  checkpoint: Checkpoint,
  name: string,
  key: Uint8Array,
  sign: (bytes: Uint8Array) => Uint8Array,
): NoteSignature {
  return { name, keyId: keyIdOf(name, KeyKind.ed25519, key), signature: sign(utf8(checkpointText(checkpoint))) }
}

/** A witness's: it has seen this checkpoint at this time, and that it only added to all that it had seen before. */
export function cosignCheckpoint(
  checkpoint: Checkpoint,
  name: string,
  key: Uint8Array,
  timeS: number,
  sign: (bytes: Uint8Array) => Uint8Array,
): NoteSignature {
  const signature = concatBytes(encodeTime(timeS), sign(cosignedBytes(checkpoint, timeS)))
  return { name, keyId: keyIdOf(name, KeyKind.cosignature, key), signature }
}

/** Whether one of the signatures is that of this key. */
export function isSignedBy(crypto: Crypto, { checkpoint, signatures }: Note, name: string, kind: KeyKind, key: Uint8Array): boolean {
  const keyId = keyIdOf(name, kind, key)
  const verify = kind === KeyKind.ed25519 ? isSignature : isCosignature
  return signatures.some((one) => one.name === name && equalBytes(one.keyId, keyId) && verify(crypto, checkpoint, one.signature, key))
}

function isSignature(crypto: Crypto, checkpoint: Checkpoint, signature: Uint8Array, key: Uint8Array): boolean {
  return signature.length === SIGNATURE_BYTES && crypto.ed25519Verify(key, utf8(checkpointText(checkpoint)), signature)
}

function isCosignature(crypto: Crypto, checkpoint: Checkpoint, signature: Uint8Array, key: Uint8Array): boolean {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return false
  const reader = new Reader(signature, 'bad-directory')
  const timeS = reader.u32() * 2 ** 32 + reader.u32()
  return crypto.ed25519Verify(key, cosignedBytes(checkpoint, timeS), signature.subarray(TIME_BYTES))
}

export function encodeNote({ checkpoint, signatures }: Note): Uint8Array {
  const lines = signatures.map(({ name, keyId, signature }) => `${DASH}${name} ${encodeBase64(concatBytes(keyId, signature))}\n`)
  return utf8(`${checkpointText(checkpoint)}\n${lines.join('')}`)
}

/** Throws ProtocolError('bad-directory'). Whose the signatures are is not looked at here. */
export function decodeNote(bytes: Uint8Array): Note {
  if (bytes.length > NOTE_BYTES_MAX) throw bad('a checkpoint that is too long')
  const text = new Reader(bytes, 'bad-directory').text(bytes.length)
  const [origin = '', size = '', root = '', blank, ...lines] = text.split('\n')
  if (blank !== '' || lines.pop() !== '' || lines.length > NOTE_LINES_MAX) throw bad('a checkpoint of another shape')
  if (!/^[!-~]+$/.test(origin) || !/^(?:0|[1-9]\d{0,14})$/.test(size)) throw bad('a checkpoint without origin and size')
  const rootBytes = decodeBase64(root)
  if (rootBytes?.length !== 32 || Number(size) > LOG_LEAVES_MAX) throw bad('a checkpoint without a root, or of a log that is too large')
  return { checkpoint: { origin, size: Number(size), root: rootBytes }, signatures: lines.map(decodeLine) }
}

function decodeLine(line: string): NoteSignature {
  const [, name = '', text = ''] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? []
  const bytes = decodeBase64(text)
  if (name === '' || bytes === undefined || bytes.length < 5) throw bad('a signature line of another shape')
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) }
}

function cosignedBytes(checkpoint: Checkpoint, timeS: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeS}\n${checkpointText(checkpoint)}`)
}

function encodeTime(timeS: number): Uint8Array {
  return new Writer(new Uint8Array(TIME_BYTES))
    .u32(Math.floor(timeS / 2 ** 32))
    .u32(timeS % 2 ** 32)
    .done()
}

/** RFC 4648 §4, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encodeBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

function decodeBase64(text: string): Uint8Array | undefined {
  const letters = text.replace(/={0,2}$/, '')
  if (text.length % 4 !== 0 || /[-_=]/.test(letters)) return undefined
  return decodeBase64url(letters.replaceAll('+', '-').replaceAll('/', '_'))
}

function bad(message: string): ProtocolError {
  return new ProtocolError('bad-directory', message)
}
