// Did we hold? Hours served in the days before and after a shutdown began.
import type { Almanac } from '../almanac.ts'
import type { Figure, Range } from '../charts/figure.ts'
import type { ShutdownEvent } from '../published.ts'
import { addDays } from '../spans.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, dailyLine, days, eventName, placeName, queryOf, shadesOf, standing, sumOf } from './asked.ts'
import { dayColumns, toldCells } from './served.ts'

const SIDE_DAYS = 14

/** The newest shutdown where none was asked for. */
export function demandFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const event = asked.event ?? standing(almanac)[0]
  const start = event?.startedAt.slice(0, 10) ?? asked.to
  const stretch = { ...asked, from: addDays(start, -SIDE_DAYS), to: addDays(start, SIDE_DAYS - 1) }
  const country = event?.country ?? asked.country
  const line = dailyLine(almanac, 'hours', country, stretch, placeName(country, voice))
  return {
    name: 'demand',
    query: queryOf(event === undefined ? {} : { event: event.id }),
    title: voice.say('demandTitle', { event: event === undefined ? '–' : eventName(event, voice) }),
    sentence: sentenceFor(voice, event && changeAround(almanac, event)),
    note: `${voice.say('bandNote')} ${voice.say('shadeNote')}`,
    columns: dayColumns(voice, 'hours'),
    rows: days(stretch).map((day) => toldCells(day, almanac.told('hours', 'day', country, 'all', day))),
    drawing: {
      shape: 'line',
      from: stretch.from,
      to: stretch.to,
      kind: 'hours',
      lines: [line],
      shades: shadesOf(almanac, country, stretch, voice),
    },
  }
}

function sentenceFor(voice: Voice, change: Range | undefined): string {
  if (change === undefined) return voice.say('demandUnknown')
  return voice.say('demandSentence', {
    change: voice.write('share', change.estimate),
    low: voice.write('share', change.low),
    high: voice.write('share', change.high),
  })
}

/** Hours after over hours before, 1 for as many. undefined unless both sides have at least half of their days. */
export function changeAround(almanac: Almanac, event: ShutdownEvent): Range | undefined {
  const start = event.startedAt.slice(0, 10)
  const side = (from: string): Range | undefined => {
    const { points } = dailyLine(almanac, 'hours', event.country, { from, to: addDays(from, SIDE_DAYS - 1) }, '')
    const known = points.flatMap(({ range }) => (range === undefined ? [] : [range]))
    return known.length * 2 < SIDE_DAYS ? undefined : scaled(sumOf(known), SIDE_DAYS / known.length)
  }
  const [before, after] = [side(addDays(start, -SIDE_DAYS)), side(start)]
  if (before === undefined || after === undefined || before.low <= 0) return undefined
  return { low: after.low / before.high, estimate: after.estimate / before.estimate, high: after.high / before.low }
}

function scaled(range: Range | undefined, factor: number): Range | undefined {
  return range && { low: range.low * factor, estimate: range.estimate * factor, high: range.high * factor }
}
