// What was spent of the privacy of those who are counted: the published ledger, by whose it is and when.
import type { Almanac } from '../almanac.ts'
import type { Figure } from '../charts/figure.ts'
import { epsilonOf } from '../privacy/accounts.ts'
import { DELTA } from '../privacy/parameters.ts'
import type { LedgerEntry, PrivacyUnit } from '../published.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, queryOf } from './asked.ts'

export interface Spent {
  readonly unit: PrivacyUnit
  /** The day, or the first of the month, that is charged. */
  readonly start: string
  /** Families of counts, each revision for itself. */
  readonly releases: number
  readonly rho: number
}

/** By span, the newest first: what one unit could have added to it was told with so much. Releases about one span add up. */
export function spending(ledger: readonly LedgerEntry[]): readonly Spent[] {
  const groups = Map.groupBy(ledger, ({ unit, start }) => `${start} ${unit}`)
  return [...groups.values()]
    .map((entries) => {
      const { unit, start } = entries[0] as LedgerEntry
      return { unit, start, releases: entries.length, rho: entries.reduce((total, { rho }) => total + rho, 0) }
    })
    .sort((a, b) => (a.start < b.start ? 1 : a.start > b.start ? -1 : a.unit < b.unit ? -1 : 1))
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
            rho: voice.write('decimal', month.rho),
            epsilon: voice.write('decimal', epsilonOf(month.rho, DELTA)),
          }),
    note: voice.say('privacyRules'),
    columns: [
      { key: 'unit', label: voice.say('privacyUnit'), kind: 'text' },
      { key: 'start', label: voice.say('day'), kind: 'day' },
      { key: 'releases', label: voice.say('privacyReleases'), kind: 'count' },
      { key: 'rho', label: voice.say('privacyRho'), kind: 'decimal' },
      { key: 'epsilon', label: voice.say('privacyEpsilon'), kind: 'decimal' },
    ],
    rows: all.map(({ unit, start, releases, rho }) => [unit, start, releases, rho, epsilonOf(rho, DELTA)]),
    drawing: { shape: 'table' },
  }
}
