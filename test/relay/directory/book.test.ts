import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitmentOf, type Descriptor, encodeDescriptor, encodeHex } from '#protocol'
import { Book } from '../../../relay/directory/book.ts'
import { authorityLimits } from '../../../relay/directory/limits.ts'
import { drawInvite, drawKeys, NOW_S } from '../../protocol/directory/network.ts'

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

/** Takes in what the relay of this name said at that time, good for two days. */
async function take(name: string, issuedS: number): Promise<Descriptor> {
  const invite = drawInvite(name, '192.0.2.1:443')
  const descriptor = {
    isLeaving: false,
    version: [0, 1, 0],
    capacityBytesPerS: 1,
    contact: '',
    issuedS,
    expiresS: issuedS + 2 * DAY_S,
    invite,
  } as const
  const isTaken = await book.take(
    descriptor,
    encodeHex(commitmentOf(invite)),
    encodeDescriptor(descriptor, drawKeys(name).sign),
    'a source',
  )
  expect(isTaken).toBe(true)
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
