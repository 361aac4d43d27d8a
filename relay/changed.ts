// Whether a file that others write has changed.
import { statSync } from 'node:fs'

/** When it was, last; undefined where there is none, or none that can be looked at now: a disk that fails ends nothing. */
export function changedMsOf(file: string): number | undefined {
  try {
    return statSync(file).mtimeMs
  } catch {
    return undefined
  }
}
