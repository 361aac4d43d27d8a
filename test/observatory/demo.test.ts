// Made-up numbers and real ones never meet in one store.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fillWithDemo } from '../../relay/observatory/demo/data.ts'
import { Publication } from '../../relay/observatory/publication.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../relay/store/store.ts'

const DEMO = { seed: 'test', until: '2026-10-31', days: 31, countryCount: 4 }
let store: Store<ObservatoryTables>
beforeEach(async () => {
  store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
})
afterEach(() => store.close())

test('a made-up world says of each of its numbers that it is one, and a store is filled with it once', async () => {
  expect(await fillWithDemo(store.db, DEMO)).toBe(true)
  const cells = await new Publication(store.db).cells({ metric: 'people', span: 'day', from: '2026-10-01', until: '2026-11-01' })
  expect([cells.length > 31, cells.every(({ isSynthetic }) => isSynthetic)]).toEqual([true, true])
  expect(await fillWithDemo(store.db, DEMO)).toBe(false)
})

test('a store that anybody has used gets no made-up numbers', async () => {
  await store.db.insertInto('roll_admins').values({ name: 'first', public_key: 'x', since: '2026-01-01', until: '' }).execute()
  await expect(fillWithDemo(store.db, DEMO)).rejects.toThrow('in use')
  expect(await store.db.selectFrom('published_cells').select('start').execute()).toEqual([])
})
