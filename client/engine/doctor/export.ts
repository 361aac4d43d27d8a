// Saving a report: its whole text is shown, and saved only when the person agrees.
import { existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { UsageError } from '../arguments.ts'

export interface SaveOptions {
  /** The person agreed beforehand, and is not asked. */
  readonly isAgreed: boolean
  readonly input: Readable
  /** For the text, the question and what became of it. */
  readonly output: Writable
}

/** Throws UsageError where a file is in the way: before the person has waited. */
export function refuseTaken(file: string): void {
  if (existsSync(file)) throw new UsageError(`${file} exists already. Name another file.`)
}

/** Says whether it was saved. Throws UsageError where the file can't be written. */
export async function saveExport(file: string, text: string, { isAgreed, input, output }: SaveOptions): Promise<boolean> {
  output.write(`\nThis is all that would be saved:\n\n${text}\n`)
  if (!isAgreed && !(await agrees(input, output))) {
    output.write('Nothing was saved.\n')
    return false
  }
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch {
    throw new UsageError(`${file} can’t be written. Name another file.`)
  }
  output.write(`Saved in ${file}.\n`)
  return true
}

/** Whoever says nothing, or has no way to, does not agree. */
function agrees(input: Readable, output: Writable): Promise<boolean> {
  const asking = createInterface({ input })
  output.write('Save it? [y/N] ')
  return new Promise((resolve) => {
    asking.once('line', (line) => {
      resolve(/^\s*y(es)?\s*$/i.test(line))
      asking.close()
    })
    asking.once('close', () => resolve(false))
  })
}
