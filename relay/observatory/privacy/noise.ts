// Adding noise to the counts of one family and start, for every country and slice that there could be, whether anything was counted there or not: else the
// mere presence of a cell would tell of one person.

import type { Noisy } from './cells.ts'
import { type DrawBelow, drawDiscreteGaussian } from './discrete-gaussian.ts'
import { FAMILIES, type FamilyName } from './parameters.ts'

export interface Domain {
  readonly countries: readonly string[]
  readonly slices: readonly string[]
}

/** True counts, clamped per unit, by country and slice; what is missing is none. */
export type Counts = ReadonlyMap<string, number>

export function countKey(country: string, slice: string): string {
  return `${country} ${slice}`
}

/** Counts are rounded down to whole numbers before the draw, which a clamp in whole numbers allows. Throws where a count is of no place in the domain. */
export function addNoise(
  name: FamilyName,
  start: string,
  { countries, slices }: Domain,
  counts: Counts,
  draw: DrawBelow,
): readonly Noisy[] {
  const { sigma } = FAMILIES[name]
  const variance = { over: BigInt(sigma) ** 2n, under: 1n }
  const noisy = countries.flatMap((country) =>
    slices.map((slice): Noisy => {
      const count = counts.get(countKey(country, slice)) ?? 0
      return { family: name, country, slice, start, count: count + Number(drawDiscreteGaussian(variance, draw)) }
    }),
  )
  const places = new Set(noisy.map(({ country, slice }) => countKey(country, slice)))
  for (const [key, count] of counts)
    if (!places.has(key) || !Number.isSafeInteger(count) || count < 0) throw new Error('assertion failed: counts are whole and of a place')
  return noisy
}
