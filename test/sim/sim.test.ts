import { describe, expect, test } from 'vitest'
import { Dice } from './dice.ts'
import { drawPlan } from './plan.ts'
import { runSeed, tellFailure } from './run.ts'

const SEEDS = 300
const SEEDS_A_TEST = 25

/** Fixed seeds: a change that breaks one is found by it, and random ones are for the night (npm run sim). */
describe('whatever happens to its carriers, a session loses, doubles and misplaces nothing, and gets done', () => {
  for (let first = 1; first <= SEEDS; first += SEEDS_A_TEST) {
    test(`in the networks of seeds ${first} to ${first + SEEDS_A_TEST - 1}`, () => {
      const runs = Array.from({ length: SEEDS_A_TEST }, (_, i) => runSeed(first + i))
      expect(runs.filter(({ failure }) => failure !== undefined).map(tellFailure)).toEqual([])
    })
  }
})

test('nor where flows freeze after some kilobytes in the middle of it all, and there is no other way', () => {
  const runs = Array.from({ length: SEEDS_A_TEST }, (_, i) => runSeed(1 + i, true))
  expect(runs.filter(({ failure }) => failure !== undefined).map(tellFailure)).toEqual([])
})

test('a seed means one run, always', () => {
  const [once, again] = [runSeed(42), runSeed(42)]
  expect(again).toEqual(once)
})

test('the fixed seeds meet every kind of fault', () => {
  const plans = Array.from({ length: SEEDS }, (_, i) => drawPlan(new Dice(1 + i)))
  const kinds = new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)))
  expect([...kinds].sort()).toEqual([
    'allowance',
    'blackout',
    'block',
    'crowd',
    'cut',
    'freeze',
    'goaway',
    'lifetime',
    'replay',
    'rotate',
    'slow',
    'stall',
    'tamper',
    'throttle',
  ])
})
