// The API as it describes itself: whoever goes by /api/v1/openapi.json gets what it says.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SiteWorld, SMALL } from '../../dashboard/site-world.ts'
import { COUNTRIES, makeYears } from '../../dashboard/years.ts'

interface Described {
  readonly paths: Readonly<Record<string, { readonly get: { readonly parameters?: readonly Parameter[] } }>>
}
interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly required?: boolean
  readonly schema: { readonly enum?: readonly string[]; readonly format?: string; readonly pattern?: string }
}

let world: SiteWorld
beforeAll(async () => {
  world = await SiteWorld.open(SiteWorld.small())
})
afterAll(() => world.close())

const valuesOf = ({ schema }: Parameter): readonly string[] =>
  schema.enum ?? (schema.format === 'date' ? ['2026-09-01'] : schema.pattern?.includes('001') ? ['IR', '001', 'ZZ'] : ['all'])

test('every address and every value that it names is there, and nothing that it doesn’t name is taken', async () => {
  const { paths } = JSON.parse((await world.get('/api/v1/openapi.json')).text) as Described
  const [event] = world.site.almanac().records.events
  expect(Object.keys(paths).length).toBeGreaterThan(8)
  for (const [path, { get }] of Object.entries(paths)) {
    const address = path.replace('{id}', event?.id ?? '').replace('{month}', '2026-09')
    const parameters = (get.parameters ?? []).filter((one) => one.in === 'query')
    const needed = parameters.filter(({ required }) => required === true)
    for (const parameter of parameters) {
      for (const value of valuesOf(parameter)) {
        const query = new URLSearchParams(needed.map((one) => [one.name, valuesOf(one)[0] ?? '']))
        query.set(parameter.name, value)
        // From a day alone to the last that is published may be more than one answer holds.
        if (parameter.name === 'from' || parameter.name === 'to') for (const end of ['from', 'to']) query.set(end, value)
        expect([`${address}?${query}`, (await world.get(`${address}?${query}`)).status]).toEqual([`${address}?${query}`, 200])
      }
    }
    const usual = new URLSearchParams(needed.map((one) => [one.name, valuesOf(one)[0] ?? '']))
    expect([address, (await world.get(`${address}?${usual}`)).status]).toEqual([address, 200])
    const { status, text } = await world.get(`${address}?${usual}&other=1`)
    expect([address, status, JSON.parse(text).error.code]).toEqual([address, 400, 'unknown'])
  }
})

test('its root is there with and without a slash, and under it even what is not there is said as JSON', async () => {
  expect((await world.get('/api/v1')).text).toBe((await world.get('/api/v1/')).text)
  for (const path of ['/api/v1/nothing', '/api/v2', '/api/v2/cells']) {
    const { status, text, headers } = await world.get(path)
    expect([path, status, headers.get('content-type')]).toEqual([path, 404, 'application/json; charset=utf-8'])
    expect(JSON.parse(text).error.code).toBe('notfound')
  }
})

test('a cell has every field that a row of CSV has and the same numbers, or null for what is withheld', async () => {
  await world.store.db
    .updateTable('published_cells')
    .set({ high: 12_345_678 })
    .where('metric', '=', 'people')
    .where('suppressed', '=', 0)
    .execute()
  // Nobody has asked for this yet: an answer is made once.
  const asked = '/api/v1/cells?metric=people&span=day&slice=all&revisions=last'
  const { cells } = JSON.parse((await world.get(asked)).text) as { readonly cells: readonly Readonly<Record<string, unknown>>[] }
  const [head = '', ...rows] = (await world.get(`${asked}&format=csv`)).text.trimEnd().split('\r\n')
  expect(rows.length).toBe(cells.length)
  for (const cell of cells) expect(Object.keys(cell)).toEqual(head.split(','))
  expect(cells.filter(({ withheld }) => withheld).map(({ low, high }) => [low, high])).toContainEqual([null, null])
  expect(cells.map((cell) => Object.values(cell).map((value) => String(value ?? '')))).toEqual(rows.map((row) => row.split(',')))
  expect(cells.map(({ high }) => high)).toContain(12_345_700)
})

// Whoever asks a thousand times costs what one costs, in questions to the store and in compressing.
test('an answer is made once, and anew when something was published', async () => {
  const { db } = world.store
  const asked = '/api/v1/cells?metric=hours&span=day&country=IR'
  const first = (await world.get(asked)).text
  expect(first).toContain('"metric":"hours"')
  await db.deleteFrom('published_cells').where('metric', '=', 'hours').execute()
  expect((await world.get(asked)).text).toBe(first)
  await db.updateTable('published_cells').set({ released_at: '2027-01-01T04:00:00Z' }).execute()
  await world.site.refresh()
  expect((await world.get(asked)).text).not.toBe(first)
})

// Countries at risk may come out in the second in which the others did, with no new entry of the ledger.
test('what came out in the same second as what is known already is new all the same', async () => {
  const { db } = world.store
  await world.site.refresh()
  const asked = '/api/v1/cells?metric=people&span=day&country=IR&revisions=all'
  const first = (await world.get(asked)).text
  const last = await db
    .selectFrom('published_cells')
    .selectAll()
    .where('metric', '=', 'people')
    .where('country', '=', 'IR')
    .where('span', '=', 'day')
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  await db
    .insertInto('published_cells')
    .values({ ...last, revision: 2 })
    .execute()
  await world.site.refresh()
  expect((await world.get(asked)).text).not.toBe(first)
})

test('whoever names no days gets as many as one answer holds, of however many countries', async () => {
  const wide = await SiteWorld.open(makeYears({ ...SMALL, countries: COUNTRIES.slice(0, 60) }))
  const { status, text } = await wide.get('/api/v1/cells?metric=people&span=day')
  await wide.close()
  const { cells } = JSON.parse(text) as { readonly cells: readonly { readonly start: string }[] }
  expect([status, new Set(cells.map(({ start }) => start)).size > 30]).toEqual([200, true])
})
