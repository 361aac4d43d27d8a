// How ready the network is, country by country, as raw figures; and who it leaves out.
import type { Almanac } from '../almanac.ts'
import type { Cell, Column, Figure, Kind, Range, Rows } from '../charts/figure.ts'
import { INDICATORS, type Indicator, type IndicatorName, WORLD } from '../published.ts'
import type { Key } from '../words/en.ts'
import { isLanguage, LANGUAGES } from '../words/languages.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, queryOf, rangeOf, shareOf, shareWords, sumOf } from './asked.ts'
import { populationOf, speakersOf } from './territories.ts'
import { slowEverywhere } from './ways.ts'

const KINDS: Readonly<Record<IndicatorName, Kind>> = {
  'spare-capacity': 'count',
  'independent-ways': 'count',
  rehearsal: 'count',
  languages: 'share',
  'offline-update': 'text',
}

export function preparednessFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const byCountry = Map.groupBy(almanac.records.indicators, ({ country }) => country)
  const measuredValue = (country: string, name: IndicatorName): number | undefined =>
    byCountry.get(country)?.find((indicator) => indicator.name === name)?.value
  const countries = [...byCountry.keys()].sort()
  const columns = INDICATORS.map(
    (name): Column => ({ key: name, label: voice.say(`indicator_${name.replace('-', '')}` as Key), kind: KINDS[name] }),
  )
  return {
    name: 'preparedness',
    query: queryOf({ to: asked.to }),
    title: voice.say('preparednessTitle'),
    sentence: voice.say(
      'preparednessSentence',
      {
        count: voice.write('count', countries.length),
        edges: voice.write('count', countries.filter((country) => (measuredValue(country, 'independent-ways') ?? 0) >= 2).length),
      },
      countries.length,
    ),
    note: voice.say('preparednessNote'),
    columns: [{ key: 'country', label: voice.say('country'), kind: 'country' }, ...columns],
    rows: countries.map((country) => [country, ...INDICATORS.map((name) => spoken(name, measuredValue(country, name)))]),
    files: withSources(countries, byCountry, columns),
    drawing: { shape: 'table' },
  }
}

/** Each figure with the day of its measurement and where it is from. */
function withSources(countries: readonly string[], byCountry: ReadonlyMap<string, readonly Indicator[]>, columns: readonly Column[]): Rows {
  const text = (key: string): Column => ({ key, label: key, kind: 'text' })
  return {
    columns: [
      { key: 'country', label: 'country', kind: 'country' },
      ...columns.flatMap((column): Column[] => [column, text(`${column.key}_measured_at`), text(`${column.key}_source`)]),
    ],
    rows: countries.map((country) => [
      country,
      ...INDICATORS.flatMap((name) => {
        const found = byCountry.get(country)?.find((indicator) => indicator.name === name)
        return [spoken(name, found?.value), found?.measuredAt, found?.source]
      }),
    ]),
  }
}

function spoken(name: IndicatorName, value: number | undefined): Cell {
  return name === 'offline-update' && value !== undefined ? (value === 1 ? 'yes' : 'no') : value
}

/** Languages that the table has: those of most speakers first. */
const LANGUAGES_SHOWN = 24

/** Speakers in the countries that have published numbers, by language; and which of the languages the app has. */
export function leftOutFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const speakers = new Map<string, number>()
  const served = almanac.countries.filter((code) => populationOf(code) !== undefined)
  for (const country of served)
    for (const [language, count] of speakersOf(country)) speakers.set(language, (speakers.get(language) ?? 0) + count)
  const population = served.reduce((sum, country) => sum + (populationOf(country) ?? 0), 0)
  const reached = served.reduce((sum, country) => sum + reachedIn(country), 0)
  const month = `${almanac.extent('language', 'month')?.last.slice(0, 7) ?? asked.to.slice(0, 7)}-01`
  const reportsIn = (language: string): Range | undefined => rangeOf(almanac.told('language', 'month', WORLD, language, month))
  const total = sumOf(LANGUAGES.map(reportsIn))
  const rows = [...speakers].sort(([, a], [, b]) => b - a).slice(0, LANGUAGES_SHOWN)
  return {
    name: 'left-out',
    query: queryOf({ to: asked.to }),
    title: voice.say('leftOutTitle'),
    sentence:
      population === 0 ? voice.say('nothingToSay') : voice.say('leftOutSentence', { share: voice.write('share', reached / population) }),
    note: voice.say('leftOutNote', { slow: shareWords(slowEverywhere(almanac, asked.to), voice) }),
    columns: [
      { key: 'language', label: voice.say('language'), kind: 'text' },
      { key: 'speakers', label: voice.say('leftOutSpeakers'), kind: 'count' },
      { key: 'in_app', label: voice.say('leftOutApp'), kind: 'text' },
      { key: 'reports_share', label: voice.say('leftOutReports'), kind: 'share' },
      { key: 'low', label: voice.say('low'), kind: 'share' },
      { key: 'high', label: voice.say('high'), kind: 'share' },
    ],
    rows: rows.map(([language, count]) => {
      const share = shareOf(reportsIn(language), total)
      return [language, Number(count.toPrecision(3)), isLanguage(language) ? 'yes' : 'no', share?.estimate, share?.low, share?.high]
    }),
    drawing: { shape: 'table' },
  }
}

/** At most everybody: CLDR's shares count whoever speaks two languages twice. */
function reachedIn(country: string): number {
  const speakers = speakersOf(country)
  const sum = LANGUAGES.reduce((total, language) => total + (speakers.get(language) ?? 0), 0)
  return Math.min(populationOf(country) ?? 0, sum)
}
