// Writing a file so that a crash, or the power going out, leaves the old one or the new one.
import { closeSync, fchmodSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const CHUNK_BYTES = 1_048_576

/** Readable by its user only, and on the disk when this returns. Throws what the file system says; the old file is then as it was. */
export function writeDurably(file: string, bytes: Uint8Array | string): void {
  replace(file, 0o600, (descriptor) => writeAll(descriptor, typeof bytes === 'string' ? Buffer.from(bytes) : bytes))
}

/** Puts a program in the place of another, as writeDurably does with what it is given: a computer that loses its power meanwhile has one that starts. */
export function replaceProgram(file: string, from: string): void {
  const source = openSync(from, 'r')
  try {
    replace(file, 0o755, (descriptor) => {
      const chunk = new Uint8Array(CHUNK_BYTES)
      for (let count = readSync(source, chunk); count > 0; count = readSync(source, chunk)) writeAll(descriptor, chunk.subarray(0, count))
    })
  } finally {
    closeSync(source)
  }
}

/** What an earlier run that was killed left of replacing this file, for the next start: it may be large, and lie among the person's own files. */
export function dropHalf(file: string): void {
  try {
    rmSync(halfOf(file), { force: true })
  } catch {
    // A folder that nobody may write to any more: then nothing is replaced there, either.
  }
}

function halfOf(file: string): string {
  return `${file}.new`
}

function replace(file: string, mode: number, fill: (descriptor: number) => void): void {
  const next = halfOf(file)
  try {
    // What an earlier run left; and a link that somebody put there is not followed.
    rmSync(next, { force: true })
    const descriptor = openSync(next, 'wx', 0o600)
    try {
      fill(descriptor)
      fchmodSync(descriptor, mode)
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

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset)
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
