// What a relay does with a question that is for an authority: it passes it on. It knows who asks, and can't read what; the authority reads what, and sees the
// relay ask. So neither can tell which person holds which invite.
import { authorityOfQuestion, equalBytes, HANDING_QUESTION_BYTES, HANDING_TARGET, type Invite } from '#protocol'
import { Portions } from '../dial/portions.ts'
import type { Documents } from '../streams.ts'
import { answerStreams, type Shown } from './answer.ts'
import { passOnLimits } from './limits.ts'
import type { Peers } from './peers.ts'

/**
 * `shown`: the directory that the relay hands on; it passes on to who is named there, and to nobody else. While it has none yet, as in a network that is new,
 * to those `invited`, whom its join code names.
 */
export function passQuestionsOn(shown: () => Shown | undefined, invited: () => readonly Invite[], peers: Pick<Peers, 'ask'>): Documents {
  const questions = new Portions(passOnLimits.questionsMax)
  return answerStreams(HANDING_TARGET, HANDING_QUESTION_BYTES, async (question, who) => {
    const authority = authorityOfQuestion(question)
    const sources = shown()?.consensus.sources ?? invited()
    const source = sources.find(({ relayKey }) => equalBytes(relayKey, authority))
    if (source === undefined || !questions.hasRoom(who)) return undefined
    questions.take(who)
    try {
      return await peers.ask(source, HANDING_TARGET, question, Date.now() + passOnLimits.answerMs)
    } finally {
      questions.giveBack(who)
    }
  })
}
