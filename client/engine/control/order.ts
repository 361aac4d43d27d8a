// Which way is worth trying before which. Costs are points, and only their order counts; each has its reason beside it.
import type { Verdict } from '../../contract/verdict.ts'
import { costs, planLimits } from './limits.ts'
import type { Reachability } from './reachability.ts'
import { isDirect } from './reachability.ts'
import type { Way } from './way.ts'

/** What plan knows of a way by its own tries on this network. */
export interface Trial {
  /** Dials in a row that failed. */
  fails: number
  /** Carriers in a row that died soon after they began: a dial that works again does not make up for that. */
  deaths: number
  failedMs: number
  /** Not before this: back-off. */
  notBeforeMs: number
  /** What dialling took, smoothed; undefined: never worked here. */
  dialMs: number | undefined
  /** 0: the last that worked here; undefined: none of those remembered. */
  recency: number | undefined
}

export const FRESH_TRIAL: Trial = {
  fails: 0,
  deaths: 0,
  failedMs: Number.NEGATIVE_INFINITY,
  notBeforeMs: Number.NEGATIVE_INFINITY,
  dialMs: undefined,
  recency: undefined,
}

/** What a way costs whatever happened: traffic by an edge costs money, HTTP costs round trips. Under a cutoff only edges are left. */
export function worth(way: Way, verdict: Verdict): number {
  const place = isDirect(way) ? costs.direct[verdict] : costs.edge[verdict]
  return place + (way.carrier === 'websocket' ? 0 : costs.requests)
}

/** All that speaks for and against a way, now or if the verdict were another; the least first. */
export function costOf(way: Way, trial: Trial, reachability: Reachability, nowMs: number, verdict: Verdict = reachability.verdict): number {
  const experience = trial.recency === 0 ? costs.last : trial.recency === undefined ? 0 : costs.known
  const fading = 0.5 ** ((nowMs - trial.failedMs) / planLimits.forgiveMs)
  const more = costs.moreFails * Math.max(0, trial.fails - 1) + costs.moreDeaths * Math.max(0, trial.deaths - 1)
  const fails = trial.fails + trial.deaths === 0 ? 0 : Math.min(costs.firstFail + more, costs.failsMax) * fading
  const slowness = Math.min(trial.dialMs ?? 0, planLimits.dialMsMax) / planLimits.dialMsPoint
  const waiting = Math.max(0, trial.notBeforeMs - nowMs) / planLimits.waitMsPoint
  return worth(way, verdict) + experience + fails + slowness + waiting + signsCost(way, reachability)
}

function signsCost(way: Way, reachability: Reachability): number {
  const { bytes } = reachability.lifeOf(way.host)
  let cost = bytes !== undefined && bytes < planLimits.usefulBytes ? costs.shortLife : bytes !== undefined ? costs.limitedLife : 0
  for (const { code } of reachability.signsOf(way.host)) cost = Math.max(cost, costs.signs[code] ?? 0)
  return cost
}

/** How likely the same act of a censor hits both. */
export function kinship(a: Way, b: Way): number {
  return (
    (a.host === b.host ? costs.sameHost : 0) +
    (a.relayIndex === b.relayIndex ? costs.sameRelay : 0) +
    (a.carrier === b.carrier ? costs.sameManner : 0) +
    (a.endpoint.isEdge === b.endpoint.isEdge ? (a.endpoint.isEdge ? costs.bothEdges : costs.bothDirect) : 0)
  )
}
