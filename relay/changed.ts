// Whether a file that others write has changed.
import { statSync } from 'node:fs'

/** Another one each time it changes; undefined where there is no file, or none that can be looked at now: a disk that fails ends nothing. */
export function stampOf(file: string): string | undefined {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true })
    // The clock of a file system stands still for some milliseconds; a file that takes the other's place is another inode.
    return `${ino} ${size} ${mtimeNs}`
  } catch {
    return undefined
  }
}
