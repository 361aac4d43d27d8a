// What survives where: which ways worked, what clients met, how long it took, by what the clients that agreed reported.
import type { Almanac } from '../almanac.ts'
import type { Cell, Column, Figure, Range, Rows } from '../charts/figure.ts'
import { CONNECT_BUCKETS, type ConnectSlice, type Metric, VERDICTS, WAYS, type WaySlice, WORLD } from '../published.ts'
import type { Key } from '../words/en.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, placeName, queryOf, rangeOf, shadesOf, shareOf, shareWords, sumOf, weeksTo } from './asked.ts'
import { rangeCells } from './served.ts'

/** Over so many weeks shares are taken together: one week of one country is often withheld. */
const GRID_WEEKS = 4
const TREND_WEEKS = 26

export function wayName(way: WaySlice, voice: Voice): string {
  return voice.say(`way_${way.replace('-', '')}` as Key)
}

export interface WayShares {
  readonly country: string
  readonly shares: readonly (Range | undefined)[]
}

/** Shares of reports in which each way worked, by country; only those for which something is told. */
export function wayShares(almanac: Almanac, weeks: readonly string[]): readonly WayShares[] {
  return [WORLD, ...almanac.countries]
    .map((country) => ({ country, shares: WAYS.map((way) => shareOver(almanac, 'worked', country, way, weeks)) }))
    .filter(({ shares }) => shares.some((share) => share !== undefined))
}

/** Of the reports in these weeks; weeks that lack either number don't count. */
function shareOver(almanac: Almanac, metric: Metric, country: string, slice: string, weeks: readonly string[]): Range | undefined {
  const both = weeks.flatMap((week) => {
    const part = rangeOf(almanac.told(metric, 'week', country, slice, week))
    const whole = rangeOf(almanac.told('reports', 'week', country, 'all', week))
    return part === undefined || whole === undefined ? [] : [{ part, whole }]
  })
  return shareOf(independentSum(both.map(({ part }) => part)), independentSum(both.map(({ whole }) => whole)))
}

/** Each week has noise of its own, so their ends don't add up: the squares of how far they are off do. */
function independentSum(ranges: readonly Range[]): Range | undefined {
  if (ranges.length === 0) return undefined
  const estimate = ranges.reduce((sum, range) => sum + range.estimate, 0)
  const off = (end: 'low' | 'high'): number => Math.hypot(...ranges.map((range) => range[end] - range.estimate))
  return { low: Math.max(0, estimate - off('low')), estimate, high: estimate + off('high') }
}

export function waysFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const weeks = weeksTo(almanac, 'worked', asked.to, GRID_WEEKS)
  const rows = wayShares(almanac, weeks)
  const columns = WAYS.map((way): Column => ({ key: way, label: wayName(way, voice), kind: 'share' }))
  const world = rows.find(({ country }) => country === WORLD)?.shares ?? []
  const best = bestOf(world)
  return {
    name: 'ways',
    query: queryOf({ to: asked.to }),
    title: voice.say('waysTitle', { weeks: voice.write('count', GRID_WEEKS), day: voice.day(asked.to) }),
    sentence:
      best === undefined
        ? voice.say('nothingToSay')
        : voice.say('waysSentence', { best: wayName(WAYS[best] as WaySlice, voice), share: shareWords(world[best], voice) }),
    note: voice.say('waysNote'),
    columns: [{ key: 'country', label: voice.say('country'), kind: 'country' }, ...columns],
    rows: rows.map(({ country, shares }) => [country, ...shares.map((share) => share?.estimate)]),
    files: withEnds(
      { key: 'country', label: voice.say('country'), kind: 'country' },
      columns,
      rows.map(({ country, shares }) => ({ name: country, shares })),
    ),
    drawing: {
      shape: 'grid',
      columns: columns.map(({ label }) => label),
      rows: rows.map(({ country, shares }) => ({ label: placeName(country, voice), cells: shares })),
    },
  }
}

/** For the files: each share between its low and its high end. */
function withEnds(
  first: Column,
  columns: readonly Column[],
  rows: readonly { readonly name: string; readonly shares: readonly (Range | undefined)[] }[],
): Rows {
  const end = ({ key, kind }: Column, which: 'low' | 'high'): Column => ({ key: `${key}_${which}`, label: `${key}_${which}`, kind })
  return {
    columns: [first, ...columns.flatMap((column) => [end(column, 'low'), column, end(column, 'high')])],
    rows: rows.map(({ name, shares }): readonly Cell[] => [name, ...shares.flatMap(rangeCells)]),
  }
}

function bestOf(shares: readonly (Range | undefined)[]): number | undefined {
  const of = (index: number): number => shares[index]?.estimate ?? -1
  const best = shares.reduce<number>((found, _, index) => (of(index) > of(found) ? index : found), 0)
  return shares[best] === undefined ? undefined : best
}

/** Week by week, each way a line. Its band is what noise may hide of the share. */
export function wayTimesFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const { country } = asked
  const weeks = weeksTo(almanac, 'worked', asked.to, TREND_WEEKS)
  const share = (way: WaySlice, week: string): Range | undefined => shareOver(almanac, 'worked', country, way, [week])
  const last = weeks.findLast((week) => WAYS.some((way) => share(way, week) !== undefined))
  const lastShares = last === undefined ? [] : WAYS.map((way) => share(way, last))
  const best = bestOf(lastShares)
  const place = placeName(country, voice)
  const first: Column = { key: 'week', label: voice.say('week'), kind: 'day' }
  const columns = WAYS.map((way): Column => ({ key: way, label: wayName(way, voice), kind: 'share' }))
  return {
    name: 'way-times',
    query: queryOf({ ...(country !== WORLD && { country }), to: asked.to }),
    title: voice.say('wayTimesTitle', { place }),
    sentence:
      best === undefined
        ? voice.say('nothingToSay')
        : voice.say('wayTimesSentence', { best: wayName(WAYS[best] as WaySlice, voice), share: shareWords(lastShares[best], voice) }),
    note: `${voice.say('waysNote')} ${voice.say('shadeNote')}`,
    columns: [first, ...columns],
    rows: weeks.map((week) => [week, ...WAYS.map((way) => share(way, week)?.estimate)]),
    files: withEnds(
      first,
      columns,
      weeks.map((week) => ({ name: week, shares: WAYS.map((way) => share(way, week)) })),
    ),
    drawing: {
      shape: 'line',
      from: weeks[0] ?? asked.from,
      to: asked.to < (weeks.at(-1) ?? asked.to) ? asked.to : (weeks.at(-1) ?? asked.to),
      kind: 'share',
      lines: WAYS.map((way) => ({
        label: wayName(way, voice),
        points: weeks.map((week) => ({ day: week, range: share(way, week) })),
      })),
      shades: shadesOf(almanac, country, { ...asked, from: weeks[0] ?? asked.from }, voice),
    },
  }
}

type SharesName = 'verdicts' | 'connect'

/** What clients met, or how long it took: shares of the reports of the last weeks. */
export function sharesFigure(name: SharesName): (almanac: Almanac, voice: Voice, asked: Asked) => Figure {
  const metric = name === 'verdicts' ? 'verdict' : 'connect'
  const slices: readonly string[] = name === 'verdicts' ? VERDICTS : CONNECT_BUCKETS
  return (almanac, voice, asked) => {
    const { country } = asked
    const weeks = weeksTo(almanac, metric, asked.to, GRID_WEEKS)
    const rows = slices.map((slice) => ({ slice, share: shareOver(almanac, metric, country, slice, weeks) }))
    const label = (slice: string): string => voice.say(`${metric}_${slice.replaceAll('-', '')}` as Key)
    return {
      name,
      query: queryOf({ ...(country !== WORLD && { country }), to: asked.to }),
      title: voice.say(`${name}Title`, { place: placeName(country, voice) }),
      sentence: name === 'verdicts' ? verdictSentence(rows[0]?.share, voice) : connectSentence(slowShare(rows), rows, voice),
      note: voice.say('sharesNote'),
      columns: [
        { key: name === 'verdicts' ? 'verdict' : 'time', label: voice.say('state'), kind: 'text' },
        { key: 'low', label: voice.say('low'), kind: 'share' },
        { key: 'share', label: voice.say('share'), kind: 'share' },
        { key: 'high', label: voice.say('high'), kind: 'share' },
      ],
      rows: rows.map(({ slice, share }) => [slice, ...rangeCells(share)]),
      drawing: {
        shape: 'ranges',
        kind: 'share',
        items: rows.map(({ slice, share }) => ({ label: label(slice), range: share })),
      },
    }
  }
}

function verdictSentence(open: Range | undefined, voice: Voice): string {
  return open === undefined ? voice.say('nothingToSay') : voice.say('verdictsSentence', { share: shareWords(open, voice) })
}

interface BucketShare {
  readonly slice: string
  readonly share: Range | undefined
}

const QUICK: readonly ConnectSlice[] = ['under-1s', 'under-3s']
const SLOW: readonly ConnectSlice[] = ['under-30s', 'longer']

/** Of several buckets together: no more than all. */
function sharesOf(rows: readonly BucketShare[], slices: readonly string[]): Range | undefined {
  const sum = sumOf(rows.filter(({ slice }) => slices.includes(slice)).map(({ share }) => share))
  return sum && { low: Math.min(1, sum.low), estimate: Math.min(1, sum.estimate), high: Math.min(1, sum.high) }
}

function slowShare(rows: readonly BucketShare[]): Range | undefined {
  return sharesOf(rows, SLOW)
}

function connectSentence(slow: Range | undefined, rows: readonly BucketShare[], voice: Voice): string {
  const quick = sharesOf(rows, QUICK)
  if (quick === undefined) return voice.say('nothingToSay')
  return voice.say('connectSentence', { share: shareWords(quick, voice), slow: shareWords(slow, voice) })
}

/** Share of all reports that needed more than ten seconds, for the page on who is left out. */
export function slowEverywhere(almanac: Almanac, to: string): Range | undefined {
  const weeks = weeksTo(almanac, 'connect', to, GRID_WEEKS)
  return slowShare(SLOW.map((slice) => ({ slice, share: shareOver(almanac, 'connect', WORLD, slice, weeks) })))
}
