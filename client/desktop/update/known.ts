// The newest release that this copy ever heard of, and the keys that count now: what keeps an old document from being believed again.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fields, integer, list, text } from '../../contract/check.ts'
import { writeDurably } from '../../folder/write-file.ts'
import { APP_FILES } from '../app-files.ts'
import { updateLimits } from '../limits.ts'
import { UpdateError } from './download.ts'
import type { Known } from './judge.ts'
import { VERSION } from './metadata.ts'
import { KEY_TEXT, type KeySet } from './signed.ts'

const count = integer(1, 2 ** 31)
const checkKnown = fields({
  keys: fields({
    number: count,
    threshold: integer(1, updateLimits.keysMax),
    keys: list(text(43, KEY_TEXT), updateLimits.keysMax),
  }),
  number: count,
  version: text(17, VERSION),
  madeAt: integer(1, 2 ** 40),
  release: text(64, /^[0-9a-f]{64}$/),
})

/** undefined where nothing is known. What is damaged counts as nothing; and so do keys older than those that this app was built with. */
export function loadKnown(folder: string, firstKeys: KeySet): Known | undefined {
  try {
    const known = checkKnown(JSON.parse(readFileSync(join(folder, APP_FILES.updateState), 'utf8')))?.value
    return known !== undefined && known.keys.number < firstKeys.number ? { ...known, keys: firstKeys } : known
  } catch {
    return undefined
  }
}

/** Throws UpdateError: what can't be remembered could be rolled back, so it is not used. */
export function saveKnown(folder: string, known: Known): void {
  try {
    writeDurably(join(folder, APP_FILES.updateState), `${JSON.stringify(known)}\n`)
  } catch (error) {
    throw new UpdateError((error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'no-space' : 'failed', { cause: error })
  }
}
