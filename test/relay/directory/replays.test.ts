// A relay that passes a member's question on can't read it, and can show it again: nothing follows from it a second time.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Question, sealQuestion, seenMark } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { relayName } from '../../../relay/directory/distributor.ts'
import { Desk, secretOf } from './desk.ts'

const INVITE = secretOf(1_000)
let desk: Desk
beforeEach(async () => {
  desk = await Desk.open(':memory:')
  await desk.list(8)
})
afterEach(() => desk.book.close())

function sealed(question: Question): ReturnType<typeof sealQuestion> {
  return sealQuestion(nodeCrypto, nodeRandom, desk.keys.publicKey, question)
}

test('a question for a friend’s invite that is shown again takes none of the others from its member', async () => {
  await desk.invite(INVITE)
  await desk.ask(1, INVITE)
  await desk.pass(61)
  const asked = sealed({ wants: 'friend', member: secretOf(1), invite: INVITE, country: 'IR', size: 0 })
  const words: unknown[] = []
  for (const after of [undefined, undefined, 'a restart']) {
    if (after !== undefined) await desk.restart()
    const answer = await desk.put(asked.question)
    words.push(answer && asked.open(answer).word)
  }
  expect(words).toEqual(['given', 'not-yet', 'not-yet'])
  expect((await desk.ask(1, INVITE, { wants: 'friend' }))?.word).toBe('given')
})

test('a member’s word of a relay that was silent is not taken for today’s when it is shown again, and its question is answered', async () => {
  await desk.invite(INVITE, 2)
  const [given] = await Promise.all([desk.ask(1, INVITE), desk.ask(2, INVITE)])
  const relay = given?.relays[0]?.invite
  if (relay === undefined) throw new Error('nobody was handed a relay')
  const told = [1, 2].map((number) =>
    sealed({ wants: 'renewal', member: secretOf(number), country: 'IR', size: 0, seen: [{ mark: seenMark(relay), state: 'silent' }] }),
  )
  for (const { question } of told) await desk.put(question)
  for (const number of [1, 2]) await desk.say(number, 'answers')
  for (const { question, open } of told) {
    const answer = await desk.put(question)
    expect(answer && open(answer).word).toBe('given')
  }
  await desk.pass()
  expect(await desk.bucketsOf([1, 2], INVITE)).toEqual([[relayName(relay)], [relayName(relay)]])
})

test('a question that knows less of the log than the member’s last, or one more than a member asks, is none', async () => {
  const remember = async (member: string, sizes: readonly number[]): Promise<readonly boolean[]> => {
    const counts: boolean[] = []
    for (const [at, size] of sizes.entries()) counts.push(await desk.book.replays.remember(member, size, Uint8Array.of(at)))
    return counts
  }
  expect(await remember('a', [3, 2, 3, 4, 3])).toEqual([true, false, true, true, false])
  expect((await remember('b', Array<number>(20).fill(1))).filter(Boolean)).toHaveLength(16)
  expect(await remember('b', [2])).toEqual([true])
})
