import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrateTo, type Schema } from '../../../relay/store/migrate.ts'
import { batches, openStore, type Store } from '../../../relay/store/store.ts'
import { needs } from '../../needs.ts'

interface Tables {
  things: { name: string; size: number }
}

const SCHEMA: Schema = {
  room: 'observatory',
  steps: [
    {
      name: '0001-things',
      up: async (db) => {
        await db.schema
          .createTable('things')
          .addColumn('name', 'text', (column) => column.primaryKey())
          .addColumn('size', 'bigint')
          .execute()
      },
      down: async (db) => {
        await db.schema.dropTable('things').execute()
      },
    },
  ],
}

let folder = ''
const open: Store<Tables>[] = []
const openThere = async (file: string, schema = SCHEMA): Promise<Store<Tables>> => {
  const store = await openStore<Tables>(join(folder, file), schema)
  open.push(store)
  return store
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-store-'))
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a store is readable by its owner only, its log too', async () => {
  const store = await openThere('a.db')
  await store.db.insertInto('things').values({ name: 'one', size: 1 }).execute()
  expect(['a.db', 'a.db-wal'].map((file) => statSync(join(folder, file)).mode & 0o777)).toEqual([0o600, 0o600])
})

test('programs that open a new store at once migrate it once, and none fails', async () => {
  const stores = await Promise.all([1, 2, 3, 4].map(() => openThere('a.db')))
  await Promise.all(
    stores.map(({ db }, size) =>
      db
        .insertInto('things')
        .values({ name: `${size}`, size })
        .execute(),
    ),
  )
  expect(
    await stores[0]?.db
      .selectFrom('things')
      .select(({ fn }) => fn.sum<number>('size').as('sum'))
      .executeTakeFirst(),
  ).toEqual({ sum: 6 })
})

test('transactions that read and then write take turns', async () => {
  const stores = [await openThere('a.db'), await openThere('a.db')]
  await stores[0]?.db.insertInto('things').values({ name: 'count', size: 0 }).execute()
  const add = (store: Store<Tables>): Promise<void> =>
    store.db.transaction().execute(async (db) => {
      const { size } = await db.selectFrom('things').select('size').executeTakeFirstOrThrow()
      await db
        .updateTable('things')
        .set({ size: size + 1 })
        .execute()
    })
  await Promise.all(Array.from({ length: 10 }, () => stores.map(add)).flat())
  expect(await stores[0]?.db.selectFrom('things').select('size').executeTakeFirst()).toEqual({ size: 20 })
})

test('a backup holds what the store held, and never overwrites a file', async () => {
  const store = await openThere('a.db')
  await store.db.insertInto('things').values({ name: 'one', size: 1 }).execute()
  await store.backup(join(folder, 'b.db'))
  expect(await (await openThere('b.db')).db.selectFrom('things').selectAll().execute()).toEqual([{ name: 'one', size: 1 }])
  await expect(store.backup(join(folder, 'b.db'))).rejects.toThrow('exists already')
})

test('migrations go back and forward again', async () => {
  const store = await openThere('a.db')
  await migrateTo(store.db, SCHEMA, 'none')
  await expect(store.db.selectFrom('things').selectAll().execute()).rejects.toThrow('no such table')
  await migrateTo(store.db, SCHEMA, '0001-things')
  expect(await store.db.selectFrom('things').selectAll().execute()).toEqual([])
})

test('a store that is newer than the program is refused in words', async () => {
  await openThere('a.db')
  await expect(openThere('a.db', { ...SCHEMA, steps: [] })).rejects.toThrow('not those of this version')
})

test('a migration that fails changes nothing', async () => {
  const broken: Schema = {
    ...SCHEMA,
    steps: [
      ...SCHEMA.steps,
      {
        name: '0002-broken',
        up: async (db) => {
          await db.schema.createTable('others').addColumn('name', 'text').execute()
          throw new Error('on purpose')
        },
        down: () => Promise.resolve(),
      },
    ],
  }
  await expect(openThere('a.db', broken)).rejects.toThrow('The step 0002-broken failed: on purpose')
  const store = await openThere('a.db')
  expect((await store.db.introspection.getTables()).map(({ name }) => name)).not.toContain('others')
})

test('a file that can’t be a store is refused in words', async () => {
  await expect(openStore(join(folder, 'no-such-folder', 'a.db'), SCHEMA)).rejects.toThrow('can’t be opened')
  expect(existsSync(join(folder, 'no-such-folder'))).toBe(false)
})

test('batches keep to what one statement can hold', () => {
  const rows = Array.from({ length: 25_000 }, (_, size) => ({ name: 'x', size }))
  const sizes = [...batches(rows)].map(({ length }) => length)
  expect(sizes).toEqual([15_000, 10_000])
})

describe.runIf(needs('root'))('on a disk that is full', () => {
  const FULL = { name: 'StoreError', code: 'ENOSPC', message: expect.stringMatching(/^The store \/\S+ can’t be written \(ENOSPC\)\.$/) }
  const mount = (size: string): void => {
    mkdirSync(join(folder, 'disk'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', join(folder, 'disk')])
  }
  // Lazily, since the store is closed after it.
  afterEach(() => execFileSync('umount', ['--lazy', join(folder, 'disk')]))

  // SQLite fails otherwise at its own first page, at the index that processes share, at the first row, and inside a step.
  test.each(['4k', '32k', '48k', '64k'])('of %s, a store that can’t be made says that it is', async (size) => {
    mount(size)
    await expect(openThere('disk/a.db')).rejects.toMatchObject(FULL)
  })

  test('what is written is refused by that, and what was there stays', async () => {
    mount('1m')
    const store = await openThere('disk/a.db')
    await store.db.insertInto('things').values({ name: 'kept', size: 1 }).execute()
    const fill = store.db.transaction().execute(async (work) => {
      for (let size = 0; size < 1_000; size++)
        await work
          .insertInto('things')
          .values({ name: `${size}`.padStart(4_000, '0'), size })
          .execute()
    })
    await expect(fill).rejects.toMatchObject(FULL)
    expect(await store.db.selectFrom('things').select('name').execute()).toEqual([{ name: 'kept' }])
  })
})
