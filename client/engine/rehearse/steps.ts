// The steps of a rehearsal: what is taken away in each, and what is missing where one was not survived. Pure.
import type { Endpoint } from '#protocol'
import type { Advice, Missing, StepName, StepResult } from '../../contract/rehearsal.ts'
import type { Way } from '../control/way.ts'
import type { DrillLimits } from '../limits.ts'
import { isSameEndpoint, type WayNames } from '../way-names.ts'
import type { Denial } from './denying-platform.ts'
import type { Spot } from './guarded-carrier.ts'

export interface Step {
  readonly name: StepName
  readonly denial: Denial
  /** The invite has a way that is not covered, or all comes back. */
  readonly hasFallback: boolean
}

/** `stepMs`: how long one may take, which bounds how long everything is denied. */
export function stepsOf(ways: readonly Way[], names: WayNames, stepMs: number, limits: DrillLimits): Step[] {
  const edges = edgesOf(ways).slice(0, limits.edgesMax)
  const step = (name: StepName, manner: Denial['manner'], covers: Denial['covers'], beside: Denial['beside'] = 'nothing'): Step[] =>
    ways.some(covers) ? [{ name, denial: { covers, manner, beside }, hasFallback: ways.some((way) => !covers(way)) }] : []
  const isDirect = ({ endpoint }: Spot): boolean => !endpoint.isEdge
  const isWebSocket = ({ carrier }: Spot): boolean => carrier === 'websocket'
  const isDirectWebSocket = (spot: Spot): boolean => isDirect(spot) && isWebSocket(spot)
  const ms = Math.min(limits.blackoutMs, stepMs / 2)
  const [everything] = step({ kind: 'all-silent', ms }, 'silence', () => true, 'everything')
  return [
    ...step({ kind: 'websocket-reset' }, 'reset', isDirectWebSocket),
    ...step({ kind: 'websocket-silent' }, 'silence', isDirectWebSocket),
    ...step({ kind: 'direct-silent' }, 'silence', isDirect),
    ...step({ kind: 'all-websockets-silent' }, 'silence', isWebSocket),
    ...edges.flatMap((way) => step({ kind: 'edge-silent', edge: names.placeOf(way) }, 'silence', isAt(way.endpoint))),
    ...edges.flatMap((way) =>
      step({ kind: 'all-but-edge-silent', edge: names.placeOf(way) }, 'silence', (spot) => !isAt(way.endpoint)(spot), 'abroad'),
    ),
    ...(everything === undefined ? [] : [{ ...everything, hasFallback: true }]),
  ]
}

/** What is missing, each once, in the order in which it should be seen to. */
export function missingOf(ways: readonly Way[], steps: readonly StepResult[]): Missing[] {
  const failed = steps.filter(({ outcome }) => outcome === 'cut-off' || outcome === 'nothing-left')
  const isFailed = (...kinds: readonly StepName['kind'][]): boolean => failed.some(({ kind }) => kinds.includes(kind))
  const hasEdge = edgesOf(ways).length > 0
  const dead = failed.flatMap(({ kind, edge }) => (kind === 'all-but-edge-silent' && edge !== undefined ? [edge] : []))
  return [
    ...(hasEdge ? [] : [{ code: 'no-edge' } as const]),
    ...(hasEdge && isFailed('websocket-reset', 'websocket-silent', 'direct-silent', 'edge-silent')
      ? [{ code: 'no-other-way' } as const]
      : []),
    ...(isFailed('all-websockets-silent') ? [{ code: 'no-requests' } as const] : []),
    ...dead.map((edge) => ({ code: 'edge-carries-nothing', edge }) as const),
    ...(isFailed('all-silent') ? [{ code: 'not-back' } as const] : []),
  ]
}

export function adviceOf(ways: readonly Way[], steps: readonly StepResult[]): Advice[] {
  return [
    ...(edgesOf(ways).length === 1 ? (['one-edge'] as const) : []),
    ...(steps.some((step) => step.outcome === 'survived' && !step.kept) ? (['streams-lost'] as const) : []),
    ...(steps.some(({ outcome }) => outcome === 'not-there') ? (['not-all-tried'] as const) : []),
  ]
}

/** One way of each edge. */
function edgesOf(ways: readonly Way[]): Way[] {
  const edges: Way[] = []
  for (const way of ways) {
    if (way.endpoint.isEdge && !edges.some(({ endpoint }) => isSameEndpoint(endpoint, way.endpoint))) edges.push(way)
  }
  return edges
}

function isAt(place: Endpoint): (spot: Spot) => boolean {
  return ({ endpoint }) => isSameEndpoint(endpoint, place)
}
