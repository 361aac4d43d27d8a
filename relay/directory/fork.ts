// Two pasts of one log, both signed by enough authorities: what the log is there to bring to light.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeBundle, decodeConsensus } from '#protocol'
import { replaceFile } from '../replace-file.ts'
import { orUndefined } from './fetch.ts'

/** Of a relay's folder: the first directory with another past that it met, as proof for whoever looks into it. */
export const FORK_FILE = 'fork'

/** Throws OperatorError. */
export function keepFork(folder: string, bundle: Uint8Array): void {
  const file = join(folder, FORK_FILE)
  if (!existsSync(file)) replaceFile(file, bundle)
}

/** The number of the directory that was kept; 0: it can't be read any more. undefined: there is none. */
export function readFork(folder = '.'): number | undefined {
  const file = join(folder, FORK_FILE)
  if (!existsSync(file)) return undefined
  try {
    return orUndefined(() => numberOf(new Uint8Array(readFileSync(file)))) ?? 0
  } catch {
    return 0
  }
}

export function numberOf(bundle: Uint8Array): number {
  return decodeConsensus(decodeBundle(bundle).consensus).number
}

/** A sentence for whoever runs an authority or a relay. `number`: of the directory that has the other past. */
export function describeFork(number: number): string {
  return `ALARM: there is a directory ${number} with another past than ours, signed by enough authorities. Some of them have signed both: see “Two pasts” in docs/DIRECTORY.md.`
}
