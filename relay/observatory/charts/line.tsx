// A line over days with its band of uncertainty, and the shutdowns shaded behind it.
//
// The drawing has no width of its own: places along x are percentages, paths are stretched, text is not. So one drawing serves a phone and
// a wide screen, without a script. Time goes from left to right in every language, as on a clock's face.
import { area, line } from 'd3-shape'
import type { VNode } from 'preact'
import type { Voice } from '../words/voice.ts'
import type { Day, Line, LineDrawing, Point } from './figure.ts'
import { type DayScale, dayScale, scaledTo, type ValueScale, valueScale } from './scale.ts'

const PLOT_HEIGHT = 200
const TOP = 20
const AXIS_HEIGHT = 22
export const LINE_HEIGHT: number = TOP + PLOT_HEIGHT + AXIS_HEIGHT
/** More than so many stretches would colour the whole plot: then each is a strip above it. */
const SHADES_WHOLE_MAX = 4
const STRIP_HEIGHT = 8
/** Of the stretched part; any number, as it is stretched. */
const INNER_WIDTH = 1000

export function LineChart({ drawing, voice, label }: { drawing: LineDrawing; voice: Voice; label: string }): VNode {
  const { lines, shades, kind } = drawing
  const days = dayScale(drawing.from, drawing.to)
  const values = valuesOf(drawing)
  // Where nothing is told, a scale would tell of it.
  const ticks = highsOf(drawing).some(({ high }) => high > 0) ? values.ticks : [0]
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={LINE_HEIGHT} direction="ltr">
      {shades.map((shade) => (
        <rect
          class="shade"
          x={percent(days.start(shade.from))}
          width={percent(Math.max(0.004, days.end(shade.to) - days.start(shade.from)))}
          y={TOP - 12}
          height={shades.length > SHADES_WHOLE_MAX ? STRIP_HEIGHT : PLOT_HEIGHT + 12}
        >
          <title>{shade.label}</title>
        </rect>
      ))}
      {ticks.map((tick) => (
        <line class={tick === 0 ? 'ground' : 'rule'} x1="0" x2="100%" y1={y(values, tick)} y2={y(values, tick)} />
      ))}
      <svg
        aria-hidden="true"
        x="0"
        y={TOP}
        width="100%"
        height={PLOT_HEIGHT}
        viewBox={`0 0 ${INNER_WIDTH} ${PLOT_HEIGHT}`}
        preserveAspectRatio="none"
      >
        {lines.map(({ points }, index) => (
          <path class={`band s${index}`} d={bandPath(points, days, values)} />
        ))}
        {lines.map(({ points }, index) => (
          <path class={`line s${index}`} d={linePath(points, days, values)} vector-effect="non-scaling-stroke" />
        ))}
      </svg>
      {cutOff(drawing, values).map(({ day }) => (
        <svg class="cut" aria-hidden="true" x={percent(days.middle(day))} y={TOP} overflow="visible">
          <path d="M-5 0L0 -7L5 0z" />
        </svg>
      ))}
      {ticks.slice(1).map((tick) => (
        <>
          <text class="tick" x="0" y={y(values, tick) - 4}>
            {voice.apart(voice.short(kind, tick))}
          </text>{' '}
        </>
      ))}
      {days.ticks.map((day, index) => (
        <>
          <text
            class={index % 2 === 1 ? 'tick between' : 'tick'}
            x={percent(days.middle(day))}
            y={LINE_HEIGHT - 6}
            text-anchor={anchorAt(days.middle(day))}
          >
            {voice.apart(isLong(drawing) ? voice.shortMonth(day.slice(0, 7)) : voice.shortDay(day))}
          </text>{' '}
        </>
      ))}
    </svg>
  )
}

function highsOf({ lines }: LineDrawing): readonly { readonly day: Day; readonly high: number }[] {
  return lines.flatMap(({ points }) => points.flatMap(({ day, range }) => (range === undefined ? [] : [{ day, high: range.high }])))
}

function valuesOf(drawing: LineDrawing): ValueScale {
  return valueScale(scaledTo(highsOf(drawing).map(({ high }) => high)))
}

function cutOff(drawing: LineDrawing, { top }: ValueScale): ReturnType<typeof highsOf> {
  return highsOf(drawing).filter(({ high }) => high > top)
}

/** What stands below a drawing whose highest points do not fit; empty where all do. */
export function cutNote(drawing: LineDrawing, voice: Voice): string {
  const values = valuesOf(drawing)
  const [highest] = cutOff(drawing, values).toSorted((a, b) => b.high - a.high)
  if (highest === undefined) return ''
  return voice.say('chartCut', {
    top: voice.short(drawing.kind, values.top),
    high: voice.short(drawing.kind, highest.high),
    day: isLong(drawing) ? voice.month(highest.day.slice(0, 7)) : voice.day(highest.day),
  })
}

function isLong(drawing: LineDrawing): boolean {
  return Date.parse(drawing.to) - Date.parse(drawing.from) > 300 * 86_400_000
}

/** Text at an edge grows inwards. */
function anchorAt(place: number): 'start' | 'middle' | 'end' {
  return place < 0.06 ? 'start' : place > 0.94 ? 'end' : 'middle'
}

function y(values: ValueScale, value: number): number {
  return TOP + round(values.place(value) * PLOT_HEIGHT)
}

/** undefined: nothing to draw. An empty attribute would be written without a value, and no XML. */
function linePath(points: readonly Point[], days: DayScale, values: ValueScale): string | undefined {
  const path = line<Point>()
    .defined(({ range }) => range !== undefined)
    .x(({ day }) => days.middle(day) * INNER_WIDTH)
    .y(({ range }) => values.place(range?.estimate ?? 0) * PLOT_HEIGHT)
    .digits(1)
  return path(points) || undefined
}

function bandPath(points: readonly Point[], days: DayScale, values: ValueScale): string | undefined {
  const path = area<Point>()
    .defined(({ range }) => range !== undefined)
    .x(({ day }) => days.middle(day) * INNER_WIDTH)
    .y0(({ range }) => values.place(range?.low ?? 0) * PLOT_HEIGHT)
    .y1(({ range }) => values.place(range?.high ?? 0) * PLOT_HEIGHT)
    .digits(1)
  return path(points) || undefined
}

function percent(share: number): string {
  return `${round(share * 100)}%`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** At most so many points: neighbours are joined into their mean, so that three years draw as fast as three weeks. A gap stays a gap. */
export function thinned({ label, points }: Line, countMax: number): Line {
  const size = Math.ceil(points.length / countMax)
  if (size <= 1) return { label, points }
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, n) => points.slice(n * size, (n + 1) * size))
  return { label, points: groups.map(joined) }
}

function joined(group: readonly Point[]): Point {
  const ranges = group.flatMap(({ range }) => (range === undefined ? [] : [range]))
  const mean = (pick: 'low' | 'estimate' | 'high'): number => ranges.reduce((sum, range) => sum + range[pick], 0) / ranges.length
  const { day } = group[Math.floor(group.length / 2)] as Point
  const isKnown = ranges.length * 2 > group.length
  return { day, range: isKnown ? { low: mean('low'), estimate: mean('estimate'), high: mean('high') } : undefined }
}
