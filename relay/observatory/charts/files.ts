// A figure as CSV and JSON.
import type { Cell, Figure } from './figure.ts'

/** What a spreadsheet would take for a formula: text that begins like one gets an apostrophe before it, as OWASP advises. */
const FORMULA = /^[=+\-@\t\r]/

export function csvOf(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
}

/** RFC 4180. */
function csvCell(cell: Cell): string {
  if (cell === undefined) return ''
  if (typeof cell === 'number') return String(rounded(cell))
  const safe = FORMULA.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Every row says whether it was made up: a file goes on without the page that says so. */
export function figureCsv(figure: Figure, isSynthetic: boolean): string {
  const { columns, rows } = figure.files ?? figure
  return csvOf(
    [...columns.map(({ key }) => key), 'synthetic'],
    rows.map((row) => [...row, String(isSynthetic)]),
  )
}

export interface Provenance {
  readonly isSynthetic: boolean
  readonly asOf: string
  readonly version: string
}

export function figureJson(figure: Figure, provenance: Provenance): object {
  const { name, query, title, sentence, note } = figure
  const { columns, rows } = figure.files ?? figure
  return {
    version: 1,
    figure: name,
    query,
    title,
    sentence,
    note,
    synthetic: provenance.isSynthetic,
    published_at: provenance.asOf,
    columns: columns.map(({ key, label, kind }) => ({ key, label, kind })),
    rows: rows.map((row) => Object.fromEntries(columns.map(({ key }, index) => [key, plain(row[index])]))),
  }
}

/** JSON has no undefined; what is withheld or not known is null there, never zero. */
function plain(cell: Cell): unknown {
  return typeof cell === 'number' ? rounded(cell) : (cell ?? null)
}

/** To six digits, in every file and answer alike: more would claim to know more. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
