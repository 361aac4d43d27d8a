// What a relay on the roll may say, told so often and so largely that no store could add it up.
import { afterEach, describe, expect, test } from 'vitest'
import { runDaily } from '../../../relay/observatory/collect/daily.ts'
import { Intake } from '../../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../../relay/observatory/collect/limits.ts'
import type { PlaceCounts } from '../../../relay/observatory/collect/relay-day.ts'
import type { RelayIdentity } from '../../../relay/observatory/counting/hand-over.ts'
import { SESSION_CLAMP } from '../../../relay/observatory/privacy/parameters.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../../relay/store/store.ts'
import { KEYS, newIdentity, place, signedDay } from '../../observatory/relays.ts'
import { seeded } from './seeded.ts'

const DAY = '2026-11-02'
const DAY_MS = 86_400_000
const countries = new Set(['AA'])
const options = { countries: ['AA'], languages: [], atRisk: new Set<string>(), random: seeded('hostile sums') }
const stores: Store<ObservatoryTables>[] = []
afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())))

/** As much as one session more or less could have brought, of as many as a relay may tell of. */
const most: PlaceCounts = (() => {
  const sessions = collectLimits.sessionsMax
  const { hours, gigabytes, failures } = SESSION_CLAMP
  const sums = { seconds: sessions * hours * 3_600, bytes: sessions * gigabytes * 1e9, failures: sessions * failures }
  return { country: 'AA', way: 'websocket-direct', sessions, ...sums }
})()

describe('a relay that tells of as much as it may', () => {
  test('keeps nothing from being published, however often it does so', async () => {
    const { store, relay, intake } = await open()
    for (let part = 0; part < 3; part++)
      expect(await intake.takeDay(signedDay(relay, DAY, [most, { ...most, way: 'http-edge' }]))).toBe('kept')
    expect(await runDaily(store, Date.parse(DAY) + 4 * DAY_MS, options)).toContain(`day ${DAY}`)
  })

  test('says no more than before where it tells of little', async () => {
    const { store, relay, intake } = await open()
    for (let part = 0; part < 2; part++) await intake.takeDay(signedDay(relay, DAY, [place('AA', 20)]))
    const [row] = await store.db.selectFrom('raw_relay_days').selectAll().execute()
    expect(row).toMatchObject({ sessions: 40, seconds: 144_000, bytes: 2e10, failures: 4 })
  })
})

test('raw counts leave the store after their time, also where nothing can be published', async () => {
  const { store, relay, intake } = await open()
  await intake.takeDay(signedDay(relay, DAY, [place('AA', 20)]))
  const random = (): never => {
    throw new Error('there is no chance')
  }
  await expect(runDaily(store, Date.parse(DAY) + 20 * DAY_MS, { ...options, random })).rejects.toThrow('no chance')
  expect(await store.db.selectFrom('raw_relay_days').selectAll().execute()).toEqual([])
})

async function open(): Promise<{ readonly store: Store<ObservatoryTables>; readonly relay: RelayIdentity; readonly intake: Intake }> {
  const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
  stores.push(store)
  const relay = newIdentity()
  await store.db.insertInto('roll_relays').values({ relay: relay.publicKey, since: '2026-01-01', until: '' }).execute()
  const nowMs = (): number => Date.parse(DAY) + DAY_MS
  const intake = new Intake({ db: store.db, reportKey: KEYS.reportKey, countries, languages: new Set(), nowMs, limits: collectLimits })
  return { store, relay, intake }
}
