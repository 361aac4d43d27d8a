// The operator's page: the report as plain HTML, server-rendered, without a script, and as text for `culvert-relay status`.
import { type Element, el, writeDocument } from '../cover/generate/html.ts'
import type { Report } from './report.ts'
import { sayBytes, sayCount } from './round.ts'

type Row = readonly [what: string, says: string]

interface Section {
  readonly title: string
  readonly rows: readonly Row[]
  readonly note?: string
}

const STATE_WORDS = { serving: 'Serving', idle: 'Idle', resting: 'Resting', failing: 'Failing' } as const

/** What the page and the text say, in their order. */
function sectionsOf(report: Report): readonly Section[] {
  const { now, today, month, exit, certificate } = report
  return [
    {
      title: 'Now',
      rows: [
        ['people’s sessions', sayCount(now.sessions)],
        ['open streams', sayCount(now.streams)],
      ],
    },
    {
      title: 'Today',
      rows: [
        ['sessions', sayCount(today.sessions)],
        ['streams', sayCount(today.streams)],
        ['to people', sayBytes(today.downBytes)],
        ['from people', sayBytes(today.upBytes)],
        ['dials that failed', sayCount(today.dialsFailed)],
        ['dials refused', sayCount(today.dialsRefused)],
      ],
      note: 'Since midnight by UTC, or since the start. Rounded up, to eights and to 64 MiB, so that no single person shows.',
    },
    { title: 'Where people reach it', rows: countryRows(report), note: countryNote(report) },
    {
      title: 'Caps',
      rows: [
        ['rate', report.caps['rate'] === undefined ? 'none' : `${report.caps['rate']} bytes a second`],
        ['rate of a session', report.caps['sessionRate'] === undefined ? 'none' : `${report.caps['sessionRate']} bytes a second`],
        ['this month', month.capBytes === undefined ? 'no cap' : `${sayBytes(month.bytes)} of ${sayBytes(month.capBytes)}`],
        ['hours (UTC)', report.caps['hours'] ?? 'all'],
      ],
    },
    {
      title: 'Exit',
      rows: [
        ['ports', exit.ports.length === 0 ? 'all but 25' : exit.ports.join(', ')],
        ['blocked destinations', exit.blocked === 0 ? 'none' : `${exit.blocked} lines`],
        ['leaves by', exit.from === 0 ? 'the machine’s usual address' : `${exit.from} address${exit.from > 1 ? 'es' : ''} of its own`],
      ],
    },
    {
      title: 'Machine',
      rows: [
        ['version', report.version],
        ['running for', report.upHours < 48 ? `${report.upHours} h` : `${Math.floor(report.upHours / 24)} days`],
        ['processes', `${report.workers}`],
        ['memory', sayBytes(report.memoryBytes)],
        ['certificate', certificateWords(certificate)],
      ],
    },
    { title: 'What leaves this relay', rows: report.leaves.map((line) => ['', line]) },
  ]
}

function countryRows({ directory, countries }: Report): readonly Row[] {
  if (directory === undefined) return [['', 'Not known yet: this relay has no word of a directory.']]
  if (countries.length === 0) return [['', 'Nothing was found out yet.']]
  return countries.map(({ country, state, evidence }) => [
    country,
    `${state}, by ${evidence === 'tests' ? 'the authorities’ tests' : 'reports of groups of clients'}`,
  ])
}

function countryNote({ directory }: Report): string {
  return directory === undefined
    ? 'A relay can’t see by itself who can’t come.'
    : `As of ${directory.day}; the directory says it is ${directory.state}. Whole countries and days only, and late, so that it is no use to a censor.`
}

function certificateWords({ kind, daysLeft }: Report['certificate']): string {
  const whose = { own: 'made here', acme: 'from a public authority, renewed by itself', given: 'yours', front: 'the front’s' }[kind]
  return daysLeft === undefined ? whose : `${whose}, ${daysLeft} days left`
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:1.6rem 0 .3rem}table{border-collapse:collapse;width:100%}
td{padding:.2rem .6rem .2rem 0;vertical-align:top;border-top:1px solid #d8dee4}td:first-child{width:13rem;color:#57606a}
.state{font-weight:600}.failing{color:#b00020}.resting{color:#7a5200}.serving{color:#116329}.warning{margin:.3rem 0;padding:.5rem .8rem;background:#fff5d6;border-left:4px solid #bf8700}
.note{color:#57606a;font-size:.9rem;margin:.3rem 0}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td{border-color:#30363d}td:first-child,.note{color:#9198a1}.warning{background:#3a2d00}
.failing{color:#ff7b72}.resting{color:#e3b341}.serving{color:#56d364}}
`

export const PAGE_STYLE: string = STYLE

export function pageOf(report: Report): string {
  const { health } = report
  const section = ({ title, rows, note }: Section): Element[] => [
    el('h2', [], [title]),
    el('table', [], [el('tbody', [], rows.map(row))]),
    ...(note === undefined ? [] : [el('p', [['class', 'note']], [note])]),
  ]
  const head = [
    el('meta', [['charset', 'utf-8']]),
    el('meta', [
      ['name', 'viewport'],
      ['content', 'width=device-width'],
    ]),
    el('meta', [
      ['http-equiv', 'refresh'],
      ['content', '60'],
    ]),
    el('title', [], [`${STATE_WORDS[health.state]}: this relay`]),
    el('link', [
      ['rel', 'stylesheet'],
      ['href', 'style.css'],
    ]),
  ]
  const body = [
    el('h1', [], [el('span', [['class', `state ${health.state}`]], [`${STATE_WORDS[health.state]}.`]), ` ${health.says}`]),
    ...health.warnings.map(({ says }) => el('p', [['class', 'warning']], [says])),
    ...sectionsOf(report).flatMap(section),
  ]
  return writeDocument(el('html', [['lang', 'en']], [el('head', [], head), el('body', [], [el('main', [], body)])]), {
    indent: '  ',
    voidSlash: '',
  })
}

function row([what, says]: Row): Element {
  return what === '' ? el('tr', [], [el('td', [['colspan', '2']], [says])]) : el('tr', [], [el('td', [], [what]), el('td', [], [says])])
}

/** For a terminal. */
export function textOf(report: Report): string {
  const { health } = report
  const lines = [`${STATE_WORDS[health.state]}. ${health.says}`, ...health.warnings.map(({ says }) => `! ${says}`)]
  for (const { title, rows, note } of sectionsOf(report)) {
    lines.push('', title, ...rows.map(([what, says]) => (what === '' ? `  ${says}` : `  ${what.padEnd(22)}${says}`)))
    if (note !== undefined) lines.push(`  (${note})`)
  }
  return `${lines.join('\n')}\n`
}
