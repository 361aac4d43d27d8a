// Folders as people name them on a command line.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '#protocol/node'

test('a folder is made with all that it lies in, once or again, for its user alone', () => {
  const root = mkdtempSync(join(tmpdir(), 'culvert-folder-'))
  const folder = join(root, 'a', 'b')
  makeFolder(folder, 0o700)
  makeFolder(folder, 0o700)
  expect([root, join(root, 'a'), folder].map((one) => statSync(one).mode & 0o777)).toEqual([0o700, 0o700, 0o700])
  writeFileSync(join(root, 'file'), '')
  expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST')
  expect(() => makeFolder(join(root, 'file', 'c'))).toThrow(/EEXIST|ENOTDIR/)
  rmSync(root, { recursive: true })
})

test('where nothing can be made an error says so, at once', () => {
  expect(() => makeFolder('/proc/culvert-folder/a')).toThrow(/ENOENT|EPERM|EACCES/)
})
