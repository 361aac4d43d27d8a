// What a relay says of itself: the one report that the page, `culvert-relay status`, the metrics and the alerts are made of. All counts in it are rounded.

import { encodeCaps } from '../caps/caps.ts'
import type { RelayConfig } from '../config.ts'
import { formatPorts } from '../dial/exit-settings.ts'
import type { Snapshot } from '../serve.ts'
import type { Health } from './health.ts'
import { roundBytes, roundCount } from './round.ts'
import type { CountryStanding, Standing } from './standing.ts'

export interface Report {
  readonly version: string
  readonly health: Health
  /** Whole hours. */
  readonly upHours: number
  readonly workers: number
  readonly now: { readonly sessions: number; readonly streams: number }
  /** Since midnight, or since the start when that was later; by UTC. */
  readonly today: Counts
  /** Since the start. */
  readonly sums: Counts
  readonly month: { readonly bytes: number; readonly capBytes: number | undefined }
  /** As in config.json. */
  readonly caps: Readonly<Record<string, string>>
  readonly exit: { readonly ports: readonly string[]; readonly blocked: number; readonly from: number }
  readonly certificate: { readonly kind: 'own' | 'acme' | 'given' | 'front'; readonly daysLeft: number | undefined }
  /** undefined: not known yet. */
  readonly directory: { readonly day: string; readonly state: Standing['state'] } | undefined
  readonly countries: readonly CountryStanding[]
  readonly memoryBytes: number
  /** All that this relay sends to anyone who is not its guest, or a guest's destination. */
  readonly leaves: readonly string[]
}

export interface Counts {
  readonly sessions: number
  readonly streams: number
  readonly upBytes: number
  readonly downBytes: number
  readonly dialsFailed: number
  readonly dialsRefused: number
}

export interface ReportFacts {
  readonly version: string
  readonly config: RelayConfig
  readonly health: Health
  readonly upMs: number
  readonly workers: number
  readonly snapshot: Snapshot
  /** The sums at midnight. */
  readonly atMidnight: Snapshot['sums']
  readonly monthBytes: number
  readonly certificateDaysLeft: number | undefined
  readonly standing: Standing | undefined
}

export function makeReport(facts: ReportFacts): Report {
  const { version, config, health, snapshot, standing } = facts
  const { caps, exit, tls } = config
  return {
    version,
    health,
    upHours: Math.floor(facts.upMs / 3_600_000),
    workers: facts.workers,
    now: { sessions: roundCount(snapshot.sessions), streams: roundCount(snapshot.streams) },
    today: countsOf(snapshot.sums, facts.atMidnight),
    sums: countsOf(snapshot.sums),
    month: { bytes: roundBytes(facts.monthBytes), capBytes: caps.bytesPerMonth },
    caps: encodeCaps(caps) ?? {},
    exit: { ports: exit.ports.map(formatPorts), blocked: snapshot.blockedCount, from: exit.from.length },
    certificate: {
      kind: tls === undefined || config.behind !== undefined ? 'front' : tls.acme ? 'acme' : tls.made ? 'own' : 'given',
      daysLeft: facts.certificateDaysLeft === undefined ? undefined : Math.floor(facts.certificateDaysLeft),
    },
    directory: standing && { day: standing.day, state: standing.state },
    countries: standing?.countries ?? [],
    memoryBytes: roundBytes(snapshot.memoryBytes),
    leaves: leavesOf(config),
  }
}

type Sums = Snapshot['sums']

function countsOf(sums: Sums, before?: Sums): Counts {
  const since = (count: (of: Sums) => number): number => count(sums) - (before === undefined ? 0 : count(before))
  return {
    sessions: roundCount(since((of) => of.sessionsBegun)),
    streams: roundCount(since((of) => of.streamsOpened)),
    upBytes: roundBytes(since((of) => of.upBytes)),
    downBytes: roundBytes(since((of) => of.downBytes)),
    dialsFailed: roundCount(since((of) => of.dialsFailed)),
    dialsRefused: roundCount(since((of) => of.dialsDenied + of.dialsDamped)),
  }
}

function leavesOf({ tls, alerts, cover }: RelayConfig): string[] {
  return [
    'To visitors: the cover site.',
    'To guests: their sessions, and the signed policy with the edges and sites that you gave.',
    'To name servers of this machine: the names that guests ask for, without a word of who asks.',
    ...(cover.kind === 'url' ? ['To the site that is the cover: visitors’ requests, without their addresses.'] : []),
    ...(tls?.acme ? [`To the certificate authority: the domain${tls.acme.email === undefined ? '' : ' and your mail address'}.`] : []),
    'To its own public address, twice an hour: one visit, to see that it answers.',
    ...(alerts.webhook || alerts.mail ? ['To you, by the webhook or mail that you set: what is wrong, without any number of guests.'] : []),
    'To you alone, here: these counts. They are kept in memory, and on disk only as one sum a month, where you set a cap for it.',
  ]
}
