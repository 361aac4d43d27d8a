// Ballots that one authority of three makes to have the two who are honest hold different votes, or none of each other's.
import { describe, expect, test } from 'vitest'
import type { Ballot, Meeting } from '#protocol'
import { decodeBallots, encodeBallots } from '#protocol'
import { rootOf } from '../../../protocol/directory/tlog.ts'
import { encodeVote, endorse } from '../../../protocol/directory/vote.ts'
import { type Authority, drawKeys, exchange, makeCertificate, makeNetwork, openMeeting, ROUND_S, SETTINGS } from './network.ts'

const network = makeNetwork('meeting', 3, 2)
const [first, second, liar] = network.authorities as [Authority, Authority, Authority]
const base = { size: 0, root: rootOf([]) }

function openBoth(): [Meeting, Meeting] {
  const [one, other] = [first, second].map((who) => openMeeting(network, who, [], ROUND_S, { ...SETTINGS, verdicts: [] }))
  return [one as Meeting, other as Meeting]
}

/** The liar's vote, by a key of this serial. */
function ballot(serial: number, weight: number): Ballot {
  const { networkId, charter } = network
  const signing = drawKeys(`liar ${serial}`)
  const certificate = makeCertificate(networkId, liar.root, signing, serial)
  const verdicts = [{ commitment: new Uint8Array(32).fill(7), weight }]
  const vote = encodeVote(
    { ...SETTINGS, networkId, roundS: ROUND_S, base, charterNumber: charter.number, certificateBytes: certificate, verdicts },
    signing.sign,
  )
  return { vote, chain: [endorse(vote, certificate, signing.sign)] }
}

const weightsOf = (meeting: Meeting): readonly number[] => meeting.votes.flatMap(({ verdicts }) => verdicts.map(({ weight }) => weight))

describe('those who are honest hold the same votes', () => {
  test.each([
    ['one’s own signature, again and again', ({ chain }: Ballot) => Array.from({ length: 15 }, () => chain[0])],
    ['what is no signature', () => Array.from({ length: 15 }, () => ({ certificate: new Uint8Array(9), signature: new Uint8Array(64) }))],
  ])('where the chain that one is shown is filled up with %s', (_what, filling) => {
    const [one, other] = openBoth()
    const lie = ballot(1, 5)
    one.take({ vote: lie.vote, chain: [...lie.chain, ...filling(lie)] as Ballot['chain'] }, 1)
    exchange([one, other], 2)
    expect([weightsOf(one), weightsOf(other)]).toEqual([[5], [5]])
  })

  test('where one is shown votes by ever more keys of one authority: they are few, the youngest counts, and others can read them', () => {
    const [one, other] = openBoth()
    for (let serial = 1; serial <= 20; serial++) for (const weight of [1, 2]) one.take(ballot(serial, weight), 1)
    one.take(ballot(21, 9), 1)
    one.take(ballot(20, 4), 1)
    expect(one.ballots.length).toBe(2)
    for (const shown of decodeBallots(encodeBallots(one.ballots))) other.take(shown, 2)
    expect([weightsOf(one), weightsOf(other)]).toEqual([[9], [9]])
  })
})
