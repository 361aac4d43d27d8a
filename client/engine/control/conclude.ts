// From which sides answer, and which signs count, to what is the case now. No memory of its own: reachability keeps the facts, settling the verdict.
import type { Evidence, EvidenceCode, Finding, Verdict } from '../../contract/verdict.ts'
import { probeLimits, reachLimits } from './limits.ts'
import type { Side, SideName } from './sides.ts'
import type { Sign } from './signs.ts'

export interface Facts {
  readonly hasNetwork: boolean
  /** When any byte last came, of anyone. */
  readonly heardMs: number
  /** A session has a carrier, and no answer is overdue on it. */
  readonly isCarried: boolean
  readonly sides: Readonly<Record<SideName, Side>>
  /** Confirmed ones. */
  readonly signs: readonly Sign[]
}

export function conclude(facts: Facts, nowMs: number): Verdict {
  if (!facts.hasNetwork) return 'offline'
  if (isUnanswered(facts, nowMs)) return isAnsweredByOthers(facts, nowMs) ? 'interfered' : 'offline'
  if (isCutOff(facts, nowMs)) return 'cutoff'
  const codes = facts.signs.map(({ code }) => code).filter((code) => code !== 'wrong-clock' && code !== 'portal')
  if (codes.some((code) => code !== 'slowed') || facts.sides.foreign.state(nowMs) === 'silent') return 'interfered'
  return codes.length > 0 ? 'throttled' : 'open'
}

/** For a while nothing was heard at all, no carrier answers, and whoever was asked meanwhile failed, at home and abroad. */
function isUnanswered({ heardMs, isCarried, sides, signs }: Facts, nowMs: number): boolean {
  if (isCarried) return false
  if (signs.some(({ code }) => code === 'portal')) return [sides.foreign, sides.direct, sides.edge].some(({ fails }) => fails > 0)
  if (nowMs - heardMs < reachLimits.deadMs) return false
  const failed = Object.values(sides).reduce((sum, side) => sum + side.failedAfter(heardMs), 0)
  return failed >= 2 && [sides.domestic, sides.foreign].every((side) => side.hosts === 0 || side.failedAfter(heardMs) > 0)
}

/** Somebody answers in the place of all abroad, who shows no page to sign in: a network that carries, and reads along. */
function isAnsweredByOthers({ sides, signs }: Facts, nowMs: number): boolean {
  if (signs.some(({ code }) => code === 'portal')) return false
  return [sides.foreign, sides.direct, sides.edge].some(({ impostorMs }) => nowMs - impostorMs < reachLimits.staleMs)
}

/** Nothing abroad answers at its own address, while sites of the country or edges do. */
function isCutOff({ sides: { direct, edge, domestic, foreign } }: Facts, nowMs: number): boolean {
  const sinceMs = Math.min(foreign.failSinceMs, direct.failSinceMs) - probeLimits.answerMs
  if (![edge, domestic].some((side) => side.fails === 0 && side.okMs >= sinceMs)) return false
  if (direct.hosts > 0 && direct.fails === 0 && direct.state(nowMs) === 'answers') return false
  if (foreign.hosts > 0) return foreign.state(nowMs) === 'silent'
  return direct.state(nowMs) === 'silent' && direct.failedHosts >= reachLimits.cutoffHosts
}

/** The same with what is known for sure of this computer's clock, the true one minus it: that is told of once, whoever noticed. */
export function withClock({ verdict, evidence }: Finding, offsetMs: number): Finding {
  const others = evidence.filter(({ code }) => code !== 'wrong-clock')
  return { verdict, evidence: isOff(offsetMs) ? [...others, { code: 'wrong-clock', of: 'network', count: 1, ms: offsetMs }] : others }
}

/** By more than TLS and admission bear with. */
export function isOff(offsetMs: number): boolean {
  return Math.abs(offsetMs) >= reachLimits.clockOffMs
}

/** What explains a verdict, the most telling first. */
export function evidenceOf(verdict: Verdict, { hasNetwork, sides, signs }: Facts): Evidence[] {
  if (!hasNetwork) return [{ code: 'no-network', of: 'network', count: 1 }]
  // Who wants to be paid or signed in to answers for everyone, too, and that is no more than it seems.
  const isPortal = signs.some(({ code }) => code === 'portal')
  const telling = signs.filter(({ code }) => !(isPortal && (code === 'intercepted' || code === 'wrong-certificate')))
  const ofSigns = telling.sort((a, b) => b.count - a.count).map(({ code, of, count, numbers }) => ({ code, of, count, ...numbers }))
  return [...evidenceOfSides(verdict, sides), ...ofSigns].slice(0, reachLimits.evidenceMax)
}

function evidenceOfSides(verdict: Verdict, { direct, edge, domestic, foreign }: Facts['sides']): Evidence[] {
  if (verdict === 'open' || verdict === 'throttled') return []
  const evidence = (code: EvidenceCode, side: Side): Evidence => ({ code, of: 'network', count: Math.max(1, side.fails) })
  const all = [
    ['foreign-silent', foreign],
    ['direct-silent', direct],
    ['edges-silent', edge],
    ['domestic-silent', domestic],
  ] as const
  const silent = all.filter(([, side]) => side.isMute)
  const up = [['domestic-answers', domestic] as const, ['edges-answer', edge] as const].filter(
    ([, { fails, okMs }]) => fails === 0 && Number.isFinite(okMs),
  )
  return [...silent, ...(verdict === 'cutoff' ? up : [])].map(([code, side]) => evidence(code, side))
}
