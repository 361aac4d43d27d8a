// Questions for relays and their answers: the published vectors of SPEC.md §14.10 with both cryptos, and what sealing must hold for any of them.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type Answer,
  authorityOfQuestion,
  type Consensus,
  type Crypto,
  encodeHex,
  HANDING_QUESTION_BYTES,
  openQuestion,
  ProtocolError,
  type Question,
  refuseUnlisted,
  sealQuestion,
} from '#protocol'
import type { AnswerCase, handingKeys, PassCase, QuestionCase } from '../../vectors/make/handing.ts'
import { CRYPTOS, codeOf, flipBit, fromHex, seededRandom } from '../fixtures.ts'

const { keys, cases } = JSON.parse(readFileSync('test/vectors/handing.json', 'utf8')) as {
  readonly keys: typeof handingKeys
  readonly cases: readonly (QuestionCase | PassCase | AnswerCase)[]
}
const AUTHORITY = { privateKey: fromHex(keys.authoritySecretKey), publicKey: fromHex(keys.authorityKey) }
const ROLL = { rollSize: keys.rollSize, rollRoot: fromHex(keys.rollRoot) } as Consensus

interface Outcome {
  readonly expect: string
  readonly asks?: QuestionCase['asks'] | undefined
  readonly authority?: PassCase['authority'] | undefined
  readonly says?: AnswerCase['says'] | undefined
}

const published = cases.find((one): one is QuestionCase => one.reader === 'authority' && one.question === keys.question)
const ASKED = askedOf(published?.asks)

function askedOf(asks: QuestionCase['asks'] | undefined): Question {
  if (asks === undefined) throw new Error('the published question is among the cases')
  const asker = { member: fromHex(asks.member), country: asks.country, size: asks.size }
  if (asks.wants !== 'renewal') return { ...asker, wants: asks.wants, invite: fromHex(asks.invite ?? '') }
  return { ...asker, wants: 'renewal', seen: (asks.seen ?? []).map(([mark, state]) => ({ mark: fromHex(mark), state })) }
}

function seal(crypto: Crypto, asked: Question = ASKED): ReturnType<typeof sealQuestion> {
  return sealQuestion(crypto, () => fromHex(keys.ephemeralSecretKey), AUTHORITY.publicKey, asked)
}

function outcomeOf(crypto: Crypto, one: QuestionCase | PassCase | AnswerCase): Outcome {
  switch (one.reader) {
    case 'authority': {
      const { member, country, size, ...asks } = openQuestion(crypto, AUTHORITY, fromHex(one.question))
      const asker = { member: encodeHex(member), country, size }
      if (asks.wants !== 'renewal') return { expect: 'question', asks: { ...asker, wants: asks.wants, invite: encodeHex(asks.invite) } }
      const seen = asks.seen.map(({ mark, state }) => [encodeHex(mark), state] as const)
      return { expect: 'question', asks: { ...asker, wants: 'renewal', seen } }
    }
    case 'relay':
      return { expect: 'passed', authority: encodeHex(authorityOfQuestion(fromHex(one.question))) }
    case 'member': {
      const answer = seal(crypto).open(fromHex(one.answer))
      refuseUnlisted(ROLL, answer.relays)
      return { expect: 'answer', says: plain(answer) }
    }
  }
}

function plain({ word, againS, number, bundle, relays, friend }: Answer): NonNullable<AnswerCase['says']> {
  const said = { word, againS, number, bundle: encodeHex(bundle), relays: relays.map(({ invite }) => encodeHex(invite.relayKey)) }
  return friend === undefined ? said : { ...said, friend: { secret: encodeHex(friend.secret), untilS: friend.untilS } }
}

function outcomeOrCode(crypto: Crypto, one: QuestionCase | PassCase | AnswerCase): Outcome {
  try {
    return outcomeOf(crypto, one)
  } catch (error) {
    if (error instanceof ProtocolError) return { expect: error.code }
    throw error
  }
}

describe.each(CRYPTOS)('by $name', ({ crypto }) => {
  test.each(cases)('$expect: $reader reads $name', (one) => {
    const { expect: outcome, asks, authority, says } = one as Outcome
    expect(outcomeOrCode(crypto, one)).toEqual({ expect: outcome, asks, authority, says })
  })

  test('what we write is what the vectors say', () => {
    for (const one of cases)
      if (one.reader === 'authority' && one.asks !== undefined)
        expect(encodeHex(seal(crypto, askedOf(one.asks)).question)).toBe(one.question)
    const { answer } = openQuestion(crypto, AUTHORITY, fromHex(keys.question))
    for (const one of cases)
      if (one.reader === 'member' && one.expect === 'answer')
        expect(encodeHex(answer(seal(crypto).open(fromHex(one.answer))))).toBe(one.answer)
  })
})

describe.each(CRYPTOS)('a question sealed by $name', ({ crypto }) => {
  const random = seededRandom('questions')
  const questionOf = (country: string): Uint8Array => sealQuestion(crypto, random, AUTHORITY.publicKey, { ...ASKED, country }).question

  test('is of one length, whatever it asks, and never the same twice', () => {
    const renewal = { wants: 'renewal', member: ASKED.member, country: 'IR', size: 7, seen: [] } as const
    const all = ['', 'IR', 'IR', 'BY'].map(questionOf)
    all.push(sealQuestion(crypto, random, AUTHORITY.publicKey, renewal).question)
    expect(all.map(({ length }) => length)).toEqual(all.map(() => HANDING_QUESTION_BYTES))
    expect(new Set(all.map(encodeHex)).size).toBe(all.length)
  })

  test('shows neither member nor invite to who passes it on', () => {
    const text = encodeHex(questionOf('IR'))
    for (const secret of [ASKED.member, ASKED.wants === 'renewal' ? ASKED.member : ASKED.invite])
      expect(text).not.toContain(encodeHex(secret))
  })

  test('is refused with any one bit turned', () => {
    const good = questionOf('IR')
    for (let offset = 0; offset < good.length; offset++)
      expect(
        codeOf(() => openQuestion(crypto, AUTHORITY, flipBit(good, offset, offset % 8))),
        `byte ${offset}`,
      ).toBe('bad-directory')
  })

  test('is answered for who asked it, and for nobody else who asked the same', () => {
    const [mine, other] = [1, 2].map(() => sealQuestion(crypto, random, AUTHORITY.publicKey, ASKED)) as [Sealed, Sealed]
    const none: Answer = { word: 'none-free', againS: 60, number: 3, bundle: new Uint8Array(), relays: [], friend: undefined }
    const answer = openQuestion(crypto, AUTHORITY, mine.question).answer(none)
    expect(mine.open(answer)).toEqual(none)
    expect(codeOf(() => other.open(answer))).toBe('bad-directory')
    expect(codeOf(() => mine.open(flipBit(answer, 5)))).toBe('bad-directory')
  })

  test('has answers of few lengths, so that who passes one on does not see how many relays are in it', () => {
    const { answer } = openQuestion(crypto, AUTHORITY, fromHex(keys.question))
    const lengths = cases
      .flatMap((one) => (one.reader === 'member' && one.expect === 'answer' ? [one] : []))
      .map((one) => {
        const { bundle, ...rest } = seal(crypto).open(fromHex(one.answer))
        return answer({ ...rest, bundle: bundle.subarray(0, 0) }).length
      })
    expect(new Set(lengths).size).toBe(1)
  })
})

type Sealed = ReturnType<typeof sealQuestion>
