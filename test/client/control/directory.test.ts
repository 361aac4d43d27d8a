// A client's directory over days of virtual time: what it takes, what it refuses, and how long it goes on when authorities are gone.
import { describe, expect, test } from 'vitest'
import { commitmentOf, decodeBundle, encodeBundle, encodeRoll, revocationOf } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { DirectoryBook, networkOf } from '../../../client/engine/control/directory.ts'
import { drawInvite, type Held, hold, makeNetwork, NOW_S, SETTINGS } from '../../protocol/directory/network.ts'

const network = makeNetwork('client directory')
const { authorities, networkId } = network
const HOUR_S = 3_600
const [good, bad] = [drawInvite('good relay'), drawInvite('bad relay')]
const verdicts = [{ commitment: commitmentOf(good), weight: 7 }]
const settings = { ...SETTINGS, revoked: [revocationOf(bad)], sources: [drawInvite('a source')] }

function fresh(): DirectoryBook {
  return new DirectoryBook(nodeCrypto, { networkId, bundle: new Uint8Array() })
}

function made(roundS: number, leaves: readonly Uint8Array[] = [], by = authorities): Held {
  return hold(network, by, leaves, { roundS, verdicts, settings }) as Held
}

describe('k − 1 authorities seized, and the others gone', () => {
  test('clients keep working for 72 hours, take nothing that is forged meanwhile, and go on when the authorities are back', () => {
    const book = fresh()
    const last = made(NOW_S)
    expect(book.take(last.bundle, NOW_S)).toBe('younger')
    const stranger = makeNetwork('strangers')
    // The seized two sign what they like: a directory of their own network, and a past of their own under signatures that they can't make up.
    const theirs = hold(stranger, stranger.authorities, [], { roundS: NOW_S + 30 * HOUR_S }) as Held
    const parts = decodeBundle(made(NOW_S + 30 * HOUR_S).bundle)
    const byTwo = encodeBundle({ ...parts, note: { ...parts.note, signatures: parts.note.signatures.slice(0, 2) } })
    for (let hour = 1; hour <= 80; hour++) {
      const nowS = NOW_S + hour * HOUR_S
      expect([book.take(theirs.bundle, nowS), book.take(byTwo, nowS)]).toEqual(['directory-mixed', 'directory-unsigned'])
      expect([hour, book.consensus(nowS) !== undefined]).toEqual([hour, hour < 72])
      expect([hour, book.isFresh(nowS)]).toEqual([hour, hour < 24])
    }
    // Where to ask is known even then.
    expect(book.sources.length).toBe(1)
    const back = made(NOW_S + 81 * HOUR_S, last.leaves, authorities.slice(2))
    expect(book.take(back.bundle, NOW_S + 82 * HOUR_S)).toBe('younger')
  })
})

describe('what is kept', () => {
  test('is in force again at the next start, and nothing older is taken', () => {
    const first = made(NOW_S)
    const second = made(NOW_S + 6 * HOUR_S, first.leaves)
    const book = fresh()
    book.take(second.bundle, second.consensus.madeS)
    const again = new DirectoryBook(nodeCrypto, book.saved)
    expect(again.consensus(NOW_S + 7 * HOUR_S)?.number).toBe(2)
    expect(again.take(first.bundle, NOW_S + 7 * HOUR_S)).toBe('directory-rolled-back')
    expect(again.take(second.bundle, NOW_S + 7 * HOUR_S)).toBe('known')
  })

  test('is not behind where another answer brought a younger one while it was asked for', () => {
    const first = made(NOW_S)
    const second = made(NOW_S + 6 * HOUR_S, first.leaves)
    const other = hold(network, authorities, [], { roundS: NOW_S + HOUR_S, settings: SETTINGS }) as Held
    const book = fresh()
    book.take(first.bundle, NOW_S)
    const asked = book.known
    book.take(second.bundle, NOW_S + 6 * HOUR_S)
    expect(book.take(first.bundle, NOW_S + 6 * HOUR_S, asked)).toBe('known')
    expect(book.consensus(NOW_S + 7 * HOUR_S)?.number).toBe(2)
    // Asked for now, or of another past, it is as refused as ever.
    expect(book.take(first.bundle, NOW_S + 6 * HOUR_S, book.known)).toBe('directory-rolled-back')
    expect(book.take(other.bundle, NOW_S + 6 * HOUR_S, asked)).toBe('directory-forked')
  })

  test('tells another past in an answer that came in the same moment from one that another answer overtook', () => {
    const first = made(NOW_S)
    const [second, aside] = [6, 7].map((hours) => made(NOW_S + hours * HOUR_S, first.leaves)) as [Held, Held]
    const third = made(NOW_S + 12 * HOUR_S, second.leaves)
    const book = fresh()
    book.take(first.bundle, NOW_S)
    const asked = book.known
    book.take(third.bundle, NOW_S + 12 * HOUR_S)
    const taken = [second, aside].map(({ bundle }) => book.take(bundle, NOW_S + 12 * HOUR_S, asked))
    expect(taken).toEqual(['known', 'directory-forked'])
  })

  test('that has expired is no directory, and still nothing older or of another past may follow', () => {
    const first = made(NOW_S)
    const book = fresh()
    book.take(first.bundle, NOW_S)
    const again = new DirectoryBook(nodeCrypto, book.saved)
    const lateS = NOW_S + 100 * HOUR_S
    expect([again.consensus(lateS), again.size]).toEqual([undefined, 1])
    const other = hold(network, authorities, [], { roundS: NOW_S + 99 * HOUR_S, settings: SETTINGS }) as Held
    expect(again.take(other.bundle, lateS)).toBe('directory-forked')
  })

  test('can be handed on to who has none, or stopped at any earlier one', () => {
    const first = made(NOW_S)
    const second = made(NOW_S + 6 * HOUR_S, first.leaves)
    const third = made(NOW_S + 12 * HOUR_S, second.leaves)
    const giver = fresh()
    for (const one of [first, second, third]) giver.take(one.bundle, NOW_S + 12 * HOUR_S)
    for (const before of [undefined, first, second]) {
      const taker = fresh()
      if (before !== undefined) taker.take(before.bundle, NOW_S + 12 * HOUR_S)
      expect(taker.take(giver.saved.bundle, NOW_S + 13 * HOUR_S)).toBe('younger')
    }
    expect(networkOf(giver.saved.bundle)).toEqual(networkId)
  })
})

describe('what it says', () => {
  test('of relays: the weight of one that is listed, none of one that is not, and which not to use', () => {
    const held = made(NOW_S)
    const book = fresh()
    book.take(held.bundle, NOW_S)
    expect([book.weightOf(good), book.rollWanted]).toEqual([undefined, 1])
    expect(book.takeRoll(encodeRoll([{ commitment: commitmentOf(bad), weight: 9 }]))).toBe(false)
    expect(book.takeRoll(Uint8Array.of(1, 2, 3))).toBe(false)
    expect(book.takeRoll(encodeRoll(held.roll))).toBe(true)
    expect([book.weightOf(good), book.weightOf(bad), book.isRevoked(bad), book.isRevoked(good)]).toEqual([7, 0, true, false])
  })

  test('of a country: its own hints, or those for all others', () => {
    const [everyone] = SETTINGS.policies as [(typeof SETTINGS.policies)[0]]
    const own = { ...everyone, country: 'IR', resolvers: ['https://dns.example/'] }
    const held = hold(network, authorities, [], { roundS: NOW_S, settings: { ...SETTINGS, policies: [everyone, own] } }) as Held
    const book = fresh()
    book.take(held.bundle, NOW_S)
    expect([book.policy('IR', NOW_S)?.resolvers.length, book.policy('XX', NOW_S)?.resolvers.length]).toEqual([1, 0])
  })
})
