import { expect, test } from 'vitest'
import { openFilesMax, parseLimits } from '../../relay/open-files.ts'

const limits = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units
Max processes             62834                62834                processes
Max open files            ${soft.padEnd(20)} 1048576              files
Max locked memory         8388608              8388608              bytes
`

test.each([
  ['1024', 1_024],
  ['1073741816', 1_073_741_816],
  ['unlimited', Number.MAX_SAFE_INTEGER],
  ['some', undefined],
])('of Linux’s words, %s open files are read as %s', (soft, count) => {
  expect(parseLimits(limits(soft))).toBe(count)
})

test('this process may have some files open', () => {
  expect(openFilesMax()).toBeGreaterThan(100)
})
