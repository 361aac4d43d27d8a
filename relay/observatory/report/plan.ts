// A preparedness plan for a grantee: what was rehearsed, what was missing, and what is to be decided before the next shutdown. Markdown.
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { OperatorError } from '../../operator-error.ts'
import { objectIn } from '../records.ts'

/** As `culvert rehearse --json` says it. The relay may not import the client, so only what is used here is named. */
interface Step {
  readonly kind: string
  readonly outcome: 'survived' | 'cut-off' | 'nothing-left' | 'not-there'
  readonly standstillMs?: number
  readonly kept?: boolean
}

interface Rehearsed {
  readonly place: string
  readonly steps: readonly Step[]
  readonly sentences: readonly string[]
  readonly survived: boolean
}

const REHEARSAL_BYTES_MAX = 1_048_576
const TEXT_MAX = 400

const STEP_WORDS: Readonly<Record<string, string>> = {
  'websocket-reset': 'The direct WebSocket is reset',
  'websocket-silent': 'The direct WebSocket falls silent',
  'direct-silent': 'All direct ways fall silent',
  'all-websockets-silent': 'Every WebSocket falls silent',
  'edge-silent': 'An edge falls silent',
  'all-but-edge-silent': 'Only one edge is left',
  'all-silent': 'Everything falls silent for a while',
}

/** Throws OperatorError. */
export function preparednessPlan(files: readonly string[], organisation: string): string {
  const rehearsed = files.map(readRehearsal)
  const worst = Math.max(0, ...rehearsed.flatMap(({ steps }) => steps.map(({ standstillMs = 0 }) => standstillMs)))
  const failed = rehearsed.filter(({ survived }) => !survived)
  return [
    `# Preparedness plan: ${plain(organisation)}`,
    '',
    'What we do when the network is shut down. Keep it on paper too. Name roles, not people; put no address, invite or phone number in here.',
    '',
    '## What was rehearsed',
    '',
    `${rehearsed.length} drill${rehearsed.length === 1 ? '' : 's'}, ${failed.length === 0 ? 'all survived' : `${failed.length} with something missing`}; the longest standstill was ${seconds(worst)}.`,
    '',
    ...rehearsed.flatMap(rehearsalLines),
    '## What is missing',
    '',
    ...listed([...new Set(rehearsed.flatMap(({ sentences }) => sentences))], 'Nothing: every step of every drill was survived.'),
    '',
    ...DECISIONS,
  ].join('\n')
}

const DECISIONS = [
  '## Before the next shutdown',
  '',
  '| What | Who (role) | By when | Done |',
  '|---|---|---|---|',
  '| Close each gap above: another edge, another relay, ordinary requests | | | |',
  '| Every device has the app, its update file on a USB stick, and two invites of different relays | | | |',
  '| Drill again, at each place, with `culvert rehearse --json` | | every quarter | |',
  '| Agree how to reach each other without the Internet, and where to meet | | | |',
  '| Decide what is never kept on a device that may be taken | | | |',
  '',
  '## On the day',
  '',
  '1. Look at what `culvert doctor` says: interfered, throttled, cut off, or offline?',
  '2. Interfered or throttled: leave Culvert on, it moves by itself. Start no large transfers in the first hour.',
  '3. Cut off: save the battery, try again each hour; do not go near a border for a signal unless somebody knows.',
  '4. Note times, not names: when it began, what still worked. Tell the observatory later, if you want to.',
  '',
  '## Afterwards',
  '',
  '- What held, what did not, how long we stood still (minutes): …',
  '- What we change in this plan: …',
  '- Who decided, and when this plan is looked at again: …',
  '',
]

function rehearsalLines({ place, steps }: Rehearsed): string[] {
  const rows = steps.map((step) => `| ${STEP_WORDS[step.kind] ?? plain(step.kind)} | ${outcomeWords(step)} |`)
  return [`### ${plain(place)}`, '', '| Taken away | What came of it |', '|---|---|', ...rows, '']
}

function outcomeWords({ outcome, standstillMs, kept }: Step): string {
  switch (outcome) {
    case 'survived':
      return `survived, stood still for ${seconds(standstillMs ?? 0)}${kept === false ? '; what was open was lost' : ''}`
    case 'cut-off':
      return '**cut off**'
    case 'nothing-left':
      return '**no other way in the invite**'
    case 'not-there':
      return 'not tried: does not work there anyway'
  }
}

function listed(sentences: readonly string[], none: string): string[] {
  return sentences.length === 0 ? [none] : sentences.map((sentence) => `- [ ] ${plain(sentence)}`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** What came from a file can't become Markdown or HTML of this document. */
function plain(text: string): string {
  return text
    .slice(0, TEXT_MAX)
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]<>|#!]/g, (mark) => `\\${mark}`)
}

/** The last line with the report, of the lines that the drill says. */
function readRehearsal(file: string): Rehearsed {
  const report = linesOf(file)
    .map((line) => objectIn(line) ?? {})
    .findLast((line) => line['event'] === 'report')
  if (report === undefined) throw new OperatorError(`${file} is not what culvert rehearse --json says: it has no report.`)
  const { steps, sentences, survived } = report
  const areSteps = Array.isArray(steps) && steps.every(isStep)
  if (!areSteps || typeof survived !== 'boolean') throw new OperatorError(`${file} has a report of another version.`)
  const texts = Array.isArray(sentences) ? sentences.filter((text) => typeof text === 'string') : []
  return { place: basename(file).replace(/\.\w+$/, ''), steps, sentences: texts, survived }
}

function isStep(step: unknown): step is Step {
  const { kind, outcome, standstillMs } = (step ?? {}) as Partial<Step>
  const isOutcome = outcome === 'survived' || outcome === 'cut-off' || outcome === 'nothing-left' || outcome === 'not-there'
  return typeof kind === 'string' && isOutcome && (standstillMs === undefined || Number.isFinite(standstillMs))
}

function linesOf(file: string): readonly string[] {
  try {
    if (statSync(file).size > REHEARSAL_BYTES_MAX) throw new OperatorError(`${file} is larger than any rehearsal.`)
    return readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    if (error instanceof OperatorError) throw error
    throw new OperatorError(`${file} can’t be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}
