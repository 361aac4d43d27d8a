// Where a member is from is its own word, and each country is a world of its own: whoever names many must not learn more by it.
import { expect, test } from 'vitest'
import { nodeCrypto } from '#protocol/node'
import { Handing } from '../../../relay/directory/handing/handing.ts'
import { handingLimits } from '../../../relay/directory/handing/limits.ts'

const idOf = (kind: number, number: number): string => `${kind}${number.toString(16).padStart(7, '0')}`.repeat(8)
const listed = Array.from({ length: 400 }, (_, at) => ({ relay: idOf(1, at), network: `${at % 20}` }))
const agents = Array.from({ length: 20 }, (_, at) => ({ member: idOf(2, at), country: `A${String.fromCharCode(65 + at)}` }))

test('an invite of several people leads to no relay more where each says that they are from another country', () => {
  const handing = new Handing({ crypto: nodeCrypto, key: new Uint8Array(32).fill(1) })
  const inviter = idOf(3, 0)
  handing.join({ member: inviter, country: '', inviter: '', epoch: 0, isInviteOnly: true })
  for (const one of agents) expect(handing.join({ ...one, inviter, epoch: 0 })).toBe('joined')
  const learned = new Set<string>()
  for (let epoch = 0; epoch <= 60; epoch++) {
    handing.settle({ epoch, listed, events: new Set() })
    for (const { member } of agents) for (const relay of handing.bucketOf(member)) learned.add(relay)
    if (epoch === 0) expect(learned.size).toBe(1)
  }
  expect(learned.size).toBe(handingLimits.bucketMax)
})
