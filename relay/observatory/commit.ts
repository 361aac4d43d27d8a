// Which version of the source this is: what a report names, so that others can run the same.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** The commit that is checked out, in hex; `unknown` where the source did not come with its history. Reads git's own files: git may not be there. */
export function commitOf(root: string = ROOT): string {
  try {
    const folder = gitFolder(root)
    const head = readFileSync(join(folder, 'HEAD'), 'utf8').trim()
    const name = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1]
    return hex(name === undefined ? head : readReference(folder, name))
  } catch {
    return 'unknown'
  }
}

/** A folder, or in a further worktree a file that says where the folder is. */
function gitFolder(root: string): string {
  const path = join(root, '.git')
  try {
    return /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? path
  } catch {
    return path
  }
}

function readReference(folder: string, name: string): string {
  for (const place of [folder, join(folder, '..', '..')]) {
    try {
      return readFileSync(join(place, name), 'utf8').trim()
    } catch {
      // It may be packed, or with the first worktree.
    }
    try {
      const line = readFileSync(join(place, 'packed-refs'), 'utf8')
        .split('\n')
        .find((one) => one.endsWith(` ${name}`))
      if (line !== undefined) return line.slice(0, 40)
    } catch {
      // Nothing is packed here.
    }
  }
  return ''
}

function hex(text: string): string {
  return /^[0-9a-f]{40,64}$/.test(text) ? text : 'unknown'
}
