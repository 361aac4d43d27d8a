import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { advantageMax, epsilonOf, rhoOf } from '../../../relay/observatory/privacy/accounts.ts'
import {
  drawBernoulliExp,
  drawDiscreteGaussian,
  drawDiscreteLaplace,
  drawingBelow,
} from '../../../relay/observatory/privacy/discrete-gaussian.ts'
import { BUDGET_RHO, DELTA, FAMILIES, plannedRho } from '../../../relay/observatory/privacy/parameters.ts'
import { seeded } from './seeded.ts'

/* Goal: each sampler follows its law exactly. Method: counts of many draws against the law's own probabilities, by a χ² test at one in a million. */

/** The statistic, and how many values it compares; values that are expected less than ten times go together. */
function chiSquare(
  draws: readonly number[],
  probabilityOf: (value: number) => number,
): { readonly statistic: number; readonly freedom: number } {
  const seen = new Map<number, number>()
  for (const value of draws) seen.set(value, (seen.get(value) ?? 0) + 1)
  let [statistic, freedom, restSeen, restExpected] = [0, -1, draws.length, draws.length]
  for (let value = -400; value <= 400; value++) {
    const expected = draws.length * probabilityOf(value)
    if (expected < 10) continue
    const count = seen.get(value) ?? 0
    statistic += (count - expected) ** 2 / expected
    freedom++
    restSeen -= count
    restExpected -= expected
  }
  if (restExpected > 5) statistic += (restSeen - restExpected) ** 2 / restExpected
  return { statistic, freedom: freedom + (restExpected > 5 ? 1 : 0) }
}

/** Wilson and Hilferty: beyond this, one in a million. */
function critical(freedom: number): number {
  return freedom * (1 - 2 / (9 * freedom) + 4.75 * Math.sqrt(2 / (9 * freedom))) ** 3
}

function gaussianLaw(sigmaSquared: number): (value: number) => number {
  const weight = (value: number): number => Math.exp(-(value ** 2) / (2 * sigmaSquared))
  let total = 0
  for (let value = -2_000; value <= 2_000; value++) total += weight(value)
  return (value) => weight(value) / total
}

describe('the discrete Gaussian', () => {
  for (const [over, under] of [
    [1n, 3n],
    [1n, 1n],
    [25n, 4n],
    [100n, 1n],
    [196n, 1n],
  ] as const) {
    test(`follows its law at σ² = ${over}/${under}`, () => {
      const draw = seeded(`gaussian ${over}/${under}`)
      const draws = Array.from({ length: 40_000 }, () => Number(drawDiscreteGaussian({ over, under }, draw)))
      const { statistic, freedom } = chiSquare(draws, gaussianLaw(Number(over) / Number(under)))
      expect(freedom).toBeGreaterThan(1)
      expect(statistic).toBeLessThan(critical(freedom))
    })
  }

  test('a law with a variance one tenth larger is told apart, so the test has teeth', () => {
    const draw = seeded('teeth')
    const draws = Array.from({ length: 40_000 }, () => Number(drawDiscreteGaussian({ over: 110n, under: 1n }, draw)))
    const { statistic, freedom } = chiSquare(draws, gaussianLaw(100))
    expect(statistic).toBeGreaterThan(critical(freedom))
  })

  test('draws of the machine’s own chance are centred and as wide as they should be', () => {
    const draw = drawingBelow(randomBytes)
    const draws = Array.from({ length: 20_000 }, () => Number(drawDiscreteGaussian({ over: 625n, under: 1n }, draw)))
    const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length
    const variance = draws.reduce((sum, one) => sum + one ** 2, 0) / draws.length
    // Six standard errors.
    expect(Math.abs(mean)).toBeLessThan((6 * 25) / Math.sqrt(draws.length))
    expect(Math.abs(variance / 625 - 1)).toBeLessThan(6 * Math.sqrt(2 / draws.length))
  })

  test('no variance, or a negative one, is a bug', () => {
    expect(() => drawDiscreteGaussian({ over: 0n, under: 1n }, seeded('none'))).toThrow('assertion')
  })
})

test('the discrete Laplace follows its law', () => {
  const draw = seeded('laplace')
  const draws = Array.from({ length: 40_000 }, () => Number(drawDiscreteLaplace(7n, draw)))
  const scale = (Math.exp(1 / 7) - 1) / (Math.exp(1 / 7) + 1)
  const { statistic, freedom } = chiSquare(draws, (value) => scale * Math.exp(-Math.abs(value) / 7))
  expect(statistic).toBeLessThan(critical(freedom))
})

test('a Bernoulli of exp(-γ) is true as often, for γ below and above one', () => {
  for (const [over, under] of [
    [0n, 1n],
    [1n, 100n],
    [1n, 2n],
    [1n, 1n],
    [7n, 3n],
  ] as const) {
    const draw = seeded(`bernoulli ${over}/${under}`)
    const count = 40_000
    const hits = Array.from({ length: count }, () => drawBernoulliExp(over, under, draw)).filter((hit) => hit).length
    const rate = Math.exp(-Number(over) / Number(under))
    expect(Math.abs(hits / count - rate)).toBeLessThanOrEqual(6 * Math.sqrt((rate * (1 - rate)) / count))
  }
})

test('draws below a bound are even, also where the bound is no power of two and where it is beyond 32 bits', () => {
  const draw = seeded('even')
  for (const bound of [1n, 2n, 3n, 10n, 257n]) {
    const counts = new Map<bigint, number>()
    for (let turn = 0; turn < 20_000; turn++) {
      const value = draw(bound)
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect(counts.size).toBe(Number(bound))
    const expected = 20_000 / Number(bound)
    const statistic = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    if (bound > 1n) expect(statistic).toBeLessThan(critical(Number(bound) - 1))
  }
  const large = Array.from({ length: 2_000 }, () => draw(2n ** 70n + 1n))
  expect(large.every((value) => value >= 0n && value <= 2n ** 70n)).toBe(true)
  expect(large.filter((value) => value >= 2n ** 69n).length / 2_000).toBeCloseTo(0.5, 1)
})

describe('the accounts', () => {
  test('what is planned stays within the budget, with nothing much to spare', () => {
    for (const unit of ['client-month', 'session-day'] as const) {
      expect(plannedRho(unit)).toBeLessThanOrEqual(BUDGET_RHO[unit])
      expect(plannedRho(unit)).toBeGreaterThan(0.95 * BUDGET_RHO[unit])
    }
  })

  test('ε of a client’s month is below 2, of one session below 1, and of a person with four sessions a day below 3', () => {
    expect(epsilonOf(plannedRho('client-month'), DELTA)).toBeLessThan(2)
    expect(epsilonOf(plannedRho('session-day'), DELTA)).toBeLessThan(1)
    expect(epsilonOf(16 * plannedRho('session-day'), DELTA)).toBeLessThan(3)
  })

  test('ρ, ε and the advantage are those of the papers', () => {
    expect(rhoOf(1, 10)).toBe(0.005)
    expect(epsilonOf(0.005, 1e-6)).toBeCloseTo(0.53, 2)
    expect(advantageMax(0.005)).toBe(0.05)
  })

  test('an empty cell passes its threshold in fewer than one of a million draws', () => {
    const open = Object.values(FAMILIES).filter(({ gate }) => gate === undefined)
    for (const { sigma, threshold } of open) {
      const law = gaussianLaw(sigma ** 2)
      let beyond = 0
      for (let value = threshold; value < threshold + 10 * sigma; value++) beyond += law(value)
      expect(beyond).toBeLessThan(1e-6)
    }
  })
})
