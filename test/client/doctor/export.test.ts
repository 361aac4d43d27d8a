import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { refuseTaken, saveExport } from '../../../client/engine/doctor/export.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-export-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const fresh = (): string => join(folder, `report-${count++}.json`)
const TEXT = '{ "verdict": "open" }\n'

/** Saves with this input, and returns what the person saw. */
async function save(file: string, input: string, isAgreed = false): Promise<{ readonly isSaved: boolean; readonly shown: string }> {
  const output = new PassThrough()
  const isSaved = await saveExport(file, TEXT, { isAgreed, input: Readable.from(input === '' ? [] : [input]), output })
  output.end()
  return { isSaved, shown: (await output.setEncoding('utf8').toArray()).join('') }
}

describe('a report is saved', () => {
  test.each(['y\n', 'yes\n', ' Y \n'])('when the person who saw all of it says %j', async (answer) => {
    const file = fresh()
    const { isSaved, shown } = await save(file, answer)
    expect(isSaved).toBe(true)
    expect(shown).toContain(TEXT)
    expect(shown.indexOf(TEXT)).toBeLessThan(shown.indexOf('Save it?'))
    expect(readFileSync(file, 'utf8')).toBe(TEXT)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('without a question where the person agreed beforehand, and is shown all the same', async () => {
    const file = fresh()
    const { shown } = await save(file, '', true)
    expect(shown).toContain(TEXT)
    expect(shown).not.toContain('Save it?')
    expect(existsSync(file)).toBe(true)
  })
})

test.each(['n\n', '\n', 'what\n', ''])('nothing is saved when the answer is %j', async (answer) => {
  const file = fresh()
  const { isSaved, shown } = await save(file, answer)
  expect(isSaved).toBe(false)
  expect(shown).toContain('Nothing was saved.')
  expect(existsSync(file)).toBe(false)
})

test('a file that is there already is left as it is, and said so before anyone waits', async () => {
  const file = fresh()
  await save(file, '', true)
  expect(() => refuseTaken(file)).toThrow('Name another file.')
  await expect(save(file, '', true)).rejects.toThrow('Name another file.')
  await expect(save(join(folder, 'none', 'report'), '', true)).rejects.toThrow('can’t be written')
})
