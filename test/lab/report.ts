// npm run lab -- --report: measures the rows of scenarios.ts one after the other and shows them as a table, also in docs/RESILIENCE.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'

export interface Result {
  /** What was measured, with its unit. */
  readonly figure: string
  readonly bar: string
  readonly pass: boolean
}

/** Measures one bar. What it throws is a row that did not pass. */
export type Row = () => Promise<Result>

export interface Report {
  readonly machine: string
  readonly results: readonly (Result & { readonly name: string })[]
}

const DOCUMENT = join(import.meta.dirname, '../../docs/RESILIENCE.md')

/** Measures the rows whose name holds `only`; says each as it is done. */
export async function measureRows(rows: Readonly<Record<string, Row>>, say: (line: string) => void, only = ''): Promise<Report> {
  const results: (Result & { name: string })[] = []
  for (const [name, row] of Object.entries(rows).filter(([name]) => name.includes(only))) {
    const result = await row().catch((error: Error) => ({ figure: `failed: ${error.message.split('\n')[0]}`, bar: '', pass: false }))
    results.push({ name, ...result })
    say(`${result.pass ? 'ok    ' : 'MISSED'} ${name}: ${result.figure}${result.bar === '' ? '' : ` (bar: ${result.bar})`}`)
  }
  return { machine: `${cpus().length} cores, Linux ${release()}, Node ${process.versions.node}`, results }
}

export function table({ results }: Report): string {
  return [...HEAD, ...results.map(lineOf)].join('\n')
}

const HEAD = ['| | measured | bar | held |', '|---|---|---|---|']

function lineOf({ name, figure, bar, pass }: Report['results'][number]): string {
  return `| ${[name, figure, bar, pass ? 'yes' : 'no'].map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** Writes what was measured into docs/RESILIENCE.md, and leaves the rest as it is. */
export function writeDocument(report: Report): void {
  writeFileSync(DOCUMENT, updated(readFileSync(DOCUMENT, 'utf8'), report))
}

/** The document with these rows in the place of those of the same name, or behind the last, and with this machine: all else was written by people. */
export function updated(document: string, report: Report): string {
  const fresh = new Map(report.results.map((result) => [`| ${cell(result.name)} |`, lineOf(result)]))
  const withRows = replacePart(document, 'rows', (part) => {
    const kept = part.split('\n').filter((line) => line.startsWith('| ') && !HEAD.includes(line))
    const lines = kept.map((line) => {
      const key = [...fresh.keys()].find((key) => line.startsWith(key))
      const now = key === undefined ? line : (fresh.get(key) as string)
      if (key !== undefined) fresh.delete(key)
      return now
    })
    return `\n\n${[...HEAD, ...lines, ...fresh.values()].join('\n')}\n\n`
  })
  return replacePart(withRows, 'machine', () => report.machine)
}

/** What stands between `<!-- name -->` and `<!-- /name -->`. */
function replacePart(document: string, name: string, replace: (part: string) => string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = document.indexOf(begin)
  const to = document.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`${DOCUMENT} has nothing between ${begin} and ${end}, so that nothing was written.`)
  const inner = from + begin.length
  return `${document.slice(0, inner)}${replace(document.slice(inner, to))}${document.slice(to)}`
}
