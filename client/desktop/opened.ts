// What this app is opened with: `culvert:` links and `.culvert` files, named by the command line, by a second start of the app or by the system. A file is
// read here, so that what goes on from here is text and no path.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { openedLimits } from './limits.ts'

/** Texts in which there may be an invite, of a command line without the program's own name. `folder`: where its relative paths begin. */
export function textsOfArguments(words: readonly string[], folder: string): readonly string[] {
  const named = words.filter((word) => isLink(word) || isInviteFile(word)).slice(0, openedLimits.textsMax)
  return named.map((word) => (isLink(word) ? word.slice(0, openedLimits.textBytesMax) : textOfFile(resolve(folder, word))))
}

/** As much of it as an invite may have; nothing where it can't be read, so that the person is told that there is no invite in it. */
export function textOfFile(path: string): string {
  let descriptor: number | undefined
  try {
    // A pipe that nobody writes to would hold up the whole app; Windows knows no such files, and no such flag.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return ''
    const bytes = Buffer.alloc(Math.min(stat.size, openedLimits.textBytesMax))
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)).toString('utf8')
  } catch {
    return ''
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

export function isLink(word: string): boolean {
  return /^culvert:/i.test(word)
}

function isInviteFile(word: string): boolean {
  return !word.startsWith('-') && extname(word).toLowerCase() === '.culvert'
}
