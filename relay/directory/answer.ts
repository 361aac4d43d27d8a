// Questions that come on streams of sessions, and their answers: what relays and authorities have in common when they are asked for the directory.
import {
  type Bundle,
  type Consensus,
  DIRECTORY_REQUEST_BYTES_MAX,
  DIRECTORY_TARGET,
  decodeDirectoryRequest,
  encodeBundle,
  ProtocolError,
  ResetCode,
  type Stream,
  trimBundle,
} from '#protocol'
import type { Documents } from '../streams.ts'
import { answerLimits } from './limits.ts'

/** The directory that is handed out now. */
export interface Shown {
  /** With the whole log. */
  readonly bundle: Bundle
  readonly consensus: Consensus
  readonly roll: Uint8Array
}

/** Memory that many are answered from, and nobody writes to: each stream takes a copy of what it has room for, so that who asks often and reads nothing holds little. */
export interface Shared {
  readonly shared: Uint8Array
}

/** Answers a question of `who` with bytes, or with undefined: the stream is reset then. May take its time. */
export type Answer = (request: Uint8Array, who: object) => Said | Promise<Said>
type Said = Uint8Array | Shared | undefined

/** What a stream is given of shared memory at once. */
const PIECE_BYTES = 32_768

/**
 * Answers streams to one target; a question that is longer is refused. Where the answer fails by our own doing, such as a store that can't be reached, the stream
 * is reset as for what can't be answered, and `onFault` is told.
 */
export function answerStreams(
  target: { readonly host: string; readonly port: number },
  bytesMax: number,
  answer: Answer,
  onFault: (error: unknown) => void = () => undefined,
): Documents {
  return (stream, { host, port }, who) => {
    if (host !== target.host || port !== target.port) return false
    stream.handler = takeQuestion(stream, bytesMax, (request) => void reply(stream, () => answer(request, who), onFault))
    return true
  }
}

/** The first that knows the target answers. */
export function anyOf(...all: readonly Documents[]): Documents {
  return (stream, target, who) => all.some((one) => one(stream, target, who))
}

/** SPEC.md §14.9. undefined: there is no directory here yet. */
export function serveDirectory(shown: () => Shown | undefined): Documents {
  return answerStreams(DIRECTORY_TARGET, DIRECTORY_REQUEST_BYTES_MAX, (bytes) => {
    const now = shown()
    if (now === undefined) return undefined
    const request = decodeDirectoryRequest(bytes)
    if (request.kind === 'bundle') return { shared: bundleFor(now.bundle, request.size) }
    return request.number === now.consensus.number ? { shared: now.roll } : undefined
  })
}

/** By the size of the log for which it is; what was asked for last stands last. */
const encoded = new WeakMap<Bundle, Map<number, Uint8Array>>()

/** The directory for who stopped at a log of this size, as bytes that nobody may write to. Making them takes a hash for each entry that is left out. */
export function bundleFor(bundle: Bundle, size: number): Uint8Array {
  const kept = encoded.get(bundle) ?? new Map<number, Uint8Array>()
  encoded.set(bundle, kept)
  const bytes = kept.get(size) ?? encodeBundle(trimBundle(bundle, size))
  kept.delete(size)
  kept.set(size, bytes)
  const [oldest] = kept.keys()
  if (oldest !== undefined && kept.size > answerLimits.sizesMax) kept.delete(oldest)
  return bytes
}

function takeQuestion(stream: Stream, bytesMax: number, whole: (request: Uint8Array) => void): Stream['handler'] {
  let request = new Uint8Array()
  const refuse = (): void => stream.reset(ResetCode.denied)
  return {
    onData: (more) => {
      if (request.length + more.length > bytesMax) return refuse()
      request = new Uint8Array(Buffer.concat([request, more]))
      stream.consumed(more.length)
    },
    onFin: () => whole(request),
    onDatagram: refuse,
    onOpened: () => undefined,
    onReset: () => undefined,
    onRoom: () => undefined,
  }
}

async function reply(stream: Stream, answer: () => ReturnType<Answer>, onFault: (error: unknown) => void): Promise<void> {
  let said: Said
  try {
    said = await answer()
  } catch (error) {
    if (!(error instanceof ProtocolError)) onFault(error)
  }
  if (said === undefined) return stream.reset(ResetCode.refused)
  if ('shared' in said) return pour(stream, said.shared)
  // The session frees what it has sent, so each stream has its own.
  stream.write(said.slice())
  stream.fin()
}

function pour(stream: Stream, bytes: Uint8Array): void {
  let from = 0
  const onRoom = (): void => {
    let hasRoom = true
    while (hasRoom && from < bytes.length) {
      hasRoom = stream.write(bytes.slice(from, from + PIECE_BYTES))
      from += PIECE_BYTES
    }
    if (from >= bytes.length) stream.fin()
  }
  stream.handler = { ...stream.handler, onRoom }
  onRoom()
}
