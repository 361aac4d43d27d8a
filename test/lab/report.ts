// npm run lab -- --report: measures the rows of scenarios.ts one after the other and shows them as a table, also as docs/RESILIENCE.md.
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { LINE } from './scenarios/stage.ts'

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
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const lines = results.map(({ name, figure, bar, pass }) => `| ${[name, figure, bar, pass ? 'yes' : 'no'].map(cell).join(' | ')} |`)
  return ['| | measured | bar | held |', '|---|---|---|---|', ...lines].join('\n')
}

/** Writes docs/RESILIENCE.md. */
export function writeDocument(report: Report): void {
  const text = `# What survives what

Measured in the lab (\`test/lab\`), a country of network namespaces with a censor made of nftables: real relays, real clients, real nginx, Varnish and
Cloudflare's runtime as edges. \`npm run lab -- --report --write\` measures all of it again and writes this page; \`npm run lab\` lets you play with it.

${table(report)}

Where nothing else is said, the line is one of ${LINE} there and back. On ${report.machine}.
`
  writeFileSync(DOCUMENT, text)
}
