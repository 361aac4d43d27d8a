// Fetching a younger directory from somebody who has it: what authorities do that missed a meeting, and relays that hand it on.
import {
  DIRECTORY_TARGET,
  type Directory,
  decodeRoll,
  encodeBundle,
  encodeDirectoryRequest,
  Frontier,
  type Invite,
  isRollOf,
  type Known,
  ProtocolError,
  type Target,
  verifyBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'

export interface Fetched {
  readonly directory: Directory
  /** With the whole log, to be kept and handed on. */
  readonly bytes: Uint8Array
  readonly roll: Uint8Array
  readonly leaves: readonly Uint8Array[]
}

/** Asks one question of somebody; undefined when nothing comes. */
export type Ask = (invite: Invite, target: Target, request: Uint8Array) => Promise<Uint8Array | undefined>

/**
 * undefined: nothing younger is to be had there, or nothing that is right. `leaves`: the log as far as we have it, which is that of `known`. `onFork` is told of a
 * directory that enough authorities have signed and that has another past than ours.
 */
export async function fetchDirectory(
  ask: Ask,
  from: Invite,
  known: Known,
  leaves: readonly Uint8Array[],
  nowS: number,
  onFork: (bytes: Uint8Array) => void = () => undefined,
): Promise<Fetched | undefined> {
  const bytes = await ask(from, DIRECTORY_TARGET, encodeDirectoryRequest({ kind: 'bundle', size: leaves.length }))
  const directory = bytes && verified(bytes, known, nowS, onFork)
  if (directory === undefined || directory.consensus.number <= leaves.length) return undefined
  const { bundle, consensus } = directory
  // Of a log that begins after ours ends we would not have the whole, which is kept and handed on.
  if (bundle.frontier.size > leaves.length) return undefined
  const roll = await ask(from, DIRECTORY_TARGET, encodeDirectoryRequest({ kind: 'roll', number: consensus.number }))
  const entries = roll && orUndefined(() => decodeRoll(roll))
  if (roll === undefined || entries === undefined || !isRollOf(consensus, entries)) return undefined
  const whole = [...leaves.slice(0, bundle.frontier.size), ...bundle.leaves]
  return { directory, bytes: encodeBundle({ ...bundle, frontier: new Frontier(), leaves: whole }), roll, leaves: whole }
}

function verified(bytes: Uint8Array, known: Known, nowS: number, onFork: (bytes: Uint8Array) => void): Directory | undefined {
  try {
    return verifyBundle(nodeCrypto, bytes, known, nowS)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    if (error.code === 'directory-forked') onFork(bytes)
    return undefined
  }
}

/** undefined for what somebody sent and is not right. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
