// Writing a file so that a crash, or the power going out, leaves the old one or the new one.
import { chmodSync, closeSync, constants, copyFileSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Readable by its user only, and on the disk when this returns. Throws what the file system says; the old file is then as it was. */
export function writeDurably(file: string, bytes: Uint8Array | string): void {
  const next = `${file}.new`
  const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  try {
    // What an earlier run left; and a link that somebody put there is not followed.
    rmSync(next, { force: true })
    const descriptor = openSync(next, 'wx', 0o600)
    try {
      for (let offset = 0; offset < whole.length; ) offset += writeSync(descriptor, whole, offset)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
  syncFolder(dirname(file))
}

/** Puts a program in the place of another, as writeDurably does with what it is given. */
export function replaceProgram(file: string, from: string): void {
  const next = `${file}.new`
  try {
    rmSync(next, { force: true })
    copyFileSync(from, next, constants.COPYFILE_EXCL)
    chmodSync(next, 0o755)
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
}

/** Gone for good when this returns; no file is no fault. */
export function removeDurably(file: string): void {
  rmSync(file, { force: true })
  syncFolder(dirname(file))
}

/** A name is on the disk once its folder is. Windows keeps a log of names and knows no such call. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
