// People served by country in one month: ranked, and on a map.
import type { Almanac, Told } from '../almanac.ts'
import type { Figure, Range } from '../charts/figure.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, queryOf, rangeOf } from './asked.ts'
import { rangeColumns, toldCells } from './served.ts'
import { populationOf } from './territories.ts'

/** Bars that the drawing for export has; the table and the files have every country. */
const DRAWN_MAX = 20

export interface Ranked {
  readonly country: string
  readonly told: Told
  readonly per100k: Range | undefined
}

/** By estimate, the largest first; those without one last, by code. */
export function ranking(almanac: Almanac, month: string): readonly Ranked[] {
  const all = almanac.countries.map((country) => ranked(almanac, country, month))
  const estimate = ({ told }: Ranked): number => rangeOf(told)?.estimate ?? -1
  return all.filter(({ told }) => told !== undefined).sort((a, b) => estimate(b) - estimate(a) || (a.country < b.country ? -1 : 1))
}

function ranked(almanac: Almanac, country: string, month: string): Ranked {
  const told = almanac.told('people', 'month', country, 'all', `${month}-01`)
  const [range, population] = [rangeOf(told), populationOf(country)]
  const per = (value: number): number => (value / (population ?? 1)) * 100_000
  return {
    country,
    told,
    per100k: range && population ? { low: per(range.low), estimate: per(range.estimate), high: per(range.high) } : undefined,
  }
}

export function countriesFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const month = monthAsked(almanac, asked)
  const all = ranking(almanac, month)
  return {
    name: 'countries',
    query: queryOf({ to: asked.to }),
    title: voice.say('countriesTitle', { month: voice.month(month) }),
    sentence: countriesSentence(all, voice),
    note: voice.say('withheldHint'),
    columns: [{ key: 'country', label: voice.say('country'), kind: 'country' }, ...rangeColumns(voice, 'count')],
    rows: all.map(({ country, told }) => toldCells(country, told)),
    drawing: {
      shape: 'ranges',
      kind: 'count',
      items: all.slice(0, DRAWN_MAX).map(({ country, told }) => ({ label: voice.country(country), range: rangeOf(told) })),
    },
  }
}

function countriesSentence(all: readonly Ranked[], voice: Voice): string {
  const withheld = all.filter(({ told }) => told === 'withheld').length
  const [first] = all
  if (first === undefined || rangeOf(first.told) === undefined) return voice.say('nothingToSay')
  const shown = all.length - withheld
  const values = {
    first: voice.country(first.country),
    range: voice.range('count', rangeOf(first.told)),
    shown: voice.write('count', shown),
    withheld: voice.write('count', withheld),
  }
  return voice.say('countriesSentence', values, shown)
}

export function mapFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const month = monthAsked(almanac, asked)
  const all = ranking(almanac, month)
  const withheld = new Set(all.filter(({ told }) => told === 'withheld').map(({ country }) => country))
  const values = all.flatMap(({ country, told }): [string, number][] => {
    const range = rangeOf(told)
    return range === undefined ? [] : [[country, range.estimate]]
  })
  return {
    ...countriesFigure(almanac, voice, asked),
    name: 'map',
    title: voice.say('mapTitle', { month: voice.month(month) }),
    sentence: all.length === 0 ? voice.say('nothingToSay') : voice.say('mapSentence', { withheld: voice.write('count', withheld.size) }),
    note: voice.say('mapNote'),
    drawing: {
      shape: 'map',
      kind: 'count',
      values: new Map(values),
      withheld,
      legend: { none: voice.say('mapNone'), withheld: voice.say('mapWithheld'), disputed: voice.say('mapDisputed') },
    },
  }
}

/** The month of the last day that was asked for, or the last one that is published whole. */
export function monthAsked(almanac: Almanac, asked: Asked): string {
  const last = almanac.extent('people', 'month')?.last.slice(0, 7)
  const month = asked.to.slice(0, 7)
  return last === undefined || month < last ? month : last
}
