import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { replaceProgram, writeDurably } from '../../../client/folder/write-file.ts'
import { replaceFile } from '../../../relay/replace-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-write-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

// Whoever may write to the folder would else have another file of the person's, or of root's, written over.
test.each([
  ['a file of the app', (file: string) => writeDurably(file, 'new')],
  ['a file of the relay', (file: string) => replaceFile(file, 'new')],
  [
    'a program',
    (file: string) => {
      writeFileSync(join(folder, 'brought'), 'new')
      replaceProgram(file, join(folder, 'brought'))
      rmSync(join(folder, 'brought'))
    },
  ],
])('%s that is replaced is not written through a link that lies in wait under the name that it has meanwhile', (_what, replace) => {
  const [file, other] = [join(folder, 'file'), join(folder, 'other')]
  writeFileSync(file, 'old')
  writeFileSync(other, 'other', { mode: 0o640 })
  symlinkSync(other, `${file}.new`)
  replace(file)
  expect([readFileSync(file, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['new', 'other'])
  expect([lstatSync(file).isFile(), statSync(other).mode & 0o777]).toEqual([true, 0o640])
  expect(readdirSync(folder).sort()).toEqual(['file', 'other'])
})

test('what an earlier write left half done is in nobody’s way', () => {
  const file = join(folder, 'file')
  writeFileSync(`${file}.new`, 'half')
  writeDurably(file, 'app')
  writeFileSync(`${file}.new`, 'half')
  replaceFile(file, 'relay')
  expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['relay', ['file']])
})

test('a file of the relay that can’t be replaced leaves nothing half done behind', () => {
  const file = join(folder, 'file')
  mkdirSync(join(file, 'held'), { recursive: true })
  expect(() => replaceFile(file, 'new')).toThrow(/can’t be written \(E[A-Z]+\)\.$/)
  expect(readdirSync(folder)).toEqual(['file'])
})

// A program is larger than what is copied at once; and whoever updates may have a umask of their own.
test('a program that is replaced is the new one to its last byte, and can be run', () => {
  const [file, from] = [join(folder, 'program'), join(folder, 'brought')]
  const bytes = Buffer.alloc(2_500_001, 7).fill(8, 2_500_000)
  writeFileSync(file, 'old')
  writeFileSync(from, bytes, { mode: 0o600 })
  replaceProgram(file, from)
  expect([readFileSync(file).equals(bytes), statSync(file).mode & 0o777]).toEqual([true, 0o755])
  expect(() => replaceProgram(file, join(folder, 'none'))).toThrow('ENOENT')
  expect([readFileSync(file).equals(bytes), readdirSync(folder).sort()]).toEqual([true, ['brought', 'program']])
})
