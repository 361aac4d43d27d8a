// A folder and those that it lies in.
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** As mkdir with `recursive`, which has no end where a folder is there and nothing can be made in it, as in /proc (Node 24.21). Throws as that does. */
export function makeFolder(path: string, mode = 0o777): void {
  const folder = resolve(path)
  if (existsSync(folder) && statSync(folder).isDirectory()) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder), mode)
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    // Somebody else made it meanwhile.
    if (!(existsSync(folder) && statSync(folder).isDirectory())) throw error
  }
}
