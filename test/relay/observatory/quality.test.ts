// How good a day's data is, told without telling of the few: a share of the total would give away a count that is withheld.
import { expect, test } from 'vitest'
import { runDaily } from '../../../relay/observatory/collect/daily.ts'
import { Intake } from '../../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../../relay/observatory/collect/limits.ts'
import { Collector } from '../../../relay/observatory/collect/server.ts'
import { DayCounts } from '../../../relay/observatory/counting/day-counts.ts'
import { HandOver } from '../../../relay/observatory/counting/hand-over.ts'
import { Publication } from '../../../relay/observatory/publication.ts'
import { startMsOf } from '../../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../../relay/observatory/tables.ts'
import { openStore } from '../../../relay/store/store.ts'
import { KEYS, newIdentity, place, signedDay } from '../../observatory/relays.ts'
import { seeded } from './seeded.ts'

const DAY = '2026-11-18'
const NOON_MS = startMsOf(DAY) + 43_200_000
const COUNTRIES = ['AA', 'BB', 'CC', 'DD', 'EE', 'FF', 'ZZ']

/** What a relay of which nothing is known may say of a country on a day. */
const EACH = 20

/** The names of what is told of a day on which so many relays had sessions in each country. */
async function toldOf(relaysIn: Readonly<Record<string, number>>): Promise<readonly string[]> {
  const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
  const world = { countries: new Set(COUNTRIES), languages: new Set(['en']) }
  const intake = new Intake({ db: store.db, reportKey: KEYS.reportKey, ...world, nowMs: () => NOON_MS, limits: collectLimits })
  for (let n = 0; n < Math.max(...Object.values(relaysIn)); n++) {
    const relay = newIdentity()
    await store.db.insertInto('roll_relays').values({ relay: relay.publicKey, since: '2026-01-01', until: '' }).execute()
    const countries = Object.keys(relaysIn).filter((country) => n < (relaysIn[country] ?? 0))
    const places = countries.map((country) => place(country, EACH))
    await intake.takeDay(signedDay(relay, DAY, places))
  }
  const daily = { countries: COUNTRIES, languages: ['en'], atRisk: new Set<string>(), random: seeded('quality') }
  await runDaily(store, NOON_MS + 2 * 86_400_000, daily)
  const rows = await new Publication(store.db).quality(DAY, '2026-11-19')
  await store.close()
  return rows.map(({ name }) => name)
}

test('what share of sessions has no country is told where that count and the total are, and nowhere else', async () => {
  expect(await toldOf({ AA: 40, BB: 40, CC: 40, ZZ: 30 })).toContain('unknown-share')
  const few = await toldOf({ AA: 40, BB: 40, CC: 40, ZZ: 1 })
  expect(few).not.toContain('unknown-share')
  expect(few).toContain('relays-reporting')
})

test('neither is what compares totals told where a total is withheld', async () => {
  expect(await toldOf({ AA: 1 })).toEqual(['geoip-age-days', 'relays-expected', 'relays-reporting'])
})

/* Goal: how many relays report is told without noise, so no session may decide about it. Method: a relay that nobody used ends, and hands over its day. */
test('a relay that nobody used reports its day too, so that how many report tells of no session', async () => {
  const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
  const identity = newIdentity()
  await store.db.insertInto('roll_relays').values({ relay: identity.publicKey, since: '2026-01-01', until: '' }).execute()
  const nowMs = (): number => NOON_MS
  const world = { countries: new Set(COUNTRIES), languages: new Set(['en']) }
  const intake = new Intake({ db: store.db, reportKey: KEYS.reportKey, ...world, nowMs, limits: collectLimits })
  const faults: unknown[] = []
  const collector = new Collector({ intake, limits: collectLimits, nowMs, onFault: (error) => faults.push(error) })
  const url = new URL(`http://127.0.0.1:${await collector.listen('127.0.0.1', 0)}/`)
  await new HandOver({ url, identity, counts: new DayCounts(nowMs), geoipMadeMs: NOON_MS, nowMs }).close()
  await collector.close()
  const daily = { countries: COUNTRIES, languages: ['en'], atRisk: new Set<string>(), random: seeded('nobody') }
  expect(await runDaily(store, NOON_MS + 2 * 86_400_000, daily)).toEqual([`day ${DAY}`])
  const rows = await new Publication(store.db).quality(DAY, '2026-11-19')
  await store.close()
  expect(faults).toEqual([])
  expect(rows).toContainEqual(expect.objectContaining({ name: 'relays-reporting', value: 1 }))
})
