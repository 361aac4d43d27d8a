// How much of what a relay told is counted. A relay can say what it likes, so what it can move is bounded; and it is bounded by what was published before
// alone, so that no person's count decides about another's (docs/PRIVACY.md §4 has the proof).
import { type TrimLimits, trimLimits } from './limits.ts'

/** What was published of the week before: noisy, so it costs nobody anything to look at. */
export interface Before {
  /** By country, of one day on average; absent where nothing is known. */
  readonly countries: ReadonlyMap<string, number>
  /** Of all countries. */
  readonly total: number
  /** Relays that reported, of one day on average. */
  readonly relays: number
}

/**
 * Counts of one relay by country → what is counted of them: each country up to its cap, then all up to the relay's allowance, in alphabetical order. If one
 * count grows by d, that country's grows by d at most and the rest shrink by d at most in all. `unit`: how much of the family one session may add.
 */
export function trimRelay(
  counts: ReadonlyMap<string, number>,
  before: Before,
  unit: number,
  limits: TrimLimits = trimLimits,
): ReadonlyMap<string, number> {
  let allowance = allowanceOf(before, unit, limits)
  const kept = new Map<string, number>()
  for (const [country, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const cap = Math.max(limits.countryLeast * unit, Math.floor(limits.countryShare * (before.countries.get(country) ?? 0)))
    const taken = Math.min(count, cap, allowance)
    allowance -= taken
    kept.set(country, taken)
  }
  return kept
}

/** The most that one relay adds to a total on a day, whatever it says. */
export function allowanceOf({ total, relays }: Before, unit: number, { relayLeast, relayTimes }: TrimLimits = trimLimits): number {
  return Math.max(relayLeast * unit, Math.floor((relayTimes * Math.max(0, total)) / Math.max(1, relays)))
}
