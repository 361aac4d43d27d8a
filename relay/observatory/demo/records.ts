// What a made-up world has besides counts: events with evidence, costs, decisions, indicators and the state of its data. All of it says that it is synthetic.
import { createHash, type KeyObject } from 'node:crypto'
import type { Kysely } from 'kysely'
import { batches } from '../../store/store.ts'
import { judgeAt } from '../emergency-rule.ts'
import { Publication } from '../publication.ts'
import { COST_KINDS, type Cost, type Decision, type Evidence, type INDICATORS, type ShutdownEvent } from '../published.ts'
import { canonical, type RecordKind, signRecord } from '../records.ts'
import { addDays, daysOf, endOf, startOf } from '../spans.ts'
import type { ObservatoryTables } from '../tables.ts'
import type { World } from './world.ts'

const NOTE = 'Made up, to show what this page looks like.'
const SIGNER = 'synthetic'

export async function addSyntheticRecords(db: Kysely<ObservatoryTables>, world: World, until: string, key: KeyObject): Promise<void> {
  const events = world.events.map((one, index) => eventOf(one, index, until))
  const costs = costsOf(world, until)
  const signed = (kind: RecordKind, one: { readonly signedAt: string }) => {
    const body = canonical(one)
    return {
      revision: 1,
      signed_at: one.signedAt,
      released_at: one.signedAt,
      body,
      signer: SIGNER,
      signature: signRecord(kind, body, key),
      synthetic: 1,
    }
  }
  await db.transaction().execute(async (to) => {
    for (const one of events) {
      const row = { id: one.id, country: one.country, started_at: one.startedAt, ended_at: one.endedAt ?? '' }
      await to
        .insertInto('published_events')
        .values({ ...row, ...signed('event', one) })
        .execute()
    }
    for (const one of costs)
      await to
        .insertInto('published_costs')
        .values({ id: one.id, started: one.from, ended: one.until, ...signed('cost', one) })
        .execute()
    const decided = events.filter(({ kind, startedAt }) => kind !== 'throttling' && addDays(startedAt.slice(0, 10), 2) <= until)
    for (const [index, event] of decided.entries()) {
      const one = await decisionOf(to, event, index)
      await to
        .insertInto('published_decisions')
        .values({ id: one.id, event_id: one.eventId, ...signed('decision', one) })
        .execute()
    }
    for (const batch of batches(indicatorsOf(world, until))) await to.insertInto('published_indicators').values(batch).execute()
    for (const batch of batches(qualityOf(world, until))) await to.insertInto('published_quality').values(batch).execute()
  })
}

function eventOf(event: World['events'][number], index: number, until: string): ShutdownEvent {
  const seenAt = `${event.from}T09:00:00Z`
  const evidence: Evidence[] = [
    { kind: 'reports', says: 'Independent reports from opted-in clients passed the threshold.', url: '', seenAt, isSample: true },
    { kind: 'ioda', says: 'Active probing dropped within an hour.', url: 'https://ioda.inetintel.cc.gatech.edu/', seenAt, isSample: true },
    { kind: 'ooni', says: 'Measurements show confirmed anomalies.', url: 'https://explorer.ooni.org/', seenAt, isSample: true },
  ]
  return {
    id: `ev-${createHash('sha256').update(`${index} ${event.country} ${event.from}`).digest('hex').slice(0, 16)}`,
    country: event.country,
    kind: event.kind,
    startedAt: `${event.from}T06:00:00Z`,
    endedAt: event.until > until ? undefined : `${event.until}T18:00:00Z`,
    evidence: evidence.slice(0, 2 + (index % 2)),
    note: NOTE,
    signedBy: SIGNER,
    signedAt: `${addDays(event.from, 1)}T10:00:00Z`,
    isWithdrawn: false,
    revision: 1,
    isSynthetic: true,
  }
}

function costsOf({ from, chance }: World, until: string): readonly Cost[] {
  const months = [...new Set(daysOf(from, addDays(until, 1)).map((day) => startOf('month', day)))]
  const usual = { servers: 410_000, traffic: 380_000, edges: 120_000, domains: 6_000, people: 1_450_000, other: 40_000 }
  return months.flatMap((month, index) =>
    COST_KINDS.map(
      (kind): Cost => ({
        id: `cost-${month.slice(0, 7)}-${kind}`,
        kind,
        from: month,
        until: addDays(endOf('month', month), -1),
        amountCents: Math.round(usual[kind] * (1 + index * 0.015) * (0.95 + 0.1 * chance())),
        currency: 'USD',
        note: NOTE,
        evidenceSha256: createHash('sha256').update(`${NOTE} ${month} ${kind}`).digest('hex'),
        signedBy: SIGNER,
        signedAt: `${addDays(endOf('month', month), 4)}T12:00:00Z`,
        isWithdrawn: false,
        revision: 1,
        isSynthetic: true,
      }),
    ),
  )
}

async function decisionOf(db: Kysely<ObservatoryTables>, event: ShutdownEvent, index: number): Promise<Decision> {
  const signedAt = `${addDays(event.startedAt.slice(0, 10), 2)}T10:00:00Z`
  const rule = await judgeAt(new Publication(db), event.id, signedAt)
  if (rule === undefined) throw new Error('assertion failed: the event is there')
  return {
    id: `decision-${event.id.slice(3)}`,
    eventId: event.id,
    rule,
    outcome: rule.isMet ? 'released' : 'declined',
    amountCents: rule.isMet ? 500_000 + 100_000 * (index % 3) : 0,
    currency: 'USD',
    reason: NOTE,
    signedBy: SIGNER,
    signedAt,
    isSynthetic: true,
  }
}

function indicatorsOf({ countries, chance }: World, until: string): readonly ObservatoryTables['published_indicators'][] {
  const values = [
    ['spare-capacity', () => Math.round(200 + 4_000 * chance())],
    ['independent-ways', () => 1 + Math.floor(5 * chance())],
    ['rehearsal', () => Math.round(2 + 30 * chance())],
    ['languages', () => Math.round(100 * (0.4 + 0.6 * chance())) / 100],
    ['offline-update', () => (chance() < 0.7 ? 1 : 0)],
  ] as const satisfies readonly (readonly [(typeof INDICATORS)[number], () => number])[]
  const at = `${until}T00:00:00Z`
  return countries.flatMap(({ code }) =>
    values.map(([name, value]) => ({ country: code, name, measured_at: at, released_at: at, value: value(), source: NOTE, synthetic: 1 })),
  )
}

function qualityOf({ from, chance }: World, until: string): readonly ObservatoryTables['published_quality'][] {
  return daysOf(from, addDays(until, 1)).flatMap((day, index) => {
    const expected = 320 + Math.floor(index / 4)
    const values = {
      'relays-reporting': Math.floor(expected * (0.93 + 0.06 * chance())),
      'relays-expected': expected,
      'unknown-share': 0.004 + 0.004 * chance(),
      'geoip-age-days': index % 31,
      'cross-check': 0.9 + 0.25 * chance(),
    }
    const released = `${addDays(day, 2)}T04:00:00Z`
    return Object.entries(values).map(([name, value]) => ({ day, name, released_at: released, value, synthetic: 1 }))
  })
}
