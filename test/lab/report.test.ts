// What the report writes: its own rows, and nothing that people wrote around them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Report, updated } from './report.ts'

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/RESILIENCE.md'), 'utf8')
const ROW = 'the country, up and down'
const FIGURE = 'median 0.1 s of 10'

const report = (name: string): Report => ({ machine: 'a machine', results: [{ name, figure: FIGURE, bar: '≤ 1 s', pass: true }] })
const linesOf = (document: string): string[] => document.split('\n')

test('a row takes the place of the one of its name, and all else in the document stays', () => {
  const before = linesOf(DOCUMENT)
  const after = linesOf(updated(DOCUMENT, report(ROW)))
  expect(after).toHaveLength(before.length)
  const changed = after.filter((line, index) => line !== before[index])
  expect(changed).toEqual([
    `| ${ROW} | ${FIGURE} | ≤ 1 s | yes |`,
    expect.stringContaining('On <!-- machine -->a machine<!-- /machine -->.'),
  ])
})

test('a row that was never measured comes behind the others', () => {
  const document = updated(DOCUMENT, report('a | b'))
  expect(linesOf(document).filter((line) => !linesOf(DOCUMENT).includes(line))[0]).toBe(`| a \\| b | ${FIGURE} | ≤ 1 s | yes |`)
  expect(linesOf(document)).toHaveLength(linesOf(DOCUMENT).length + 1)
  expect(updated(document, report('a | b'))).toBe(document)
})

test('a document without the marks is not written', () => {
  expect(() => updated('# What survives what\n', report(ROW))).toThrow('<!-- rows -->')
})
