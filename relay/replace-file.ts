// Changing a file of the relay's folder, whole or not at all.
import { closeSync, fchmodSync, fchownSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileRefused } from './operator-error.ts'

/** Readable by the folder's owner only, where `mode` says nothing else, whoever runs this: root must not take a relay's files away from its user. Throws OperatorError. */
export function replaceFile(file: string, content: string | Uint8Array, mode = 0o600): void {
  const next = `${file}.new`
  try {
    const { uid, gid } = statSync(dirname(file))
    // The folder is the relay's user's: a link that it put there must not lead root to write elsewhere, or to give that away.
    rmSync(next, { force: true })
    const descriptor = openSync(next, 'wx', mode)
    try {
      // Whatever this user keeps from others.
      fchmodSync(descriptor, mode)
      // Else a power cut may leave the new name on an empty file.
      writeFileSync(descriptor, content, { flush: true })
      if (process.getuid?.() === 0) fchownSync(descriptor, uid, gid)
    } finally {
      closeSync(descriptor)
    }
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw fileRefused(file, 'written', error)
  }
}
