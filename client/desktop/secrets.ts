// What the app keeps between runs (invites, settings), sealed with the operating system's keyring; in clear text only when the person agreed to that.
//
// The file: one line that names the manner, then SHA-256 of the text and the text itself, sealed together or plain. The digest is there because a keyring
// may open damaged bytes without complaint.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stateLimits } from '../contract/limits.ts'
import type { LoadedState } from '../contract/shell.ts'
import { writeDurably } from '../folder/write-file.ts'
import { APP_FILES } from './app-files.ts'
import { stateFileLimits } from './limits.ts'

/** Electron's safeStorage, or whatever seals in a test. */
export interface Keyring {
  isEncryptionAvailable(): boolean
  encryptString(text: string): Uint8Array
  decryptString(bytes: Buffer): string
  /** Only on Linux. */
  getSelectedStorageBackend?(): string
}

export type Manner = 'sealed' | 'plain'

const HEADS: Readonly<Record<Manner, string>> = { sealed: 'culvert state 1 sealed\n', plain: 'culvert state 1 plain\n' }
const DIGEST_LENGTH = 64

export class SecretFile {
  readonly #file: string
  readonly #keyring: Keyring

  constructor(folder: string, keyring: Keyring) {
    this.#file = join(folder, APP_FILES.state)
    this.#keyring = keyring
  }

  /** Whether this computer keeps secrets. Electron's `basic_text` is a key that everybody knows, and so none. */
  get canSeal(): boolean {
    return this.#keyring.isEncryptionAvailable() && this.#keyring.getSelectedStorageBackend?.() !== 'basic_text'
  }

  /** Never throws. `unreadable` is of no use now, but kept: a keyring that is locked today may be open tomorrow. */
  load(): LoadedState {
    if (!existsSync(this.#file)) return { kind: 'none' }
    const read = this.#read()
    return read === undefined ? { kind: 'unreadable' } : { kind: read.manner, text: read.text }
  }

  /** Whole or not at all. False where the disk refuses, there is no keyring for what is to be sealed, or the text is too long. */
  save(text: string, manner: Manner): boolean {
    if (text.length > stateLimits.textMax || (manner === 'sealed' && !this.canSeal)) return false
    try {
      const whole = digestOf(text) + text
      const body = manner === 'sealed' ? this.#keyring.encryptString(whole) : Buffer.from(whole)
      // What could not be read is not lost by what is written in its stead.
      if (existsSync(this.#file) && this.#read() === undefined) renameSync(this.#file, join(this.#file, '..', APP_FILES.unreadableState))
      writeDurably(this.#file, Buffer.concat([Buffer.from(HEADS[manner]), body]))
      return true
    } catch {
      return false
    }
  }

  #read(): { readonly manner: Manner; readonly text: string } | undefined {
    try {
      if (statSync(this.#file).size > stateFileLimits.bytesMax) return undefined
      const bytes = readFileSync(this.#file)
      const manner = (['sealed', 'plain'] as const).find((one) => bytes.subarray(0, HEADS[one].length).equals(Buffer.from(HEADS[one])))
      if (manner === undefined) return undefined
      const body = bytes.subarray(HEADS[manner].length)
      const whole = manner === 'sealed' ? this.#keyring.decryptString(body) : body.toString('utf8')
      const text = whole.slice(DIGEST_LENGTH)
      return whole.slice(0, DIGEST_LENGTH) === digestOf(text) ? { manner, text } : undefined
    } catch {
      return undefined
    }
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
