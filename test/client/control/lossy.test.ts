// A path that only loses packets must not look like a censor. Days of virtual time over 5 % loss and 400 ms, busy and idle by turns: how often does the
// verdict change, or traffic leave a relay's own address, for no reason?
import { expect, test } from 'vitest'
import { live } from './lossy.ts'

test('on a path of 400 ms that loses 5 % of its packets, in two days no verdict is false, and traffic goes astray at most once a day', () => {
  const lives = [1, 2, 3].map((seed) => live(seed, 2))
  expect(lives.flatMap(({ switches }) => switches)).toEqual([])
  expect(lives.reduce((sum, { moves }) => sum + moves, 0)).toBeLessThanOrEqual(6)
  // Carriers did die meanwhile: the path is as bad as it should be.
  expect(Math.min(...lives.map(({ deaths }) => deaths))).toBeGreaterThan(20)
})
