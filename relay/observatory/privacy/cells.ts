// From noisy counts to what is said: threshold, complements, bounds, rounding. All of it looks at noisy counts only, so none of it costs anyone privacy.
//
// 1. each count gets a low, an estimate and a high; of all countries together, the sum of what was drawn   countsToFigures
// 2. people are derived from two independent counts that bound them                                        derivePeople
// 3. small ones are suppressed, those whose gate is shut, and enough others that none can be subtracted    publish
import { type CellKey, type Metric, WORLD } from '../published.ts'
import { daysBetween, endOf, type Span } from '../spans.ts'
import { CLIENT_CLAMP, type Family, type FamilyName, ROUND_TO } from './parameters.ts'

/** One count after noise. It may be negative; what is derived from it may not. */
export interface Noisy {
  readonly family: FamilyName
  readonly country: string
  readonly slice: string
  readonly start: string
  readonly count: number
}

export interface Figures {
  readonly country: string
  readonly slice: string
  readonly low: number
  readonly estimate: number
  readonly high: number
  /** What the threshold is held against. */
  readonly count: number
}

/** Before anyone has said which revision it is, and when it came out. */
export type Said = CellKey &
  (
    | { readonly isSuppressed: true }
    | { readonly isSuppressed: false; readonly low: number; readonly estimate: number; readonly high: number }
  )

/** 95 of 100 draws of a Gaussian are within so many σ. */
export const Z95 = 1.96

/** Fewer hidden countries could be found by taking those that are shown from the total. */
const HIDDEN_MIN = 3

/** Figures of one family and start, of every country and, as WORLD, of all of them. */
export function countsToFigures(family: Family, noisy: readonly Noisy[]): readonly Figures[] {
  const worlds = new Map<string, { count: number; cells: number }>()
  for (const { country, slice, count } of noisy) {
    if (country === WORLD) continue
    const world = worlds.get(slice) ?? { count: 0, cells: 0 }
    worlds.set(slice, { count: world.count + count, cells: world.cells + 1 })
  }
  const one = (country: string, slice: string, count: number, cells: number): Figures => {
    const spread = Z95 * family.sigma * Math.sqrt(cells)
    return { country, slice, count, low: count - spread, estimate: count, high: count + spread }
  }
  return [
    ...noisy.map(({ country, slice, count }) => one(country, slice, count, 1)),
    ...[...worlds].map(([slice, { count, cells }]) => one(WORLD, slice, count, cells)),
  ]
}

/**
 * How many people were served: at least those who opted in, each of whom was seen on a drawn day with a probability that we know; at most one for each
 * session, since nobody is served without one and who uses two relays has two. Between the two nothing is known, so the estimate is as far from one, as a
 * ratio, as from the other. `flags` and `sessions` are figures of the same country and span.
 */
export function derivePeople(flags: Figures, sessions: Figures, start: string): Figures {
  const monthDays = daysBetween(`${start.slice(0, 8)}01`, endOf('month', `${start.slice(0, 8)}01`))
  const scale = monthDays / CLIENT_CLAMP.daysPerMonth
  const sampling = Z95 * Math.sqrt(Math.max(0, flags.estimate) * scale * (scale - 1))
  const low = Math.max(0, Math.min(flags.low * scale - sampling, sessions.high))
  const seen = Math.max(1, Math.min(flags.estimate * scale, sessions.high))
  const high = Math.max(low, sessions.high)
  const estimate = Math.min(high, Math.max(low, Math.sqrt(seen * Math.max(1, sessions.estimate))))
  return { country: flags.country, slice: flags.slice, count: flags.count, low, estimate, high }
}

export interface Shown {
  readonly metric: Metric
  readonly span: Span
  readonly start: string
  readonly threshold: number
  /** Whether nothing may be said of a country for another reason: its gate, its delay, or because it was suppressed when the others came out. */
  isHidden(country: string, slice: string): boolean
  /** Of whom something is said now; the others have had, or will have, their turn. */
  isDue(country: string): boolean
}

/** What is said of figures of one metric, span and start. Every country that is due is answered for, if only by “suppressed”. */
export function publish(figures: readonly Figures[], { metric, span, start, threshold, isHidden, isDue }: Shown): readonly Said[] {
  return [...Map.groupBy(figures, ({ slice }) => slice).values()].flatMap((ofSlice) => {
    const hidden = hiddenCountries(ofSlice, (one) => one.count < threshold || isHidden(one.country, one.slice), isDue)
    return ofSlice
      .filter(({ country }) => isDue(country))
      .map(({ country, slice, low, estimate, high }): Said => {
        const key = { metric, country, slice, span, start }
        if (hidden.has(country)) return { ...key, isSuppressed: true }
        return {
          ...key,
          isSuppressed: false,
          low: Math.max(0, Math.floor(low / ROUND_TO) * ROUND_TO),
          estimate: Math.max(0, Math.round(estimate / ROUND_TO) * ROUND_TO),
          high: Math.max(0, Math.ceil(high / ROUND_TO) * ROUND_TO),
        }
      })
  })
}

/** Where the total is shown, as many more as it takes, the smallest first; where there are not so many, the total too. */
function hiddenCountries(
  ofSlice: readonly Figures[],
  isHidden: (one: Figures) => boolean,
  mayHide: (country: string) => boolean,
): ReadonlySet<string> {
  const hidden = new Set(ofSlice.filter(isHidden).map(({ country }) => country))
  if (hidden.has(WORLD) || hidden.size === 0) return hidden
  const shown = ofSlice.filter(({ country }) => country !== WORLD && !hidden.has(country) && mayHide(country))
  shown.sort((a, b) => a.count - b.count)
  for (const { country } of shown.slice(0, Math.max(0, HIDDEN_MIN - hidden.size))) hidden.add(country)
  return hidden.size < HIDDEN_MIN ? hidden.add(WORLD) : hidden
}
