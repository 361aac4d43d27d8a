// A table as a drawing, for export: on a page it is a table.
import type { VNode } from 'preact'
import type { Voice } from '../words/voice.ts'
import { cellText } from './cell-text.ts'
import type { Figure } from './figure.ts'
import { wrap } from './wrap.ts'

const ROW_HEIGHT = 24
/** A drawing is to be looked at; the files have every row. */
const ROWS_MAX = 40

/** Of all columns together, as so many Latin letters of a head. */
const LETTERS = 132
const HEAD_LINE = 15
/** Names stand in the first column, which is as wide as so much more than another. */
const FIRST_MORE = 0.6

export function tableHeight({ columns, rows }: Figure): number {
  return headHeight(headsOf(columns)) + Math.min(rows.length, ROWS_MAX) * ROW_HEIGHT + 8
}

function headsOf(columns: Figure['columns']): readonly (readonly string[])[] {
  return columns.map(({ label }) => wrap(label, Math.floor(LETTERS / (columns.length + FIRST_MORE)) - 2))
}

function headHeight(heads: readonly (readonly string[])[]): number {
  return ROW_HEIGHT + (Math.max(1, ...heads.map(({ length }) => length)) - 1) * HEAD_LINE
}

export function TableChart({ figure, voice, label }: { figure: Figure; voice: Voice; label: string }): VNode {
  const { columns, rows } = figure
  const isMirrored = voice.direction === 'rtl'
  const place = (index: number): string => {
    const share = index === 0 ? 0 : ((index + FIRST_MORE) / (columns.length + FIRST_MORE)) * 100
    return `${Math.round((isMirrored ? 100 - share : share) * 100) / 100}%`
  }
  const anchor = isMirrored ? 'end' : 'start'
  const shown = rows.slice(0, ROWS_MAX)
  const heads = headsOf(columns)
  const top = (n: number): number => headHeight(heads) + n * ROW_HEIGHT
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={tableHeight(figure)} direction="ltr">
      {heads.flatMap((lines, index) =>
        lines.map((line, n) => (
          <text class="tick" x={place(index)} y={16 + n * HEAD_LINE} text-anchor={anchor}>
            {voice.apart(line)}
          </text>
        )),
      )}
      {shown.map((row, n) => (
        <g>
          <line class="rule" x1="0" x2="100%" y1={top(n)} y2={top(n)} />
          {columns.map((column, index) => (
            <text class="value" x={place(index)} y={top(n) + 17} text-anchor={anchor}>
              {voice.apart(cellText(column, row[index], row, voice))}
            </text>
          ))}
        </g>
      ))}
    </svg>
  )
}
