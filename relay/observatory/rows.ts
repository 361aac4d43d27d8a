// All that is published, as files for whoever would rather keep it than ask for it: one for each month, a line of JSON for each row that came out in it.
//
// Rows stand in the order in which they came out, so a file only grows at its end; up to the moment of a signed report it is what that report has signed.
import type { Publication } from './publication.ts'
import { objectIn } from './records.ts'
import { type Kind, type PublishedRow, ROW_TABLES } from './row-tables.ts'
import { addDays, daysOf, endOf } from './spans.ts'

/** The rows of a month, a line each, up to a moment where one is said. Others are served meanwhile. */
export async function monthText(publication: Publication, month: string, until = '9999'): Promise<string> {
  const lines: string[] = []
  for (const day of daysOf(`${month}-01`, endOf('month', `${month}-01`))) {
    const rows = (await publication.cameOut(day)).filter((row) => row.at <= until)
    // By when they came out, then by their text: no store's own order.
    const named = rows.map((row) => [row.at, lineOf(row)] as const)
    named.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    for (const [, line] of named) lines.push(`${line}\n`)
    await new Promise(setImmediate)
  }
  return lines.join('')
}

function lineOf({ kind, values }: PublishedRow): string {
  const isWithheld = values['suppressed'] === 1
  const columns = Object.entries(ROW_TABLES[kind].columns)
  const said = columns.map(([name, form]) => [name, isWithheld && form === 'number or withheld' ? null : values[name]])
  return JSON.stringify({ of: kind, ...Object.fromEntries(said) })
}

/** undefined: it is no line of such a file. */
export function rowOf(line: string): PublishedRow | undefined {
  const said = objectIn(line)
  const kind = Object.keys(ROW_TABLES).find((name) => name === said?.['of']) as Kind | undefined
  if (said === undefined || kind === undefined) return undefined
  const values: Record<string, string | number> = {}
  for (const [name, form] of Object.entries(ROW_TABLES[kind].columns)) {
    const value = said[name]
    if (form === 'text' ? typeof value === 'string' : typeof value === 'number') values[name] = value as string | number
    else if (form === 'number or withheld' && value === null) values[name] = 0
    else return undefined
  }
  const body = values['body']
  if (typeof body === 'string' && objectIn(body) === undefined) return undefined
  return { kind, at: String(values[ROW_TABLES[kind].at]), values }
}

/** Every month from the first in which something came out to the last. */
export async function rowMonths(publication: Publication): Promise<readonly string[]> {
  const [first, last] = await publication.cameOutBetween()
  const months: string[] = []
  for (let day = `${first.slice(0, 7)}-01`; first !== '' && day <= last; day = addDays(day, 32).slice(0, 8).concat('01'))
    months.push(day.slice(0, 7))
  return months
}
