import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openedLimits } from '../../../client/desktop/limits.ts'
import { textsOfArguments } from '../../../client/desktop/opened.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-opened-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('links and invite files are read, whatever else is named', () => {
  writeFileSync(join(folder, 'friend.culvert'), 'culvert:FILE\n')
  const words = ['--flag.culvert', 'CULVERT:LINK', 'friend.culvert', 'note.txt', join(folder, 'friend.culvert')]
  expect(textsOfArguments(words, folder)).toEqual(['CULVERT:LINK', 'culvert:FILE\n', 'culvert:FILE\n'])
})

// Else a person who opens one sees the app, and nothing of what became of the file.
test('a file that can’t be an invite, or can’t be read, is told of as well, by what there is of it', () => {
  writeFileSync(join(folder, 'film.culvert'), 'x'.repeat(openedLimits.textBytesMax * 3))
  mkdirSync(join(folder, 'folder.culvert'))
  // Nobody ever writes to it: whoever waits for that, waits for ever.
  execFileSync('mkfifo', [join(folder, 'pipe.culvert')])
  const texts = textsOfArguments(['film.culvert', 'folder.culvert', 'gone.culvert', 'pipe.culvert'], folder)
  expect(texts.map((text) => text.length)).toEqual([openedLimits.textBytesMax, 0, 0, 0])
})
