// From what came in to the true counts of a span, trimmed, in the form that the mechanism takes. Nothing of this leaves the process but through its noise.
import type { Kysely } from 'kysely'
import { type Counts, countKey } from '../privacy/noise.ts'
import { FAMILIES, type FamilyName, SESSION_CLAMP } from '../privacy/parameters.ts'
import { familiesOf } from '../privacy/release.ts'
import { WORLD } from '../published.ts'
import { addDays, endOf, type Span } from '../spans.ts'
import type { ObservatoryTables } from '../tables.ts'
import { reportTrimLimits, type TrimLimits, trimLimits } from './limits.ts'
import { type Before, trimRelay } from './trim.ts'

type Db = Kysely<ObservatoryTables>

/** What a relay may add in a span at least is that of its days. */
const DAYS: Readonly<Record<Span, number>> = { day: 1, week: 7, month: 30 }

/** One count of one relay. */
interface Told {
  readonly relay: string
  readonly country: string
  readonly slice: string
  readonly count: number
}

/** `without`: relays that should not have counted. */
export async function totalsOf(
  db: Db,
  span: Span,
  start: string,
  without: ReadonlySet<string> = new Set(),
): Promise<Partial<Readonly<Record<FamilyName, Counts>>>> {
  const counts: Partial<Record<FamilyName, Counts>> = {}
  for (const name of familiesOf(span)) {
    const isOfRelays = FAMILIES[name].unit === 'session-day'
    const all = isOfRelays ? await relayDays(db, name, start) : await reports(db, name, start)
    const told = all.filter(({ relay }) => !without.has(relay))
    const limits = isOfRelays ? trimLimits : reportTrimLimits
    counts[name] = trimAll(told, await beforeOf(db, name, start), unitOf(name) * DAYS[span], limits)
  }
  return counts
}

/** Trims each relay's counts of each slice, and adds up. */
function trimAll(told: readonly Told[], before: Before, unit: number, limits: TrimLimits): Counts {
  const sums = new Map<string, number>()
  for (const ofRelay of Map.groupBy(told, ({ relay, slice }) => `${relay} ${slice}`).values()) {
    const slice = ofRelay[0]?.slice ?? ''
    const trimmed = trimRelay(new Map(ofRelay.map(({ country, count }) => [country, count])), before, unit, limits)
    for (const [country, count] of trimmed) sums.set(countKey(country, slice), (sums.get(countKey(country, slice)) ?? 0) + count)
  }
  return sums
}

/** Whole hours and gigabytes, rounded down per relay and country: what one session adds is then still its clamp at most. */
async function relayDays(db: Db, name: FamilyName, start: string): Promise<readonly Told[]> {
  const isByWay = name === 'sessionsByWay' || name === 'failures'
  const column = name === 'hours' ? 'seconds' : name === 'gigabytes' ? 'bytes' : name === 'failures' ? 'failures' : 'sessions'
  const divisor = name === 'hours' ? 3_600 : name === 'gigabytes' ? 1e9 : 1
  const rows = await db
    .selectFrom('raw_relay_days')
    .select(['relay', 'country', ({ fn }) => fn.sum<number>(column).as('sum')])
    .$if(isByWay, (query) => query.select('way').groupBy('way'))
    .where('day', '>=', start)
    .where('day', '<', endOf(FAMILIES[name].span, start))
    .groupBy(['relay', 'country'])
    .execute()
  return rows.map(({ relay, country, sum, way = 'all' }) => ({ relay, country, slice: way, count: Math.floor(sum / divisor) }))
}

async function reports(db: Db, family: FamilyName, start: string): Promise<readonly Told[]> {
  return await db
    .selectFrom('raw_reports')
    .select(['relay', 'country', 'slice', 'count'])
    .where('family', '=', family)
    .where('start', '=', start)
    .execute()
}

/** The noisy counts of the week before, for a day; of the last span, for weeks and months. */
async function beforeOf(db: Db, family: FamilyName, start: string): Promise<Before> {
  const { span } = FAMILIES[family]
  const from = addDays(start, span === 'month' ? -31 : -7)
  const rows = await db
    .selectFrom('noisy_counts')
    .select(['country', ({ fn }) => fn.sum<number>('count').as('sum'), ({ fn }) => fn.count<number>('start').distinct().as('starts')])
    .where('family', '=', family)
    .where('start', '>=', from)
    .where('start', '<', start)
    .where('revision', '=', 1)
    .groupBy('country')
    .execute()
  const relays = await db
    .selectFrom('published_quality')
    .select(({ fn }) => fn.avg<number>('value').as('mean'))
    .where('name', '=', 'relays-reporting')
    .where('day', '>=', from)
    .where('day', '<', start)
    .executeTakeFirst()
  const countries = new Map(rows.map(({ country, sum, starts }) => [country, sum / Math.max(1, starts)]))
  const total = [...countries].reduce((sum, [country, mean]) => sum + (country === WORLD && countries.size > 1 ? 0 : mean), 0)
  return { countries, total, relays: relays?.mean ?? 1 }
}

function unitOf(name: FamilyName): number {
  return name === 'hours'
    ? SESSION_CLAMP.hours
    : name === 'gigabytes'
      ? SESSION_CLAMP.gigabytes
      : name === 'failures'
        ? SESSION_CLAMP.failures
        : 1
}
