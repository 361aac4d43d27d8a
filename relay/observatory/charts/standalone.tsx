// A figure as a file of its own: SVG with its title, sentence and source in it, so that it can't be quoted without them; and the same as PNG.
import type { VNode } from 'preact'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { TRAITS } from '../words/languages.ts'
import type { Voice } from '../words/voice.ts'
import type { Figure } from './figure.ts'
import { GridChart, gridHeight } from './grid.tsx'
import { cutNote, LINE_HEIGHT, LineChart } from './line.tsx'
import { MAP_DRAWING_HEIGHT, MapChart } from './map.tsx'
import { PALETTE, type Palette } from './palette.ts'
import { RangesChart, rangesHeight } from './ranges.tsx'
import { TableChart, tableHeight } from './table.tsx'
import { wrap } from './wrap.ts'

const WIDTH = 960
const MARGIN = 32
const INNER = WIDTH - 2 * MARGIN
const NOTE_HEIGHT = 18
/** Below a bare drawing: its letters are larger on a phone. */
const MARK_HEIGHT = 32

export function Chart({ figure, voice }: { figure: Figure; voice: Voice }): VNode {
  const { drawing, title: label } = figure
  switch (drawing.shape) {
    case 'line':
      return <LineChart drawing={drawing} voice={voice} label={label} />
    case 'ranges':
      return <RangesChart drawing={drawing} voice={voice} label={label} />
    case 'grid':
      return <GridChart drawing={drawing} voice={voice} label={label} />
    case 'map':
      return <MapChart drawing={drawing} voice={voice} label={label} />
    case 'table':
      return <TableChart figure={figure} voice={voice} label={label} />
  }
}

/** How to read it, as it is drawn; where its table stands beside it, that this has what the drawing lacks. */
export function noteOf({ note, drawing }: Figure, voice: Voice, hasTable: boolean): string {
  const cut = drawing.shape === 'line' ? cutNote(drawing, voice) : ''
  return [note, cut, cut !== '' && hasTable && voice.say('chartCutTable')].filter(Boolean).join(' ')
}

function heightOf(figure: Figure, voice: Voice): number {
  const { drawing } = figure
  switch (drawing.shape) {
    case 'line':
      return LINE_HEIGHT
    case 'ranges':
      return rangesHeight(drawing, voice)
    case 'grid':
      return gridHeight(drawing)
    case 'map':
      return Math.round((MAP_DRAWING_HEIGHT * INNER) / WIDTH)
    case 'table':
      return tableHeight(figure)
  }
}

/** The whole: to keep, print and send. */
export function standaloneSvg(figure: Figure, voice: Voice, source: string): string {
  const title = wrap(figure.title, 62)
  const sentence = wrap(figure.sentence, 108)
  const legend = figure.drawing.shape === 'line' && figure.drawing.lines.length > 1 ? figure.drawing.lines : []
  const top = MARGIN + title.length * 30 + sentence.length * 21 + (legend.length > 0 ? 26 : 0) + 14
  const notes = wrap(noteOf(figure, voice, false), 136)
  const height = top + heightOf(figure, voice) + 46 + notes.length * NOTE_HEIGHT
  const isRtl = voice.direction === 'rtl'
  const edge = { x: isRtl ? WIDTH - MARGIN : MARGIN, 'text-anchor': isRtl ? 'end' : 'start' } as const
  const markup = renderToStaticMarkup(
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={WIDTH}
      height={height}
      viewBox={`0 0 ${WIDTH} ${height}`}
      lang={langOf(voice)}
      role="img"
      aria-label={figure.title}
    >
      <style>{styleText(PALETTE.light, voice)}</style>
      <rect class="paper" width={WIDTH} height={height} />
      {title.map((text, n) => (
        <text class="title" {...edge} y={MARGIN + 20 + n * 30}>
          {voice.apart(text)}
        </text>
      ))}
      {sentence.map((text, n) => (
        <text class="sentence" {...edge} y={MARGIN + 14 + title.length * 30 + n * 21}>
          {voice.apart(text)}
        </text>
      ))}
      {legend.map(({ label }, n) => {
        const start = MARGIN + (n * INNER) / legend.length
        const place = (from: number): number => Math.round(isRtl ? WIDTH - from : from)
        return (
          <g>
            <rect class={`key s${n}`} x={place(isRtl ? start + 18 : start)} y={top - 26} width="18" height="4" />
            <text class="tick" x={place(start + 26)} y={top - 20} text-anchor={edge['text-anchor']}>
              {voice.apart(label)}
            </text>
          </g>
        )
      })}
      <svg aria-hidden="true" x={MARGIN} y={top} width={INNER} height={heightOf(figure, voice)}>
        <Chart figure={figure} voice={voice} />
      </svg>
      {notes.map((text, n) => (
        <text class="source" {...edge} y={height - 20 - (notes.length - n) * NOTE_HEIGHT}>
          {voice.apart(text)}
        </text>
      ))}
      <text class="source" {...edge} y={height - 16}>
        {voice.apart(source)}
      </text>
    </svg>,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${markup}\n`
}

/** The drawing alone, for a page that has the words around it; it follows the reader's choice of light or dark. `mark`: what stands below it all the same. */
export function bareSvg(figure: Figure, voice: Voice, mark: string): string {
  const dark = `@media (prefers-color-scheme: dark) { ${styleText(PALETTE.dark, voice)} }`
  const isMap = figure.drawing.shape === 'map'
  const height = isMap ? MAP_DRAWING_HEIGHT : heightOf(figure, voice)
  // A map shrinks with its page, and its legend would on a phone be too small to read.
  const narrow = isMap ? '@media (max-width: 700px) { .tick{font-size:24px} }' : ''
  return renderToStaticMarkup(
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${WIDTH} ${mark === '' ? height : height + MARK_HEIGHT}`}
      lang={langOf(voice)}
      role="img"
      aria-label={`${mark} ${figure.title}`.trim()}
    >
      <style>{styleText(PALETTE.light, voice) + dark + narrow}</style>
      <Chart figure={figure} voice={voice} />
      {mark !== '' && (
        <text class="tick" x={WIDTH - 4} y={height + MARK_HEIGHT - 8} text-anchor="end">
          {voice.apart(mark)}
        </text>
      )}
    </svg>,
  )
}

function langOf(voice: Voice): string {
  return TRAITS[voice.language].locale.split('-u-')[0] ?? voice.language
}

const FONTS = ['Noto Sans', 'Noto Sans Arabic', 'Noto Sans Myanmar', 'Noto Sans CJK SC', 'DejaVu Sans']

/** Without variables, which few programs that read SVG know. */
function styleText(palette: Palette, { language }: Voice): string {
  const { ink, quiet, paper, rule, shade, series, heat, none } = palette
  const names = [...new Set([TRAITS[language].font, ...FONTS])].map((name) => `"${name}"`)
  const fonts = `font-family:${names.join(',')},sans-serif`
  return [
    `text{${fonts};fill:${ink};font-size:13px}`,
    '.title{font-size:22px;font-weight:600}',
    `.sentence{font-size:15px;fill:${ink}}`,
    `.source,.tick{font-size:12px;fill:${quiet}}.cut{fill:${quiet}}`,
    `.paper{fill:${paper}}.rule{stroke:${rule}}.ground{stroke:${quiet}}`,
    `.shade{fill:${shade};fill-opacity:.16}`,
    ...series.map((color, n) => `.s${n}.line{stroke:${color}}.s${n}.band,.s${n}.bar,.s${n}.mark,.s${n}.key{fill:${color}}`),
    '.line{fill:none;stroke-width:2px;stroke-linejoin:round;stroke-linecap:round}.band{fill-opacity:.2}.bar{fill-opacity:.35}',
    ...heat.map((color, n) => `.heat${n}{fill:${color}}`),
    `.land{stroke:${paper};stroke-width:.6px}.none,.unknown{fill:${none}}.hatching{fill:${quiet}}`,
    `.disputed{fill:url(#hatch)}.withheld{fill:url(#dots)}.edge{stroke:${quiet};stroke-dasharray:2 2}.on-dark{fill:${paper}}`,
  ].join('')
}
