// A host that gives only so many new flows, told from one that is far away, slow or blocked. A carrier to it lives, and carries each second.
import { expect, test } from 'vitest'
import { Waits, type Welcome } from '../../../client/engine/control/waits.ts'

const HOST = 'relay.example'

/** What is said of dials, one each ten seconds; those of `undefined` ms are given up after eight. */
function told(dials: readonly (number | undefined)[], { roundTripMs = 60, isCarrying = true } = {}): (Welcome | undefined)[] {
  const waits = new Waits()
  return dials.map((ms, index) => {
    const endMs = (index + 1) * 10_000
    if (isCarrying) waits.carried(HOST, endMs - 500)
    if (ms !== undefined) return waits.answered(HOST, ms, roundTripMs, endMs)
    waits.unanswered(HOST, 8_000, endMs)
    return undefined
  })
}

test('what TCP had to ask for three times was kept waiting; once more says nothing', () => {
  expect(told([250, 3_250, 7_250, 1_250, 300])).toEqual(['quick', 'kept', 'kept', 'unclear', 'quick'])
})

test('nothing is kept waiting where living carriers take as long to answer, or nothing was asked of them', () => {
  expect(told([250, 3_250], { roundTripMs: 900 })).toEqual(['quick', 'unclear'])
  expect(told([250, 3_250], { isCarrying: false })).toEqual(['quick', 'unclear'])
})

test('an answer soon after none is told once, and those that follow it disprove nothing for a while', () => {
  expect(told([250, undefined, 250, 250, 250, 250, 250, 250, 250])).toEqual([
    ...['quick', undefined, 'after-refusal'],
    ...['unclear', 'unclear', 'unclear', 'unclear', 'quick', 'quick'],
  ])
  expect(told([250, undefined, 250], { isCarrying: false })).toEqual(['quick', undefined, 'quick'])
})
