import { describe, expect, test } from 'vitest'
import {
  missingSentence,
  outcomePhrase,
  rehearsalLines,
  type StepOutcome,
  type StepResult,
  stepPhrase,
} from '../../../client/contract/rehearsal.ts'
import { type Way, waysOf } from '../../../client/engine/control/way.ts'
import { drillLimits } from '../../../client/engine/limits.ts'
import { adviceOf, missingOf, type Step, stepsOf } from '../../../client/engine/rehearse/steps.ts'
import { WayNames } from '../../../client/engine/way-names.ts'
import { endpoint } from '../control/places.ts'

const DIRECT = endpoint('192.0.2.1')
const EDGES = [endpoint('edge-a.example', { isEdge: true }), endpoint('edge-b.example', { isEdge: true })] as const

function ways(...endpoints: Parameters<typeof waysOf>[0][0]['endpoints']): Way[] {
  return waysOf([{ relayKey: new Uint8Array(32), endpoints }])
}
function steps(all: readonly Way[]): Step[] {
  return stepsOf(all, new WayNames(all), 20_000, drillLimits)
}
/** What stays allowed in a step, by name. */
function left(all: readonly Way[], phrase: string): string[] {
  const step = steps(all).find(({ name }) => stepPhrase(name) === phrase)
  const names = new WayNames(all)
  return all.filter((way) => step?.denial.covers(way) === false).map((way) => Object.values(names.nameOf(way)).join(' '))
}

describe('a rehearsal', () => {
  const all = ways(DIRECT, ...EDGES)

  test('takes away the direct WebSocket, all that is direct, all WebSockets, each edge, all but each edge, and everything', () => {
    expect(steps(all).map(({ name }) => stepPhrase(name))).toEqual([
      'the direct WebSocket is reset',
      'the direct WebSocket falls silent',
      'all direct ways fall silent',
      'every WebSocket falls silent',
      'edge 1 falls silent',
      'edge 2 falls silent',
      'everything but edge 1 falls silent',
      'everything but edge 2 falls silent',
      'everything falls silent for 5.0 s',
    ])
    expect(steps(all).every(({ hasFallback }) => hasFallback)).toBe(true)
  })

  test('leaves what it says', () => {
    expect(left(all, 'the direct WebSocket is reset')).toHaveLength(5)
    expect(left(all, 'all direct ways fall silent')).toEqual(['edge 1 websocket', 'edge 1 http', 'edge 2 websocket', 'edge 2 http'])
    expect(left(all, 'every WebSocket falls silent')).toEqual(['direct http', 'edge 1 http', 'edge 2 http'])
    expect(left(all, 'everything but edge 2 falls silent')).toEqual(['edge 2 websocket', 'edge 2 http'])
    expect(left(all, 'everything falls silent for 5.0 s')).toEqual([])
  })

  test('does not take away what is not there, and knows when nothing would be left', () => {
    const edgeOnly = steps(ways(EDGES[0]))
    expect(edgeOnly.map(({ name, hasFallback }) => [name.kind, hasFallback])).toEqual([
      ['all-websockets-silent', true],
      ['edge-silent', false],
      ['all-silent', true],
    ])
  })
})

describe('what is missing', () => {
  const survived: StepOutcome = { outcome: 'survived', standstillMs: 100, carriedBy: [], kept: true }
  /** The results of a rehearsal in which what has no fallback fails, and these fail besides. */
  function results(all: readonly Way[], failing: readonly string[] = []): StepResult[] {
    return steps(all).map(({ name, hasFallback }) => {
      if (!hasFallback) return { ...name, outcome: 'nothing-left' }
      return failing.includes(stepPhrase(name)) ? { ...name, outcome: 'cut-off', waitedMs: 20_000 } : { ...name, ...survived }
    })
  }
  const codes = (all: readonly Way[], failing: readonly string[] = []): string[] =>
    missingOf(all, results(all, failing)).map(({ code }) => code)

  test('is nothing with two edges that carry', () => {
    const all = ways(DIRECT, ...EDGES)
    expect(codes(all)).toEqual([])
    expect(adviceOf(all, results(all))).toEqual([])
  })

  test('is an edge, where the invite has none, and a person is told what to ask for', () => {
    const all = ways(DIRECT)
    const [missing] = missingOf(all, results(all))
    expect(missing && missingSentence(missing)).toMatch(
      /^No edge in your invite: in a shutdown of all but CDNs you would be cut off\. Ask for/,
    )
  })

  test('is a way by requests, where there are only WebSockets', () => {
    const only = { carriers: ['websocket'] as const }
    expect(codes(ways({ ...DIRECT, ...only }, { ...EDGES[0], ...only }))).toEqual(['no-requests'])
  })

  test('is an edge that carried nothing when it was alone, by its number', () => {
    const all = ways(DIRECT, ...EDGES)
    const [missing] = missingOf(all, results(all, ['everything but edge 2 falls silent']))
    expect(missing && missingSentence(missing)).toMatch(/^edge 2 alone carried nothing/)
  })

  test('is the way back, when nothing came after a blackout', () => {
    expect(codes(ways(DIRECT, ...EDGES), ['everything falls silent for 5.0 s'])).toEqual(['not-back'])
  })

  test('is not what does not work here anyway, nor a second edge; both are told of', () => {
    const all = ways(DIRECT, EDGES[0])
    const [first, ...rest] = results(all)
    const told: StepResult[] = [{ kind: first?.kind ?? 'all-silent', outcome: 'not-there' }, ...rest]
    expect(missingOf(all, told)).toEqual([])
    expect(adviceOf(all, told)).toEqual(['one-edge', 'not-all-tried'])
  })
})

test('the table has a row for each step, with who carried on, how long data stood still, and what became of what was open', () => {
  const startedBy = { place: 'direct', carrier: 'websocket' } as const
  const edge = { place: 'edge', number: 1 } as const
  const table = rehearsalLines({
    version: 1,
    startedBy,
    steps: [
      { kind: 'direct-silent', outcome: 'survived', standstillMs: 1_240, carriedBy: [{ ...edge, carrier: 'http' }], kept: true },
      { kind: 'edge-silent', edge, outcome: 'cut-off', waitedMs: 20_000 },
    ],
    missing: [{ code: 'no-edge' }],
    advice: ['one-edge'],
    survived: false,
  })
  expect(table.slice(0, 5)).toEqual([
    'Before anything was taken away, data went by direct WebSocket.',
    '',
    'Taken away                   Carried on by       Stood still  What was open',
    'all direct ways fall silent  edge 1 by requests  1.2 s        went on',
    'edge 1 falls silent          nothing             over 20 s',
  ])
  expect(outcomePhrase({ outcome: 'nothing-left' })).toBe('no other way in the invite')
})
