// The steps by which a store comes to have an authority's tables, on any database.
import { expect, test } from 'vitest'
import { Book } from '../../../relay/directory/book.ts'
import { DIRECTORY } from '../../../relay/directory/book-tables.ts'
import { migrateTo } from '../../../relay/store/migrate.ts'

export function schemaSuite(place: () => string | Promise<string>): void {
  test('each step can be taken back, and again', async () => {
    const where = await place()
    for (const name of [...DIRECTORY.steps.map((step) => step.name).reverse(), 'none']) {
      const book = await Book.open(where)
      await migrateTo(book.store.db, DIRECTORY, name)
      await book.close()
    }
    const book = await Book.open(where)
    expect(await book.relays(0)).toEqual([])
    await book.close()
  })
}
