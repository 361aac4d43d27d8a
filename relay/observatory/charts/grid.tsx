// Shares by row and column, as cells that are darker the larger the share. On a page this is a table; this drawing is for export.
import type { VNode } from 'preact'
import type { Voice } from '../words/voice.ts'
import type { GridDrawing } from './figure.ts'

const ROW_HEIGHT = 24
const HEAD_HEIGHT = 30
const LABELS_SHARE = 30

export function gridHeight(drawing: GridDrawing): number {
  return HEAD_HEIGHT + drawing.rows.length * ROW_HEIGHT + 4
}

/** 0 to 5: how dark a share is shown. */
export function shadeOf(share: number): number {
  return Math.min(5, Math.max(0, Math.round(share * 5)))
}

export function GridChart({ drawing, voice, label }: { drawing: GridDrawing; voice: Voice; label: string }): VNode {
  const width = (100 - LABELS_SHARE) / Math.max(1, drawing.columns.length)
  const left = (column: number): number => Math.round((LABELS_SHARE + column * width) * 100) / 100
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={gridHeight(drawing)} direction="ltr">
      {drawing.columns.map((name, column) => (
        <text class="tick" x={`${left(column) + width / 2}%`} y="18" text-anchor="middle">
          {name}
        </text>
      ))}
      {drawing.rows.map((row, index) => {
        const top = HEAD_HEIGHT + index * ROW_HEIGHT
        return (
          <g>
            <text class="label" x="0" y={top + 16}>
              {row.label}
            </text>
            {row.cells.map((share, column) => (
              <>
                <rect
                  class={share === undefined ? 'cell unknown' : `cell heat${shadeOf(share)}`}
                  x={`${left(column)}%`}
                  y={top}
                  width={`${width - 0.4}%`}
                  height={ROW_HEIGHT - 2}
                />
                <text
                  class={share !== undefined && shadeOf(share) > 3 ? 'value on-dark' : 'value'}
                  x={`${left(column) + width / 2}%`}
                  y={top + 15}
                  text-anchor="middle"
                >
                  {voice.write('share', share)}
                </text>
              </>
            ))}
          </g>
        )
      })}
    </svg>
  )
}
