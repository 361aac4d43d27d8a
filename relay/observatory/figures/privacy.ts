// What was spent of the privacy of those who are counted: the published ledger, by whose it is and when.
import type { Almanac } from '../almanac.ts'
import type { Figure } from '../charts/figure.ts'
import type { LedgerEntry, PrivacyUnit } from '../published.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, queryOf } from './asked.ts'

const DELTA = 1e-6

export interface Spent {
  readonly unit: PrivacyUnit
  /** The day or the month that is charged. */
  readonly start: string
  readonly releases: number
  readonly cells: number
  readonly rho: number
}

/** By span, the newest first: what one person could have added to it was told with so much. Releases about one span add up. */
export function spending(ledger: readonly LedgerEntry[]): readonly Spent[] {
  const groups = Map.groupBy(ledger, ({ unit, start }) => `${start} ${unit}`)
  return [...groups.values()]
    .map((entries) => {
      const { unit, start } = entries[0] as LedgerEntry
      const sum = (pick: (entry: LedgerEntry) => number): number => entries.reduce((total, entry) => total + pick(entry), 0)
      return { unit, start, releases: entries.length, cells: sum(({ cellCount }) => cellCount), rho: sum(({ rho }) => rho) }
    })
    .sort((a, b) => (a.start < b.start ? 1 : a.start > b.start ? -1 : a.unit < b.unit ? -1 : 1))
}

/** Bun and Steinke 2016, proposition 1.3: zero-concentrated privacy of ρ gives (ε, δ) for every δ. */
export function epsilonOf(rho: number): number {
  return rho + 2 * Math.sqrt(rho * Math.log(1 / DELTA))
}

export function privacyFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const all = spending(almanac.records.ledger).filter(({ start }) => start <= asked.to)
  const month = all.find(({ unit }) => unit === 'client-month')
  return {
    name: 'privacy',
    query: queryOf({ to: asked.to }),
    title: voice.say('privacyTitle'),
    sentence:
      month === undefined
        ? voice.say('privacyNone')
        : voice.say('privacySentence', {
            month: voice.month(month.start.slice(0, 7)),
            rho: month.rho.toFixed(3),
            epsilon: epsilonOf(month.rho).toFixed(1),
          }),
    note: voice.say('privacyRules'),
    columns: [
      { key: 'unit', label: voice.say('privacyUnit'), kind: 'text' },
      { key: 'start', label: voice.say('day'), kind: 'day' },
      { key: 'releases', label: voice.say('privacyReleases'), kind: 'count' },
      { key: 'cells', label: voice.say('privacyCells'), kind: 'count' },
      { key: 'rho', label: voice.say('privacyRho'), kind: 'text' },
      { key: 'epsilon', label: voice.say('privacyEpsilon'), kind: 'text' },
    ],
    rows: all.map(({ unit, start, releases, cells, rho }) => [unit, start, releases, cells, rho.toFixed(4), epsilonOf(rho).toFixed(2)]),
    drawing: { shape: 'table' },
  }
}
