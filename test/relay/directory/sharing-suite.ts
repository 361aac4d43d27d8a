// What must hold on every kind of store where several authorities hand out relays of one directory.
import { afterEach, expect, test } from 'vitest'
import { createRelayKeys } from '../../../relay/keys.ts'
import { Desk, secretOf } from './desk.ts'

const INVITE = secretOf(1_000)
const CROWD = Array.from({ length: 12 }, (_, at) => at)

/** `newStore`: a file or URL of a store that nobody has used. */
export function sharingSuite(newStore: () => string): void {
  const desks: Desk[] = []
  const opened = async (): Promise<Desk> => {
    const one = await Desk.open(newStore())
    desks.push(one)
    return one
  }
  afterEach(async () => {
    for (const { book } of desks.splice(0)) await book.close()
  })

  test('of two authorities that share relays each hands out its own; who is blamed for a block shared the relay with its finder', async () => {
    const [desk, other] = [await opened(), await opened()]
    const both = [desk, other]
    for (const one of both) {
      one.handers = both.map(({ keys }) => keys.publicKey)
      await one.list(40)
      await one.invite(INVITE, 12)
    }
    const [mine = [], theirs = []] = await Promise.all(both.map((one) => one.bucketsOf(CROWD, INVITE)))
    expect([mine, theirs].map((buckets) => buckets.every(({ length }) => length === 1))).toEqual([true, true])
    expect(mine.flat().filter((relay) => theirs.flat().includes(relay))).toEqual([])
    // An agent at the other has all that it was given blocked, and an operator tells both authorities.
    for (const relay of new Set(theirs.flat())) for (const { book } of both) await book.handing.report({ relay, country: 'IR' })
    for (const one of both) await one.pass()
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(mine)
    const { members } = await desk.book.handing.rows()
    expect(members.map(({ blame }) => blame)).toEqual(members.map(() => 0))
  })

  test('what members were handed stays theirs when it becomes another authority’s, also after a restart, and nobody new is handed it', async () => {
    const desk = await opened()
    await desk.list(40)
    await desk.invite(INVITE, 24)
    await desk.ask(0, INVITE)
    for (const epochs of [7, 7]) await desk.pass(epochs)
    const before = await desk.bucketsOf([0], INVITE)
    expect(before[0]?.length).toBe(3)
    desk.handers = [createRelayKeys().publicKey]
    await desk.list(40)
    await desk.pass(15)
    expect((await desk.ask(1, INVITE, { country: 'BY' }))?.word).toBe('none-free')
    await desk.restart()
    expect(await desk.bucketsOf([0], INVITE)).toEqual(before)
    for (const [member, country] of ['IR', 'BY'].entries())
      expect((await desk.ask(2 + member, INVITE, { country }))?.word).toBe('none-free')
    // And when it is ours again, it is as any other.
    desk.handers = []
    await desk.list(40)
    await desk.pass(1)
    expect((await desk.ask(4, INVITE, { country: 'BY' }))?.word).toBe('given')
  })
}
