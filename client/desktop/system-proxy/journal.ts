// What the system's proxy was before Culvert, and what Culvert wrote: on the disk before anything is changed, gone when all is put back.
import { readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { removeDurably, writeDurably } from '../../folder/write-file.ts'
import { APP_FILES } from '../app-files.ts'
import { systemProxyLimits } from '../limits.ts'
import { type AdapterName, SystemProxyError } from './settings.ts'

/** Of one setting. */
export interface Entry {
  readonly name: string
  /** undefined: it was not set. */
  readonly before: string | undefined
  /** What Culvert may have written: the newest first, then what stood there before that if it was Culvert's too. */
  readonly ours: readonly (string | undefined)[]
}

export interface Journal {
  /** Whether nothing may go out when the app dies: then the settings stay, and lead nowhere. */
  readonly hold: boolean
  readonly parts: Readonly<Partial<Record<AdapterName, readonly Entry[]>>>
}

export const JOURNAL_FILE: string = APP_FILES.systemProxy
const ADAPTERS: readonly AdapterName[] = ['gnome', 'kde', 'windows', 'macos']

export class JournalFile {
  readonly #file: string

  constructor(folder: string) {
    this.#file = join(folder, JOURNAL_FILE)
  }

  /** undefined where there is none. One that can't be read is put aside: a journal is whole or was not written by us. */
  load(): Journal | undefined {
    const text = this.#readText()
    if (text === undefined) return undefined
    const journal = decodeJournal(text)
    if (journal === undefined) this.#putAside()
    return journal
  }

  /** Throws SystemProxyError('journal'): then nothing may be changed. */
  save(journal: Journal): void {
    try {
      writeDurably(this.#file, encodeJournal(journal))
    } catch (error) {
      throw new SystemProxyError('journal', 'What was set before cannot be written down, so nothing is changed.', { cause: error })
    }
  }

  remove(): void {
    removeDurably(this.#file)
  }

  #readText(): string | undefined {
    try {
      return statSync(this.#file).size <= systemProxyLimits.journalBytesMax ? readFileSync(this.#file, 'utf8') : ''
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new SystemProxyError('journal', 'What was set before cannot be read.', { cause: error })
    }
  }

  #putAside(): void {
    renameSync(this.#file, `${this.#file}.damaged`)
  }
}

export function encodeJournal({ hold, parts }: Journal): string {
  // JSON knows no undefined inside a list, so a value that is not set is an empty list.
  const spell = (value: string | undefined): string[] => (value === undefined ? [] : [value])
  const spellPart = (entries: readonly Entry[]): unknown => entries.map(({ name, before, ours }) => [name, spell(before), ours.map(spell)])
  const spelled = Object.entries(parts).map(([name, entries]) => [name, spellPart(entries)])
  return `${JSON.stringify({ version: 1, hold, parts: Object.fromEntries(spelled) })}\n`
}

/** undefined for what `encodeJournal` does not make. */
export function decodeJournal(text: string): Journal | undefined {
  const { version, hold, parts } = fieldsOf(parseJson(text))
  if (version !== 1 || typeof hold !== 'boolean') return undefined
  const named = fieldsOf(parts)
  if (Object.keys(named).some((name) => !ADAPTERS.some((adapter) => adapter === name))) return undefined
  const decoded: Partial<Record<AdapterName, readonly Entry[]>> = {}
  for (const name of ADAPTERS) {
    if (named[name] === undefined) continue
    const entries = listOf(named[name], decodeEntry)
    if (entries === undefined) return undefined
    decoded[name] = entries
  }
  return { hold, parts: decoded }
}

function decodeEntry(value: unknown): Entry | undefined {
  const [name, spelledBefore, spelledOurs, ...rest] = Array.isArray(value) ? (value as unknown[]) : []
  const before = decodeValue(spelledBefore)
  const ours = listOf(spelledOurs, decodeValue)
  if (typeof name !== 'string' || before === undefined || ours === undefined || rest.length > 0) return undefined
  return { name, before: before.value, ours: ours.map((one) => one.value) }
}

function decodeValue(spelled: unknown): { readonly value: string | undefined } | undefined {
  if (!Array.isArray(spelled) || spelled.length > 1) return undefined
  const [value] = spelled as unknown[]
  return value === undefined || typeof value === 'string' ? { value } : undefined
}

function listOf<T>(value: unknown, decode: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const decoded = value.map(decode)
  return decoded.every((item) => item !== undefined) ? (decoded as T[]) : undefined
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
