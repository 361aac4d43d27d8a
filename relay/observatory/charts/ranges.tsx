// Ranges beside each other: a bar from low to high and a mark at the estimate. Where there is no estimate, nothing is drawn but the name.
import type { VNode } from 'preact'
import type { Voice } from '../words/voice.ts'
import type { RangeDrawing } from './figure.ts'
import { valueScale } from './scale.ts'
import { lettersOf, wrap } from './wrap.ts'

const LINE_HEIGHT = 17
/** Of an item without its words: the bar, and air below it. */
const BAR_HEIGHT = 25
/** As many letters as stand beside each other on a phone: the drawing does not know how wide it will be. */
const LETTERS_MAX = 42

export function rangesHeight(drawing: RangeDrawing, voice: Voice): number {
  return rowsOf(drawing, voice).reduce((sum, { height }) => sum + height, 0) + 4
}

type Item = RangeDrawing['items'][number]
interface Row extends Item {
  readonly lines: readonly string[]
  readonly value: string
  /** The line on which the value stands, from 0: beside the end of the name where there is room, else below it. */
  readonly valueLine: number
  readonly top: number
  readonly height: number
}

function rowsOf({ items, kind }: RangeDrawing, voice: Voice): readonly Row[] {
  let below = 0
  return items.map((item) => {
    const value = voice.range(kind, item.range)
    const lines = wrap(item.label, LETTERS_MAX)
    const isBeside = lettersOf(`${lines.at(-1) ?? ''} ${value}`) <= LETTERS_MAX
    const valueLine = Math.max(0, isBeside ? lines.length - 1 : lines.length)
    const height = (valueLine + 1) * LINE_HEIGHT + BAR_HEIGHT
    const top = below
    below += height
    return { ...item, lines, value, valueLine, top, height }
  })
}

export function RangesChart({ drawing, voice, label }: { drawing: RangeDrawing; voice: Voice; label: string }): VNode {
  const isMirrored = voice.direction === 'rtl'
  const scale = valueScale(Math.max(0, ...drawing.items.map(({ range }) => range?.high ?? 0)))
  const place = (value: number): number => Math.round((1 - scale.place(value)) * 10_000) / 100
  const at = (value: number): string => `${isMirrored ? 100 - place(value) : place(value)}%`
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={rangesHeight(drawing, voice)} direction="ltr">
      {rowsOf(drawing, voice).map(({ lines, value, valueLine, top, range }) => {
        const line = (n: number): number => top + 15 + n * LINE_HEIGHT
        const middle = line(valueLine) + 14
        return (
          <g>
            {lines.map((text, n) => (
              <text class="label" x={isMirrored ? '100%' : '0'} y={line(n)} text-anchor={isMirrored ? 'end' : 'start'}>
                {voice.apart(text)}
              </text>
            ))}
            <text class="value" x={isMirrored ? '0' : '100%'} y={line(valueLine)} text-anchor={isMirrored ? 'start' : 'end'}>
              {voice.apart(value)}
            </text>
            <line class="rule" x1="0" x2="100%" y1={middle} y2={middle} />
            {range && (
              <>
                <rect
                  class="bar s0"
                  x={at(isMirrored ? range.high : range.low)}
                  width={`${Math.max(0.4, place(range.high) - place(range.low))}%`}
                  y={middle - 5}
                  height="10"
                  rx="2"
                />
                <circle class="mark s0" cx={at(range.estimate)} cy={middle} r="5" />
              </>
            )}
          </g>
        )
      })}
    </svg>
  )
}
