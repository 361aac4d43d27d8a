// A figure on a page: title, sentence, drawing, numbers as a table, and everything that can be taken away.
import type { VNode } from 'preact'
import { cellText } from '../charts/cell-text.ts'
import type { Cell, Column, Figure, GridDrawing, LineDrawing, Point } from '../charts/figure.ts'
import { shadeOf } from '../charts/grid.tsx'
import { thinned } from '../charts/line.tsx'
import { Chart, noteOf } from '../charts/standalone.tsx'
import { rangeCells } from '../figures/served.ts'
import { TRAITS } from '../words/languages.ts'
import { figureLink, type View } from './view.ts'

/** Points that a line on a page has: more could not be told apart, and the table beside it must stay small. The files have every day. */
const POINTS_MAX = 92
/** Rows of a table; the files have all. */
const ROWS_MAX = 120

interface FigureProps {
  readonly view: View
  readonly figure: Figure
  /** 2 on a page of many figures, 1 where it is alone. */
  readonly level?: 1 | 2 | 3
}

export function FigureView({ view, figure: whole, level = 2 }: FigureProps): VNode {
  const figure = lightened(whole)
  const { drawing } = figure
  const note = noteOf(figure, view.voice, true)
  const Heading = `h${level}` as const
  const caption = (
    <figcaption>
      <Heading>{figure.title}</Heading>
      <p class="sentence">{figure.sentence}</p>
    </figcaption>
  )
  if (isBlank(figure)) {
    return (
      <figure class="figure" id={figure.name}>
        {caption}
      </figure>
    )
  }
  return (
    <figure class="figure" id={figure.name}>
      {caption}
      {drawing.shape === 'line' && drawing.lines.length > 1 && <LegendKeys drawing={drawing} />}
      {drawing.shape === 'grid' ? (
        <GridTable view={view} figure={figure} drawing={drawing} />
      ) : drawing.shape === 'table' ? (
        <Numbers view={view} figure={figure} />
      ) : drawing.shape === 'map' ? (
        <img
          class="map"
          src={`${figureLink(view, figure, 'svg')}&bare=1`}
          alt={`${figure.title.replace(/\.$/, '')}. ${figure.sentence}`}
          width="960"
          height="512"
        />
      ) : (
        <Chart figure={figure} voice={view.voice} />
      )}
      {note !== '' && <p class="note">{note}</p>}
      {drawing.shape !== 'grid' && drawing.shape !== 'table' && (
        <details>
          <summary>{view.voice.say('tableOf')}</summary>
          <Numbers view={view} figure={figure} />
        </details>
      )}
      {!view.isAlone && <TakeAway view={view} figure={figure} />}
    </figure>
  )
}

/** There is nothing to draw or to table yet: the sentence says so, and an empty frame would say no more. */
function isBlank({ drawing, rows }: Figure): boolean {
  if (drawing.shape === 'line') return drawing.lines.every(({ points }) => points.every(({ range }) => range === undefined))
  if (drawing.shape === 'ranges') return drawing.items.every(({ range }) => range === undefined)
  if (drawing.shape === 'map') return drawing.values.size + drawing.withheld.size === 0
  return rows.length === 0
}

/** With fewer points, where there are many; what is tabled on a page is what is drawn there. */
function lightened(figure: Figure): Figure {
  const { drawing } = figure
  if (drawing.shape !== 'line') return figure
  return { ...figure, drawing: { ...drawing, lines: drawing.lines.map((line) => thinned(line, POINTS_MAX)) } }
}

function LegendKeys({ drawing }: { drawing: LineDrawing }): VNode {
  return (
    <ul class="legend">
      {drawing.lines.map(({ label }, index) => (
        <li>
          <svg width="18" height="10" aria-hidden="true">
            <rect class={`key s${index}`} y="3" width="18" height="4" />
          </svg>{' '}
          {label}
        </li>
      ))}
    </ul>
  )
}

export function Numbers({ view, figure }: { view: View; figure: Figure }): VNode {
  const { drawing } = figure
  if (drawing.shape === 'line') return <LineTable view={view} figure={figure} drawing={drawing} />
  return <PlainTable view={view} title={figure.title} columns={figure.columns} rows={figure.rows.slice(0, ROWS_MAX)} />
}

interface PlainTableProps {
  readonly view: View
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}

export function PlainTable({ view, title, columns, rows }: PlainTableProps): VNode {
  const { voice } = view
  // Where all is numbers but the first column, the style sheet knows, and no cell has to say it.
  const isPlain = columns.slice(1).every(({ kind }) => isNumber(kind))
  const classOf = ({ kind }: Column): string | undefined => (isNumber(kind) && !isPlain ? 'n' : undefined)
  return (
    <section class="scroll" tabindex={0} aria-label={title}>
      <table class={isPlain ? 'nums' : undefined}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={classOf(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th scope="row">{cellText(column, row[index], row, voice)}</th>
                ) : (
                  <td class={classOf(column)}>{cellText(column, row[index], row, voice)}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function isNumber(kind: Column['kind']): boolean {
  return kind !== 'text' && kind !== 'country' && kind !== 'day'
}

/** What is drawn: a row for each point. The script shows these rows where the pointer is. */
function LineTable({ view, figure, drawing }: { view: View; figure: Figure; drawing: LineDrawing }): VNode {
  const { voice } = view
  const [first] = figure.columns
  const columns: Column[] = [
    { key: 'day', label: first?.label ?? voice.say('day'), kind: 'day' },
    ...drawing.lines.flatMap(({ label }, index) =>
      (['low', 'estimate', 'high'] as const).map((end): Column => {
        const name = voice.say(end)
        return { key: `${end}${index}`, label: drawing.lines.length > 1 ? `${label}: ${name}` : name, kind: drawing.kind }
      }),
    ),
  ]
  const rows = (drawing.lines[0]?.points ?? []).map(({ day }: Point, index) => [
    day,
    ...drawing.lines.flatMap(({ points }) => rangeCells(points[index]?.range)),
  ])
  return <PlainTable view={view} title={figure.title} columns={columns} rows={rows} />
}

function GridTable({ view, figure, drawing }: { view: View; figure: Figure; drawing: GridDrawing }): VNode {
  const { voice } = view
  return (
    <section class="scroll" tabindex={0} aria-label={figure.title}>
      <table class="grid">
        <thead>
          <tr>
            <th scope="col">{figure.columns[0]?.label}</th>
            {drawing.columns.map((label) => (
              <th scope="col" class="n">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {drawing.rows.map(({ label, cells }) => (
            <tr>
              <th scope="row">{label}</th>
              {cells.map((share) => (
                <td class={shadeOf(share) === undefined ? 'n unknown' : `n heat${shadeOf(share)}`}>
                  {voice.write('share', share?.estimate)} {share && <small>{voice.range('share', share)}</small>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function TakeAway({ view, figure }: { view: View; figure: Figure }): VNode {
  const { voice } = view
  const painted = view.site.paintedFor(voice.language)
  const embed = `<iframe src="${view.origin}${figureLink(view, figure, 'embed')}" title="${figure.title.replaceAll('"', '')}" width="720" height="480" loading="lazy"></iframe>`
  return (
    <div class="take">
      <span class="quiet">{voice.say('download')}</span>{' '}
      {(['csv', 'json', 'svg', 'png'] as const).map((kind) => (
        <>
          <a href={figureLink(view, figure, kind)} download>
            {kind.toUpperCase()}
            {kind === 'png' && painted !== voice.language && ` (${TRAITS[painted].name})`}
          </a>{' '}
        </>
      ))}
      <a href={figureLink(view, figure, 'page')}>{voice.say('permalink')}</a>
      <details class="embed">
        <summary>{voice.say('embed')}</summary>
        <p class="quiet">{voice.say('embedHint')}</p>
        <code>{embed}</code>
      </details>
    </div>
  )
}
