// What the observatory has published: all that its pages, files, feeds and reports may read, and nothing that was not meant for everybody.
//
// Nothing in here is ever rewritten. A cell, an event, a cost that turned out to be wrong gets a further revision, and what was said before stays readable.
import type { Kysely } from 'kysely'
import type { Span } from './spans.ts'

/** What a cell counts, over one span, in one country, of one slice. */
export type Metric =
  /** People served. `low` to `high` holds both what noise hides and what nobody can know: who did not opt in, who used several relays. Day, month. */
  | 'people'
  /** Sessions that began. Day; by week also of one way. */
  | 'sessions'
  /** Hours for which people were served. Day. */
  | 'hours'
  /** Gigabytes (10⁹) that were carried, both directions. Day. */
  | 'gigabytes'
  /** Carriers that broke under a session. Week, of one way. */
  | 'failures'
  /** Opted-in clients' reports. Week. */
  | 'reports'
  /** Those of the reports in which this way worked. Week, of one way. */
  | 'worked'
  /** Those of the reports with this verdict. Week, of one verdict. */
  | 'verdict'
  /** Those of the reports that took so long to connect. Week, of one bucket. */
  | 'connect'
  /** Those of the reports whose app speaks this language. Month, of one language, of the world only. */
  | 'language'

/** Carrier kind, and whether it went to the relay itself or through an edge. */
export const WAYS = ['websocket-direct', 'websocket-edge', 'http-direct', 'http-edge'] as const
export type WaySlice = (typeof WAYS)[number]
export const VERDICTS = ['open', 'interfered', 'throttled', 'cutoff', 'offline'] as const
export type VerdictSlice = (typeof VERDICTS)[number]
/** From the first dial to the first live session; the last one also holds those that gave up. */
export const CONNECT_BUCKETS = ['under-1s', 'under-3s', 'under-10s', 'under-30s', 'longer'] as const
export type ConnectSlice = (typeof CONNECT_BUCKETS)[number]

/** `all`, a way, a verdict, a bucket, or a language tag: which of them the metric says. */
export type Slice = string

/** Where a country is not known: the database of addresses knows none, or the count is too small to say. */
export const UNKNOWN_COUNTRY = 'ZZ'
/** All countries together, those that are suppressed or not known too. */
export const WORLD = '001'

export interface CellKey {
  readonly metric: Metric
  /** ISO 3166-1 alpha-2 in capitals, UNKNOWN_COUNTRY or WORLD. Told from addresses, so it may be wrong. */
  readonly country: string
  readonly slice: Slice
  readonly span: Span
  /** The span's first day, YYYY-MM-DD, UTC. A week begins on Monday. */
  readonly start: string
}

export interface CellState {
  /** From 1. The highest one holds; those before it are what was said earlier. */
  readonly revision: number
  /** ISO 8601, UTC, to the second. */
  readonly releasedAt: string
  /** Made up, to show what the pages look like. Must be said wherever such a cell is shown. */
  readonly isSynthetic: boolean
}

/** Suppressed: so few, or so near to telling so few by subtraction, that nothing is said; it is not zero. A cell that is missing says the same: of what is
 *  gated by another metric (hours and gigabytes by sessions, parts of reports by reports) there are cells only where the other's is shown. */
export type Cell = CellKey &
  CellState &
  (
    | { readonly isSuppressed: true }
    | { readonly isSuppressed: false; readonly low: number; readonly estimate: number; readonly high: number }
  )

export const EVIDENCE_KINDS = ['reports', 'relays', 'ioda', 'ooni', 'radar', 'statement'] as const
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number]

export interface Evidence {
  readonly kind: EvidenceKind
  /** One sentence. */
  readonly says: string
  /** Where others can look, https only; empty for our own reports. */
  readonly url: string
  /** When it was looked at. ISO 8601. */
  readonly seenAt: string
  /** Recorded by us to try the import, and no sign of anything that happened. */
  readonly isSample: boolean
}

export const EVENT_KINDS = ['blackout', 'throttling', 'blocking'] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** A shutdown that a person has looked at and signed for. */
export interface ShutdownEvent {
  /** Made once, kept over revisions: `ev-` and 16 hex digits. */
  readonly id: string
  readonly country: string
  readonly kind: EventKind
  /** ISO 8601, UTC, to the hour. */
  readonly startedAt: string
  /** undefined: it goes on. */
  readonly endedAt: string | undefined
  readonly evidence: readonly Evidence[]
  readonly note: string
  /** The name under which the signing key is known. */
  readonly signedBy: string
  readonly signedAt: string
  /** It turned out to be none. It stays readable, with the reason as its note. */
  readonly isWithdrawn: boolean
  readonly revision: number
  readonly isSynthetic: boolean
}

export const COST_KINDS = ['servers', 'traffic', 'edges', 'domains', 'people', 'other'] as const
export type CostKind = (typeof COST_KINDS)[number]

/** What the network cost, over the days from `from` to `until`, both included. */
export interface Cost {
  readonly id: string
  readonly kind: CostKind
  readonly from: string
  readonly until: string
  /** In hundredths of `currency`. */
  readonly amountCents: number
  /** ISO 4217. */
  readonly currency: string
  readonly note: string
  /** Of the bill, in hex; who holds the bill can show that it is this one. */
  readonly evidenceSha256: string
  readonly signedBy: string
  readonly signedAt: string
  readonly isWithdrawn: boolean
  readonly revision: number
  readonly isSynthetic: boolean
}

/** Whose privacy a release spends: the most that one of them adds to what is counted is known. docs/PRIVACY.md has the accounts. */
export type PrivacyUnit =
  /** What one opted-in client sends in a calendar month. */
  | 'client-month'
  /** What one session, clamped, adds to the relays' counts on a day. */
  | 'session-day'

/** What one family of counts costs each unit of one span, for one revision: charged once, however many cells the unit is in. */
export interface LedgerEntry {
  /** `family unit-start revision`. */
  readonly id: string
  readonly at: string
  readonly unit: PrivacyUnit
  /** The unit's span: its day, or the first of its month. */
  readonly start: string
  /** A name of privacy/parameters.ts. */
  readonly family: string
  readonly revision: number
  /** Of the discrete Gaussian, in units of what is counted. */
  readonly sigma: number
  /** The most that one unit changes the counts of this family, as a Euclidean length. */
  readonly sensitivity: number
  /** Zero-concentrated differential privacy: sensitivity² / (2 σ²). The sum over a unit is what the unit has spent. */
  readonly rho: number
  readonly isSynthetic: boolean
}

export const INDICATORS = ['spare-capacity', 'independent-ways', 'rehearsal', 'languages', 'offline-update'] as const
export type IndicatorName = (typeof INDICATORS)[number]

/** What was published, and when it came out: ISO 8601, UTC, to the second. */
export type Out<T> = T & { readonly releasedAt: string }

/** How ready the network is for a shutdown in a country: raw figures, no score. */
export interface Indicator {
  readonly country: string
  readonly name: IndicatorName
  /** spare-capacity: sessions that fit beside today's. independent-ways: count. rehearsal: seconds without service. languages: share of people, 0 to 1. offline-update: 1 or 0. */
  readonly value: number
  /** How it was found, in a sentence. */
  readonly source: string
  readonly measuredAt: string
  readonly isSynthetic: boolean
}

export const DECISIONS = ['released', 'declined', 'deferred'] as const
export type DecisionOutcome = (typeof DECISIONS)[number]

/** What the public rule (emergency-rule.ts) said of a shutdown at a moment, and what it looked at. */
export interface RuleOutcome {
  readonly version: number
  /** ISO 8601. What was published later isn't in it. */
  readonly asOf: string
  readonly isMet: boolean
  readonly isGoingOn: boolean
  readonly evidenceKinds: number
  readonly hours: number
  /** People served on an average day before, low … */
  readonly peopleLow: number
  /** … of so many published days; 0: nothing is published of that country, which is no sign that nobody was served. */
  readonly peopleDays: number
}

/** What was decided about the emergency fund, and what the rule had said. */
export interface Decision {
  readonly id: string
  /** The event that called for it. */
  readonly eventId: string
  /** Found by the program that signed, never by the person, and found again before it was kept. */
  readonly rule: RuleOutcome
  readonly outcome: DecisionOutcome
  readonly amountCents: number
  readonly currency: string
  readonly reason: string
  readonly signedBy: string
  readonly signedAt: string
  readonly isSynthetic: boolean
}

export type QualityName =
  /** Relays whose signed counts came for this day. */
  | 'relays-reporting'
  /** Relays that sent counts within the fortnight before. */
  | 'relays-expected'
  /** Share of sessions, 0 to 1, whose country is not known. Missing where that count, or the total, is withheld. */
  | 'unknown-share'
  /** Age of the database of addresses in days, the oldest of any relay. */
  | 'geoip-age-days'
  /** Sessions by relays over sessions by what clients tell; far from 1 says that somebody inflates. Missing where a total is withheld. */
  | 'cross-check'

export interface Quality {
  readonly day: string
  readonly name: QualityName
  readonly value: number
  readonly isSynthetic: boolean
}

/** The tables behind all this. Only `releases` and signed commands write them, only `Publication` reads them. */
export interface PublishedTables {
  published_cells: {
    metric: string
    country: string
    slice: string
    span: string
    start: string
    revision: number
    released_at: string
    suppressed: number
    low: number
    estimate: number
    high: number
    synthetic: number
  }
  published_events: RecordRow & { id: string; country: string; started_at: string; ended_at: string }
  published_costs: RecordRow & { id: string; started: string; ended: string }
  published_decisions: RecordRow & { id: string; event_id: string }
  published_ledger: { id: string; at: string; unit: string; start: string; rho: number; body: string; synthetic: number }
  published_indicators: {
    country: string
    name: string
    measured_at: string
    released_at: string
    value: number
    source: string
    synthetic: number
  }
  published_quality: { day: string; name: string; released_at: string; value: number; synthetic: number }
  /** One row: up to when nothing more can come out. closing.ts has it. */
  published_closed: { until: string }
}

/** A record that a person signed: its body is the canonical JSON that the signature is of. */
export interface RecordRow {
  revision: number
  signed_at: string
  /** When it could be seen first, by the store: a person can sign of any day. */
  released_at: string
  body: string
  signer: string
  /** Ed25519, base64url. */
  signature: string
  synthetic: number
}

export type PublishedDb = Kysely<PublishedTables>
