// How ready the network is, country by country, as raw figures; and who it leaves out.
import type { Almanac } from '../almanac.ts'
import type { Column, Figure, Kind } from '../charts/figure.ts'
import { INDICATORS, type IndicatorName, WORLD } from '../published.ts'
import type { Key } from '../words/en.ts'
import { isLanguage, LANGUAGES } from '../words/languages.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, queryOf, rangeOf, shareOf, stateOf } from './asked.ts'
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
    sentence: voice.say('preparednessSentence', {
      count: voice.write('count', countries.length),
      edges: voice.write('count', countries.filter((country) => (measuredValue(country, 'independent-ways') ?? 0) >= 2).length),
    }),
    note: voice.say('preparednessNote'),
    columns: [{ key: 'country', label: voice.say('country'), kind: 'country' }, ...columns],
    rows: countries.map((country) => [
      country,
      ...INDICATORS.map((name) => {
        const value = measuredValue(country, name)
        return name === 'offline-update' && value !== undefined ? (value === 1 ? 'yes' : 'no') : value
      }),
    ]),
    drawing: { shape: 'table' },
  }
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
  const allReports = LANGUAGES.map((language) => rangeOf(almanac.told('language', 'month', WORLD, language, month))?.estimate ?? 0)
  const total = allReports.reduce((sum, count) => sum + count, 0)
  const rows = [...speakers].sort(([, a], [, b]) => b - a).slice(0, LANGUAGES_SHOWN)
  const reportShare = (language: string): number | undefined => {
    const told = almanac.told('language', 'month', WORLD, language, month)
    return stateOf(told) === 'published' ? shareOf(told, { low: total, estimate: total, high: total }) : undefined
  }
  return {
    name: 'left-out',
    query: queryOf({ to: asked.to }),
    title: voice.say('leftOutTitle'),
    sentence:
      population === 0 ? voice.say('nothingToSay') : voice.say('leftOutSentence', { share: voice.write('share', reached / population) }),
    note: voice.say('leftOutNote', { slow: voice.write('share', slowEverywhere(almanac, asked.to)) }),
    columns: [
      { key: 'language', label: voice.say('language'), kind: 'text' },
      { key: 'speakers', label: voice.say('leftOutSpeakers'), kind: 'count' },
      { key: 'in_app', label: voice.say('leftOutApp'), kind: 'text' },
      { key: 'reports_share', label: voice.say('leftOutReports'), kind: 'share' },
    ],
    rows: rows.map(([language, count]) => [
      language,
      Number(count.toPrecision(3)),
      isLanguage(language) ? 'yes' : 'no',
      reportShare(language),
    ]),
    drawing: { shape: 'table' },
  }
}

/** At most everybody: CLDR's shares count whoever speaks two languages twice. */
function reachedIn(country: string): number {
  const speakers = speakersOf(country)
  const sum = LANGUAGES.reduce((total, language) => total + (speakers.get(language) ?? 0), 0)
  return Math.min(populationOf(country) ?? 0, sum)
}
