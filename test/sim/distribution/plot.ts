// docs/distribution.svg: two panels, for light and dark pages, without anything from elsewhere.
import { CENSORS } from './censor.ts'
import { AGENT_SHARES, BARS } from './plan.ts'
import { isOurs } from './report.ts'
import { estimate, type Outcome } from './run.ts'

const WIDTH = 960
const HEIGHT = 400
const PANEL = { top: 50, bottom: 350, width: 310 } as const
/** Told apart by eyes of all kinds, on white and on black: Okabe and Ito's, and each line has its name at its end. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9'] as const

interface Line {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly y: number; readonly margin?: number }[]
}

export function plot(outcomes: readonly Outcome[]): string {
  const first = panel(
    55,
    'Days served, by share of agents',
    byShare(outcomes),
    AGENT_SHARES.map((share) => ({ at: share / 0.3, text: percent(share) })),
    [0.7, 1],
  )
  const second = panel(
    525,
    'Served by day, aggressive censor',
    byDay(outcomes),
    [0, 90, 180, 270, 360].map((day) => ({ at: day / 360, text: `${day}` })),
    [0, 1],
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Share of honest days served, by censor and share of agents; and by day, beside other schemes">
<style>
text { font: 12px system-ui, sans-serif; fill: #222 }
.title { font-weight: 600; font-size: 14px }
.axis { stroke: #888; stroke-width: 1 }
.grid { stroke: #888; stroke-width: 0.5; opacity: 0.4 }
.page { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #eee } .page { fill: #111 } }
</style>
<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>
${first}
${second}
</svg>
`
}

function byShare(outcomes: readonly Outcome[]): Line[] {
  return CENSORS.map((censor) => ({
    name: censor,
    points: AGENT_SHARES.flatMap((share) => {
      const years = outcomes.find(({ cell }) => isOurs(cell, censor, share))?.years ?? []
      if (years.length === 0) return []
      const { mean, margin } = estimate(years.map(({ served }) => served))
      return [{ x: share / 0.3, y: mean, margin }]
    }),
  }))
}

function byDay(outcomes: readonly Outcome[]): Line[] {
  const [few = 0, many = 0] = BARS.map(({ agentShare }) => agentShare)
  const ours = [few, many].map((share) => ({
    name: `Culvert, ${percent(share)}`,
    found: outcomes.find(({ cell }) => isOurs(cell, 'aggressive', share)),
  }))
  const others = (['rbridge', 'salmon', 'hashing'] as const).map((scheme) => ({
    name: `${scheme === 'rbridge' ? 'rBridge' : scheme === 'salmon' ? 'Salmon' : 'hashing'}, ${percent(few)}`,
    found: outcomes.find(({ cell }) => cell.group === 'others' && cell.scheme === scheme && cell.setting.agentShare === few),
  }))
  return [...ours, ...others].map(({ name, found }) => {
    const years = found?.years ?? []
    const days =
      years.length === 0 ? [] : Array.from({ length: 361 }, (_, day) => Math.min(day, 359)).filter((day) => day % 3 === 0 || day === 359)
    return { name, points: days.map((day) => ({ x: day / 360, y: estimate(years.map(({ daily }) => daily[day] as number)).mean })) }
  })
}

function panel(
  left: number,
  title: string,
  lines: readonly Line[],
  ticks: readonly { readonly at: number; readonly text: string }[],
  [low, high]: readonly [number, number],
): string {
  const { top, bottom, width } = PANEL
  const atX = (x: number): string => (left + x * width).toFixed(1)
  const atY = (y: number): string => (bottom - ((Math.min(Math.max(y, low), high) - low) / (high - low)) * (bottom - top)).toFixed(1)
  const grid = Array.from({ length: 6 }, (_, at) => low + ((high - low) * at) / 5).map(
    (y) =>
      `<line class="grid" x1="${left}" x2="${left + width}" y1="${atY(y)}" y2="${atY(y)}"/><text x="${left - 6}" y="${Number(atY(y)) + 4}" text-anchor="end">${percent(y)}</text>`,
  )
  const marks = ticks.map(({ at, text }) => `<text x="${atX(at)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`)
  const ends = spread(lines.map(({ points }) => Number(atY(points.at(-1)?.y ?? low))))
  const drawn = lines.map(({ name, points }, at) => {
    const colour = COLOURS[at % COLOURS.length]
    const path = points.map(({ x, y }) => `${atX(x)},${atY(y)}`).join(' ')
    const margins = points.map(({ x, y, margin = 0 }) =>
      margin > 0 ? `<line x1="${atX(x)}" x2="${atX(x)}" y1="${atY(y - margin)}" y2="${atY(y + margin)}" stroke="${colour}"/>` : '',
    )
    const label = `<text x="${left + width + 6}" y="${(ends[at] as number) + 4}" style="fill:${colour}">${name}</text>`
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${margins.join('')}${label}`
  })
  return [
    `<text class="title" x="${left}" y="${top - 20}">${title}</text>`,
    ...grid,
    `<line class="axis" x1="${left}" x2="${left + width}" y1="${bottom}" y2="${bottom}"/>`,
    ...marks,
    ...drawn,
  ].join('\n')
}

/** Names at the ends of lines, moved apart where they would touch. */
function spread(heights: readonly number[]): number[] {
  const order = [...heights.keys()].sort((a, b) => (heights[a] as number) - (heights[b] as number))
  const moved = [...heights]
  for (let at = 1; at < order.length; at++) {
    const [above, below] = [order[at - 1] as number, order[at] as number]
    moved[below] = Math.max(moved[below] as number, (moved[above] as number) + 15)
  }
  const over = Math.max(0, (moved[order.at(-1) ?? 0] ?? 0) - PANEL.bottom)
  return moved.map((one) => one - over)
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
