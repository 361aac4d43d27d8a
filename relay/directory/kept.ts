// The directory that a relay hands on, in one file of its folder: whoever keeps it up to date writes, every process that serves reads.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeBundle, decodeConsensus } from '#protocol'
import { stampOf } from '../changed.ts'
import { replaceFile } from '../replace-file.ts'
import type { Shown } from './answer.ts'
import { orUndefined } from './fetch.ts'

export const DIRECTORY_FILE = 'directory.json'

export class KeptDirectory {
  readonly #file: string
  #stamp: string | undefined
  #shown: Shown | undefined

  constructor(folder: string) {
    this.#file = join(folder, DIRECTORY_FILE)
  }

  /** As it is now; undefined where there is none, or what there is can't be read. Whoever is given it checks it. */
  current(): Shown | undefined {
    const stamp = stampOf(this.#file)
    if (stamp === this.#stamp) return this.#shown
    this.#stamp = stamp
    this.#shown = stamp === undefined ? undefined : this.#read()
    return this.#shown
  }

  /** Throws OperatorError. */
  keep(bundle: Uint8Array, roll: Uint8Array): void {
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
    replaceFile(this.#file, `${JSON.stringify({ bundle: text(bundle), roll: text(roll) })}\n`)
  }

  #read(): Shown | undefined {
    const fields = parse(this.#file)
    const [bytes, roll] = [fields['bundle'], fields['roll']].map((text) =>
      typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64url')) : undefined,
    )
    if (bytes === undefined || roll === undefined) return undefined
    return orUndefined(() => {
      const bundle = decodeBundle(bytes)
      return { bundle, consensus: decodeConsensus(bundle.consensus), roll }
    })
  }
}

function parse(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
