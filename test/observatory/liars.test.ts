// How far liars move what is published: through the real collector and the real release, a month long, beside the same month without them.
import { afterAll, expect, test } from 'vitest'
import { drawDays } from '../../client/engine/reports/days.ts'
import { runDaily } from '../../relay/observatory/collect/daily.ts'
import { Intake } from '../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../relay/observatory/collect/limits.ts'
import { Publication } from '../../relay/observatory/publication.ts'
import type { Metric } from '../../relay/observatory/published.ts'
import { addDays, daysOf, endOf, type Span, startMsOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../relay/store/store.ts'
import { seeded } from '../relay/observatory/seeded.ts'
import { KEYS, newIdentity, signedDay, signedReport } from './relays.ts'

const MONTH = '2026-11-01'
const DAYS = daysOf(MONTH, endOf('month', MONTH))
const COUNTRIES = ['AA', 'BB', 'CC', 'ZZ']
const RELAYS = Array.from({ length: 20 }, newIdentity)
/** People who opted in; one in ten of all. */
const CLIENTS = 720
const LIARS = CLIENTS / 20
const SESSIONS_OF_ALL = 10 * 2
/** Some come every day, some every second, some about once a week. */
const HABITS = [1, 0.5, 0.3]

/** Sealing costs more than all the rest: what is the same in two worlds is sealed once. */
const sealed = new Map<string, string>()

const open: Store<ObservatoryTables>[] = []
afterAll(async () => {
  for (const store of open) await store.close()
})

interface Range {
  readonly low: number
  readonly estimate: number
  readonly high: number
}

/** Lying: one client in twenty says on every day that it is their first of the month, and one relay tells ten times what there is, and hands in reports of nobody. */
async function live({ isLying }: { readonly isLying: boolean }): Promise<Publication> {
  const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
  open.push(store)
  let nowMs = 0
  const intake = new Intake({
    db: store.db,
    reportKey: KEYS.reportKey,
    countries: new Set(COUNTRIES),
    languages: new Set(['en']),
    nowMs: () => nowMs,
    limits: collectLimits,
  })
  const roll = RELAYS.map(({ publicKey }) => ({ relay: publicKey, since: MONTH, until: '' }))
  await store.db.insertInto('roll_relays').values(roll).execute()
  const daily = { countries: COUNTRIES, languages: ['en'], atRisk: new Set<string>(), random: seeded('liars') }
  // People are the same in every world, whoever of them lies.
  const draw = seeded('people')
  const chance = (): number => Number(draw(1_000_000n)) / 1e6
  const people = Array.from({ length: CLIENTS }, (_, number) => ({
    habit: HABITS[number % HABITS.length] ?? 1,
    isLiar: isLying && number < LIARS,
    drawn: new Set(drawDays(Buffer.from(String(number)), MONTH.slice(0, 7)).days),
    wasHere: false,
  }))
  const [hostile] = RELAYS
  for (const day of [...DAYS, addDays(MONTH, 30), addDays(MONTH, 31)]) {
    nowMs = startMsOf(day) + 43_200_000
    let sessions = 0
    for (const [number, one] of people.entries()) {
      const isHere = chance() < one.habit
      const isFirst = one.isLiar || !one.wasHere
      if (!isHere && !one.isLiar) continue
      sessions += SESSIONS_OF_ALL
      one.wasHere ||= isHere
      if (!one.drawn.has(day) && !one.isLiar) continue
      const relay = RELAYS[number % RELAYS.length] ?? newIdentity()
      const what = `${number} ${day} ${isFirst}`
      const text = sealed.get(what) ?? signedReport(relay, 'AA', { day, isFirstOfMonth: isFirst, country: undefined, coarse: undefined })
      sealed.set(what, text)
      await intake.takeReport(text)
    }
    for (const relay of RELAYS) {
      const isLie = isLying && relay === hostile
      const count = isLie ? 100_000 : Math.round(sessions / RELAYS.length)
      const places = (isLie ? COUNTRIES : ['AA']).map((country) => ({ country, sessions: count, seconds: 0, bytes: 0, failures: 0 }))
      await intake.takeDay(
        signedDay(
          relay,
          day,
          places.map((place) => ({ ...place, way: 'http-edge' as const })),
        ),
      )
      for (let made = 0; isLie && made < 40; made++)
        await intake.takeReport(signedReport(relay, 'AA', { day, isFirstOfMonth: true, country: undefined, coarse: undefined }))
    }
    await runDaily(store, nowMs, daily)
  }
  return new Publication(store.db)
}

/** What is said of the month, or of its days on average; the first week has nothing before it to be held against, so that honest relays are trimmed too. */
async function told(publication: Publication, metric: Metric, span: Span): Promise<Range> {
  const from = span === 'day' ? addDays(MONTH, 7) : MONTH
  const cells = await publication.cells({ metric, span, from, until: endOf('month', MONTH), country: 'AA', slice: 'all' })
  const shown = cells.filter((cell) => !cell.isSuppressed)
  expect(shown.length).toBeGreaterThanOrEqual(span === 'day' ? 20 : 1)
  const mean = (of: keyof Range): number => shown.reduce((sum, cell) => sum + cell[of], 0) / shown.length
  return { low: mean('low'), estimate: mean('estimate'), high: mean('high') }
}

/** By how much, as a factor, a lie moved each end. */
function moved(lie: Range, truth: Range): Range {
  return { low: lie.low / truth.low, estimate: lie.estimate / truth.estimate, high: lie.high / truth.high }
}

/* Goal: the bounds of docs/PRIVACY.md §4. Method: two worlds of the same people, who all come as often, with the same noise. */
test('one client in twenty that lies every day and one relay in twenty that says what it likes together move a total by less than is stated', async () => {
  const [honest, lied] = [await live({ isLying: false }), await live({ isLying: true })]
  const factors = async (metric: Metric, span: Span): Promise<Range> =>
    moved(await told(lied, metric, span), await told(honest, metric, span))
  const [sessions, day, month] = [await factors('sessions', 'day'), await factors('people', 'day'), await factors('people', 'month')]
  const relays = RELAYS.length
  expect(sessions.estimate).toBeLessThan(relays / (relays - 5))
  expect([day.low < 2, day.estimate < 1.5, day.high < relays / (relays - 5)]).toEqual([true, true, true])
  expect([month.low < 2, month.estimate < 2.5, month.high < 4]).toEqual([true, true, true])
  // A lie that moved nothing would show nothing.
  expect(Math.min(sessions.estimate, day.low, day.estimate, month.estimate)).toBeGreaterThan(1.1)
})
