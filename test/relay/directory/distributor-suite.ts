// What must hold of handing relays out on every kind of store: written once, run on SQLite and on PostgreSQL. Questions are sealed and answers opened as
// members do it; only the sessions that carry them are left out.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HANDING_QUESTION_BYTES, HANDING_TARGET, refuseUnlisted, sealQuestion } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { relayName } from '../../../relay/directory/distributor.ts'
import { createRelayKeys } from '../../../relay/keys.ts'
import { NOW_S } from '../../protocol/directory/network.ts'
import { Desk, EPOCH_S, secretOf } from './desk.ts'
import { putQuestionOf } from './put-question.ts'

const INVITE = secretOf(1_000)
const CROWD = Array.from({ length: 12 }, (_, at) => at)

/** `newStore`: a file or URL of a store that nobody has used. */
export function distributorSuite(newStore: () => string): void {
  let desk: Desk
  const desks: Desk[] = []
  const opened = async (...given: Parameters<typeof Desk.open>): Promise<Desk> => {
    const one = await Desk.open(...given)
    desks.push(one)
    return one
  }
  beforeEach(async () => {
    desk = await opened(newStore())
  })
  afterEach(async () => {
    for (const { book } of desks.splice(0)) await book.close()
  })

  test('a member is handed one relay, shown to be on the roll, with the directory where its own is older', async () => {
    await desk.list(8)
    await desk.invite(INVITE)
    const answer = await desk.ask(1, INVITE)
    expect(answer).toMatchObject({ word: 'given', number: desk.consensus.number })
    expect(answer?.relays.length).toBe(1)
    expect(() => refuseUnlisted(desk.consensus, answer?.relays ?? [])).not.toThrow()
    expect(answer?.bundle.length).toBeGreaterThan(0)
    const again = await desk.ask(1, INVITE, { size: desk.consensus.number })
    expect([again?.bundle.length, again?.relays]).toEqual([0, answer?.relays])
  })

  test('an invite is used by as many as it was made for, and by each of them for as long as they like', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 2)
    const [one, two] = await Promise.all([desk.ask(1, INVITE), desk.ask(2, INVITE)])
    expect([one?.word, two?.word]).toEqual(['given', 'given'])
    expect((await desk.ask(3, INVITE))?.word).toBe('used-up')
    expect((await desk.ask(1, INVITE))?.word).toBe('given')
    desk.nowS = NOW_S + 2_000_000
    expect((await desk.ask(4, INVITE))?.word).toBe('expired')
    expect((await desk.ask(5, secretOf(7)))?.word).toBe('unknown')
  })

  test('members who come at once by one invite do not use it more often than it may be', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 3)
    const words = await Promise.all(CROWD.map(async (member) => (await desk.ask(member, INVITE))?.word))
    expect(words.filter((word) => word === 'given').length).toBe(3)
    expect(words.filter((word) => word === 'used-up').length).toBe(CROWD.length - 3)
  })

  test('a relay that goes elsewhere stays with those who have it until a directory says where it is, also after a restart', async () => {
    await desk.list(8)
    await desk.fail('')
    await desk.invite(INVITE, 12)
    const before = await desk.bucketsOf(CROWD, INVITE)
    await desk.move(8, 1)
    await desk.move(8, 2)
    await desk.restart()
    await desk.pass()
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(before)
    expect(desk.faults).toEqual([])
  })

  test('newcomers are placed without the signatures of all relays being looked at', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 12)
    desk.book.relays = () => Promise.reject(new Error('all were looked at'))
    expect((await desk.bucketsOf(CROWD, INVITE)).map(({ length }) => length)).toEqual(CROWD.map(() => 1))
    await desk.pass()
    expect(desk.faults).toEqual([])
  })

  test('who names a country that there is not is of none', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 3)
    for (const [member, country] of ['IR', 'QQ', ''].entries()) expect((await desk.ask(member, INVITE, { country }))?.word).toBe('given')
    const { countries } = await desk.book.handing.rows()
    expect(countries.map((one) => one.country).sort()).toEqual(['', 'IR'])
  })

  test('a relay that is revoked is handed to nobody, and who had it has another', async () => {
    const invites = await desk.list(8)
    await desk.invite(INVITE, 13)
    const before = await desk.bucketsOf(CROWD, INVITE)
    const [[gone]] = before as [[string]]
    desk.revoked = invites.filter((invite) => relayName(invite) === gone)
    await desk.list(8)
    await desk.pass()
    const after = await desk.bucketsOf([...CROWD, 50], INVITE)
    expect(after.flat()).not.toContain(gone)
    expect(after.map(({ length }) => length)).toEqual(after.map(() => 1))
  })

  test('an invite of several people takes no relay for itself', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 12)
    await desk.bucketsOf(CROWD, INVITE)
    await desk.pass(3)
    const { members, groups } = await desk.book.handing.rows()
    expect(members.length).toBe(CROWD.length + 1)
    expect(new Set(groups.flatMap((group) => group.members)).size).toBe(CROWD.length)
  })

  test('a block counts when the next epoch begins, and not before, and only where it was reported', async () => {
    await desk.list(12)
    await desk.invite(INVITE, 12)
    const before = await desk.bucketsOf(CROWD, INVITE)
    const blocked = before[0]?.[0] as string
    await desk.book.handing.report({ relay: blocked, country: 'BY' })
    await desk.pass()
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(before)
    await desk.book.handing.report({ relay: blocked, country: 'IR' })
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(before)
    await desk.pass()
    expect(await desk.book.handing.reports()).toEqual([])
    for (const [at, bucket] of (await desk.bucketsOf(CROWD, INVITE)).entries())
      if (before[at]?.includes(blocked)) expect(bucket).not.toContain(blocked)
      else expect(bucket).toEqual(before[at])
    await desk.pass(3)
    expect((await desk.bucketsOf(CROWD, INVITE)).filter(({ length }) => length === 0)).toEqual([])
  })

  test('a relay that two of its members say is silent is another’s when the next epoch begins, for their country; not where one says so alone, nor where it is ill', async () => {
    const three = [20, 21, 22]
    await desk.list(3)
    for (const member of three) await desk.invite(secretOf(2_000 + member))
    const ask = (): Promise<readonly (readonly string[])[]> =>
      Promise.all(three.map(async (member) => (await desk.bucketsOf([member], secretOf(2_000 + member)))[0] ?? []))
    const before = await ask()
    const [relay = ''] = before[0] ?? []
    expect(before).toEqual(three.map(() => [relay]))

    await desk.say(20, 'silent')
    await desk.say(21, 'silent', 'BY')
    await desk.pass(4)
    expect(await ask()).toEqual(before)

    await desk.fail(relay)
    for (const member of three) await desk.say(member, 'silent')
    await desk.pass()
    await desk.fail('')
    await desk.pass()
    expect(await ask()).toEqual(before)

    for (const member of [20, 21]) expect((await desk.say(member, 'silent'))?.word).toBe('given')
    await desk.say(22, 'answers')
    expect(await ask()).toEqual(before)
    await desk.pass()
    expect((await ask()).flat()).not.toContain(relay)
    expect(await desk.book.handing.rows()).toMatchObject({ spent: [{ relay, country: 'IR' }] })
  })

  test('who says how relays fare and is no member is unknown, and joins by the invite', async () => {
    await desk.list(8)
    await desk.invite(INVITE)
    expect((await desk.say(1, 'silent'))?.word).toBe('unknown')
    expect((await desk.ask(1, INVITE))?.word).toBe('given')
    expect((await desk.say(1, 'answers'))?.word).toBe('given')
  })

  test('a new run knows what an old one handed out, invites that were used, and what was reported meanwhile', async () => {
    await desk.list(12)
    await desk.invite(INVITE, 12)
    const before = await desk.bucketsOf(CROWD, INVITE)
    await desk.restart()
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(before)
    expect((await desk.ask(99, INVITE))?.word).toBe('used-up')
    const blocked = before[0]?.[0] as string
    await desk.book.handing.report({ relay: blocked, country: 'IR' })
    await desk.restart()
    expect((await desk.bucketsOf(CROWD, INVITE)).flat()).not.toContain(blocked)
  })

  test('a friend’s invite is given to who was not blocked for weeks, and not before; it works, once', async () => {
    await desk.list(8)
    await desk.invite(INVITE)
    await desk.ask(1, INVITE)
    const early = await desk.ask(1, INVITE, { wants: 'friend' })
    expect([early?.word, early?.friend]).toEqual(['not-yet', undefined])
    await desk.pass(31)
    const answer = await desk.ask(1, INVITE, { wants: 'friend' })
    const friend = answer?.friend?.secret ?? INVITE
    expect([answer?.word, answer?.relays]).toEqual(['given', []])
    expect((await desk.ask(1, INVITE, { wants: 'friend' }))?.word).toBe('not-yet')
    expect((await desk.ask(2, friend))?.word).toBe('given')
    expect((await desk.ask(3, friend))?.word).toBe('used-up')
  })

  // Of two relays one is kept back for twelve members. They share the other; when it is blocked, they have none.
  test('what is kept back is handed to those who have no relay left on the days of a shutdown, there only, and then kept back again', async () => {
    await desk.list(2)
    await desk.invite(INVITE, 13)
    const [first = []] = await desk.bucketsOf(CROWD, INVITE)
    expect(first.length).toBe(1)
    await desk.book.handing.report({ relay: first[0] as string, country: 'IR' })
    await desk.pass()
    expect((await desk.ask(0, INVITE))?.word).toBe('none-free')

    const untilS = Math.floor(desk.nowS) + 3 * EPOCH_S
    await desk.book.shutdowns.say({ country: 'BY', fromS: NOW_S, untilS })
    await desk.book.shutdowns.say({ country: 'IR', fromS: Math.floor(desk.nowS) + EPOCH_S, untilS })
    expect((await desk.ask(0, INVITE))?.word).toBe('none-free')
    await desk.pass()
    const during = await desk.bucketsOf(CROWD, INVITE)
    expect(new Set(during.flat()).size).toBe(1)
    expect(during.flat()).not.toContain(first[0])

    await desk.list(3)
    await desk.pass(3)
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(during)
    expect((await desk.ask(12, INVITE))?.word).toBe('none-free')
    await desk.restart()
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(during)
  })

  test('a shutdown that is taken back hands nothing out any more', async () => {
    await desk.list(1)
    await desk.invite(INVITE)
    await desk.book.shutdowns.say({ country: 'IR', fromS: NOW_S, untilS: NOW_S + 10 * EPOCH_S })
    await desk.book.shutdowns.say({ country: 'IR', fromS: NOW_S, untilS: NOW_S + 20 * EPOCH_S })
    expect(await desk.book.shutdowns.during({ fromS: desk.nowS, untilS: desk.nowS + 1 })).toEqual([
      { country: 'IR', fromS: NOW_S, untilS: NOW_S + 20 * EPOCH_S },
    ])
    expect([await desk.book.shutdowns.takeBack('IR'), await desk.book.shutdowns.takeBack('IR')]).toEqual([true, false])
    expect((await desk.ask(1, INVITE))?.word).toBe('none-free')
  })

  test('what is no question of a member here is answered by nothing at all', async () => {
    await desk.list(8)
    const seal = (publicKey: Uint8Array): Uint8Array =>
      sealQuestion(nodeCrypto, nodeRandom, publicKey, { wants: 'relays', member: INVITE, invite: INVITE, country: '', size: 0 }).question
    const good = seal(desk.keys.publicKey)
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(HANDING_QUESTION_BYTES),
      good.subarray(1),
      Uint8Array.of(...good, 0),
      Uint8Array.from(good, (byte, at) => (at === 80 ? byte ^ 1 : byte)),
      seal(createRelayKeys().publicKey),
    ])
      expect(await desk.put(bytes)).toBeUndefined()
    expect(await desk.put(good.subarray(0, 50), good.subarray(50))).toBeDefined()
  })

  test('before there is a directory, and while too many are answered, a question is answered by nothing', async () => {
    const narrow = await opened(newStore(), { questionsMax: 1 })
    await narrow.invite(INVITE, 2)
    expect(await narrow.ask(1, INVITE)).toBeUndefined()
    await narrow.list(8)
    const both = await Promise.all([narrow.ask(1, INVITE), narrow.ask(2, INVITE)])
    expect(both.map((one) => one?.word)).toEqual(['given', undefined])
    expect((await narrow.ask(2, INVITE))?.word).toBe('given')
  })

  test('one who puts questions without end leaves others room for theirs', async () => {
    const narrow = await opened(newStore(), { questionsMax: 4 })
    await narrow.list(8)
    await narrow.invite(INVITE)
    const flooder = {}
    const { publicKey } = narrow.keys
    const flood = Array.from({ length: 9 }, (_, n) => {
      const question = { wants: 'relays', member: secretOf(n), invite: secretOf(n), country: '', size: 0 } as const
      const sealed = sealQuestion(nodeCrypto, nodeRandom, publicKey, question)
      return putQuestionOf(flooder, narrow.distributor.documents, HANDING_TARGET, sealed.question)
    })
    expect((await narrow.ask(1, INVITE))?.word).toBe('given')
    expect((await Promise.all(flood)).filter((answer) => answer !== undefined).length).toBe(2)
  })

  test('invites that expired long ago make room, and are remembered as expired until then', async () => {
    const { handing } = desk.book
    const row = { inviter: '', untilS: NOW_S, uses: 1 }
    expect(await handing.addInvite({ ...row, invite: 'a' }, NOW_S + 0.5)).toBe(true)
    expect(await handing.addInvite({ ...row, invite: 'b' }, NOW_S + 7_776_000.5)).toBe(true)
    expect(await handing.invite('a')).toBeDefined()
    expect(await handing.addInvite({ ...row, invite: 'c' }, NOW_S + 7_776_001.5)).toBe(true)
    expect([await handing.invite('a'), (await handing.invite('c'))?.used]).toEqual([undefined, 0])
  })

  test('a clock that goes back over an epoch ends nothing: newcomers are placed, nobody is sent away for long, and a new run starts', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 12, NOW_S + 100_000_000)
    await desk.ask(1, INVITE)
    const trueS = desk.nowS
    await desk.pass(150)
    expect((await desk.ask(2, INVITE))?.word).toBe('given')
    desk.nowS = trueS
    for (const member of [3, 4]) {
      const answer = await desk.ask(member, INVITE)
      expect(answer?.word).toBe('given')
      expect(answer?.againS).toBeLessThan(2 * EPOCH_S)
      await desk.restart()
    }
    expect(desk.faults).toEqual([])
  })

  test('a clock that is years ahead for a while, or a directory that has run out, begins no epoch and takes nobody’s relay', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 12, NOW_S + 100_000_000)
    const before = await desk.bucketsOf(CROWD, INVITE)
    const rows = await desk.book.handing.rows()
    const trueS = desk.nowS
    // As after a start, when what relays said of themselves has run out as well.
    await desk.restart()
    desk.nowS += 100_000 * EPOCH_S
    expect(await desk.distributor.turn()).toBe(false)
    expect(await desk.book.handing.rows()).toEqual(rows)
    desk.nowS = trueS
    await desk.pass()
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(before)
    const [relay] = before.flat()
    await desk.book.handing.report({ relay: relay as string, country: 'IR' })
    await desk.pass()
    expect((await desk.bucketsOf(CROWD, INVITE)).flat()).not.toContain(relay)
  })

  test('who comes back after days, when what relays said of themselves has run out here, takes nobody’s relay: the directory lists it', async () => {
    await desk.list(8)
    await desk.invite(INVITE, 12)
    const before = await desk.bucketsOf(CROWD, INVITE)
    desk.nowS += 201 * EPOCH_S
    await desk.restart()
    await desk.list(8)
    await desk.distributor.turn()
    expect(await desk.bucketsOf(CROWD, INVITE)).toEqual(before)
  })

  test('a relay of the directory in force is handed out as soon as it is known here, and what was known meanwhile stays', async () => {
    await desk.list(8, 1)
    await desk.invite(INVITE, 40)
    const before = await desk.bucketsOf(CROWD.slice(0, 2), INVITE)
    expect(before.map(({ length }) => length)).toEqual([0, 0])
    await desk.learn(8)
    expect((await desk.ask(2, INVITE))?.word).toBe('given')
    expect((await desk.bucketsOf(CROWD.slice(0, 2), INVITE)).map(({ length }) => length)).toEqual([1, 1])
  })

  test('while the store fails, questions are answered by nothing, and afterwards only what was kept holds: no member, no use of an invite, no relay', async () => {
    await desk.list(8)
    await desk.invite(INVITE)
    await desk.invite(secretOf(7))
    expect((await desk.ask(7, secretOf(7)))?.word).toBe('given')
    const gone = new Error('connect ENOSPC')
    const { keep } = desk.book.handing
    desk.book.handing.keep = () => Promise.reject(gone)
    expect(await desk.ask(1, INVITE)).toBeUndefined()
    desk.nowS += EPOCH_S
    await expect(desk.distributor.turn()).rejects.toThrow('ENOSPC')
    expect(await desk.ask(7, secretOf(7))).toBeUndefined()
    expect(desk.faults).toEqual([gone, gone])
    desk.book.handing.keep = keep
    expect((await desk.ask(2, INVITE))?.word).toBe('given')
    expect((await desk.ask(1, INVITE))?.word).toBe('used-up')
    expect((await desk.ask(7, secretOf(7)))?.word).toBe('given')
    const buckets = await desk.bucketsOf([2, 7], INVITE)
    await desk.restart()
    expect(await desk.bucketsOf([2, 7], INVITE)).toEqual(buckets)
  })

  test('what was decided is kept whole or not at all', async () => {
    await desk.list(8)
    await desk.invite(INVITE)
    await desk.ask(1, INVITE)
    const before = await desk.book.handing.rows()
    const [group] = before.groups
    if (group === undefined) throw new Error('nobody was handed anything')
    const nowhere = { ...group, country: undefined as unknown as string }
    const changes = { ...before, members: [], groupsGone: [group.group], groups: [nowhere], spent: [], countries: [] }
    await expect(desk.book.handing.keep(changes, {})).rejects.toThrow()
    expect(await desk.book.handing.rows()).toEqual(before)
  })
}
