import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkAction } from '../../../relay/observatory/admin/actions.ts'
import { Refused } from '../../../relay/observatory/collect/fields.ts'
import { FORMATS, type Format, readSignals } from '../../../relay/observatory/evidence/imports.ts'
import { keepSuspicions, suspectDrops, suspectVerdicts } from '../../../relay/observatory/evidence/suspect.ts'
import { addDays, daysOf } from '../../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../../relay/store/store.ts'

const SAMPLES: Readonly<Record<Format, string>> = { ioda: 'ioda-outage-events', ooni: 'ooni-aggregation', radar: 'radar-outages' }
const sample = (format: Format): string =>
  readFileSync(join(import.meta.dirname, '../../observatory/samples', `${SAMPLES[format]}.json`), 'utf8')

describe('imports of public signals', () => {
  test('each format is read, and our samples say that they are samples', () => {
    const found = FORMATS.flatMap((format) => readSignals(format, sample(format)))
    expect(found.map(({ source, country, kind, isSample }) => [source, country, kind, isSample])).toEqual([
      ['ioda', 'AA', 'blackout', true],
      ['ioda', 'BB', 'blackout', true],
      ['ooni', 'AA', 'blocking', true],
      ['radar', 'AA', 'blackout', true],
    ])
  })

  test('of OONI, what is confirmed counts beside anomalies, and a file that is not by day and country is refused with what to ask for', () => {
    const row = {
      measurement_start_day: '2026-11-23',
      probe_cc: 'AA',
      anomaly_count: 40,
      confirmed_count: 70,
      failure_count: 0,
      ok_count: 90,
    }
    const read = (rows: readonly object[]) => readSignals('ooni', JSON.stringify({ v: 0, dimension_count: 2, result: rows }))
    expect(read([{ ...row, measurement_count: 200 }]).map(({ says }) => says)).toEqual([
      'OONI counted 40 anomalies and 70 confirmed blockings in 200 measurements.',
    ])
    expect(() => read([{ ...row, probe_cc: undefined, measurement_count: 200 }])).toThrow('axis_y=probe_cc')
    expect(() => read([{ ...row, measurement_start_day: '2026-11-23T01:00:00Z', measurement_count: 200 }])).toThrow('time_grain=day')
  })

  test('what the makers hand out is not taken for a sample', () => {
    const { culvertSample: _, ...file } = JSON.parse(sample('ioda')) as Record<string, unknown>
    expect(readSignals('ioda', JSON.stringify(file)).map(({ isSample }) => isSample)).toEqual([false, false])
  })

  test('any other JSON is refused or passed over, and never becomes words of a stranger', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), fc.json(), (format, text) => {
        try {
          readSignals(format, text)
          return true
        } catch (error) {
          return error instanceof Refused
        }
      }),
    )
    const evil = '<script>alert(1)</script>'
    const rows = [{ location: 'country/AA', start: 1_795_500_000, duration: 3_600, datasource: evil }]
    expect(JSON.stringify(readSignals('ioda', JSON.stringify({ data: rows })))).not.toContain('script')
    const annotations = [
      { locations: ['AA'], startDate: '2026-11-23T10:00:00Z', outage: { outageCause: evil }, linkedUrl: 'javascript:alert(1)' },
    ]
    expect(JSON.stringify(readSignals('radar', JSON.stringify({ result: { annotations } })))).not.toMatch(/script/)
  })
})

describe('what people sign', () => {
  const evidence = { kind: 'ioda', says: 'Seen.', url: 'https://ioda.inetintel.cc.gatech.edu/', seenAt: '2026-11-18T08:00:00Z' }
  const event = {
    country: 'AA',
    kind: 'blackout',
    startedAt: '2026-11-18T06:00:00Z',
    evidence: [evidence, { ...evidence, kind: 'ooni' }],
    note: 'x',
  }

  test('a URL that could lead a reader inside a network is refused, however it is spelt', () => {
    const urls = [
      'http://ioda.inetintel.cc.gatech.edu/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://0x7f000001/',
      'https://2130706433/',
      'https://127.1/',
      'https://localhost/',
      'https://metadata.google.internal/',
      'https://printer.local/',
      'https://user:password@ooni.org/',
      'https://ooni.org:8443/',
      'https://169.254.169.254/latest/meta-data',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'https://router/',
      `https://ooni.org/${'a'.repeat(600)}`,
      7,
    ]
    for (const url of urls)
      expect(() =>
        checkAction('event', {
          ...event,
          evidence: [
            { ...evidence, url },
            { ...evidence, kind: 'ooni' },
          ],
        }),
      ).toThrow('url')
    expect(checkAction('event', event)).toMatchObject({ country: 'AA' })
  })

  test('text that could pass for other text, or is too long, is refused', () => {
    for (const note of ['a\u0000b', 'a\u202eb', 'a\u0007b', 'x'.repeat(5_000), 7, undefined])
      expect(() => checkAction('event', { ...event, note })).toThrow('note')
  })

  test('times and days that do not exist, sums that are not sums and fields too many are refused', () => {
    expect(() => checkAction('event', { ...event, startedAt: '2026-02-31T06:00:00Z' })).toThrow('startedAt')
    expect(() => checkAction('event', { ...event, endedAt: '2026-11-17T06:00:00Z' })).toThrow('endedAt')
    expect(() => checkAction('event', { ...event, more: 1 })).toThrow('too many')
    const cost = {
      kind: 'servers',
      from: '2026-11-01',
      until: '2026-11-30',
      amountCents: 1,
      currency: 'EUR',
      note: '',
      evidenceSha256: 'a'.repeat(64),
    }
    expect(checkAction('cost', cost)).toMatchObject({ amountCents: 1 })
    for (const lie of [
      { amountCents: -1 },
      { amountCents: 1.5 },
      { amountCents: 1e15 },
      { until: '2026-10-01' },
      { currency: 'euro' },
      { evidenceSha256: 'x' },
    ])
      expect(() => checkAction('cost', { ...cost, ...lie })).toThrow(Refused)
  })

  test('samples are no evidence', () => {
    expect(() => checkAction('event', { ...event, evidence: [evidence, { ...evidence, kind: 'ooni', isSample: true }] })).toThrow(
      'two kinds',
    )
  })
})

describe('suspicions', () => {
  let store: Store<ObservatoryTables>
  const DAY = '2026-11-16'
  const count = (family: string, start: string, country: string, slice: string, value: number) =>
    store.db.insertInto('noisy_counts').values({ family, start, country, slice, revision: 1, count: value }).execute()
  beforeEach(async () => {
    store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
  })
  afterEach(() => store.close())

  test('a day with far fewer sessions than the week before is suspected, a small country or a small drop is not', async () => {
    for (const day of daysOf(addDays(DAY, -7), DAY))
      for (const [country, value] of [
        ['AA', 5_000],
        ['BB', 5_000],
        ['CC', 90],
      ] as const)
        await count('sessions', day, country, 'all', value)
    for (const [country, value] of [
      ['AA', 300],
      ['BB', 4_000],
      ['CC', -20],
    ] as const)
      await count('sessions', DAY, country, 'all', value)
    expect((await suspectDrops(store.db, DAY)).map(({ country, kind }) => [country, kind])).toEqual([['AA', 'blackout']])
  })

  test('many independent reports of a week are suspected, few are not, and each suspicion is kept once', async () => {
    for (const [country, reports, cut] of [
      ['AA', 400, 250],
      ['BB', 60, 60],
      ['CC', 400, 20],
    ] as const) {
      await count('reports', DAY, country, 'all', reports)
      await count('verdict', DAY, country, 'cutoff', cut)
    }
    const found = await suspectVerdicts(store.db, DAY)
    expect(found.map(({ country }) => country)).toEqual(['AA'])
    expect([await keepSuspicions(store.db, found), await keepSuspicions(store.db, found)]).toEqual([1, 0])
  })
})
