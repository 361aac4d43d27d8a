// How much noise, which threshold, how long a delay. docs/PRIVACY.md says why each is what it is; to change one is to change that page and the ledger's sums.
import type { Metric, PrivacyUnit } from '../published.ts'
import type { Span } from '../spans.ts'
import { rhoOf } from './accounts.ts'

/** What a session may add to a relay's counts on one day; what is beyond is cut off, and seen by nobody. */
export const SESSION_CLAMP = { sessions: 1, hours: 12, gigabytes: 4, failures: 4 } as const

/** What a client may send in a calendar month; the client draws the days itself. */
export const CLIENT_CLAMP = { daysPerMonth: 8, coarsePerMonth: 1, waysMax: 4, verdictsMax: 5 } as const

export interface Family {
  readonly metric: Metric
  readonly span: Span
  readonly unit: PrivacyUnit
  /** The most that a unit changes all cells of the family that fall into the unit's span, as a Euclidean length squared. */
  readonly sensitivitySquared: number
  readonly sigma: number
  /** Noisy counts below are suppressed: five σ, so that of ten million empty cells about three are taken for full ones; a gated
   *  family has its gate's instead. */
  readonly threshold: number
  /** The family whose cell of the same country and start must be published for this one's to be. */
  readonly gate?: Metric
}

const { daysPerMonth, coarsePerMonth, waysMax, verdictsMax } = CLIENT_CLAMP

/** The allowance of a relay (collect/trim.ts) may pass what one unit adds in one country on to another: the square of the length doubles at most. */
const TRIM = 2

export type FamilyName =
  | 'peopleDay'
  | 'peopleMonth'
  | 'reports'
  | 'worked'
  | 'verdict'
  | 'connect'
  | 'language'
  | 'sessions'
  | 'hours'
  | 'gigabytes'
  | 'sessionsByWay'
  | 'failures'

/** Everything that is ever drawn. */
export const FAMILIES: Readonly<Record<FamilyName, Family>> = {
  sessions: family('sessions', 'day', 'session-day', SESSION_CLAMP.sessions ** 2, 25),
  hours: family('hours', 'day', 'session-day', SESSION_CLAMP.hours ** 2, 300, 'sessions'),
  gigabytes: family('gigabytes', 'day', 'session-day', SESSION_CLAMP.gigabytes ** 2, 100, 'sessions'),
  peopleDay: family('people', 'day', 'client-month', daysPerMonth, 16, 'sessions'),
  sessionsByWay: family('sessions', 'week', 'session-day', SESSION_CLAMP.sessions ** 2, 25),
  failures: family('failures', 'week', 'session-day', SESSION_CLAMP.failures ** 2, 100),
  reports: family('reports', 'week', 'client-month', coarsePerMonth, 22),
  worked: family('worked', 'week', 'client-month', coarsePerMonth * waysMax, 22, 'reports'),
  verdict: family('verdict', 'week', 'client-month', coarsePerMonth * verdictsMax, 22, 'reports'),
  connect: family('connect', 'week', 'client-month', coarsePerMonth, 22, 'reports'),
  peopleMonth: family('people', 'month', 'client-month', 1, 14),
  language: family('language', 'month', 'client-month', coarsePerMonth, 14),
}

/** Published figures are multiples of this. */
export const ROUND_TO = 10

/** The δ at which ε is stated: one in a million, far less than one in all people counted on a day. */
export const DELTA = 1e-6

/** The most that one unit is ever charged, over all releases that it is in: what the ledger refuses to go beyond. */
export const BUDGET_RHO: Readonly<Record<PrivacyUnit, number>> = { 'client-month': 0.065, 'session-day': 0.0081 }

/** Beyond the first, a release of the same spans costs again; what corrections may cost a unit in all. */
export const CORRECTION_RHO: Readonly<Record<PrivacyUnit, number>> = { 'client-month': 0.065, 'session-day': 0.0081 }

/** How a count's cells may lag, and how long raw counts live, in days after the day they are of. */
export const DELAYS = { releaseDays: 2, atRiskDays: 28, rawDays: 14 } as const

/** Countries where being counted among few, soon, can cost a person most, unless the operator lists others: those that Freedom on the Net has scored
 *  lowest for years. Their figures come four weeks later than those of others. */
export const AT_RISK: readonly string[] = [
  'AE',
  'AZ',
  'BH',
  'BY',
  'CN',
  'CU',
  'EG',
  'ER',
  'ET',
  'IR',
  'KP',
  'KZ',
  'MM',
  'NI',
  'PK',
  'RU',
  'SA',
  'SD',
  'SY',
  'TJ',
  'TM',
  'UZ',
  'VE',
  'VN',
  'YE',
]

/** What all first releases of a unit's span cost together. */
export function plannedRho(unit: PrivacyUnit): number {
  return Object.values<Family>(FAMILIES)
    .filter((one) => one.unit === unit)
    .reduce((sum, { sensitivitySquared, sigma }) => sum + rhoOf(Math.sqrt(sensitivitySquared), sigma), 0)
}

function family(metric: Metric, span: Span, unit: PrivacyUnit, addedSquared: number, sigma: number, gate?: Metric): Family {
  return { metric, span, unit, sensitivitySquared: TRIM * addedSquared, sigma, threshold: 5 * sigma, ...(gate !== undefined && { gate }) }
}
