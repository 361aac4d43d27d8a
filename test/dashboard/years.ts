// Made-up publications of any size, from a seed: countries that differ by orders of magnitude, seasons, shutdowns, withheld cells, costs.
import {
  type Cell,
  CONNECT_BUCKETS,
  type Cost,
  type Decision,
  EVENT_KINDS,
  INDICATORS,
  type Indicator,
  type LedgerEntry,
  type Metric,
  type PublishedDb,
  type ShutdownEvent,
  VERDICTS,
  WAYS,
  WORLD,
} from '../../relay/observatory/published.ts'
import { addDays, endOf, type Span, startOf } from '../../relay/observatory/spans.ts'

export interface YearsPlan {
  readonly countries: readonly string[]
  readonly firstDay: string
  readonly dayCount: number
  readonly seed: number
}

/** Mulberry32: small, and the same everywhere. */
export function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Years {
  readonly cells: readonly Cell[]
  readonly events: readonly ShutdownEvent[]
  readonly costs: readonly Cost[]
  readonly decisions: readonly Decision[]
  readonly indicators: readonly Indicator[]
  readonly ledger: readonly LedgerEntry[]
}

const RELEASED = 'T06:00:00Z'
const SUPPRESSED_BELOW = 50

export function makeYears(plan: YearsPlan): Years {
  const roll = dice(plan.seed)
  const events = plan.countries.flatMap((country, index): ShutdownEvent[] =>
    index % 4 === 0 ? [eventOf(country, index, addDays(plan.firstDay, Math.floor(plan.dayCount * (0.55 + 0.4 * roll()))), roll)] : [],
  )
  const cells: Cell[] = []
  const world = new Map<string, { low: number; estimate: number; high: number }>()
  const put = (metric: Metric, span: Span, country: string, slice: string, start: string, value: number): void => {
    const estimate = Math.max(0, Math.round(value / 10) * 10)
    const range = { low: Math.floor(estimate * 0.72), estimate, high: Math.ceil(estimate * 1.45) }
    cells.push(cellOf(metric, span, country, slice, start, range))
    const name = [metric, span, slice, start].join(' ')
    const sum = world.get(name) ?? { low: 0, estimate: 0, high: 0 }
    world.set(name, { low: sum.low + range.low, estimate: sum.estimate + range.estimate, high: sum.high + range.high })
  }
  plan.countries.forEach((country, index) => {
    // The last one is so small that all of it is withheld.
    const size = index === plan.countries.length - 1 ? 12 : 40_000 / (index + 1) ** 1.35
    countryCells(plan, country, size, events, roll, put)
  })
  for (const [name, range] of world) {
    const [metric = '', span = '', slice = '', start = ''] = name.split(' ')
    cells.push(cellOf(metric as Metric, span as Span, WORLD, slice, start, range))
  }
  return {
    cells,
    events,
    costs: costsOf(plan),
    decisions: events.slice(0, 2).map((event, index) => ({
      id: `de-${index}`,
      eventId: event.id,
      rule: {
        version: 1,
        asOf: `${event.startedAt.slice(0, 10)}${RELEASED}`,
        isMet: index === 0,
        isGoingOn: true,
        evidenceKinds: 2,
        hours: 24,
        peopleLow: index === 0 ? 4_000 : 20,
        peopleDays: 14,
      },
      outcome: index === 0 ? ('released' as const) : ('declined' as const),
      amountCents: index === 0 ? 500_000 : 0,
      currency: 'USD',
      reason: 'Servers for a fortnight.',
      signedBy: 'north',
      signedAt: `${event.startedAt.slice(0, 10)}${RELEASED}`,
      isSynthetic: true,
    })),
    indicators: plan.countries.slice(0, 40).flatMap((country) => indicatorsOf(country, plan, roll)),
    ledger: ledgerOf(plan),
  }
}

function cellOf(
  metric: Metric,
  span: Span,
  country: string,
  slice: string,
  start: string,
  range: { low: number; estimate: number; high: number },
): Cell {
  const state = {
    metric,
    span,
    country,
    slice,
    start,
    revision: 1,
    releasedAt: `${addDays(endOf(span, start), 1)}${RELEASED}`,
    isSynthetic: true,
  }
  return range.estimate < SUPPRESSED_BELOW ? { ...state, isSuppressed: true } : { ...state, isSuppressed: false, ...range }
}

type Put = (metric: Metric, span: Span, country: string, slice: string, start: string, value: number) => void

function countryCells(
  plan: YearsPlan,
  country: string,
  size: number,
  events: readonly ShutdownEvent[],
  roll: () => number,
  put: Put,
): void {
  const own = events.filter((event) => event.country === country)
  const end = addDays(plan.firstDay, plan.dayCount)
  let monthPeople = 0
  for (let n = 0; n < plan.dayCount; n++) {
    const day = addDays(plan.firstDay, n)
    const isShut = own.some(({ startedAt, endedAt }) => day >= startedAt.slice(0, 10) && day <= (endedAt ?? '9999').slice(0, 10))
    const growth = 0.5 + n / plan.dayCount
    const people = size * growth * (1 + 0.12 * Math.sin((n / 7) * 2 * Math.PI)) * (isShut ? 2.1 : 1) * (0.94 + 0.12 * roll())
    monthPeople = Math.max(monthPeople, people)
    put('people', 'day', country, 'all', day, people)
    put('sessions', 'day', country, 'all', day, people * 3.1)
    put('hours', 'day', country, 'all', day, people * 2.4)
    put('gigabytes', 'day', country, 'all', day, people * 0.8)
    const next = addDays(day, 1)
    if (next.endsWith('-01') && startOf('month', day) >= plan.firstDay) {
      put('people', 'month', country, 'all', startOf('month', day), monthPeople * 1.9)
      monthPeople = 0
    }
    if (startOf('week', day) === day && endOf('week', day) <= end) weekCells(country, size * growth * 0.9, isShut, day, roll, put)
  }
}

function weekCells(country: string, reports: number, isShut: boolean, week: string, roll: () => number, put: Put): void {
  put('reports', 'week', country, 'all', week, reports)
  WAYS.forEach((way, index) => {
    const share = (isShut ? [0.08, 0.55, 0.12, 0.71][index] : [0.83, 0.9, 0.8, 0.92][index]) ?? 0
    put('worked', 'week', country, way, week, reports * share * (0.95 + 0.1 * roll()))
    put('sessions', 'week', country, way, week, reports * 3 * share)
    put('failures', 'week', country, way, week, reports * (1 - share))
  })
  const verdicts = isShut ? [0.2, 0.3, 0.2, 0.25, 0.05] : [0.7, 0.2, 0.06, 0.02, 0.02]
  for (const [index, verdict] of VERDICTS.entries()) put('verdict', 'week', country, verdict, week, reports * (verdicts[index] ?? 0))
  const times = [0.34, 0.31, 0.2, 0.1, 0.05]
  for (const [index, bucket] of CONNECT_BUCKETS.entries()) put('connect', 'week', country, bucket, week, reports * (times[index] ?? 0))
}

function eventOf(country: string, index: number, start: string, roll: () => number): ShutdownEvent {
  const days = 2 + Math.floor(roll() * 9)
  return {
    id: `ev-${(0x1000 + index).toString(16).padStart(16, '0')}`,
    country,
    kind: EVENT_KINDS[index % 3] ?? 'blackout',
    startedAt: `${start}T05:00:00Z`,
    endedAt: index === 0 ? undefined : `${addDays(start, days)}T17:00:00Z`,
    evidence: [
      {
        kind: 'reports',
        says: 'Reports of cut-off networks rose from 2 to 41 in a hundred.',
        url: '',
        seenAt: `${start}T09:00:00Z`,
        isSample: false,
      },
      {
        kind: 'ioda',
        says: 'Routed prefixes fell by 62 %.',
        url: 'https://ioda.inetintel.cc.gatech.edu/',
        seenAt: `${start}T10:00:00Z`,
        isSample: true,
      },
    ],
    note: 'Mobile networks first, then fixed lines.',
    signedBy: 'north',
    signedAt: `${addDays(start, 1)}T08:00:00Z`,
    isWithdrawn: false,
    revision: 1,
    isSynthetic: true,
  }
}

function costsOf({ firstDay, dayCount }: YearsPlan): readonly Cost[] {
  const months = [...new Set(Array.from({ length: dayCount }, (_, n) => startOf('month', addDays(firstDay, n))))]
  return months.flatMap((month) =>
    (['servers', 'traffic'] as const).map((kind, index) => ({
      id: `co-${month}-${kind}`,
      kind,
      from: month,
      until: addDays(endOf('month', month), -1),
      amountCents: index === 0 ? 412_000 : 198_500,
      currency: 'USD',
      note: '',
      evidenceSha256: 'ab'.repeat(32),
      signedBy: 'north',
      signedAt: `${endOf('month', month)}${RELEASED}`,
      isWithdrawn: false,
      revision: 1,
      isSynthetic: true,
    })),
  )
}

function indicatorsOf(country: string, { firstDay, dayCount }: YearsPlan, roll: () => number): readonly Indicator[] {
  const values = [Math.round(roll() * 4000), 1 + Math.floor(roll() * 4), Math.round(roll() * 40) / 2, roll(), roll() > 0.4 ? 1 : 0]
  return INDICATORS.map((name, index) => ({
    country,
    name,
    value: values[index] ?? 0,
    source: 'Made up.',
    measuredAt: `${addDays(firstDay, dayCount - 1)}${RELEASED}`,
    isSynthetic: true,
  }))
}

function ledgerOf({ firstDay, dayCount }: YearsPlan): readonly LedgerEntry[] {
  const days = Array.from({ length: Math.min(120, dayCount) }, (_, n) => addDays(firstDay, dayCount - 1 - n))
  return days.map((start) => ({
    id: `le-${start}`,
    at: `${addDays(start, 2)}${RELEASED}`,
    unit: start.endsWith('-01') ? ('client-month' as const) : ('session-day' as const),
    start,
    family: 'people-day',
    revision: 1,
    sigma: 10,
    sensitivity: 1,
    rho: 0.005,
    isSynthetic: true,
  }))
}

/** Puts them where Publication reads. */
export async function publish(db: PublishedDb, years: Years): Promise<void> {
  const insert = async (table: Parameters<PublishedDb['insertInto']>[0], rows: readonly object[]): Promise<void> => {
    for (let n = 0; n < rows.length; n += 500)
      await db
        .insertInto(table)
        .values(rows.slice(n, n + 500) as never)
        .execute()
  }
  await db.transaction().execute(async (at) => {
    const cells = years.cells.map((cell) => ({
      metric: cell.metric,
      country: cell.country,
      slice: cell.slice,
      span: cell.span,
      start: cell.start,
      revision: cell.revision,
      released_at: cell.releasedAt,
      suppressed: cell.isSuppressed ? 1 : 0,
      low: cell.isSuppressed ? 0 : cell.low,
      estimate: cell.isSuppressed ? 0 : cell.estimate,
      high: cell.isSuppressed ? 0 : cell.high,
      synthetic: 1,
    }))
    for (let n = 0; n < cells.length; n += 1000)
      await at
        .insertInto('published_cells')
        .values(cells.slice(n, n + 1000))
        .execute()
  })
  const record = (one: { revision?: number; signedAt: string }): object => ({
    revision: one.revision ?? 1,
    signed_at: one.signedAt,
    released_at: one.signedAt,
    body: JSON.stringify(one),
    signer: 'north',
    signature: '',
    synthetic: 1,
  })
  await insert(
    'published_events',
    years.events.map((one) => ({
      ...record(one),
      id: one.id,
      country: one.country,
      started_at: one.startedAt,
      ended_at: one.endedAt ?? '',
    })),
  )
  await insert(
    'published_costs',
    years.costs.map((one) => ({ ...record(one), id: one.id, started: one.from, ended: one.until })),
  )
  await insert(
    'published_decisions',
    years.decisions.map((one) => ({ ...record(one), id: one.id, event_id: one.eventId })),
  )
  await insert(
    'published_indicators',
    years.indicators.map(({ country, name, value, source, measuredAt }) => ({
      country,
      name,
      value,
      source,
      measured_at: measuredAt,
      released_at: measuredAt,
      synthetic: 1,
    })),
  )
  await insert(
    'published_ledger',
    years.ledger.map((one) => ({
      id: one.id,
      at: one.at,
      unit: one.unit,
      start: one.start,
      rho: one.rho,
      body: JSON.stringify(one),
      synthetic: 1,
    })),
  )
  await insert('published_quality', qualityOf(years))
}

function qualityOf({ cells }: Years): readonly object[] {
  const last = cells
    .filter(({ metric, span }) => metric === 'people' && span === 'day')
    .reduce((day, { start }) => (start > day ? start : day), '')
  const values = {
    'relays-reporting': 40,
    'relays-expected': 44,
    'unknown-share': 0.03,
    'geoip-age-days': 31,
    'cross-check': 1.12,
  }
  return Object.entries(values).map(([name, value]) => ({
    day: last,
    name,
    released_at: `${addDays(last, 2)}${RELEASED}`,
    value,
    synthetic: 1,
  }))
}

export const COUNTRIES: readonly string[] =
  'IR RU MM CN TR EG PK VE CU BY ET IN BD KZ UG TZ VN TH SD IQ SY YE AE SA QA OM KW JO LB PS AZ UZ TM TJ KG GE AM MN NP LK ID MY PH KH LA MX CO EC PE BO BR AR CL PY NI HN GT SV HT JM NG GH KE RW BI SN ML NE TD CM GA CG CD ZM ZW MZ AO NA BW ZA LY TN DZ MA MR ER DJ SO SS CF GN SL LR CI TG BJ UA MD RS XK TW'.split(
    ' ',
  )
