import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitmentOf, type Descriptor, encodeDescriptor, encodeHex, equalBytes } from '#protocol'
import { Book, type KnownRelay } from '../../../relay/directory/book.ts'
import { authorityLimits } from '../../../relay/directory/limits.ts'
import { drawInvite, drawKeys, NOW_S } from '../../protocol/directory/network.ts'
import { schemaSuite } from './schema-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-book-'))
const DAY_S = 86_400
let book: Book
beforeAll(async () => {
  book = await Book.open(join(folder, 'book.db'))
})
afterAll(async () => {
  await book.close()
  rmSync(folder, { recursive: true, force: true })
})

schemaSuite(() => join(folder, 'steps.db'))

// What is read of each relay that says anything new, where there are tens of thousands.
test.each([
  `select 1 from directory_relays where relay = 'a'`,
  `select max(received) from directory_relays`,
  `select 1 from directory_relays where expires_s < 1`,
  `select count(*) from directory_relays where source = 'a'`,
  `select relay from directory_joins where code = 'a'`,
])('it is looked up by an index: %s', async (query) => {
  const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(book.store.db)
  expect(rows.map(({ detail }) => detail)).toEqual([expect.stringMatching(/^SEARCH .* USING (?:COVERING )?INDEX/)])
})

/** Takes in what the relay of this name said at that time, good for two days. */
async function take(name: string, issuedS: number, address = '192.0.2.1:443'): Promise<Descriptor> {
  const invite = drawInvite(name, address)
  const descriptor = {
    isLeaving: false,
    version: [0, 1, 0],
    capacityBytesPerS: 1,
    contact: '',
    issuedS,
    expiresS: issuedS + 2 * DAY_S,
    invite,
  } as const
  const taken = await book.take(descriptor, encodeHex(commitmentOf(invite)), encodeDescriptor(descriptor, drawKeys(name).sign), 'a source')
  expect(taken).toBe('taken')
  return descriptor
}

test('a relay that says nothing is known for a while, and then leaves nothing behind and takes no place', async () => {
  const gone = await take('gone', NOW_S)
  const goneS = gone.expiresS + authorityLimits.forgetRelayS
  const [before] = (await book.since(0, 9)).slice(-1)
  await take('another', goneS - 1)
  expect(await book.knows(gone)).toBe(true)
  await take('a third', goneS + 1)
  expect(await book.knows(gone)).toBe(false)
  // Peers that ask what came since miss nothing.
  expect((await book.since(before?.received ?? 0, 9)).map(({ received }) => received)).toEqual([2, 3])
})

test('a relay that goes elsewhere has passed no test there, whatever comes of one that was under way', async () => {
  const fares = async (): Promise<object> => {
    const { testedS, passedS, weight } = (await book.relays(NOW_S)).find(({ descriptor }) => nameIs(descriptor)) as KnownRelay
    return { testedS, passedS, weight }
  }
  const nameIs = ({ invite }: Descriptor): boolean => equalBytes(invite.policyKey, drawInvite('moves').policyKey)
  const passed = { testedS: NOW_S, passedS: NOW_S, weight: 7 }
  const before = await take('moves', NOW_S - 9)
  await book.tested(before, { atS: NOW_S, weight: 7, fault: '' })
  await take('moves', NOW_S - 8)
  expect(await fares()).toEqual(passed)
  const after = await take('moves', NOW_S - 7, '198.51.100.1:443')
  await book.tested(before, { atS: NOW_S, weight: 7, fault: '' })
  expect(await fares()).toEqual({ testedS: 0, passedS: 0, weight: 0 })
  await book.tested(after, { atS: NOW_S, weight: 7, fault: '' })
  expect(await fares()).toEqual(passed)
})
