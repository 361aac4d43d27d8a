// What the client remembers between runs, in --dir: which endpoint worked, and how far this computer's clock is off. No destination, no time of use.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface LinkState {
  /** Index into the invite's endpoints. */
  readonly endpointIndex: number
  /** The relay's clock minus ours. */
  readonly clockOffsetS: number
}

export interface StateStore {
  load(): LinkState
  save(state: LinkState): void
}

export const FRESH_STATE: LinkState = { endpointIndex: 0, clockOffsetS: 0 }
const FILE = 'link.json'
const FILE_BYTES_MAX = 4_096

/** Keeps nothing. */
export const noStore: StateStore = { load: () => FRESH_STATE, save: () => undefined }

/** Keeps one small file in `dir`, readable by its user only. Throws where the folder can't be made; a damaged file counts as none. */
export function createFolderStore(dir: string): StateStore {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, FILE)
  return {
    load: () => parse(readText(file)),
    save(state) {
      try {
        writeFileSync(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 })
        renameSync(`${file}.new`, file)
      } catch {
        // A full or read-only disk costs the memory, not the session.
      }
    },
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(0, FILE_BYTES_MAX)
  } catch {
    return ''
  }
}

function parse(text: string): LinkState {
  try {
    const { endpointIndex, clockOffsetS } = JSON.parse(text) as Partial<LinkState>
    const isWhole = Number.isSafeInteger(endpointIndex) && Number.isSafeInteger(clockOffsetS) && (endpointIndex as number) >= 0
    return isWhole ? { endpointIndex: endpointIndex as number, clockOffsetS: clockOffsetS as number } : FRESH_STATE
  } catch {
    return FRESH_STATE
  }
}
