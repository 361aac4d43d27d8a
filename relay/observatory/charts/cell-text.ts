// What stands in a cell of a table that people read: words that stand for themselves in files are said in the reader's language.
import type { Key } from '../words/en.ts'
import type { Voice } from '../words/voice.ts'
import type { Cell, Column } from './figure.ts'

const SPOKEN: Readonly<Record<string, Key>> = { published: 'stateTold', withheld: 'withheld', none: 'stateNone', yes: 'yes', no: 'no' }

export function cellText(column: Column, cell: Cell, row: readonly Cell[], voice: Voice): string {
  // Of a month, its first day stands in the files.
  if (column.key === 'start' && row.includes('client-month')) return voice.month(String(cell).slice(0, 7))
  if (cell === undefined) return row.includes('withheld') ? voice.say('withheld') : '–'
  if (typeof cell !== 'string' || column.kind !== 'text') return voice.write(column.kind, cell)
  const spoken = SPOKEN[cell] ?? spokenKey(column.key, cell)
  if (spoken !== undefined) return voice.say(spoken)
  return column.key === 'language' ? voice.languageName(cell) : cell
}

function spokenKey(column: string, cell: string): Key | undefined {
  const name = cell.replaceAll('-', '')
  if (column === 'verdict') return `verdict_${name}` as Key
  if (column === 'time') return `connect_${name}` as Key
  if (column === 'unit') return `unit_${name}` as Key
  if (column === 'method') return `economy${name.slice(0, 1).toUpperCase()}${name.slice(1)}` as Key
  return undefined
}
