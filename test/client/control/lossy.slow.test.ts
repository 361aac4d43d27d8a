// The same as lossy.test.ts, for thousands of hours.
import { expect, test } from 'vitest'
import { live } from './lossy.ts'

const LIVES = 40
const DAYS = 3

test(`on a path of 400 ms that loses 5 % of its packets, in ${LIVES * DAYS} days there is at most one false switch a day`, {
  timeout: 600_000,
}, () => {
  const lives = Array.from({ length: LIVES }, (_, i) => live(100 + i, DAYS))
  const falls = lives.flatMap(({ switches }) => switches.filter(({ verdict }) => verdict !== 'open'))
  const moves = lives.reduce((sum, one) => sum + one.moves, 0)
  console.log(`${LIVES * DAYS} days: ${falls.length} false verdicts, ${moves} moves to an edge`)
  expect(falls.length).toBeLessThanOrEqual(LIVES * DAYS * 0.1)
  expect(moves).toBeLessThanOrEqual(LIVES * DAYS)
  // Neither is any one life much worse.
  for (const { switches } of lives) expect(switches.filter(({ verdict }) => verdict !== 'open').length).toBeLessThanOrEqual(DAYS)
})
