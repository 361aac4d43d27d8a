// What this app is opened with: `culvert:` links and `.culvert` files, named by the command line, by a second start of the app or by the system. A file is
// read here, so that what goes on from here is text and no path.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { openedLimits } from './limits.ts'

/** Texts in which there may be an invite, of a command line without the program's own name. `folder`: where its relative paths begin. */
export function textsOfArguments(words: readonly string[], folder: string): readonly string[] {
  const named = words.filter((word) => isLink(word) || isInviteFile(word)).slice(0, openedLimits.textsMax)
  return named.flatMap((word) => (isLink(word) ? [word.slice(0, openedLimits.textBytesMax)] : (textOfFile(resolve(folder, word)) ?? [])))
}

/** Undefined where it is no ordinary file of an invite's size. */
export function textOfFile(path: string): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.size > openedLimits.textBytesMax) return undefined
    const bytes = Buffer.alloc(stat.size)
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)).toString('utf8')
  } catch {
    return undefined
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
