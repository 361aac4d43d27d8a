// Changing a file of the relay's folder, whole or not at all.
import { chownSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { OperatorError } from './operator-error.ts'

/** Readable by the folder's owner only, whoever runs this: root must not take a relay's files away from its user. Throws OperatorError. */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const next = `${file}.new`
  try {
    const { uid, gid } = statSync(dirname(file))
    writeFileSync(next, content, { mode: 0o600 })
    if (process.getuid?.() === 0) chownSync(next, uid, gid)
    renameSync(next, file)
  } catch (error) {
    throw new OperatorError(`${file} can’t be written (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}
