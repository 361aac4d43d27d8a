import { expect, test } from 'vitest'
import { readNumber } from '../../../client/contract/digits.ts'

test.each([
  ['Latin', '41080'],
  ['Persian', '۴۱۰۸۰'],
  ['Arabic-Indic', '٤١٠٨٠'],
  ['Burmese', '၄၁၀၈၀'],
  ['full-width', '４１０８０'],
  ['mixed', '۴1٠၈０'],
  ['with spaces around them', ' ۴۱۰۸۰ '],
])('a number in %s digits is read', (_, text) => {
  expect(readNumber(text, 5)).toBe(41_080)
})

test.each(['', ' ', '-1', '1.5', '1e3', '0x10', '۴۱ ۰۸۰', 'port', '一二', '²', '123456', '𝟏'])(
  '“%s” is no number of five digits',
  (text) => {
    expect(readNumber(text, 5)).toBeUndefined()
  },
)

test('zero is a number', () => {
  expect(['0', '۰', '٠', '၀', '00000'].map((text) => readNumber(text, 5))).toEqual([0, 0, 0, 0, 0])
})
