// The relays of a directory, as far as an authority that hands them out knows them.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Desk, secretOf } from './desk.ts'

let desk: Desk
/** How often the whole book was read for them, and what each time waits for. */
let reads = 0
let until: Promise<unknown> | undefined
beforeEach(async () => {
  desk = await Desk.open(':memory:')
  const invites = desk.book.invites.bind(desk.book)
  reads = 0
  until = undefined
  desk.book.invites = async (...all) => {
    reads++
    await until
    return invites(...all)
  }
})
afterEach(() => desk.book.close())

test('are looked for anew only where one that is missing has come, and not where another goes elsewhere again and again', async () => {
  const invite = await desk.invite(secretOf(1_000), 2)
  await desk.list(8, 7)
  await desk.ask(1, invite)
  for (const seconds of [1, 2, 3]) {
    await desk.move(1, seconds)
    await desk.ask(1, invite)
  }
  expect(reads).toBe(1)
  await desk.learn(8)
  await desk.ask(1, invite)
  expect(reads).toBe(2)
})

test('are looked for once by all who ask in the same moment', async () => {
  const invite = await desk.invite(secretOf(1_000), 3)
  await desk.list(8)
  await Promise.all([1, 2, 3].map((member) => desk.ask(member, invite)))
  await desk.list(8)
  reads = 0
  const { replays } = desk.book
  const remember = replays.remember.bind(replays)
  const allAsked = Promise.withResolvers<void>()
  let asked = 0
  replays.remember = async (...all) => {
    const isNew = await remember(...all)
    if (++asked === 3) allAsked.resolve()
    return isNew
  }
  until = allAsked.promise
  await Promise.all([1, 2, 3].map((member) => desk.ask(member, invite)))
  expect(reads).toBe(1)
})

test('are looked for again where the book could not be read when one had come', async () => {
  const invite = await desk.invite(secretOf(1_000), 2)
  await desk.list(8, 7)
  await desk.ask(1, invite)
  await desk.learn(8)
  const failed = Promise.reject(new Error('the store is away'))
  failed.catch(() => undefined)
  until = failed
  await desk.ask(1, invite).catch(() => undefined)
  until = undefined
  await desk.ask(1, invite)
  expect(reads).toBe(3)
})
