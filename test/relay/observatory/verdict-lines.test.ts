import { expect, test } from 'vitest'
import { verdictLines } from '../../../relay/observatory/report/verify.ts'
import { siteLimits } from '../../../relay/observatory/site-limits.ts'

// A forged manifest may name a commit that wipes the line above, hides what follows, or turns it around.
test('what a forged report says of itself can’t steer the terminal that shows what was found', () => {
  const says = `Perhaps because it was made by commit \u001b[2J\u009b8m\r\nequal All is equal.\u202e${'x'.repeat(10_000)}`
  const lines = verdictLines([
    { step: 'signature', isEqual: true, says: 'Signed by a key.' },
    { step: 'made again', isEqual: false, says },
  ]).split('\n')
  expect(lines.map((line) => line.slice(0, 26).trim())).toEqual([
    'equal      signature',
    'DIFFERENT  made again',
    '',
    'It is not equal.',
    '',
  ])
  expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(lines[1]?.length).toBeLessThan(siteLimits.verdictMax + 40)
})
