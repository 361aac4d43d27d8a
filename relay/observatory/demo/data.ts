// A made-up world, to see the observatory alive: counts of a hundred countries over some years, drawn from a seed and put through the real mechanism. Every
// row that comes of it says that it is synthetic.
import { createCipheriv, createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { OperatorError } from '../../operator-error.ts'
import { type DrawBelow, drawingBelow } from '../privacy/discrete-gaussian.ts'
import { countKey } from '../privacy/noise.ts'
import { CLIENT_CLAMP, type FamilyName } from '../privacy/parameters.ts'
import type { Order } from '../privacy/release.ts'
import { CONNECT_BUCKETS, UNKNOWN_COUNTRY, VERDICTS, WAYS } from '../published.ts'
import { releaseWithin } from '../releases.ts'
import { addDays, daysBetween, daysOf, endOf, type Span, startOf } from '../spans.ts'
import type { ObservatoryTables } from '../tables.ts'
import { addSyntheticRecords } from './records.ts'
import { type Chance, type DemoCountry, type DemoEvent, demoCountries, demoEvents, type World } from './world.ts'

export interface DemoOptions {
  readonly seed: string
  /** The last day that has figures. */
  readonly until: string
  readonly days: number
  readonly countryCount: number
}

const LANGUAGES = ['en', 'fa', 'ru', 'zh', 'ar', 'my', 'es', 'fr'] as const
const SESSIONS_PER_PERSON = 2.3
const OPTED_IN = 0.14

/** For a store that people may look at: false where a made-up world is in it already. Throws OperatorError where anything real is. */
export async function fillWithDemo(db: Kysely<ObservatoryTables>, options: DemoOptions): Promise<boolean> {
  const [real, raw, admin] = await Promise.all([
    db.selectFrom('published_cells').select('start').where('synthetic', '=', 0).limit(1).executeTakeFirst(),
    db.selectFrom('raw_relay_days').select('day').limit(1).executeTakeFirst(),
    db.selectFrom('roll_admins').select('name').limit(1).executeTakeFirst(),
  ])
  if (real !== undefined || raw !== undefined || admin !== undefined)
    throw new OperatorError('The store is in use: made-up numbers go into an empty store only.')
  const filled = await db.selectFrom('published_cells').select('start').limit(1).executeTakeFirst()
  if (filled !== undefined) return false
  await addDemoData(db, options)
  return true
}

export async function addDemoData(db: Kysely<ObservatoryTables>, options: DemoOptions): Promise<void> {
  const stream = seededBytes(options.seed)
  const chance: Chance = () => new DataView(stream(4).buffer).getUint32(0) / 2 ** 32
  const random = drawingBelow(stream)
  const from = addDays(options.until, 1 - options.days)
  const countries = demoCountries(options.countryCount, chance)
  const events = demoEvents(countries, from, options.until, chance)
  const world: World = { countries, events, from, chance }
  const days = daysOf(from, addDays(options.until, 1))
  for (const ofMonth of Map.groupBy(days, (day) => startOf('month', day)).values())
    await db.transaction().execute((transaction) => releaseDays(transaction, world, ofMonth, random))
  await addSyntheticRecords(db, world, options.until, demoKey(options.seed))
}

type CountsByFamily = Partial<Record<FamilyName, Map<string, number>>>

/** Each day, and each week and month that ends with one of them. */
async function releaseDays(db: Transaction<ObservatoryTables>, world: World, days: readonly string[], random: DrawBelow): Promise<void> {
  const release = async (span: Span, start: string, counts: CountsByFamily): Promise<void> => {
    const order: Order = {
      span,
      start,
      revision: 1,
      at: `${addDays(endOf(span, start), 1)}T04:00:00Z`,
      isSynthetic: true,
      countries: [...world.countries.map(({ code }) => code), UNKNOWN_COUNTRY],
      languages: LANGUAGES,
    }
    await releaseWithin(db, { order, counts, atRisk: new Set(), random })
  }
  for (const day of days) {
    await release('day', day, dayCounts(world, day))
    const [week, month] = [startOf('week', day), startOf('month', day)]
    if (endOf('week', week) === addDays(day, 1) && week >= world.from) await release('week', week, weekCounts(world, week))
    if (endOf('month', month) === addDays(day, 1) && month >= world.from) await release('month', month, monthCounts(world, month))
  }
}

function dayCounts(world: World, day: string): CountsByFamily {
  const counts = { sessions: new Map(), hours: new Map(), gigabytes: new Map(), peopleDay: new Map() } satisfies CountsByFamily
  for (const country of world.countries) {
    const people = peopleOn(world, country, day)
    const key = countKey(country.code, 'all')
    const sessions = Math.round(people * SESSIONS_PER_PERSON)
    counts.sessions.set(key, sessions)
    counts.hours.set(key, Math.round(people * (1.6 + 0.5 * world.chance())))
    counts.gigabytes.set(key, Math.round(people * (0.35 + 0.1 * world.chance())))
    counts.peopleDay.set(key, Math.round((people * OPTED_IN * CLIENT_CLAMP.daysPerMonth) / 30.4))
  }
  return counts
}

function weekCounts(world: World, week: string): CountsByFamily {
  const families = ['sessionsByWay', 'failures', 'reports', 'worked', 'verdict', 'connect'] as const
  const counts: CountsByFamily = Object.fromEntries(families.map((name) => [name, new Map()]))
  for (const country of world.countries) {
    const event = eventOn(world, country, addDays(week, 3))
    const people = peopleOn(world, country, addDays(week, 3))
    const reports = Math.round((people * 2.2 * OPTED_IN) / 4.3)
    const add = (name: FamilyName, slices: readonly string[], total: number, shares: readonly number[]): void => {
      for (const [index, slice] of slices.entries())
        counts[name]?.set(countKey(country.code, slice), Math.round(total * (shares[index] ?? 0) * (0.95 + 0.1 * world.chance())))
    }
    const ways = event === undefined ? country.ways : event.ways
    add('sessionsByWay', WAYS, people * SESSIONS_PER_PERSON * 7, ways)
    add('failures', WAYS, people * SESSIONS_PER_PERSON * 7, event === undefined ? [0.05, 0.02, 0.03, 0.02] : [0.9, 0.2, 0.7, 0.15])
    add('reports', ['all'], reports, [1])
    add('worked', WAYS, reports, event === undefined ? country.works : event.ways.map((share) => Math.min(1, share * 1.6)))
    add('verdict', VERDICTS, reports, event === undefined ? country.verdicts : event.verdicts)
    add('connect', CONNECT_BUCKETS, reports, event === undefined ? [0.3, 0.42, 0.18, 0.07, 0.03] : [0.06, 0.2, 0.32, 0.22, 0.2])
  }
  return counts
}

function monthCounts(world: World, month: string): CountsByFamily {
  const peopleMonth = new Map<string, number>()
  const language = new Map<string, number>(LANGUAGES.map((tag) => [countKey('001', tag), 0]))
  for (const country of world.countries) {
    const people = peopleOn(world, country, addDays(month, 14)) * 2.4
    peopleMonth.set(countKey(country.code, 'all'), Math.round((people * OPTED_IN * CLIENT_CLAMP.daysPerMonth) / 30.4))
    const key = countKey('001', country.language)
    language.set(key, (language.get(key) ?? 0) + Math.round(people * OPTED_IN))
  }
  return { peopleMonth, language }
}

/** Growth, the rhythm of a week, and what an event does: a blackout leaves few, blocking brings more. */
function peopleOn(world: World, country: DemoCountry, day: string): number {
  const age = daysBetween(world.from, day)
  const weekday = (daysBetween('2024-01-01', day) % 7) + 1
  const rhythm = weekday >= 5 ? 1.08 : 0.97
  const event = eventOn(world, country, day)
  return Math.round(country.people * (1 + country.growth) ** (age / 365) * rhythm * (event?.demand ?? 1) * (0.96 + 0.08 * world.chance()))
}

function eventOn(world: World, { code }: DemoCountry, day: string): DemoEvent | undefined {
  return world.events.find((event) => event.country === code && event.from <= day && day <= event.until)
}

/** The stream cipher's output for a seed: as good as chance, and the same each time. */
function seededBytes(seed: string): (count: number) => Uint8Array {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(`culvert demo ${seed}`).digest(), Buffer.alloc(16))
  return (count) => new Uint8Array(cipher.update(Buffer.alloc(count)))
}

/** Signs what is made up; nobody is to trust it. */
function demoKey(seed: string): KeyObject {
  const raw = createHash('sha256').update(`culvert demo key ${seed}`).digest()
  return createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), raw]),
    format: 'der',
    type: 'pkcs8',
  })
}
