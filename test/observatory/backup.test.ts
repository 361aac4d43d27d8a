import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { backUp, markCopy } from '../../relay/observatory/backups.ts'
import { runDaily } from '../../relay/observatory/collect/daily.ts'
import { Intake } from '../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../relay/observatory/collect/limits.ts'
import { Publication } from '../../relay/observatory/publication.ts'
import { addDays, startMsOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../relay/store/store.ts'
import { seeded } from '../relay/observatory/seeded.ts'
import { KEYS, newIdentity, place, signedDay } from './relays.ts'

const COUNTRIES = ['AA', 'BB', 'CC', 'ZZ']
const DAY = '2026-11-18'
const noonOf = (day: string): number => startMsOf(day) + 43_200_000

let folder = ''
let first: Store<ObservatoryTables>
const open: Store<ObservatoryTables>[] = []
const storeAt = async (name: string): Promise<Store<ObservatoryTables>> => {
  const store = await openStore<ObservatoryTables>(join(folder, name), OBSERVATORY)
  open.push(store)
  return store
}
const daily = (store: Store<ObservatoryTables>, day: string, chance: string): Promise<readonly string[]> =>
  runDaily(store, noonOf(day), { countries: COUNTRIES, languages: ['en'], atRisk: new Set(), random: seeded(chance) })
const sessionsIn = ({ db }: Store<ObservatoryTables>) =>
  new Publication(db).cells({ metric: 'sessions', span: 'day', from: DAY, until: addDays(DAY, 9) })

/** Some relays tell of DAY and of the day after it. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-backup-'))
  first = await storeAt('first.db')
  for (const relay of Array.from({ length: 3 }, newIdentity)) {
    await first.db.insertInto('roll_relays').values({ relay: relay.publicKey, since: '2026-01-01', until: '' }).execute()
    const intake = new Intake({
      db: first.db,
      reportKey: KEYS.reportKey,
      countries: new Set(COUNTRIES),
      languages: new Set(['en']),
      nowMs: () => noonOf(addDays(DAY, 1)),
      limits: collectLimits,
    })
    for (const day of [DAY, addDays(DAY, 1)]) await intake.takeDay(signedDay(relay, day, [place('AA', 400), place('BB', 300)]))
  }
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a copy that is put back draws nothing again that came out after it was made, and goes on with what was not due', async () => {
  await backUp(first, join(folder, 'copy.db'), noonOf(addDays(DAY, 1)))
  expect(await daily(first, addDays(DAY, 2), 'first')).toEqual([`day ${DAY}`])
  const copy = await storeAt('copy.db')
  const [said, ...more] = await daily(copy, addDays(DAY, 2), 'second')
  expect([said, more]).toEqual([expect.stringContaining('put back'), []])
  expect(await sessionsIn(copy)).toEqual([])
  expect(await daily(copy, addDays(DAY, 3), 'second')).toEqual([`day ${addDays(DAY, 1)}`])
  expect(new Set((await sessionsIn(copy)).map(({ start }) => start))).toEqual(new Set([addDays(DAY, 1)]))
})

test('what a copy was made of is not disturbed, and what it had published stays as it was', async () => {
  await daily(first, addDays(DAY, 2), 'first')
  await backUp(first, join(folder, 'copy.db'), noonOf(addDays(DAY, 2)))
  const copy = await storeAt('copy.db')
  await daily(copy, addDays(DAY, 2), 'second')
  expect(await sessionsIn(copy)).toEqual(await sessionsIn(first))
  expect(await daily(first, addDays(DAY, 3), 'first')).toEqual([`day ${addDays(DAY, 1)}`])
})

test('a store of another program’s copy is said to be one', async () => {
  await markCopy(first.db, noonOf(addDays(DAY, 2)))
  expect(await daily(first, addDays(DAY, 2), 'first')).toHaveLength(1)
  expect(await sessionsIn(first)).toEqual([])
})

test('a backup is whole or not there: no file is written over, and none is left half made', async () => {
  writeFileSync(join(folder, 'there.db'), 'mine')
  await expect(backUp(first, join(folder, 'there.db'), 0)).rejects.toThrow('exists already')
  await expect(backUp(first, join(folder, 'nowhere', 'copy.db'), 0)).rejects.toThrow('No backup was written')
  expect(existsSync(join(folder, 'there.db.part'))).toBe(false)
})
