// Who was served and how much: each day, in one place or two.
import type { Almanac } from '../almanac.ts'
import type { Cell, Column, Figure, Kind, Range } from '../charts/figure.ts'
import { WORLD } from '../published.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, dailyLine, days, type Measure, meanOf, placeName, queryOf, rangeOf, shadesOf, stateOf, sumOf } from './asked.ts'

const KINDS: Readonly<Record<Measure, Kind>> = { people: 'count', hours: 'hours', gigabytes: 'count', sessions: 'count' }

export function servedFigure(measure: Measure): (almanac: Almanac, voice: Voice, asked: Asked) => Figure {
  return (almanac, voice, asked) => {
    const { country } = asked
    const place = placeName(country, voice)
    const line = dailyLine(almanac, measure, country, asked, place)
    const ranges = line.points.map(({ range }) => range)
    const total = measure === 'people' ? meanOf(ranges) : sumOf(ranges)
    const told = ranges.filter((range) => range !== undefined).length
    return {
      name: measure,
      query: queryOf({ ...(country !== WORLD && { country }), from: asked.from, to: asked.to }),
      title: voice.say(`${measure}Daily`, { place }),
      sentence: sentenceOf(voice, `${measure}DailySentence`, KINDS[measure], total, { days: voice.write('count', told) }, told),
      note: `${voice.say('bandNote')} ${voice.say('shadeNote')}`,
      columns: dayColumns(voice, KINDS[measure]),
      rows: days(asked).map((day) => toldCells(day, almanac.told(measure, 'day', country, 'all', day))),
      drawing: {
        shape: 'line',
        from: asked.from,
        to: asked.to,
        kind: KINDS[measure],
        lines: [line],
        shades: shadesOf(almanac, country, asked, voice),
      },
    }
  }
}

export function compareFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const { measure, from, to } = asked
  const places = [asked.country, asked.other]
  const lines = places.map((place) => dailyLine(almanac, measure, place, asked, placeName(place, voice)))
  const [a = '', b = ''] = places.map((place) => placeName(place, voice))
  const means = lines.map(({ points }) => meanOf(points.map(({ range }) => range)))
  const [rangeA = '', rangeB = ''] = means.map((mean) => voice.range(KINDS[measure], mean))
  return {
    name: 'compare',
    query: queryOf({ country: asked.country, other: asked.other, measure, from, to }),
    title: voice.say(`${measure}Daily`, { place: voice.list([a, b]) }),
    sentence: means.every((mean) => mean === undefined)
      ? voice.say('nothingToSay')
      : voice.say('compareSentence', { a, b, rangeA, rangeB }),
    note: `${voice.say('bandNote')} ${voice.say('shadeNote')}`,
    columns: [
      { key: 'day', label: voice.say('day'), kind: 'day' },
      ...places.flatMap((place): Column[] => [
        { key: `${place}_low`, label: `${placeName(place, voice)}: ${voice.say('low')}`, kind: KINDS[measure] },
        { key: `${place}_estimate`, label: `${placeName(place, voice)}: ${voice.say('estimate')}`, kind: KINDS[measure] },
        { key: `${place}_high`, label: `${placeName(place, voice)}: ${voice.say('high')}`, kind: KINDS[measure] },
      ]),
    ],
    rows: days(asked).map((day) => [
      day,
      ...places.flatMap((place) => rangeCells(rangeOf(almanac.told(measure, 'day', place, 'all', day)))),
    ]),
    drawing: {
      shape: 'line',
      from,
      to,
      kind: KINDS[measure],
      lines,
      shades: places.flatMap((place) => (place === WORLD ? [] : shadesOf(almanac, place, asked, voice))),
    },
  }
}

export function dayColumns(voice: Voice, kind: Kind): readonly Column[] {
  return [{ key: 'day', label: voice.say('day'), kind: 'day' }, ...rangeColumns(voice, kind)]
}

export function rangeColumns(voice: Voice, kind: Kind): readonly Column[] {
  return [
    { key: 'low', label: voice.say('low'), kind },
    { key: 'estimate', label: voice.say('estimate'), kind },
    { key: 'high', label: voice.say('high'), kind },
    { key: 'state', label: voice.say('state'), kind: 'text' },
  ]
}

export function toldCells(first: Cell, told: Parameters<typeof stateOf>[0]): readonly Cell[] {
  return [first, ...rangeCells(rangeOf(told)), stateOf(told)]
}

export function rangeCells(range: Range | undefined): readonly Cell[] {
  return [range?.low, range?.estimate, range?.high]
}

type SentenceKey = `${Measure}DailySentence` | 'peopleSentence'

/** Its three numbers filled in; or that there is nothing to say. */
export function sentenceOf(
  voice: Voice,
  key: SentenceKey,
  kind: Kind,
  range: Range | undefined,
  values: Readonly<Record<string, string>>,
  count = 0,
): string {
  if (range === undefined) return voice.say('nothingToSay')
  const [low, estimate, high] = [range.low, range.estimate, range.high].map((value) => voice.short(kind, value)) as [string, string, string]
  return voice.say(key, { ...values, low, estimate, high }, count)
}
