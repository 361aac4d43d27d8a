// What is published stays so for ever. A collector whose clock is ahead must not say of days that are yet to come that nobody was there.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runDaily } from '../../relay/observatory/collect/daily.ts'
import { Intake } from '../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../relay/observatory/collect/limits.ts'
import type { RelayIdentity } from '../../relay/observatory/counting/hand-over.ts'
import { Publication } from '../../relay/observatory/publication.ts'
import { addDays, startMsOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../relay/store/store.ts'
import { seeded } from '../relay/observatory/seeded.ts'
import { KEYS, newIdentity, place, signedDay } from './relays.ts'

const COUNTRIES = ['AA', 'BB', 'ZZ']
const DAY = '2026-11-18'
const DAILY = { countries: COUNTRIES, languages: ['en'], atRisk: new Set(['BB']), random: seeded('ahead') }
const noonOf = (day: string): number => startMsOf(day) + 43_200_000
let store: Store<ObservatoryTables>
let relay: RelayIdentity
beforeEach(async () => {
  store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
  relay = newIdentity()
  await store.db.insertInto('roll_relays').values({ relay: relay.publicKey, since: '2026-01-01', until: '' }).execute()
})
afterEach(() => store.close())

const tell = (day: string): Promise<unknown> =>
  new Intake({
    db: store.db,
    reportKey: KEYS.reportKey,
    countries: new Set(COUNTRIES),
    languages: new Set(['en']),
    nowMs: () => noonOf(addDays(day, 1)),
    limits: collectLimits,
  }).takeDay(signedDay(relay, day, [place('AA', 450)]))
const lastDay = async (): Promise<string | undefined> => (await new Publication(store.db).extent('sessions', 'day'))?.last

test.each([
  ['a year', 365],
  ['three days', 3],
])('a clock that is %s ahead releases what relays told of and nothing later, and says so', async (_, ahead) => {
  for (const day of [addDays(DAY, -1), DAY]) await tell(day)
  const wrong = addDays(DAY, 1 + ahead)
  for (let look = 0; look < 3; look++)
    expect((await runDaily(store, noonOf(wrong), DAILY)).join()).toContain(`the clock here says ${wrong}`)
  expect(await lastDay()).toBe(DAY)
  expect(
    await new Publication(store.db).cells({ metric: 'sessions', span: 'day', from: DAY, until: addDays(DAY, 1), country: 'BB' }),
  ).toEqual([])
})

test('put right, it goes on with the next day as if nothing had been', async () => {
  await tell(DAY)
  await runDaily(store, noonOf(addDays(DAY, 400)), DAILY)
  await tell(addDays(DAY, 1))
  expect(await runDaily(store, noonOf(addDays(DAY, 3)), DAILY)).toEqual([`day ${addDays(DAY, 1)}`])
  expect(await lastDay()).toBe(addDays(DAY, 1))
})
