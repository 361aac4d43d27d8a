// Handing relays out, the pure room: claims that hold for any censor. How many people it serves is measured by the simulator.
import { describe, expect, test } from 'vitest'
import type { ListedRelay } from '../../../relay/directory/handing/country.ts'
import { handingLimits } from '../../../relay/directory/handing/limits.ts'
import type { HandingRows } from '../../../relay/directory/handing/rows.ts'
import { Dice } from '../../sim/dice.ts'
import { Days, HOME, idOf, memberIds, relays } from './days.ts'

const ELSEWHERE = 'BY'
const { bucketMax, groupMax, silentEpochs } = handingLimits

describe('a member', () => {
  const members = memberIds(200)

  test('is given one relay at first, and three after weeks without a block, of different networks', () => {
    const days = new Days(relays(400)).join(members).pass()
    expect(days.buckets(members).map(({ length }) => length)).toEqual(members.map(() => 1))
    days.pass(60)
    const buckets = days.buckets(members)
    expect(Math.max(...buckets.map(({ length }) => length))).toBe(bucketMax)
    const networkOf = new Map(days.listed.map(({ relay, network }) => [relay, network]))
    for (const bucket of buckets) expect(new Set(bucket.map((relay) => networkOf.get(relay))).size).toBe(bucket.length)
  })

  test('keeps its relays while nothing is blocked', () => {
    const days = new Days(relays(400)).join(members).pass(10)
    for (let epoch = 10; epoch < 100; epoch++) {
      const before = days.buckets(members)
      const after = days.pass().buckets(members)
      expect(after.map((bucket, at) => bucket.slice(0, before[at]?.length))).toEqual(before)
    }
  })

  test('who is none has none', () => {
    expect(new Days(relays(400)).join(members).pass().handing.bucketOf(idOf(2, 9_999))).toEqual([])
  })

  test('whose inviter is unknown is not let in, and one who is known is not let in twice', () => {
    const { handing } = new Days(relays(10)).join(members)
    expect(handing.join({ member: idOf(2, 5_000), country: HOME, inviter: idOf(2, 6_000), epoch: 0 })).toBe('not invited')
    expect(handing.join({ member: members[0] as string, country: HOME, inviter: '', epoch: 0 })).toBe('known')
  })
})

describe('a relay', () => {
  const [home, elsewhere] = [memberIds(100), memberIds(100, 1_000)]

  test('is shared by no more than a group, whatever was blocked', () => {
    for (const seed of [1, 2, 3]) {
      const days = new Days(relays(300)).join(home).pass().suffer(new Dice(seed), home, 60)
      const guests = Map.groupBy(days.buckets(home).flat(), (relay) => relay)
      for (const each of guests.values()) expect(each.length).toBeLessThanOrEqual(groupMax)
    }
  })

  test('that is blocked moves those who had it, and nobody else, in that country and not in another', () => {
    const days = new Days(relays(600)).join(home).join(elsewhere, ELSEWHERE).pass(2)
    const [before, beforeElsewhere] = [days.buckets(home), days.buckets(elsewhere)]
    const blocked = before[0]?.[0] as string
    days.handing.report(blocked, HOME)
    days.pass()
    for (const [at, bucket] of days.buckets(home).entries()) {
      if (before[at]?.includes(blocked)) expect(bucket).not.toContain(blocked)
      else expect(bucket).toEqual(before[at])
    }
    expect(days.buckets(elsewhere)).toEqual(beforeElsewhere)
  })

  test('that was blocked in a country is never handed out there again', () => {
    const dice = new Dice(7)
    const days = new Days(relays(300)).join(home).pass()
    const blocked = new Set<string>()
    for (let epoch = 0; epoch < 60; epoch++) {
      for (const relay of new Set(days.buckets(home).flat())) {
        if (!dice.chance(0.05)) continue
        blocked.add(relay)
        days.handing.report(relay, HOME)
      }
      days.pass()
      expect(
        days
          .buckets(home)
          .flat()
          .filter((relay) => blocked.has(relay)),
      ).toEqual([])
    }
    expect(blocked.size).toBeGreaterThan(20)
  })

  test('that is listed no more is in no bucket, and back with those who had others meanwhile when it comes back', () => {
    const days = new Days(relays(300)).join(home).pass(60)
    const before = days.buckets(home)
    const away = before.find(({ length }) => length === bucketMax)?.[0] as string
    const all = days.listed
    days.listed = all.filter(({ relay }) => relay !== away)
    expect(days.pass().buckets(home).flat()).not.toContain(away)
    days.listed = all
    const after = days.pass().buckets(home)
    for (const [at, bucket] of before.entries()) if (bucket.length > 1) expect(after[at]).toEqual(bucket)
  })

  test('that is reported blocked while it is listed no more is not given back when it comes back', () => {
    const days = new Days(relays(300)).join(home).pass(60)
    const away = days.buckets(home).find(({ length }) => length === bucketMax)?.[0] as string
    const all = days.listed
    days.listed = all.filter(({ relay }) => relay !== away)
    days.pass()
    days.handing.report(away, HOME)
    days.pass()
    days.listed = all
    expect(days.pass(30).buckets(home).flat()).not.toContain(away)
  })

  test('kept back for the days of shutdowns is handed out on such a day, and on no other', () => {
    const crowd = memberIds(1_000)
    const spares = relays(10)
    const days = new Days(spares).join(crowd).pass(3)
    expect(days.buckets(crowd).flat()).toEqual([])
    days.pass(1, [ELSEWHERE])
    expect(days.buckets(crowd).flat()).toEqual([])
    days.pass(1, [HOME])
    expect(days.buckets(crowd).flat()).not.toEqual([])
  })
})

describe('suspicion', () => {
  const strangers = memberIds(300)

  test('falls on those whose relays are blocked, and fades a little, never wholly, with patience', () => {
    const days = new Days(relays(600)).join(strangers).pass(2)
    const before = days.handing.standingOf(strangers[0] as string)?.suspicion as number
    for (const relay of days.handing.bucketOf(strangers[0] as string)) days.handing.report(relay, HOME)
    days.pass()
    const blamed = days.handing.standingOf(strangers[0] as string)?.suspicion as number
    expect(blamed).toBeGreaterThan(before)
    days.pass(100)
    const later = days.handing.standingOf(strangers[0] as string)?.suspicion as number
    expect(later).toBeLessThan(blamed)
    expect(later).toBeGreaterThan(0)
  })

  test('is inherited in a tree of invitations: who was invited by an often blocked member is suspect from the start', () => {
    const days = new Days(relays(2_000)).join(strangers).pass(2)
    const [agent, honest] = [strangers[0] as string, strangers[1] as string]
    for (let times = 0; times < 8; times++) {
      for (const relay of days.handing.bucketOf(agent)) days.handing.report(relay, HOME)
      days.pass(10)
    }
    const [ofAgent, ofHonest] = [idOf(2, 7_001), idOf(2, 7_002)]
    days.join([ofAgent], HOME, agent).join([ofHonest], HOME, honest).pass()
    const suspicionOf = (member: string): number => days.handing.standingOf(member)?.suspicion as number
    expect(suspicionOf(ofAgent)).toBeGreaterThan(suspicionOf(ofHonest))
    expect(days.handing.standingOf(agent)?.invitesLeft).toBe(0)
  })
})

describe('what members say', () => {
  /** Each by an invite of the directory's own. */
  const [liar, ...others] = memberIds(8) as [string, ...string[]]
  const everyone = [liar, ...others]
  /** One of three relays is kept back, and one is for tomorrow: so all share one. */
  const together = (): Days => new Days(relays(3)).join(everyone).pass()
  const relayOf = (days: Days): string => days.handing.bucketOf(liar)[0] as string
  const say = (days: Days, members: readonly string[], said: 'answers' | 'silent', country = HOME): void => {
    for (const member of members) days.handing.hear(member, country, new Map(days.handing.bucketOf(member).map((relay) => [relay, said])))
  }

  test('moves them when the next epoch begins, and not before', () => {
    const days = together()
    const relay = relayOf(days)
    say(days, others.slice(0, 3), 'silent')
    expect(days.buckets(everyone)).toEqual(everyone.map(() => [relay]))
    days.pass()
    expect(days.buckets(everyone).flat()).not.toContain(relay)
    days.listed = relays(100)
    expect(
      days
        .pass(handingLimits.waitMax)
        .buckets(everyone)
        .filter(({ length }) => length === 0),
    ).toEqual([])
  })

  test('moves nobody where one says it alone, day by day for a year, whoever else keeps quiet', () => {
    const days = together()
    const first = days.buckets(everyone)
    for (let epoch = 0; epoch < 360; epoch++) {
      say(days, [liar], 'silent')
      days.pass()
    }
    expect(days.buckets(everyone).map((bucket) => bucket.slice(0, 1))).toEqual(first)
    expect(days.handing.rows().spent).toEqual([])
  })

  test('has one voice where it comes from those who came by one person, however many they are', () => {
    const days = together()
    const relay = relayOf(days)
    const friends = memberIds(12, 100)
    days.join(friends, HOME, liar).pass()
    expect(days.buckets(friends).filter((bucket) => bucket.includes(relay)).length).toBeGreaterThan(3)
    for (let epoch = 0; epoch < 10; epoch++) {
      say(days, [liar, ...friends], 'silent')
      days.pass()
    }
    expect(days.buckets(others)).toEqual(others.map(() => [relay]))
  })

  test('moves nobody by the word of one where all who share a relay came by one invite, and all of them by the words of two', () => {
    const days = new Days(relays(3))
    const invite = idOf(3, 1)
    expect(days.handing.join({ member: invite, country: HOME, inviter: '', epoch: 0, isInviteOnly: true })).toBe('joined')
    days.join(everyone, HOME, invite).pass()
    const first = days.buckets(everyone)
    expect(new Set(first.flat()).size).toBe(1)
    for (let epoch = 0; epoch < 360; epoch++) {
      say(days, [liar], 'silent')
      days.pass()
    }
    expect(days.buckets(everyone).map((bucket) => bucket.slice(0, 1))).toEqual(first)
    say(days, [liar, ...others.slice(0, 2)], 'silent')
    days.pass()
    expect(days.buckets(everyone).flat()).not.toContain(first[0]?.[0])
  })

  test('gives who alone had a relay, and was under no suspicion, another when the next epoch begins, once', () => {
    const days = new Days(relays(400)).join([liar]).pass()
    const first = relayOf(days)
    say(days, [liar], 'silent')
    const second = relayOf(days.pass())
    expect(second).toBeTypeOf('string')
    expect(second).not.toBe(first)
    say(days, [liar], 'silent')
    expect(relayOf(days.pass())).toBeUndefined()
    expect(days.handing.standingOf(liar)?.waitsUntil).toBeGreaterThan(days.epoch + 7)
  })

  test('gives who was invited by a suspect, and alone has a relay, no other at once', () => {
    const days = new Days(relays(400)).join([liar]).pass()
    for (let times = 0; times < 2; times++, days.pass()) say(days, [liar], 'silent')
    const [friend] = memberIds(1, 500) as [string]
    say(days.join([friend], HOME, liar).pass(), [friend], 'silent')
    expect(days.pass().buckets([friend])).toEqual([[]])
  })

  test('gives who has a relay alone another ever more seldom', () => {
    const days = new Days(relays(400)).join([liar]).pass()
    const seen = new Set<string>()
    for (let epoch = 0; epoch < 360; epoch++) {
      for (const relay of days.handing.bucketOf(liar)) seen.add(relay)
      say(days, [liar], 'silent')
      days.pass()
    }
    expect(seen.size).toBeGreaterThan(1)
    expect(seen.size).toBeLessThanOrEqual(10)
  })

  test('moves nobody while those who say that it answers weigh more, and counts the last word of each', () => {
    const days = together()
    const relay = relayOf(days)
    say(days, everyone, 'silent')
    say(days, others.slice(0, 4), 'answers')
    days.pass()
    expect(relayOf(days)).toBe(relay)
    say(days, others.slice(4), 'answers')
    days.pass()
    expect(relayOf(days)).toBe(relay)
  })

  test('is nothing that a store keeps', () => {
    const days = together()
    days.handing.takeChanges()
    const before = days.handing.rows()
    say(days, everyone, 'silent')
    const { countries: _, ...changes } = days.handing.takeChanges()
    expect([Object.values(changes).flat(), days.handing.rows()]).toEqual([[], before])
  })

  test('stands for some epochs, so that those who try on other days are heard together, and no longer', () => {
    const heard = (gap: number): boolean => {
      const days = together()
      const relay = relayOf(days)
      say(days, others.slice(0, 1), 'silent')
      days.pass(gap)
      say(days, others.slice(1, 2), 'silent')
      days.pass()
      return relayOf(days) !== relay
    }
    expect([heard(silentEpochs - 1), heard(silentEpochs)]).toEqual([true, false])
  })

  test('is nothing of a relay that fails the directory’s own tests, of another’s relay, from abroad, or of a stranger', () => {
    const days = together()
    const relay = relayOf(days)
    say(days, everyone, 'silent')
    days.handing.settle({ epoch: days.epoch++, listed: days.listed, events: new Set(), unwell: new Set([relay]) })
    days.pass(2)
    say(days, everyone, 'silent', ELSEWHERE)
    const another = (days.listed.find((one) => one.relay !== relay) as ListedRelay).relay
    for (const member of [...everyone, idOf(2, 9_999)]) days.handing.hear(member, HOME, new Map([[another, 'silent']]))
    days.pass()
    expect([relayOf(days), days.handing.rows().spent]).toEqual([relay, []])
  })
})

describe('what was kept', () => {
  const members = memberIds(120)
  const suffered = (key = 1): Days => new Days(relays(400), { key }).join(members).pass(10).suffer(new Dice(5), members, 30)

  test('goes on as if nothing had stopped', () => {
    const first = suffered()
    const second = new Days(first.listed, { rows: JSON.parse(JSON.stringify(first.handing.rows())) })
    // What is listed is not kept: it is told anew before anything else.
    second.epoch = first.epoch - 1
    second.pass()
    expect(second.buckets(members)).toEqual(first.buckets(members))
    expect(second.suffer(new Dice(6), members, 20).handing.rows()).toEqual(first.suffer(new Dice(6), members, 20).handing.rows())
  })

  test('comes out the same for the same key, and otherwise for another', () => {
    expect(suffered().handing.rows()).toEqual(suffered().handing.rows())
    expect(suffered(2).buckets(members)).not.toEqual(suffered().buckets(members))
  })

  test('is what its changes add up to', () => {
    const days = new Days(relays(400)).join(members)
    const kept = { members: new Map(), groups: new Map(), spent: new Map(), countries: new Map() }
    const dice = new Dice(9)
    for (let epoch = 0; epoch < 40; epoch++) {
      days.suffer(dice, members, 1)
      const changes = days.handing.takeChanges()
      for (const row of changes.members) kept.members.set(row.member, row)
      for (const id of changes.groupsGone) kept.groups.delete(id)
      for (const row of changes.groups) kept.groups.set(row.group, row)
      for (const row of changes.spent) kept.spent.set(`${row.country} ${row.relay}`, row)
      for (const row of changes.countries) kept.countries.set(row.country, row)
    }
    const sorted = <T>(rows: Iterable<T>): string[] => [...rows].map((row) => JSON.stringify(row)).sort()
    const whole = days.handing.rows()
    for (const part of ['members', 'groups', 'spent', 'countries'] as const)
      expect(sorted(kept[part].values())).toEqual(sorted<unknown>(whole[part]))
  })

  type Mutable = { -readonly [P in keyof HandingRows]: Record<string, unknown>[] }
  test.each<[string, (rows: Mutable) => void]>([
    ['a member twice', ({ members }) => void members.push({ ...members[0] })],
    ['a member whose inviter is missing', ({ members }) => void Object.assign(members[0] as object, { inviter: idOf(2, 8_000) })],
    [
      'members who invited each other',
      ({ members: [one, other] }) => {
        Object.assign(one as object, { inviter: other?.['member'] })
        Object.assign(other as object, { inviter: one?.['member'] })
      },
    ],
    ['a member that is no hash', ({ members }) => void Object.assign(members[0] as object, { member: 'somebody' })],
    ['blame beyond what there is', ({ members }) => void Object.assign(members[0] as object, { blame: 1e9 })],
    ['a day that never comes', ({ members }) => void Object.assign(members[0] as object, { joinedEpoch: 1e12 })],
    ['a group of nobody', ({ groups }) => void Object.assign(groups[0] as object, { members: [] })],
    ['a group of strangers', ({ groups }) => void Object.assign(groups[0] as object, { members: [idOf(2, 8_000)] })],
    ['a group in another country', ({ groups }) => void Object.assign(groups[0] as object, { country: ELSEWHERE })],
    ['two groups of one relay', ({ groups }) => void groups.push({ ...groups[0], group: 1_000_000 })],
    ['a relay that is none', ({ spent }) => void spent.push({ relay: 'x', country: HOME, epoch: 1 })],
    ['a country that is none', ({ countries }) => void Object.assign(countries[0] as object, { country: 'Iran' })],
    ['a prior of one', ({ countries }) => void Object.assign(countries[0] as object, { prior: 1_000_000 })],
  ])('is refused with a sentence: %s', (_, spoil) => {
    const rows = JSON.parse(JSON.stringify(suffered().handing.rows())) as Mutable
    spoil(rows)
    expect(() => new Days([], { rows: rows as unknown as HandingRows })).toThrow(/can’t be used/)
  })
})
