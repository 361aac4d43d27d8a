// From counts and imports to suspicions: what a person should look at. Counts are looked at after their noise, so many people must be behind each; and no
// suspicion is published: a person signs an event for it, or dismisses it.
import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { FAMILIES } from '../privacy/parameters.ts'
import { WORLD } from '../published.ts'
import { addDays } from '../spans.ts'
import type { ObservatoryTables } from '../tables.ts'
import type { Suspicion } from './imports.ts'

/** Fewer than this share of what the week before had, on average: people can't come through. */
const DROP_SHARE = 0.4
/** At least so many reports of a week say `cutoff` or `offline`, as a share of all. */
const CUT_SHARE = 0.3
/** … or `interfered` or `throttled`, more than so much above the weeks before: most countries have some always. */
const RISE_SHARE = 0.3
/** σ that a figure must be away from chance. */
const SURE = 5

type Db = Kysely<ObservatoryTables>

/** Where the relays of a day saw far fewer sessions than in the week before. */
export async function suspectDrops(db: Db, day: string): Promise<readonly Suspicion[]> {
  const rows = await db
    .selectFrom('noisy_counts')
    .select(['country', 'start', 'count'])
    .where('family', '=', 'sessions')
    .where('start', '>=', addDays(day, -7))
    .where('start', '<=', day)
    .where('revision', '=', 1)
    .execute()
  return [...Map.groupBy(rows, ({ country }) => country)].flatMap(([country, ofCountry]) => {
    const before = ofCountry.filter(({ start }) => start !== day)
    const today = ofCountry.find(({ start }) => start === day)
    if (before.length < 5 || today === undefined) return []
    const mean = before.reduce((sum, { count }) => sum + count, 0) / before.length
    const isSure = mean - today.count > SURE * FAMILIES.sessions.sigma && mean > 2 * FAMILIES.sessions.threshold
    if (!isSure || today.count > DROP_SHARE * mean) return []
    const says = `Relays saw less than ${Math.round(DROP_SHARE * 100)} % of the sessions of the week before.`
    return [{ country, kind: 'blackout', day, says, source: 'relays', url: '', isSample: false }]
  })
}

/** Where many reports of a week, each from another person's device on another day, tell the same. */
export async function suspectVerdicts(db: Db, week: string): Promise<readonly Suspicion[]> {
  const rows = await db
    .selectFrom('noisy_counts')
    .select(['family', 'country', 'slice', 'start', 'count'])
    .where('family', 'in', ['reports', 'verdict'])
    .where('start', '>=', addDays(week, -28))
    .where('start', '<=', week)
    .where('revision', '=', 1)
    .where('country', '!=', WORLD)
    .execute()
  return [...Map.groupBy(rows, ({ country }) => country)].flatMap(([country, ofCountry]): Suspicion[] => {
    const share = (slices: readonly string[], isNow: boolean): number => {
      const ofTime = ofCountry.filter(({ start }) => (start === week) === isNow)
      const sum = (family: string, of: readonly string[]): number =>
        ofTime.filter((one) => one.family === family && of.includes(one.slice)).reduce((all, { count }) => all + count, 0)
      return sum('verdict', slices) / Math.max(1, sum('reports', ['all']))
    }
    const reports = ofCountry.find(({ family, start }) => family === 'reports' && start === week)?.count ?? 0
    if (reports < FAMILIES.reports.threshold) return []
    const told = (kind: Suspicion['kind'], what: string): Suspicion => ({
      country,
      kind,
      day: week,
      says: `Independent reports of opted-in clients tell of ${what}.`,
      source: 'reports',
      url: '',
      isSample: false,
    })
    if (share(['cutoff', 'offline'], true) > CUT_SHARE) return [told('blackout', 'a network that is cut off')]
    if (share(['throttled'], true) - share(['throttled'], false) > RISE_SHARE) return [told('throttling', 'throttling')]
    if (share(['interfered'], true) - share(['interfered'], false) > RISE_SHARE) return [told('blocking', 'interference')]
    return []
  })
}

/** Each is kept once, however often it is found. Says how many are new. */
export async function keepSuspicions(db: Db, suspicions: readonly Suspicion[]): Promise<number> {
  let count = 0
  for (const { country, kind, day, says, source, url, isSample } of suspicions) {
    const id = createHash('sha256').update(`${source} ${country} ${kind} ${day}`).digest('hex').slice(0, 32)
    const row = { id, country, kind, day, says, source, url, sample: isSample ? 1 : 0 }
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('roll_suspicions')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    count += Number(numInsertedOrUpdatedRows)
  }
  return count
}
