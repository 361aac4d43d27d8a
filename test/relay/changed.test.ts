import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { stampOf } from '../../relay/changed.ts'
import { replaceFile } from '../../relay/replace-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-changed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// The clock of a file system ticks some hundred times a second: here it stands still.
test.each([
  ['replaced by one as long', (file: string) => replaceFile(file, 'two')],
  ['written over by a longer one', (file: string) => writeFileSync(file, 'three')],
])('a file that is %s within one tick of the clock has changed', (_what, change) => {
  const file = join(folder, 'file')
  replaceFile(file, 'one')
  const { atime, mtime } = statSync(file)
  utimesSync(file, atime, mtime)
  const before = stampOf(file)
  change(file)
  utimesSync(file, atime, mtime)
  expect(stampOf(file)).not.toBe(before)
})
