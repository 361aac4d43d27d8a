// Shares by row and column, as cells that are darker the larger the share. On a page this is a table; this drawing is for export.
import type { VNode } from 'preact'
import type { Voice } from '../words/voice.ts'
import type { GridDrawing, Range } from './figure.ts'

const ROW_HEIGHT = 24
const HEAD_HEIGHT = 30
const LABELS_SHARE = 30
/** Rows that a drawing for export has; the page and the files have all. */
const ROWS_MAX = 30

export function gridHeight(drawing: GridDrawing): number {
  return HEAD_HEIGHT + Math.min(drawing.rows.length, ROWS_MAX) * ROW_HEIGHT + 4
}

/** Wider than this a range says too little for a colour. */
const SURE_WITHIN = 0.5

/** 0 to 5: how dark a share is shown. undefined: nothing is known of it, or too little. */
export function shadeOf(share: Range | undefined): number | undefined {
  if (share === undefined || share.high - share.low > SURE_WITHIN) return undefined
  return Math.min(5, Math.max(0, Math.round(share.estimate * 5)))
}

export function GridChart({ drawing, voice, label }: { drawing: GridDrawing; voice: Voice; label: string }): VNode {
  const width = (100 - LABELS_SHARE) / Math.max(1, drawing.columns.length)
  const isMirrored = voice.direction === 'rtl'
  /** Of the drawing's width, from its left: where something begins that is so wide, and so far from where the reader begins. */
  const place = (start: number, wide = 0): string => `${Math.round((isMirrored ? 100 - start - wide : start) * 100) / 100}%`
  const left = (column: number): number => LABELS_SHARE + column * width
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={gridHeight(drawing)} direction="ltr">
      {drawing.columns.map((name, column) => (
        <text class="tick" x={place(left(column) + width / 2)} y="18" text-anchor="middle">
          {voice.apart(name)}
        </text>
      ))}
      {drawing.rows.slice(0, ROWS_MAX).map((row, index) => {
        const top = HEAD_HEIGHT + index * ROW_HEIGHT
        return (
          <g>
            <text class="label" x={place(0)} y={top + 16} text-anchor={isMirrored ? 'end' : 'start'}>
              {voice.apart(row.label)}
            </text>
            {row.cells.map((share, column) => (
              <>
                <rect
                  class={shadeOf(share) === undefined ? 'cell unknown' : `cell heat${shadeOf(share)}`}
                  x={place(left(column), width - 0.4)}
                  y={top}
                  width={`${width - 0.4}%`}
                  height={ROW_HEIGHT - 2}
                />
                <text
                  class={(shadeOf(share) ?? 0) > 3 ? 'value on-dark' : 'value'}
                  x={place(left(column) + width / 2)}
                  y={top + 15}
                  text-anchor="middle"
                >
                  {share === undefined ? '–' : `${voice.write('share', share.estimate)} (${voice.range('share', share)})`}
                </text>
              </>
            ))}
          </g>
        )
      })}
    </svg>
  )
}
