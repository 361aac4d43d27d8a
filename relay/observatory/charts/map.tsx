// The world by country, in five steps. The shapes are Natural Earth's, by world-atlas; what is disputed is hatched, and the page says why.
import codeMappings from 'cldr-core/supplemental/codeMappings.json' with { type: 'json' }
import { type GeoPath, geoEqualEarth, geoPath } from 'd3-geo'
import type { Feature, Geometry } from 'geojson'
import type { VNode } from 'preact'
import { feature } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import atlas from 'world-atlas/countries-110m.json' with { type: 'json' }
import type { Voice } from '../words/voice.ts'
import type { MapDrawing } from './figure.ts'

const WIDTH = 960
const MAP_HEIGHT = 448
export const MAP_DRAWING_HEIGHT: number = MAP_HEIGHT + 64
const STEPS = 5
/** Where what is no step stands: room for the longest of each in any language, in the letters that a phone gets. */
const REST_LEFT = [20, 390, 610] as const

/** Natural Earth draws who holds a place; these it draws without a code of ISO 3166-1, or as part of a country whose hold others dispute. */
const DISPUTED_NAMES: ReadonlySet<string> = new Set(['N. Cyprus', 'Somaliland', 'Kosovo', 'W. Sahara'])
/** Crimea, roughly: in the shapes it is not apart. */
const CRIMEA: Geometry = {
  type: 'Polygon',
  coordinates: [
    [
      [32.5, 45.3],
      [33.6, 46.1],
      [34.9, 45.8],
      [36.5, 45.4],
      [35.4, 44.9],
      [33.7, 44.4],
      [32.5, 45.3],
    ],
  ],
}

interface Shape {
  /** ISO 3166-1 alpha-2; undefined for what has none. */
  readonly code: string | undefined
  readonly isDisputed: boolean
  readonly path: string
}

let known: readonly Shape[] | undefined

/** Read and projected once: it takes some 50 ms. */
export function shapes(): readonly Shape[] {
  known ??= project()
  return known
}

function project(): readonly Shape[] {
  const world = atlas as unknown as Topology
  const codes = alphaCodes()
  const collection = feature(world, world.objects['countries'] as GeometryCollection<{ name: string }>)
  const path = geoPath(geoEqualEarth().fitSize([WIDTH, MAP_HEIGHT], { type: 'Sphere' })).digits(0)
  // Antarctica has no inhabitants to count, and a tenth of all points.
  const countries = collection.features.filter((one) => one.properties.name !== 'Antarctica')
  return [...countries.map((one) => shapeOf(one, codes, path)), { code: undefined, isDisputed: true, path: path(CRIMEA) ?? '' }]
}

function shapeOf(one: Feature<Geometry, { name: string }>, codes: ReadonlyMap<string, string>, path: GeoPath): Shape {
  const { name } = one.properties
  const code = name === 'Kosovo' ? 'XK' : codes.get(String(one.id))
  return { code, isDisputed: DISPUTED_NAMES.has(name), path: path(one) ?? '' }
}

/** The atlas has ISO's numbers; everything else here has its letters. */
function alphaCodes(): ReadonlyMap<string, string> {
  const codes = codeMappings.supplemental.codeMappings as Readonly<
    Record<string, { readonly _numeric?: string; readonly _alpha3?: string }>
  >
  const pairs = Object.entries(codes).filter(([code]) => /^[A-Z]{2}$/.test(code))
  return new Map(pairs.flatMap(([code, { _numeric }]) => (_numeric === undefined ? [] : [[_numeric, code]])))
}

export function MapChart({ drawing, voice, label }: { drawing: MapDrawing; voice: Voice; label: string }): VNode {
  const bounds = stepBounds([...drawing.values.values()])
  const fill = (code: string | undefined): string => {
    if (code !== undefined && drawing.withheld.has(code)) return 'withheld'
    const value = code === undefined ? undefined : drawing.values.get(code)
    return value === undefined ? 'none' : `heat${stepOf(value, bounds)}`
  }
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" viewBox={`0 0 ${WIDTH} ${MAP_DRAWING_HEIGHT}`} direction="ltr">
      <defs>
        <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="5" height="5" class="none" />
          <rect width="1.6" height="5" class="hatching" />
        </pattern>
        <pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">
          <rect width="5" height="5" class="none" />
          <circle cx="2.5" cy="2.5" r="1" class="hatching" />
        </pattern>
      </defs>
      {shapes().map(({ code, isDisputed, path }) => (
        <path class={`land ${isDisputed && fill(code) === 'none' ? 'disputed' : fill(code)}${isDisputed ? ' edge' : ''}`} d={path}>
          {code !== undefined && (drawing.values.has(code) || drawing.withheld.has(code)) && (
            <title>{`${voice.country(code)}: ${nameFill(drawing, code, voice)}`}</title>
          )}
        </path>
      ))}
      <Legend drawing={drawing} bounds={bounds} voice={voice} />
    </svg>
  )
}

function nameFill({ values, withheld, kind, legend }: MapDrawing, code: string, voice: Voice): string {
  const value = values.get(code)
  return withheld.has(code) ? legend.withheld : value === undefined ? legend.none : voice.short(kind, value)
}

function Legend({ drawing, bounds, voice }: { drawing: MapDrawing; bounds: readonly number[]; voice: Voice }): VNode {
  const steps = bounds.map((bound, index) => ({ fill: `heat${index + 1}`, text: `≥ ${voice.short(drawing.kind, bound)}` }))
  const { none, withheld, disputed } = drawing.legend
  const rest = [
    { fill: 'none', text: none },
    { fill: 'withheld', text: withheld },
    { fill: 'disputed', text: disputed },
  ]
  const entry = ({ fill, text }: { fill: string; text: string }, left: number, top: number): VNode => (
    <g>
      <rect class={`land ${fill}`} x={left} y={top} width="18" height="14" />
      <text class="tick" x={left + 24} y={top + 12}>
        {voice.apart(text)}
      </text>
    </g>
  )
  return (
    <g>
      {steps.map((one, index) => entry(one, 20 + index * 180, MAP_HEIGHT + 12))}
      {rest.map((one, index) => entry(one, REST_LEFT[index] ?? 0, MAP_HEIGHT + 38))}
    </g>
  )
}

/** Lower bounds of the steps, each a round number, growing by the same factor: countries differ by orders of magnitude. */
export function stepBounds(values: readonly number[]): readonly number[] {
  const known = values.filter((value) => value > 0)
  if (known.length === 0) return []
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const factor = (high / low) ** (1 / STEPS)
  const bounds = Array.from({ length: STEPS }, (_, n) => (n === 0 ? roundDown(low) : roundDown(low * factor ** n)))
  return [...new Set(bounds)]
}

/** The darkest step's number, from 1, that a value reaches. */
export function stepOf(value: number, bounds: readonly number[]): number {
  return Math.max(1, bounds.filter((bound) => value >= bound).length)
}

/** To a digit or a digit and a half, and zeros: 1.5, 2, 7. */
function roundDown(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value)) / 2
  return Math.floor(value / unit) * unit
}
