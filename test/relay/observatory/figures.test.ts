// What figures say of numbers: honest where something is missing, and never surer than the data.
import { renderToStaticMarkup } from 'preact-render-to-string'
import { describe, expect, test } from 'vitest'
import { Almanac, AlmanacBuilder, TOLD } from '../../../relay/observatory/almanac.ts'
import type { LineDrawing, Point } from '../../../relay/observatory/charts/figure.ts'
import { csvOf } from '../../../relay/observatory/charts/files.ts'
import { shadeOf } from '../../../relay/observatory/charts/grid.tsx'
import { cutNote, LineChart, thinned } from '../../../relay/observatory/charts/line.tsx'
import { stepBounds, stepOf } from '../../../relay/observatory/charts/map.tsx'
import { scaledTo, valueScale } from '../../../relay/observatory/charts/scale.ts'
import { noteOf, standaloneSvg } from '../../../relay/observatory/charts/standalone.tsx'
import { wrap } from '../../../relay/observatory/charts/wrap.ts'
import { daysFrom } from '../../../relay/observatory/days.ts'
import { judgeNow } from '../../../relay/observatory/emergency-rule.ts'
import { defaultAsked, shareOf } from '../../../relay/observatory/figures/asked.ts'
import { costMonthsFigure, otherCosts, unitCosts } from '../../../relay/observatory/figures/costs.ts'
import { economicCosts, METHODS } from '../../../relay/observatory/figures/economy.ts'
import { changeAround } from '../../../relay/observatory/figures/events.ts'
import { figureOf } from '../../../relay/observatory/figures/figures.ts'
import { spending } from '../../../relay/observatory/figures/privacy.ts'
import { addDays } from '../../../relay/observatory/spans.ts'
import { visitorOf } from '../../../relay/observatory/visitors.ts'
import type { Forms, Key } from '../../../relay/observatory/words/en.ts'
import { LANGUAGES, type Language, preferredLanguage } from '../../../relay/observatory/words/languages.ts'
import { CATALOGS, voiceOf } from '../../../relay/observatory/words/voice.ts'
import { SMALL } from '../../dashboard/site-world.ts'
import { makeYears, type Years } from '../../dashboard/years.ts'

function almanacOf(years: Years): Almanac {
  const builder = new AlmanacBuilder()
  for (const [metric, span] of TOLD) {
    const starts = years.cells.filter((cell) => cell.metric === metric && cell.span === span).map(({ start }) => start)
    if (starts.length > 0)
      builder.expect(metric, span, { first: starts.reduce((a, b) => (a < b ? a : b)), last: starts.reduce((a, b) => (a > b ? a : b)) })
  }
  builder.add(years.cells)
  return new Almanac(builder, { ...years, quality: [], version: '1' })
}

const years = makeYears(SMALL)
const almanac = almanacOf(years)
const [open] = years.events
if (open === undefined) throw new Error('the made-up years have no shutdown')

describe('charts', () => {
  test('points that are joined keep their mean, and a stretch that is mostly missing stays a gap', () => {
    const at = (n: number, estimate: number | undefined): Point => ({
      day: `2026-01-${String(n).padStart(2, '0')}`,
      range: estimate === undefined ? undefined : { low: estimate - 1, estimate, high: estimate + 1 },
    })
    const points = [at(1, 10), at(2, 20), at(3, 30), at(4, undefined), at(5, undefined), at(6, 60)]
    expect(thinned({ label: '', points }, 2).points).toEqual([
      { day: '2026-01-02', range: { low: 19, estimate: 20, high: 21 } },
      { day: '2026-01-05', range: undefined },
    ])
  })

  test('every scale of values begins at zero and holds the highest', () => {
    for (const highest of [0, 0.004, 7, 99, 12_345_678]) {
      const { place, ticks } = valueScale(highest)
      expect(ticks[0]).toBe(0)
      expect(place(0)).toBe(1)
      expect(place(highest)).toBeGreaterThanOrEqual(0)
    }
  })

  test('one day far above all others leaves the others their height, is marked, and is named below', () => {
    const [first, last, odd] = ['2026-10-01', '2026-10-30', '2026-10-12']
    const pointsOf = (high: number): Point[] =>
      daysFrom(first, last).map((day) => ({
        day,
        range: day === odd ? { low: 1, estimate: 50, high } : { low: 80, estimate: 90, high: 100 },
      }))
    const drawingOf = (high: number): LineDrawing => {
      return { shape: 'line', from: first, to: last, kind: 'count', lines: [{ label: 'all', points: pointsOf(high) }], shades: [] }
    }
    const voice = voiceOf('en')
    const drawn = (high: number): string => renderToStaticMarkup(LineChart({ drawing: drawingOf(high), voice, label: '' }))
    const lineTop = (svg: string): number => Number(/class="line s0" d="M[\d.]+,([\d.]+)/.exec(svg)?.[1])
    // Twice as high is no outlier: the scale holds it.
    expect([cutNote(drawingOf(200), voice), drawn(200).includes('class="cut"')]).toEqual(['', false])
    expect(cutNote(drawingOf(9_000), voice)).toBe('Cut off above 100, so that the rest can be seen: it reaches 9K (Oct 12, 2026).')
    const words = { name: 'people', query: '', title: 'T', sentence: 'S.', note: 'N.' }
    const figure = { ...words, columns: [], rows: [], drawing: drawingOf(9_000) }
    expect(noteOf(figure, voice, true)).toMatch(/\(Oct 12, 2026\)\. The table has all numbers\.$/)
    // A drawing that goes on alone has no table.
    const alone = standaloneSvg(figure, voice, '')
    expect([alone.includes('it reaches 9K'), alone.includes('table')]).toEqual([true, false])
    expect(drawn(9_000).split('class="cut"').length).toBe(2)
    expect(lineTop(drawn(9_000))).toBe(lineTop(drawn(100)))
    expect(lineTop(drawn(9_000))).toBeLessThan(40)
  })

  test('a surge that lasts is no outlier, nor is one of few points', () => {
    expect(scaledTo([...Array(20).fill(10), ...Array(5).fill(1_000)])).toBe(1_000)
    expect(scaledTo([10, 10, 1_000])).toBe(1_000)
    expect(scaledTo([...Array(20).fill(0), 1_000])).toBe(1_000)
    expect(scaledTo([...Array(20).fill(10), 1_000])).toBe(10)
    expect(scaledTo([])).toBe(0)
  })

  test('a larger value is never lighter on the map', () => {
    const values = [3, 40, 41, 700, 8_000, 90_000, 91_000]
    const bounds = stepBounds(values)
    const steps = values.map((value) => stepOf(value, bounds))
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    expect(new Set(steps).size).toBeGreaterThan(2)
    expect(stepBounds([])).toEqual([])
  })

  test('text that is wrapped loses nothing, and what opens a bracket or a quotation stands with it', () => {
    for (const language of LANGUAGES) {
      for (const text of Object.values(CATALOGS[language]).flatMap(textsOf)) {
        const lines = wrap(text, 40)
        expect(lines.join(' ').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
        expect(lines.filter((line) => /[\p{Ps}\p{Pi}]$/u.test(line))).toEqual([])
      }
    }
  })
})

describe('files', () => {
  test('a spreadsheet takes no text for a formula, and every cell stays one cell', () => {
    const csv = csvOf(['a'], [['=1+1'], ['+1'], ['-1'], ['@SUM(A1)'], ['\t=1'], ['a,"b"\r\nc'], [-5.25], [undefined]])
    expect(csv).toBe(`a\r\n'=1+1\r\n'+1\r\n'-1\r\n'@SUM(A1)\r\n'\t=1\r\n"a,""b""\r\nc"\r\n-5.25\r\n\r\n`)
  })
})

describe('numbers', () => {
  test('an hour costs least where most were served, so the ends of the range change places', () => {
    const costs = unitCosts(almanac, '2026-09')
    expect(costs?.total).toBeCloseTo(4120 + 1985)
    const { low = 0, estimate = 0, high = 0 } = costs?.hour ?? {}
    expect(low).toBeGreaterThan(0)
    expect(low).toBeLessThan(estimate)
    expect(estimate).toBeLessThan(high)
  })

  test('a month that is not over has no cost of an hour', () => {
    expect(unitCosts(almanac, '2026-11')?.hour).toBeUndefined()
  })

  // One day is withheld, or the collector was down: what is known of the others is neither thrown away nor made to look dearer.
  test('a month of which days are missing has the cost of an hour on the others, and says how many those are', () => {
    const without = (days: number): Almanac => {
      const isMissing = ({ metric, span, start }: Years['cells'][number]): boolean =>
        span === 'day' && metric === 'hours' && start >= '2026-09-02' && start < addDays('2026-09-02', days)
      return almanacOf({ ...years, cells: years.cells.filter((cell) => !isMissing(cell)) })
    }
    const [whole, less] = [unitCosts(almanac, '2026-09'), unitCosts(without(1), '2026-09')]
    expect([whole?.days, less?.days]).toEqual([
      { told: 30, all: 30 },
      { told: 29, all: 30 },
    ])
    expect(less?.total).toBe(whole?.total)
    for (const unit of ['hour', 'gigabyte'] as const)
      expect(Math.abs((less?.[unit]?.estimate ?? 0) / (whole?.[unit]?.estimate ?? 1) - 1)).toBeLessThan(0.03)
    const asked = { ...defaultAsked(almanac, 90, '2026-11-20'), to: '2026-10-31' }
    const figure = costMonthsFigure(without(1), voiceOf('en'), asked)
    expect(figure.note).toContain('September 2026: an hour and a gigabyte are those of 29 of its 30 days')
    expect(figure.rows.find(([month]) => month === '2026-09')?.at(-1)).toBe(29)
    expect(costMonthsFigure(almanac, voiceOf('en'), asked).note).not.toContain('September')
    expect(unitCosts(without(16), '2026-09')?.hour).toBeUndefined()
  })

  test('the month that a cost of an hour is of is named, which is not the last that had costs where days of that one are missing', () => {
    const cost = { ...years.costs[0], from: '2026-09-01', until: '2026-11-30', amountCents: 300_000 } as Years['costs'][number]
    const asked = { ...defaultAsked(almanac, 90, '2026-11-20'), to: '2026-11-16' }
    expect(costMonthsFigure(almanacOf({ ...years, costs: [cost] }), voiceOf('en'), asked).sentence).toMatch(/^In October 2026 an hour /)
  })

  test('a young network is shown from its first day on, over a fortnight at least, and an old one for a season', () => {
    const shown = (firstDay: string, dayCount: number): readonly [string, string] => {
      const { from, to } = defaultAsked(almanacOf(makeYears({ countries: ['EG', 'TR'], firstDay, dayCount, seed: 3 })), 90, '2026-11-20')
      return [from, to]
    }
    expect(shown('2026-11-14', 3)).toEqual(['2026-11-03', '2026-11-16'])
    expect(shown('2026-10-08', 40)).toEqual(['2026-10-08', '2026-11-16'])
    expect(shown('2026-05-01', 200)).toEqual(['2026-08-19', '2026-11-16'])
  })

  test('what falls into another month is not counted, and another currency is counted and named, and not added', () => {
    const cost = { ...years.costs[0], from: '2026-08-17', until: '2026-09-15', amountCents: 300_000 } as Years['costs'][number]
    const other = almanacOf({ ...years, costs: [cost, { ...cost, id: 'b', currency: 'EUR' }, { ...cost, id: 'c', isWithdrawn: true }] })
    expect(unitCosts(other, '2026-09')).toMatchObject({ total: 1500 })
    const euros = almanacOf({ ...years, costs: [{ ...cost, currency: 'EUR' }] })
    const voice = voiceOf('en')
    const asked = { ...defaultAsked(almanac, 90, '2026-11-20'), to: '2026-10-31' }
    for (const one of [other, euros])
      for (const said of [otherCosts(one, voice, '2026-10'), costMonthsFigure(one, voice, asked).note])
        expect(said).toContain('not in these figures: 1 (EUR).')
    // Nobody is told that no costs have been entered where some have.
    expect(costMonthsFigure(euros, voice, asked).sentence).toContain('EUR')
    expect(otherCosts(almanac, voice, '2026-10')).toBe('')
  })

  test('what a shutdown costs an economy is three ranges; only a blackout’s begin above zero', () => {
    const blackout =
      economicCosts({ ...open, kind: 'blackout', endedAt: '2026-10-30T05:00:00Z', startedAt: '2026-10-29T05:00:00Z' }, '') ?? []
    expect(blackout).toHaveLength(3)
    for (const { range } of blackout) expect(range.low > 0 && range.low < range.estimate && range.estimate < range.high).toBe(true)
    const blocking = economicCosts({ ...open, kind: 'blocking' }, '2026-12-01T00:00:00Z') ?? []
    expect(blocking.map(({ range }) => range.low)).toEqual([0, 0, 0])
    expect(economicCosts({ ...open, country: 'XX', endedAt: '2026-12-01T00:00:00Z' }, '')).toBeUndefined()
  })

  test('before and after are compared only where at least half of both is told', () => {
    const ended = years.events.find(({ endedAt }) => endedAt !== undefined)
    const change = changeAround(almanac, { ...(ended ?? open), startedAt: '2026-09-10T05:00:00Z' })
    expect(change && change.low < change.estimate && change.estimate < change.high).toBe(true)
    expect(changeAround(almanac, { ...open, startedAt: '2026-11-15T05:00:00Z' })).toBeUndefined()
    expect(changeAround(almanac, { ...open, country: 'SE', startedAt: '2026-09-10T05:00:00Z' })).toBeUndefined()
  })

  test('what was spent of one unit’s privacy adds up over releases', () => {
    const [entry] = years.ledger
    const twice = spending([{ ...entry, id: 'x' } as Years['ledger'][number], entry as Years['ledger'][number]])
    expect(twice).toEqual([{ unit: entry?.unit, start: entry?.start, releases: 2, rho: 0.01 }])
  })
})

describe('shares', () => {
  const voice = voiceOf('en')
  const asked = defaultAsked(almanac, 90, '2026-11-20')

  test('of two uncertain counts run from a low to a high end, and never beyond the whole', () => {
    const at = (low: number, estimate: number, high: number) => ({ low, estimate, high })
    expect(shareOf(at(40, 50, 60), at(90, 100, 125))).toEqual(at(0.32, 0.5, 60 / 90))
    expect(shareOf(at(0, 90, 140), at(0, 100, 200))).toEqual(at(0, 0.9, 1))
    expect(shareOf(at(1, 2, 3), at(0, 0, 0))).toBeUndefined()
    expect(shareOf(undefined, at(1, 1, 1))).toBeUndefined()
  })

  test('too unsure to say anything get no colour', () => {
    expect([shadeOf(undefined), shadeOf({ low: 0, estimate: 0.45, high: 1 }), shadeOf({ low: 0.5, estimate: 0.6, high: 0.7 })]).toEqual([
      undefined,
      undefined,
      3,
    ])
  })

  test('are said with their ends in sentences, drawings and files', () => {
    for (const name of ['ways', 'way-times', 'verdicts', 'connect', 'left-out']) {
      const figure = figureOf(name, almanac, voice, asked)
      expect(`${figure?.sentence} ${figure?.note}`, name).toMatch(/\d+% \(\d+% – \d+%\)/)
      const { columns = [], rows = [] } = figure?.files ?? figure ?? {}
      expect(columns.filter(({ key }) => /(^|_)low$/.test(key)).length, name).toBeGreaterThan(0)
      expect(columns.filter(({ key }) => /(^|_)low$/.test(key)).length).toBe(columns.filter(({ key }) => /(^|_)high$/.test(key)).length)
      expect(rows.every((row) => row.length === columns.length)).toBe(true)
    }
    const verdicts = figureOf('verdicts', almanac, voice, asked)?.drawing
    const [open] = verdicts?.shape === 'ranges' ? verdicts.items : []
    expect(open?.range && open.range.low < open.range.estimate && open.range.estimate < open.range.high).toBe(true)
  })

  test('files say what each method and each measured figure rests on', () => {
    const keys = (name: string): readonly string[] => figureOf(name, almanac, voice, asked)?.files?.columns.map(({ key }) => key) ?? []
    expect(keys('economy')).toEqual(expect.arrayContaining(['share_low', 'share_high', 'published', 'source']))
    expect(keys('preparedness')).toEqual(expect.arrayContaining(['rehearsal', 'rehearsal_measured_at', 'rehearsal_source']))
    const economy = figureOf('economy', almanac, voice, asked)
    expect(economy?.files?.rows.map((row) => row.at(-1))).toEqual(METHODS.map(({ source }) => source))
  })
})

describe('the emergency fund', () => {
  const start = '2026-10-01'
  const event = { ...open, startedAt: `${start}T05:00:00Z`, endedAt: undefined, isWithdrawn: false }

  test('is called for by a long, evident shutdown where people were served, and by nothing less', () => {
    const isMet = (one: typeof event, asOf = '2026-10-03T00:00:00Z'): boolean => judgeNow(almanac, one, asOf).isMet
    expect(isMet(event)).toBe(true)
    expect(isMet(event, '2026-10-01T20:00:00Z')).toBe(false)
    expect(isMet({ ...event, evidence: event.evidence.slice(0, 1) })).toBe(false)
    expect(isMet({ ...event, isWithdrawn: true })).toBe(false)
    expect(isMet({ ...event, country: 'SE' })).toBe(false)
  })

  test('shows every figure that it looked at, and counts no sample as evidence of what happened', () => {
    const outcome = judgeNow(almanac, event, '2026-10-03T05:00:00Z')
    expect(outcome).toMatchObject({ version: 1, isGoingOn: true, evidenceKinds: 2, hours: 48, peopleDays: 14 })
    expect(outcome.peopleLow).toBeGreaterThan(100)
    const real = { ...event, isSynthetic: false, evidence: event.evidence.map((one) => ({ ...one, isSample: true })) }
    expect(judgeNow(almanac, real, '2026-10-03T05:00:00Z')).toMatchObject({ isMet: false, evidenceKinds: 0 })
  })

  test('looks at the last published days, where the fortnight before is of a country that is told of four weeks late', () => {
    const late = { ...event, startedAt: '2026-12-01T05:00:00Z' }
    expect(judgeNow(almanac, late, '2026-12-03T05:00:00Z')).toMatchObject({ isMet: true, peopleDays: 14 })
    const never = { ...event, startedAt: '2027-06-01T05:00:00Z' }
    expect(judgeNow(almanac, never, '2027-06-03T05:00:00Z')).toMatchObject({ isMet: false, peopleDays: 0 })
  })
})

const KEYS_WITH_FORMS = (Object.keys(CATALOGS.en) as Key[]).filter((key) => typeof CATALOGS.en[key] !== 'string')
/** A noun after a number is the same for one and many. */
const SAME_NOUNS: ReadonlySet<Language> = new Set(['fa', 'tr'])

function textsOf(entry: string | Forms): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry)
}

describe('words', () => {
  test('every language says everything with the same blanks', () => {
    const blanks = (entry: string | Forms): string[] =>
      [...(typeof entry === 'string' ? entry : entry.other).matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort()
    for (const language of LANGUAGES)
      for (const [key, entry] of Object.entries(CATALOGS.en))
        expect([language, key, blanks(CATALOGS[language][key as Key])]).toEqual([language, key, blanks(entry)])
  })

  test('where English has forms, each language has those that its numbers ask for, or sets the number apart', () => {
    const lacking = LANGUAGES.flatMap((language) => {
      const rules = new Intl.PluralRules(language)
      // Days, countries: no more than that.
      const asked = new Set(Array.from({ length: 1_001 }, (_, count) => rules.select(count)))
      return KEYS_WITH_FORMS.flatMap((key) => {
        const entry: string | Forms = CATALOGS[language][key]
        if (typeof entry !== 'string')
          return [...asked].filter((form) => entry[form] === undefined).map((form) => `${language} ${key} ${form}`)
        return asked.size === 1 || SAME_NOUNS.has(language) || /\(\{\w+\}\)|: \{(?:shown|count)\}/.test(entry) ? [] : [`${language} ${key}`]
      })
    })
    expect(lacking).toEqual([])
    expect(KEYS_WITH_FORMS).toContain('peopleWhere')
  })

  test('one day, hour or country is one, in the language of whoever reads', () => {
    const said = (language: 'en' | 'ru' | 'fr', count: number): string => voiceOf(language).lasting('hour', count)
    expect([said('en', 1), said('en', 2), said('ru', 1), said('ru', 3), said('ru', 5), said('fr', 1)]).toEqual([
      ...['1 hour', '2 hours', '1 час', '3 часа', '5 часов', '1\u00a0heure'],
    ])
    const values = { count: '1', edges: '0' }
    expect(voiceOf('en').say('preparednessSentence', values, 1)).toMatch(/^1 country has /)
    expect(voiceOf('en').say('preparednessSentence', { ...values, count: '2' }, 2)).toMatch(/^2 countries have /)
  })

  test('no language leaves a sentence in English', () => {
    for (const language of LANGUAGES.filter((one) => one !== 'en')) {
      const same = Object.entries(CATALOGS.en).filter(
        ([key, text]) => typeof text === 'string' && text.length > 24 && CATALOGS[language][key as Key] === text,
      )
      expect([language, same.map(([key]) => key)]).toEqual([language, []])
    }
  })

  test('a language is found by preference, not by order, and never throws', () => {
    expect(preferredLanguage('de, my;q=0.3, ar-EG;q=0.8')).toBe('ar')
    for (const text of [undefined, '', ';;;', 'q=1', `${'x'.repeat(9999)}`, 'fa;q=0']) expect(preferredLanguage(text)).toBe('en')
  })

  test('what is missing is written as a dash in every language', () => {
    for (const language of LANGUAGES) expect(voiceOf(language).write('count', undefined)).toBe('–')
  })
})

describe('visitors', () => {
  test('only a web server on this machine is believed about whom it forwards', () => {
    expect(visitorOf('127.0.0.1', '203.0.113.9, 198.51.100.7')).toBe('198.51.100.7')
    expect(visitorOf('198.51.100.1', '203.0.113.9')).toBe('198.51.100.1')
    expect(visitorOf('::ffff:127.0.0.1', undefined)).toBe('::ffff:127.0.0.1')
    expect(visitorOf(undefined, undefined)).toBe('')
  })
})
