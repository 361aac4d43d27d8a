// What `culvert rehearse` found, and its words. As in a doctor's report, nothing in it tells who or where anyone is.
import { placePhrase, type WayName, wayPhrase } from './way-name.ts'

export type StepKind =
  | 'websocket-reset'
  | 'websocket-silent'
  | 'direct-silent'
  | 'all-websockets-silent'
  | 'edge-silent'
  | 'all-but-edge-silent'
  | 'all-silent'

export interface StepName {
  readonly kind: StepKind
  readonly edge?: Omit<WayName, 'carrier'>
  /** For how long, where it comes back by itself. */
  readonly ms?: number
}

export type StepOutcome =
  /** Data flowed again after so long. `kept`: what was open went on; false: it was lost, and only new streams worked. */
  | { readonly outcome: 'survived'; readonly standstillMs: number; readonly carriedBy: readonly WayName[]; readonly kept: boolean }
  /** Nothing carried data for so long. */
  | { readonly outcome: 'cut-off'; readonly waitedMs: number }
  /** The invite has no other way. */
  | { readonly outcome: 'nothing-left' }
  /** What was to be taken away carried nothing before: it does not work here anyway. */
  | { readonly outcome: 'not-there' }

export type StepResult = StepName & StepOutcome

export type Missing =
  | { readonly code: 'no-edge' | 'no-requests' | 'no-other-way' | 'not-back' }
  | { readonly code: 'edge-carries-nothing'; readonly edge: Omit<WayName, 'carrier'> }

/** Worth knowing, and nothing that fails a rehearsal. */
export type Advice = 'one-edge' | 'streams-lost' | 'not-all-tried'

export interface Rehearsal {
  readonly version: 1
  /** What carried data before anything was taken away. */
  readonly startedBy: WayName
  readonly steps: readonly StepResult[]
  readonly missing: readonly Missing[]
  readonly advice: readonly Advice[]
  readonly survived: boolean
}

/** Such as “everything but edge 2 falls silent”. */
export function stepPhrase({ kind, edge, ms }: StepName): string {
  const place = edge === undefined ? 'an edge' : placePhrase(edge)
  switch (kind) {
    case 'websocket-reset':
      return 'the direct WebSocket is reset'
    case 'websocket-silent':
      return 'the direct WebSocket falls silent'
    case 'direct-silent':
      return 'all direct ways fall silent'
    case 'all-websockets-silent':
      return 'every WebSocket falls silent'
    case 'edge-silent':
      return `${place} falls silent`
    case 'all-but-edge-silent':
      return `everything but ${place} falls silent`
    case 'all-silent':
      return `everything falls silent for ${seconds(ms ?? 0)}`
  }
}

/** What came of a step, in one line. */
export function outcomePhrase(result: StepOutcome): string {
  const [carrier, time, open] = outcomeCells(result)
  return [carrier, time, open].filter((text) => text !== '').join(', ')
}

export function missingSentence(missing: Missing): string {
  switch (missing.code) {
    case 'no-edge':
      return (
        'No edge in your invite: in a shutdown of all but CDNs you would be cut off. ' +
        'Ask for an invite with an edge, which whoever runs the relay makes by culvert-relay edge add.'
      )
    case 'no-requests':
      return 'Where WebSockets are blocked you would be cut off. Ask for an edge or a relay that also takes ordinary requests.'
    case 'no-other-way':
      return 'When one way was taken away, nothing else carried data. Ask for an invite with another edge, or for one of another relay.'
    case 'edge-carries-nothing':
      return `${placePhrase(missing.edge)} alone carried nothing: if only it is left, you would be cut off. Tell whoever gave you the invite.`
    case 'not-back':
      return 'Once everything was back, data did not flow again in time.'
  }
}

const ADVICE: Readonly<Record<Advice, string>> = {
  'one-edge': 'There is only one edge: ask for another, at another CDN.',
  'streams-lost': 'In some step only another relay was left: what was open then, such as a download, was lost, and new requests worked.',
  'not-all-tried': 'What does not work here anyway could not be taken away. Ask culvert doctor why.',
}

export function adviceSentence(advice: Advice): string {
  return ADVICE[advice]
}

/** The table, and below it what is missing. */
export function rehearsalLines({ startedBy, steps, missing, advice, survived }: Rehearsal): string[] {
  const rows = [
    ['Taken away', 'Carried on by', 'Stood still', 'What was open'],
    ...steps.map((step) => [stepPhrase(step), ...outcomeCells(step)]),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return [
    `Before anything was taken away, data went by ${wayPhrase(startedBy)}.`,
    '',
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    '',
    ...missing.map((one) => `Missing: ${missingSentence(one)}`),
    ...advice.map((one) => `Note: ${adviceSentence(one)}`),
    survived ? 'Every step was survived.' : 'Not every step was survived.',
  ]
}

function outcomeCells(result: StepOutcome): [string, string, string] {
  switch (result.outcome) {
    case 'survived':
      return [result.carriedBy.map(wayPhrase).join(' and '), seconds(result.standstillMs), result.kept ? 'went on' : 'was lost']
    case 'cut-off':
      return ['nothing', `over ${seconds(result.waitedMs)}`, '']
    case 'nothing-left':
      return ['no other way in the invite', '', '']
    case 'not-there':
      return ['not tried: does not work here anyway', '', '']
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s`
}
