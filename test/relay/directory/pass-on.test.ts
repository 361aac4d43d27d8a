// A relay that passes questions on: to whom, how many at once, and what becomes of those that it can't or may not.
import { describe, expect, test } from 'vitest'
import {
  type Consensus,
  decodeBundle,
  encodeHex,
  encodeRoll,
  HANDING_QUESTION_BYTES,
  HANDING_TARGET,
  type Invite,
  parseTarget,
  sealQuestion,
  type Target,
} from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import type { Shown } from '../../../relay/directory/answer.ts'
import { passOnLimits } from '../../../relay/directory/limits.ts'
import { passQuestionsOn } from '../../../relay/directory/pass-on.ts'
import { drawInvite, hold, makeNetwork, SETTINGS } from '../../protocol/directory/network.ts'
import { fakeStream } from '../fake-stream.ts'
import { putQuestion, putQuestionOf } from './put-question.ts'

const NETWORK = makeNetwork('pass on', 3, 2)
const [ours, stranger] = [drawInvite('an authority'), drawInvite('nobody’s authority')]

function shownWith(sources: Consensus['sources']): Shown {
  const held = hold(NETWORK, NETWORK.authorities, [], { settings: { ...SETTINGS, sources } })
  if (held === undefined) throw new Error('the authorities hold no meeting')
  return { bundle: decodeBundle(held.bundle), consensus: held.consensus, roll: encodeRoll(held.roll) }
}

const SHOWN = shownWith([ours])
const nobody = (): readonly Invite[] => []

function questionFor({ relayKey }: Invite): Uint8Array {
  const secret = nodeRandom(16)
  const question = { wants: 'relays', member: secret, invite: secret, country: 'IR', size: 0 } as const
  return sealQuestion(nodeCrypto, nodeRandom, relayKey, question).question
}

/** An authority that answers when it is told to, and remembers who was asked what. */
class Asked {
  readonly all: { readonly invite: Invite; readonly target: Target; readonly question: Uint8Array }[] = []
  readonly #waiting: ((answer: Uint8Array | undefined) => void)[] = []

  readonly ask = (invite: Invite, target: Target, question: Uint8Array): Promise<Uint8Array | undefined> => {
    this.all.push({ invite, target, question })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  answer(bytes: Uint8Array | undefined): void {
    this.#waiting.shift()?.(bytes)
  }
}

const ANSWER = Uint8Array.of(1, 2, 3)

describe('a relay passes a question on', () => {
  test('to the authority whose key it bears, as it came, and the answer back as it is', async () => {
    const asked = new Asked()
    const question = questionFor(ours)
    const answer = putQuestion(
      passQuestionsOn(() => SHOWN, nobody, asked),
      HANDING_TARGET,
      question.subarray(0, 7),
      question.subarray(7),
    )
    asked.answer(ANSWER)
    expect(await answer).toEqual(Buffer.from(ANSWER))
    expect(asked.all.map(({ invite, target }) => [encodeHex(invite.relayKey), target])).toEqual([
      [encodeHex(ours.relayKey), HANDING_TARGET],
    ])
    expect(asked.all[0]?.question).toEqual(question)
  })

  test('to nobody whom the directory does not name, and to nobody while there is none', async () => {
    const asked = new Asked()
    const documents = passQuestionsOn(() => SHOWN, nobody, asked)
    expect(await putQuestion(documents, HANDING_TARGET, questionFor(stranger))).toBeUndefined()
    const without = passQuestionsOn(() => undefined, nobody, asked)
    expect(await putQuestion(without, HANDING_TARGET, questionFor(ours))).toBeUndefined()
    expect(asked.all).toEqual([])
  })

  test('to whom its join code names while there is no directory, and to them no more once there is one without them', async () => {
    const asked = new Asked()
    let shown: Shown | undefined
    const documents = passQuestionsOn(
      () => shown,
      () => [stranger],
      asked,
    )
    expect(await putQuestion(documents, HANDING_TARGET, questionFor(ours))).toBeUndefined()
    const answer = putQuestion(documents, HANDING_TARGET, questionFor(stranger))
    asked.answer(ANSWER)
    expect(await answer).toEqual(Buffer.from(ANSWER))
    shown = SHOWN
    expect(await putQuestion(documents, HANDING_TARGET, questionFor(stranger))).toBeUndefined()
    expect(asked.all.length).toBe(1)
  })

  test('to whom the directory names now, not when the relay began', async () => {
    const asked = new Asked()
    let shown = SHOWN
    const documents = passQuestionsOn(() => shown, nobody, asked)
    shown = shownWith([stranger])
    expect(await putQuestion(documents, HANDING_TARGET, questionFor(ours))).toBeUndefined()
    const answer = putQuestion(documents, HANDING_TARGET, questionFor(stranger))
    asked.answer(ANSWER)
    expect(await answer).toBeDefined()
  })

  test('only if it is one: of the right length and version', async () => {
    const asked = new Asked()
    const good = questionFor(ours)
    for (const bytes of [
      new Uint8Array(),
      good.subarray(0, -1),
      Uint8Array.of(...good, 0),
      new Uint8Array(10 * HANDING_QUESTION_BYTES),
      Uint8Array.from(good, (byte, at) => (at === 0 ? 2 : byte)),
    ])
      expect(
        await putQuestion(
          passQuestionsOn(() => SHOWN, nobody, asked),
          HANDING_TARGET,
          bytes,
        ),
      ).toBeUndefined()
    expect(asked.all).toEqual([])
  })

  test('no more than so many at once, and others again once those are answered', async () => {
    const asked = new Asked()
    const documents = passQuestionsOn(() => SHOWN, nobody, asked)
    const waiting = Array.from({ length: passOnLimits.questionsMax }, () => putQuestion(documents, HANDING_TARGET, questionFor(ours)))
    expect(await putQuestion(documents, HANDING_TARGET, questionFor(ours))).toBeUndefined()
    expect(asked.all.length).toBe(passOnLimits.questionsMax)
    for (const _ of waiting) asked.answer(undefined)
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => undefined))
    const next = putQuestion(documents, HANDING_TARGET, questionFor(ours))
    asked.answer(ANSWER)
    expect(await next).toBeDefined()
  })

  test('of one guest who asks all he can no more than half of those, so that another is answered', async () => {
    const asked = new Asked()
    const documents = passQuestionsOn(() => SHOWN, nobody, asked)
    const greedy = {}
    const waiting = Array.from({ length: passOnLimits.questionsMax }, () =>
      putQuestionOf(greedy, documents, HANDING_TARGET, questionFor(ours)),
    )
    expect(asked.all.length).toBe(passOnLimits.questionsMax / 2)
    const other = putQuestion(documents, HANDING_TARGET, questionFor(ours))
    for (const _ of waiting) asked.answer(ANSWER)
    expect(await other).toBeDefined()
    const again = putQuestionOf(greedy, documents, HANDING_TARGET, questionFor(ours))
    asked.answer(ANSWER)
    expect(await again).toBeDefined()
  })

  test('and leaves streams to other targets alone', () => {
    const documents = passQuestionsOn(() => SHOWN, nobody, new Asked())
    for (const [host, port] of [
      ['handing.invalid', 2],
      ['www.handing.invalid', 1],
      ['directory.invalid', 1],
    ] as const)
      expect(documents(fakeStream(), parseTarget(host, port), {})).toBe(false)
  })
})
