// What survives where: which ways worked, what clients met, how long it took, by what the clients that agreed reported.
import type { Almanac } from '../almanac.ts'
import type { Column, Figure } from '../charts/figure.ts'
import { CONNECT_BUCKETS, type ConnectSlice, type Metric, VERDICTS, WAYS, type WaySlice, WORLD } from '../published.ts'
import type { Key } from '../words/en.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, placeName, queryOf, rangeOf, shadesOf, shareOf, sumOf, weeksTo } from './asked.ts'

/** Over so many weeks shares are taken together: one week of one country is often withheld. */
const GRID_WEEKS = 4
const TREND_WEEKS = 26
/** Countries that the drawing for export has; the page and the files have all. */
const DRAWN_MAX = 30

export function wayName(way: WaySlice, voice: Voice): string {
  return voice.say(`way_${way.replace('-', '')}` as Key)
}

export interface WayShares {
  readonly country: string
  readonly shares: readonly (number | undefined)[]
}

/** Shares of reports in which each way worked, by country; only those for which something is told. */
export function wayShares(almanac: Almanac, weeks: readonly string[]): readonly WayShares[] {
  return [WORLD, ...almanac.countries]
    .map((country) => ({ country, shares: WAYS.map((way) => shareOver(almanac, 'worked', country, way, weeks)) }))
    .filter(({ shares }) => shares.some((share) => share !== undefined))
}

/** Of the reports in these weeks; weeks that lack either number don't count. */
function shareOver(almanac: Almanac, metric: Metric, country: string, slice: string, weeks: readonly string[]): number | undefined {
  const both = weeks.flatMap((week) => {
    const part = rangeOf(almanac.told(metric, 'week', country, slice, week))
    const whole = rangeOf(almanac.told('reports', 'week', country, 'all', week))
    return part === undefined || whole === undefined ? [] : [{ part, whole }]
  })
  return shareOf(sumOf(both.map(({ part }) => part)), sumOf(both.map(({ whole }) => whole)))
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
        : voice.say('waysSentence', { best: wayName(WAYS[best] as WaySlice, voice), share: voice.write('share', world[best]) }),
    note: voice.say('waysNote'),
    columns: [{ key: 'country', label: voice.say('country'), kind: 'country' }, ...columns],
    rows: rows.map(({ country, shares }) => [country, ...shares]),
    drawing: {
      shape: 'grid',
      columns: columns.map(({ label }) => label),
      rows: rows.slice(0, DRAWN_MAX).map(({ country, shares }) => ({ label: placeName(country, voice), cells: shares })),
    },
  }
}

function bestOf(shares: readonly (number | undefined)[]): number | undefined {
  const best = shares.reduce<number>((found, share, index) => ((share ?? -1) > (shares[found] ?? -1) ? index : found), 0)
  return shares[best] === undefined ? undefined : best
}

/** Week by week, each way a line. Its band is what noise may hide of the share. */
export function wayTimesFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const { country } = asked
  const weeks = weeksTo(almanac, 'worked', asked.to, TREND_WEEKS)
  const share = (way: WaySlice, week: string): number | undefined => shareOver(almanac, 'worked', country, way, [week])
  const last = weeks.findLast((week) => WAYS.some((way) => share(way, week) !== undefined))
  const lastShares = last === undefined ? [] : WAYS.map((way) => share(way, last))
  const best = bestOf(lastShares)
  const place = placeName(country, voice)
  return {
    name: 'way-times',
    query: queryOf({ ...(country !== WORLD && { country }), to: asked.to }),
    title: voice.say('wayTimesTitle', { place }),
    sentence:
      best === undefined
        ? voice.say('nothingToSay')
        : voice.say('wayTimesSentence', { best: wayName(WAYS[best] as WaySlice, voice), share: voice.write('share', lastShares[best]) }),
    note: `${voice.say('waysNote')} ${voice.say('shadeNote')}`,
    columns: [
      { key: 'week', label: voice.say('week'), kind: 'day' },
      ...WAYS.map((way): Column => ({ key: way, label: wayName(way, voice), kind: 'share' })),
    ],
    rows: weeks.map((week) => [week, ...WAYS.map((way) => share(way, week))]),
    drawing: {
      shape: 'line',
      from: weeks[0] ?? asked.from,
      to: asked.to < (weeks.at(-1) ?? asked.to) ? asked.to : (weeks.at(-1) ?? asked.to),
      kind: 'share',
      lines: WAYS.map((way) => ({
        label: wayName(way, voice),
        points: weeks.map((week) => ({ day: week, range: shareRange(almanac, country, way, week) })),
      })),
      shades: shadesOf(almanac, country, { ...asked, from: weeks[0] ?? asked.from }, voice),
    },
  }
}

/** The least and the most that a share can be, where both counts are uncertain. */
function shareRange(
  almanac: Almanac,
  country: string,
  way: WaySlice,
  week: string,
): { low: number; estimate: number; high: number } | undefined {
  const part = rangeOf(almanac.told('worked', 'week', country, way, week))
  const whole = rangeOf(almanac.told('reports', 'week', country, 'all', week))
  if (part === undefined || whole === undefined || whole.low <= 0) return undefined
  const bounded = (share: number): number => Math.min(1, Math.max(0, share))
  return { low: bounded(part.low / whole.high), estimate: bounded(part.estimate / whole.estimate), high: bounded(part.high / whole.low) }
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
      note: voice.say('waysNote'),
      columns: [
        { key: name === 'verdicts' ? 'verdict' : 'time', label: voice.say('state'), kind: 'text' },
        { key: 'share', label: voice.say('share'), kind: 'share' },
      ],
      rows: rows.map(({ slice, share }) => [slice, share]),
      drawing: {
        shape: 'ranges',
        kind: 'share',
        items: rows.map(({ slice, share }) => ({
          label: label(slice),
          range: share === undefined ? undefined : { low: share, estimate: share, high: share },
        })),
      },
    }
  }
}

function verdictSentence(open: number | undefined, voice: Voice): string {
  return open === undefined ? voice.say('nothingToSay') : voice.say('verdictsSentence', { share: voice.write('share', open) })
}

interface BucketShare {
  readonly slice: string
  readonly share: number | undefined
}

const QUICK: readonly ConnectSlice[] = ['under-1s', 'under-3s']
const SLOW: readonly ConnectSlice[] = ['under-30s', 'longer']

function sharesOf(rows: readonly BucketShare[], slices: readonly string[]): number | undefined {
  const known = rows.filter(({ slice, share }) => slices.includes(slice) && share !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, { share = 0 }) => sum + share, 0)
}

function slowShare(rows: readonly BucketShare[]): number | undefined {
  return sharesOf(rows, SLOW)
}

function connectSentence(slow: number | undefined, rows: readonly BucketShare[], voice: Voice): string {
  const quick = sharesOf(rows, QUICK)
  if (quick === undefined) return voice.say('nothingToSay')
  return voice.say('connectSentence', { share: voice.write('share', quick), slow: voice.write('share', slow) })
}

/** Share of all reports that needed more than ten seconds, for the page on who is left out. */
export function slowEverywhere(almanac: Almanac, to: string): number | undefined {
  const weeks = weeksTo(almanac, 'connect', to, GRID_WEEKS)
  return slowShare(SLOW.map((slice) => ({ slice, share: shareOver(almanac, 'connect', WORLD, slice, weeks) })))
}
