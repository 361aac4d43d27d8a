// A host that gives only so many new flows, told from one that is far away, slow or blocked. A carrier to it lives, and carries each second.
import { expect, test } from 'vitest'
import { Flows } from '../../../client/engine/control/flows.ts'
import type { Outcome } from '../../../client/engine/control/outcome.ts'
import { Reachability } from '../../../client/engine/control/reachability.ts'
import { Waits, type Welcome } from '../../../client/engine/control/waits.ts'
import { type Way, waysOf } from '../../../client/engine/control/way.ts'
import { PLACES } from './places.ts'

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

test.each([
  ['only so many are let through, where the carrier to it answers', 'heard', true],
  ['nobody answers there, where the carrier to it is late as well', 'late', false],
] as const)('of a host that answers no dial any more it is said that %s', (_, carrier, isLimited) => {
  const ways = waysOf(PLACES.relays)
  const flows = new Flows()
  const reachability = new Reachability({ ways, domestic: [], foreign: [], udp: [], resolvers: [] }, flows)
  const note = (outcome: Outcome, nowMs: number): void => {
    reachability.note(outcome, nowMs)
    flows.note(outcome, nowMs)
  }
  const way = ways[0] as Way
  note({ kind: 'dialling', way }, 0)
  note({ kind: 'dialled', way, ms: 200, roundTripMs: 60 }, 200)
  note({ kind: carrier, way }, 2_000)
  for (let nowMs = 2_000; nowMs < 8_000; nowMs += 1_000) {
    note({ kind: 'dialling', way }, nowMs)
    note({ kind: 'dial-failed', way, step: 'tcp', fault: 'timeout', afterMs: 500 }, nowMs + 500)
  }
  const codes = reachability.finding().evidence.map(({ code }) => code)
  expect(codes).toContain('address-silent')
  expect(codes.includes('flows-limited')).toBe(isLimited)
})
