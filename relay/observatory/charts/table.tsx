// A table as a drawing, for export: on a page it is a table.
import type { VNode } from 'preact'
import type { Voice } from '../words/voice.ts'
import { cellText } from './cell-text.ts'
import type { Figure } from './figure.ts'

const ROW_HEIGHT = 24
/** A drawing is to be looked at; the files have every row. */
const ROWS_MAX = 40

export function tableHeight(rowCount: number): number {
  return (Math.min(rowCount, ROWS_MAX) + 1) * ROW_HEIGHT + 8
}

export function TableChart({ figure, voice, label }: { figure: Figure; voice: Voice; label: string }): VNode {
  const { columns, rows } = figure
  const isMirrored = voice.direction === 'rtl'
  const place = (index: number): string => {
    const share = (index / columns.length) * 100
    return `${Math.round((isMirrored ? 100 - share : share) * 100) / 100}%`
  }
  const anchor = isMirrored ? 'end' : 'start'
  const shown = rows.slice(0, ROWS_MAX)
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={tableHeight(rows.length)} direction="ltr">
      {columns.map((column, index) => (
        <text class="tick" x={place(index)} y="16" text-anchor={anchor}>
          {voice.apart(column.label)}
        </text>
      ))}
      {shown.map((row, n) => (
        <g>
          <line class="rule" x1="0" x2="100%" y1={(n + 1) * ROW_HEIGHT} y2={(n + 1) * ROW_HEIGHT} />
          {columns.map((column, index) => (
            <text class="value" x={place(index)} y={(n + 1) * ROW_HEIGHT + 17} text-anchor={anchor}>
              {voice.apart(cellText(column, row[index], row, voice))}
            </text>
          ))}
        </g>
      ))}
    </svg>
  )
}
