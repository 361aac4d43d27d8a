// One part of a relay's day: what it counted since its last part, by country and way. Parts add up; each has a mark, so that one that comes twice counts once.

import { SESSION_CLAMP } from '../privacy/parameters.ts'
import { UNKNOWN_COUNTRY, WAYS, type WaySlice } from '../published.ts'
import { COUNTRY, MARK, Parsed, parseJson, Refused } from './fields.ts'
import type { CollectLimits } from './limits.ts'

export interface PlaceCounts {
  readonly country: string
  readonly way: WaySlice
  readonly sessions: number
  readonly seconds: number
  readonly bytes: number
  readonly failures: number
}

export interface RelayDay {
  readonly day: string
  /** 32 hex digits, drawn by the relay for this part. */
  readonly mark: string
  readonly geoipAgeDays: number
  readonly places: readonly PlaceCounts[]
}

const SECONDS_MAX = SESSION_CLAMP.hours * 3_600
const BYTES_MAX = SESSION_CLAMP.gigabytes * 1e9

/** Throws Refused: also where a place holds more than its sessions could have brought, clamped. */
export function parseRelayDay(body: string, limits: CollectLimits): RelayDay {
  const fields = new Parsed(parseJson(body), ['day', 'mark', 'geoipAgeDays', 'places'])
  const places = fields.list('places', limits.placesMax).map((place) => parsePlace(place, limits))
  if (new Set(places.map(({ country, way }) => `${country} ${way}`)).size !== places.length) throw new Refused('places is not right')
  return { day: fields.day('day'), mark: fields.text('mark', MARK), geoipAgeDays: fields.count('geoipAgeDays', 36_500), places }
}

function parsePlace(value: unknown, limits: CollectLimits): PlaceCounts {
  const fields = new Parsed(value, ['country', 'way', 'sessions', 'seconds', 'bytes', 'failures'])
  const country = fields.text('country', COUNTRY)
  const sessions = fields.count('sessions', limits.sessionsMax)
  return {
    country,
    way: fields.oneOf('way', WAYS),
    sessions,
    seconds: fields.count('seconds', sessions * SECONDS_MAX),
    bytes: fields.count('bytes', sessions * BYTES_MAX),
    failures: fields.count('failures', sessions * SESSION_CLAMP.failures),
  }
}

/** Countries that are not counted by themselves are counted together. */
export function placeIn(countries: ReadonlySet<string>, country: string): string {
  return countries.has(country) ? country : UNKNOWN_COUNTRY
}
