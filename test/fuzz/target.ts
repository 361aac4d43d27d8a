// What is fuzzed, and what a run of one input may end in.
import { ProtocolError, type ProtocolErrorCode } from '#protocol'

export interface FuzzTarget {
  readonly name: string
  /** Inputs that mean something, to begin with. */
  readonly seeds: readonly Uint8Array[]
  /** Pieces that mean something, to put into others. */
  readonly words: readonly Uint8Array[]
  /** Decodes and checks. Returns in a few words how it ended, so that an input that ends in a new way is kept to mutate further. Throws for what must not be. */
  run(input: Uint8Array): string
}

/** Says what a decoder promises, where it is broken. */
export function must(condition: boolean, words: string): asserts condition {
  if (!condition) throw new Error(`broken: ${words}`)
}

/** What `decode` gives, or the code of the ProtocolError that it may throw. Any other throw is a crash. */
export function outcome<T>(
  codes: readonly ProtocolErrorCode[],
  decode: () => T,
): { readonly value: T } | { readonly code: ProtocolErrorCode; readonly message: string } {
  try {
    return { value: decode() }
  } catch (error) {
    if (!(error instanceof ProtocolError) || !codes.includes(error.code)) throw error
    return { code: error.code, message: error.message }
  }
}

/** One character a byte, both ways. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
