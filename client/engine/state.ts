// What the client remembers between runs, in --dir: how far this computer's clock is off, what worked on which network (under keyed hashes), and relays'
// policies. No destination, no time of use.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  decodeBase64url,
  decodeBundle,
  decodeInvite,
  encodeBase64url,
  equalBytes,
  HANDED_RELAYS_MAX,
  type Invite,
  ProtocolError,
  SECRET_BYTES,
} from '#protocol'
import { makeFolder } from '#protocol/node'
import { lockForLong, lockNow } from '../folder/lock.ts'
import { writeDurably } from '../folder/write-file.ts'
import { UsageError } from './arguments.ts'
import { invitesNamed } from './askable.ts'
import type { SavedDirectory } from './control/directory.ts'
import { parseMemory, type SavedMemory } from './control/memory.ts'
import { stateLimits } from './limits.ts'
import { encodeMembership, type SavedMembership } from './membership.ts'
import type { SavedPolicies } from './policies.ts'

export interface EngineState {
  /** The relays' clock minus ours. */
  readonly clockOffsetS: number
  readonly memory: SavedMemory | undefined
  readonly policies: SavedPolicies
  /** Of the network that this client takes part in, if it does. */
  readonly directory?: SavedDirectory | undefined
  /** Of that network: what it handed out. */
  readonly membership?: SavedMembership | undefined
  /** What only a later version reads, by its name: kept for it, as it came. Whoever changes a part's form gives it another name. */
  readonly unread?: Readonly<Record<string, unknown>> | undefined
}

export interface StateStore {
  load(): EngineState
  save(state: EngineState): void
}

/** What several programs may use at once: a client that runs, and a command beside it. */
export interface FolderStore extends StateStore {
  /** Parts that are left out stay as they are, and of two directories of one network the younger stays. */
  save(parts: Partial<EngineState>): void
}

export const FRESH_STATE: EngineState = { clockOffsetS: 0, memory: undefined, policies: {} }
const FILE = 'link.json'

/** Keeps nothing. */
export const noStore: StateStore = { load: () => FRESH_STATE, save: () => undefined }

/** Keeps one file in `dir`, readable by its user only. Throws where the folder can't be made; a damaged file counts as none. */
export function createFolderStore(dir: string): FolderStore {
  makeFolder(dir, 0o700)
  const file = join(dir, FILE)
  const load = (): EngineState => decodeState(parseJson(readText(file)))
  return {
    load,
    save(parts) {
      try {
        // What a client and a command beside it change is a matter of milliseconds.
        const held = lockNow(`${file}.lock`)
        try {
          writeDurably(file, `${JSON.stringify(encodeState(merge(load(), parts)))}\n`)
        } finally {
          held.release()
        }
      } catch {
        // A full or read-only disk costs the memory, not the session.
      }
    },
  }
}

function merge(kept: EngineState, parts: Partial<EngineState>): EngineState {
  const { clockOffsetS = kept.clockOffsetS, memory = kept.memory, policies = kept.policies, membership = kept.membership } = parts
  const { unread } = kept
  return { clockOffsetS, memory, policies, membership, unread, directory: younger(kept.directory, parts.directory) }
}

/** Another network's takes the place of the one that was there. */
function younger(kept: SavedDirectory | undefined, saved: SavedDirectory | undefined): SavedDirectory | undefined {
  if (kept === undefined || saved === undefined) return saved ?? kept
  const isSame = equalBytes(kept.networkId, saved.networkId) && !equalBytes(kept.bundle, saved.bundle)
  return isSame && logSizeOf(kept) > logSizeOf(saved) ? kept : saved
}

function logSizeOf({ bundle }: SavedDirectory): number {
  try {
    return bundle.length === 0 ? 0 : decodeBundle(bundle).note.checkpoint.size
  } catch (error) {
    if (error instanceof ProtocolError) return 0
    throw error
  }
}

/**
 * For as long as this process lives: two that stay connected would each take what it remembers for all there is. Throws UsageError, which names the other,
 * or where there can be no such folder.
 * A folder that can't be written to is held by nobody, since nobody changes it.
 */
export async function holdFolder(dir: string): Promise<void> {
  try {
    makeFolder(dir, 0o700)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`There can be no folder ${dir} (${code}). Give another one: --dir FOLDER.`)
  }
  const held = await lockForLong(join(dir, 'in-use')).catch(() => undefined)
  if (held !== undefined && 'pid' in held)
    throw new UsageError(
      `Another culvert connect (process ${held.pid}) is using the folder ${dir}. Stop that one first, or give this one a folder of its own: --dir OTHER.`,
    )
}

/** What a folder remembers; makes no folder where there is none. */
export function loadFolder(dir: string): EngineState {
  return existsSync(dir) ? createFolderStore(dir).load() : FRESH_STATE
}

/** As JSON can hold it. */
export function encodeState({ clockOffsetS, memory, policies, directory, membership, unread }: EngineState): object {
  return {
    ...unread,
    clockOffsetS,
    memory,
    policies: Object.fromEntries(Object.entries(policies).map(([key, bytes]) => [key, encodeBase64url(bytes)])),
    ...(membership && { membership: encodeMembership(membership) }),
    ...(directory && { directory: { networkId: encodeBase64url(directory.networkId), bundle: encodeBase64url(directory.bundle) } }),
  }
}

function readText(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    return text.length <= stateLimits.fileBytesMax ? text : ''
  } catch {
    return ''
  }
}

/** Each part that is not as it should be is left out. */
export function decodeState(value: unknown): EngineState {
  const { clockOffsetS, memory, policies, directory, membership, ...unread } = fieldsOf(value)
  const [kept, member] = [parseDirectory(directory), parseMembership(membership)]
  return {
    clockOffsetS: Number.isSafeInteger(clockOffsetS) ? (clockOffsetS as number) : 0,
    memory: parseMemory(memory),
    policies: parsePolicies(policies),
    ...(kept && { directory: kept }),
    ...(member && { membership: member }),
    ...(Object.keys(unread).length > 0 && { unread }),
  }
}

function parseDirectory(value: unknown): SavedDirectory | undefined {
  const { networkId, bundle } = fieldsOf(value)
  if (!isBytes(networkId) || !isBytes(bundle)) return undefined
  const id = decodeBase64url(networkId) as Uint8Array
  return id.length === 32 ? { networkId: id, bundle: decodeBase64url(bundle) as Uint8Array } : undefined
}

function parseMembership(value: unknown): SavedMembership | undefined {
  const { authorityKey, member, relays, isInside, askAtS } = fieldsOf(value)
  if (!isBytes(authorityKey) || !isBytes(member) || !Array.isArray(relays) || !Number.isSafeInteger(askAtS)) return undefined
  const [key, secret] = [decodeBase64url(authorityKey) as Uint8Array, decodeBase64url(member) as Uint8Array]
  if (key.length !== 32 || secret.length !== SECRET_BYTES) return undefined
  return {
    authorityKey: key,
    member: secret,
    relays: invitesNamed(
      relays.slice(0, HANDED_RELAYS_MAX).flatMap((text) => parseInvite(text) ?? []),
      isInside === true,
    ),
    isInside: isInside === true,
    askAtS: askAtS as number,
  }
}

function parseInvite(text: unknown): Invite | undefined {
  try {
    return typeof text === 'string' ? decodeInvite(text) : undefined
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function parsePolicies(value: unknown): SavedPolicies {
  const entries = Object.entries(fieldsOf(value)).slice(0, stateLimits.policiesMax)
  return Object.fromEntries(entries.flatMap(([key, text]) => (isBytes(text) ? [[key, decodeBase64url(text) as Uint8Array]] : [])))
}

function isBytes(value: unknown): value is string {
  return typeof value === 'string' && decodeBase64url(value) !== undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Readonly<Partial<Record<string, unknown>>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
