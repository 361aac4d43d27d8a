// Ranges beside each other: a bar from low to high and a mark at the estimate. Where there is no estimate, nothing is drawn but the name.
import type { VNode } from 'preact'
import type { Voice } from '../words/voice.ts'
import type { RangeDrawing } from './figure.ts'
import { valueScale } from './scale.ts'

const ROW_HEIGHT = 42

export function rangesHeight(drawing: RangeDrawing): number {
  return drawing.items.length * ROW_HEIGHT + 4
}

export function RangesChart({ drawing, voice, label }: { drawing: RangeDrawing; voice: Voice; label: string }): VNode {
  const { items, kind } = drawing
  const isMirrored = voice.direction === 'rtl'
  const scale = valueScale(Math.max(0, ...items.map(({ range }) => range?.high ?? 0)))
  const place = (value: number): number => Math.round((1 - scale.place(value)) * 10_000) / 100
  const at = (value: number): string => `${isMirrored ? 100 - place(value) : place(value)}%`
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={rangesHeight(drawing)} direction="ltr">
      {items.map((item, index) => {
        const top = index * ROW_HEIGHT
        return (
          <g>
            <text class="label" x={isMirrored ? '100%' : '0'} y={top + 15} text-anchor={isMirrored ? 'end' : 'start'}>
              {voice.apart(item.label)}
            </text>
            <text class="value" x={isMirrored ? '0' : '100%'} y={top + 15} text-anchor={isMirrored ? 'start' : 'end'}>
              {voice.apart(voice.range(kind, item.range))}
            </text>
            <line class="rule" x1="0" x2="100%" y1={top + 29} y2={top + 29} />
            {item.range && (
              <>
                <rect
                  class="bar s0"
                  x={at(isMirrored ? item.range.high : item.range.low)}
                  width={`${Math.max(0.4, place(item.range.high) - place(item.range.low))}%`}
                  y={top + 24}
                  height="10"
                  rx="2"
                />
                <circle class="mark s0" cx={at(item.range.estimate)} cy={top + 29} r="5" />
              </>
            )}
          </g>
        )
      })}
    </svg>
  )
}
