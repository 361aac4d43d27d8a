// The JSON API, version 1: what is published, by plain addresses, for programs. docs/DASHBOARD.md and /api/v1/openapi.json describe it.
//
// Names are stable within the version; further fields may come. Numbers that are withheld are null, never zero.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Almanac } from './almanac.ts'
import { AskedError, place } from './asked-of.ts'
import { csvOf, rounded } from './charts/files.ts'
import type { Publication } from './publication.ts'
import { type Cell, CONNECT_BUCKETS, type Metric, UNKNOWN_COUNTRY, VERDICTS, WAYS } from './published.ts'
import { monthText, rowMonths } from './rows.ts'
import { siteLimits } from './site-limits.ts'
import { addDays, daysBetween, isDay, type Span } from './spans.ts'

export interface ApiAnswer {
  readonly type: 'application/json; charset=utf-8' | 'text/csv; charset=utf-8' | 'application/gzip'
  readonly body: string | Uint8Array
}

export const METRICS: readonly Metric[] = [
  'people',
  'sessions',
  'hours',
  'gigabytes',
  'failures',
  'reports',
  'worked',
  'verdict',
  'connect',
  'language',
]
export const SPANS: readonly Span[] = ['day', 'week', 'month']
const SPAN_DAYS: Readonly<Record<Span, number>> = { day: 1, week: 7, month: 28 }
const SLICES_MAX = Math.max(WAYS.length, VERDICTS.length, CONNECT_BUCKETS.length) + 1

/** Lists that are answered whole: they grow by a few rows a week. */
const LISTS = ['events', 'costs', 'decisions', 'ledger', 'indicators', 'quality', 'countries'] as const
type List = (typeof LISTS)[number]

/** undefined: there is no such address. Throws AskedError. */
export async function answerApi(
  path: string,
  query: URLSearchParams,
  almanac: Almanac,
  publication: Publication,
): Promise<ApiAnswer | undefined> {
  if (path === '') {
    allowOnly(query, [])
    return json(almanac, { addresses: ['cells', ...LISTS, 'rows'].map((name) => `/api/v1/${name}`), description: '/api/v1/openapi.json' })
  }
  if (path === 'openapi.json') {
    allowOnly(query, [])
    return { type: 'application/json; charset=utf-8', body: JSON.stringify(openApi(), undefined, 1) }
  }
  if (path === 'cells') return cells(query, almanac, publication)
  const month = /^rows\/(20\d{2}-(?:0[1-9]|1[0-2]))\.jsonl\.gz$/.exec(path)?.[1]
  if (path === 'rows' || month !== undefined) {
    allowOnly(query, [])
    const months = await rowMonths(publication)
    if (month === undefined) return json(almanac, { rows: months.map((one) => `/api/v1/rows/${one}.jsonl.gz`) })
    // Compressed as it is kept: plain, a month of many countries is larger than all other answers together.
    return months.includes(month) ? { type: 'application/gzip', body: await zip(await monthText(publication, month)) } : undefined
  }
  const event = /^events\/(ev-[0-9a-f]{16})$/.exec(path)?.[1]
  if (event !== undefined) {
    allowOnly(query, [])
    const revisions = (await publication.events(true)).filter(({ id }) => id === event)
    return revisions.length === 0 ? undefined : json(almanac, { revisions })
  }
  const list = LISTS.find((name) => name === path)
  if (list === undefined) return undefined
  allowOnly(query, [])
  const rows = list === 'quality' ? await publication.quality(FIRST_DAY, LAST_DAY) : rowsOf(list, almanac)
  return json(almanac, { [list]: rows.slice(0, siteLimits.rowsMax) })
}

const zip = promisify(gzip)

/** Outside of these nothing is published, and nothing can be asked for. */
const FIRST_DAY = '2000-01-01'
const LAST_DAY = '2100-12-31'

function rowsOf(list: Exclude<List, 'quality'>, almanac: Almanac): readonly unknown[] {
  return list === 'countries' ? almanac.countries : almanac.records[list]
}

function json(almanac: Almanac, fields: Readonly<Record<string, unknown>>): ApiAnswer {
  const body = { version: 1, synthetic: almanac.isSynthetic, published_at: almanac.asOf, ...fields }
  return { type: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}

async function cells(query: URLSearchParams, almanac: Almanac, publication: Publication): Promise<ApiAnswer> {
  allowOnly(query, ['metric', 'span', 'country', 'slice', 'from', 'to', 'revisions', 'format'])
  const metric = choice(query, 'metric', METRICS)
  const span = choice(query, 'span', SPANS)
  const format = query.has('format') ? choice(query, 'format', ['json', 'csv'] as const) : 'json'
  const withEarlier = query.has('revisions') && choice(query, 'revisions', ['all', 'last'] as const) === 'all'
  const code = query.get('country') ?? undefined
  const country = code === UNKNOWN_COUNTRY ? code : place('country', code)
  const slice = query.get('slice') ?? undefined
  if (slice !== undefined && !/^[a-z0-9-]{1,24}$/.test(slice)) throw new AskedError('error_choice', { name: 'slice', list: 'all, …' })
  const to = dayAsked(query, 'to') ?? almanac.extent(metric, span)?.last ?? '1970-01-01'
  const rowsADay = ((country === undefined ? almanac.countries.length + 2 : 1) * (slice === undefined ? SLICES_MAX : 1)) / SPAN_DAYS[span]
  const daysMax = Math.min(siteLimits.daysMax, Math.floor(siteLimits.rowsMax / rowsADay))
  const from = dayAsked(query, 'from') ?? addDays(to, 1 - Math.min(siteLimits.daysShown, daysMax))
  if (from > to) throw new AskedError('error_order')
  if (daysBetween(from, to) >= daysMax) throw new AskedError('error_long', { days: daysMax })
  const found = await publication.cells({
    metric,
    span,
    from,
    until: addDays(to, 1),
    ...(country !== undefined && { country }),
    ...(slice !== undefined && { slice }),
    withEarlier,
  })
  return format === 'csv' ? { type: 'text/csv; charset=utf-8', body: cellsCsv(found) } : json(almanac, { cells: found.map(plainCell) })
}

function plainCell(cell: Cell): object {
  const { metric, country, slice, span, start, revision, releasedAt, isSynthetic } = cell
  const range = cell.isSuppressed
    ? { low: null, estimate: null, high: null }
    : { low: rounded(cell.low), estimate: rounded(cell.estimate), high: rounded(cell.high) }
  return {
    metric,
    country,
    slice,
    span,
    start,
    ...range,
    withheld: cell.isSuppressed,
    revision,
    released_at: releasedAt,
    synthetic: isSynthetic,
  }
}

const CELL_COLUMNS = [
  'metric',
  'country',
  'slice',
  'span',
  'start',
  'low',
  'estimate',
  'high',
  'withheld',
  'revision',
  'released_at',
  'synthetic',
]

function cellsCsv(found: readonly Cell[]): string {
  return csvOf(
    CELL_COLUMNS,
    found.map((cell) => {
      const range = cell.isSuppressed ? [undefined, undefined, undefined] : [cell.low, cell.estimate, cell.high]
      const { metric, country, slice, span, start, revision, releasedAt } = cell
      return [metric, country, slice, span, start, ...range, String(cell.isSuppressed), revision, releasedAt, String(cell.isSynthetic)]
    }),
  )
}

function allowOnly(query: URLSearchParams, names: readonly string[]): void {
  for (const name of new Set(query.keys())) {
    if (name !== 'lang' && !names.includes(name)) throw new AskedError('error_unknown', { name: name.slice(0, 40) })
    if (query.getAll(name).length > 1) throw new AskedError('error_repeated', { name: name.slice(0, 40) })
  }
}

function choice<T extends string>(query: URLSearchParams, name: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === query.get(name))
  if (found === undefined) throw new AskedError('error_choice', { name, list: choices.join(', ') })
  return found
}

function dayAsked(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!isDay(text) || text < FIRST_DAY || text > LAST_DAY) throw new AskedError('error_day', { name })
  return text
}

function openApi(): object {
  const parameter = (name: string, schema: object, required = false): object => ({ name, in: 'query', required, schema })
  const day = { type: 'string', format: 'date' }
  const ok = {
    200: { description: 'The rows, with an ETag.' },
    304: { description: 'As you have it.' },
    400: { description: 'What is wrong, in words.' },
    429: { description: 'Too many requests from one network; Retry-After says how many seconds to wait.' },
  }
  const list = (name: string): [string, object] => [`/api/v1/${name}`, { get: { summary: `All ${name}.`, responses: ok } }]
  return {
    openapi: '3.1.0',
    info: { title: 'Culvert Observatory', version: '1', license: { name: 'CC0-1.0' } },
    paths: {
      '/api/v1/cells': {
        get: {
          summary: 'Published numbers. A number that is withheld is null.',
          parameters: [
            parameter('metric', { enum: METRICS }, true),
            parameter('span', { enum: SPANS }, true),
            parameter('country', { type: 'string', pattern: '^([A-Z]{2}|001)$' }),
            parameter('slice', { type: 'string', pattern: '^[a-z0-9-]{1,24}$' }),
            parameter('from', day),
            parameter('to', day),
            parameter('revisions', { enum: ['last', 'all'] }),
            parameter('format', { enum: ['json', 'csv'] }),
          ],
          responses: ok,
        },
      },
      ...Object.fromEntries(LISTS.map(list)),
      '/api/v1/rows': {
        get: { summary: 'The addresses of all published rows, a file for each month in which they came out.', responses: ok },
      },
      '/api/v1/rows/{month}.jsonl.gz': {
        get: {
          summary: 'Every row that came out in a month, as JSON lines, compressed. A file only grows at its end.',
          parameters: [{ name: 'month', in: 'path', required: true, schema: { type: 'string', pattern: '^20\\d{2}-\\d{2}$' } }],
          responses: { ...ok, 404: { description: 'Nothing came out then.' } },
        },
      },
      '/api/v1/events/{id}': {
        get: {
          summary: 'All revisions of one shutdown.',
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          responses: { ...ok, 404: { description: 'There is none.' } },
        },
      },
    },
  }
}
