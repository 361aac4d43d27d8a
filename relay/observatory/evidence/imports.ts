// Public signals of shutdowns, from files as their makers' APIs hand them out: IODA's outage events, OONI's aggregation by day and country, Cloudflare Radar's
// outage annotations (docs/DASHBOARD.md names the questions, and where and when their forms were read). A person fetches the file; nothing is fetched from here. What is read becomes a suspicion, never an event: a person signs events.

import { type AdminLimits, adminLimits } from '../admin/limits.ts'
import { parseJson, Refused } from '../collect/fields.ts'
import type { EventKind, EvidenceKind } from '../published.ts'
import { dayOf, isDay } from '../spans.ts'

export interface Suspicion {
  readonly country: string
  readonly kind: EventKind
  readonly day: string
  readonly says: string
  readonly source: EvidenceKind
  readonly url: string
  /** The file says that it was recorded to try the import. */
  readonly isSample: boolean
}

export const FORMATS = ['ioda', 'ooni', 'radar'] as const
export type Format = (typeof FORMATS)[number]

/** Our samples have this field; no file of the makers does. */
const SAMPLE_MARK = 'culvertSample'

/** Throws Refused where it is not a file of that format. Rows that say nothing of a country are passed over. */
export function readSignals(format: Format, text: string, limits: AdminLimits = adminLimits): readonly Suspicion[] {
  if (text.length > limits.importBytesMax) throw new Refused('the file is too large')
  const whole = parseJson(text)
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) throw new Refused('not an object')
  const isSample = SAMPLE_MARK in whole
  const rows = ROWS[format](whole as Record<string, unknown>)
  if (!Array.isArray(rows)) throw new Refused(`the file is not of the form of ${format}`)
  if (rows.length > limits.importRowsMax) throw new Refused('the file has too many rows')
  return rows.flatMap((row: unknown) => READ[format](fieldsOf(row)).map((found) => ({ ...found, source: format, isSample })))
}

type Found = Omit<Suspicion, 'source' | 'isSample'>

const ROWS: Readonly<Record<Format, (whole: Readonly<Record<string, unknown>>) => unknown>> = {
  ioda: ({ data }) => data,
  ooni: ({ result }) => result,
  radar: ({ result, annotations }) => annotations ?? fieldsOf(result)['annotations'],
}

const READ: Readonly<Record<Format, (row: Readonly<Record<string, unknown>>) => readonly Found[]>> = {
  /** `location` is country/XX, region/…, asn/…; `start` and `duration` are seconds. */
  ioda: ({ location, start, duration, datasource }) => {
    const country = /^country\/([A-Z]{2})$/.exec(String(location))?.[1]
    if (country === undefined || typeof start !== 'number' || typeof duration !== 'number') return []
    const day = dayAt(start * 1_000)
    if (day === undefined || duration < 0) return []
    const hours = Math.max(1, Math.round(duration / 3_600))
    const says = `IODA saw an outage of about ${hours} h in ${plain(datasource)}.`
    return [{ country, kind: 'blackout', day, says, url: `https://ioda.inetintel.cc.gatech.edu/country/${country}` }]
  },
  /** A day on which at least a third of the measurements, and a hundred of them, were anomalies or confirmed blocking: each is in one of these counts only. */
  ooni: ({
    probe_cc: country,
    measurement_start_day: day,
    anomaly_count: anomalies,
    confirmed_count: confirmed,
    measurement_count: all,
  }) => {
    if (country === undefined || typeof day !== 'string' || !isDay(day))
      throw new Refused('the file is not by day and country: ask for axis_x=measurement_start_day, axis_y=probe_cc and time_grain=day')
    if (!isCountry(country) || !isCount(anomalies) || !isCount(confirmed) || !isCount(all)) return []
    const odd = anomalies + confirmed
    if (odd < 100 || odd < all / 3) return []
    const says = `OONI counted ${anomalies} anomalies and ${confirmed} confirmed blockings in ${all} measurements.`
    return [{ country, kind: 'blocking', day, says, url: `https://explorer.ooni.org/country/${country}` }]
  },
  radar: ({ locations, asns, startDate, outage, linkedUrl }) => {
    const day = typeof startDate === 'string' ? dayAt(Date.parse(startDate)) : undefined
    if (!Array.isArray(locations) || day === undefined) return []
    const { outageCause, outageType } = fieldsOf(outage)
    const whose = Array.isArray(asns) && asns.length > 0 ? ' of single networks' : ''
    const says = `Cloudflare Radar noted an outage${whose}: ${plain(outageType)}, ${plain(outageCause)}.`
    const url =
      typeof linkedUrl === 'string' && /^https:\/\/[a-z0-9.-]+\/[!#-;=?-~]*$/.test(linkedUrl)
        ? linkedUrl
        : 'https://radar.cloudflare.com/outage-center'
    return locations.filter(isCountry).map((country) => ({ country, kind: 'blackout', day, says, url }))
  },
}

function isCountry(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Z]{2}$/.test(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}

function dayAt(ms: number): string | undefined {
  return Number.isFinite(ms) && ms > 0 && ms < 4e12 ? dayOf(ms) : undefined
}

/** Words of others, as far as they are a plain word. */
function plain(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,40}$/.test(value) ? value.toLowerCase().replaceAll('_', ' ') : 'not said'
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
