// What a session is made with, and whom it tells what happens.
import type { Cipher, Crypto, Random } from './crypto.ts'
import type { ResetCode } from './errors.ts'
import type { Lane } from './lane.ts'
import type { Stream } from './stream.ts'
import type { Target } from './target.ts'

export interface SessionOptions {
  readonly crypto: Crypto
  readonly cipher: Cipher
  readonly role: 'client' | 'relay'
  /** The handshake's two secrets. */
  readonly up: Uint8Array
  readonly down: Uint8Array
  readonly random: Random
  readonly nowMs: number
  /** Both sides take records in parts (SPEC.md §6.7); no, where nothing is said. */
  readonly takesParts?: boolean
  /** How many streams may be open at once; at most STREAMS_MAX. */
  readonly streamsMax?: number
}

/** What a stream's open frame asks for. */
export interface OpenFlags {
  /** To be told when the relay has dialled. */
  readonly reportDial?: boolean
  /** To carry datagrams instead of bytes. */
  readonly datagrams?: boolean
}

export interface SessionEvents {
  /** Something can be sent: the driver should soon call `produce` until it gives nothing. */
  onWake(): void
  /** At the relay: a stream was opened; set its handler. */
  onOpen(stream: Stream, target: Target, flags: { readonly reportDial: boolean; readonly datagrams: boolean }): void
  /** The peer takes no more streams. */
  onGoaway(code: ResetCode): void
  /** The client sends nothing more on this lane: to be closed once the session says that it is empty. */
  onRetire(lane: Lane): void
}
