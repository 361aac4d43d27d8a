// The made-up world's countries and what happens to them. Codes are real, so that a map can be drawn; nothing else is.
import type { EventKind } from '../published.ts'
import { addDays, daysBetween } from '../spans.ts'

/** From a seed, a number from 0 to 1, evenly. */
export type Chance = () => number

/** What is counted from and signed of: the same for a seed, its days and its number of countries. */
export interface World {
  readonly countries: readonly DemoCountry[]
  readonly events: readonly DemoEvent[]
  readonly from: string
  readonly chance: Chance
}

export interface DemoCountry {
  readonly code: string
  readonly language: string
  /** On the first day. */
  readonly people: number
  /** In a year. */
  readonly growth: number
  /** Shares of sessions by way, and of reports in which each worked, and of verdicts. */
  readonly ways: readonly number[]
  readonly works: readonly number[]
  readonly verdicts: readonly number[]
}

export interface DemoEvent {
  readonly country: string
  readonly kind: EventKind
  readonly from: string
  /** The last day of it; the world may end before. */
  readonly until: string
  /** People served, as a share of what it was before. */
  readonly demand: number
  readonly ways: readonly number[]
  readonly verdicts: readonly number[]
}

/** Every country comes once, in an order that means nothing. */
const CODES =
  'AE AL AM AO AR AT AU AZ BA BD BE BF BG BJ BO BR BY CA CD CH CI CL CM CN CO CR CU CZ DE DK DO DZ EC EE EG ES ET FI FR GB GE GH GN GR GT HN HR HU ID IE IL IN IQ IR IT JM JO JP KE KG KH KR KW KZ LA LB LK LT LV LY MA MD MG MK ML MM MN MX MY MZ NG NI NL NO NP NZ OM PA PE PH PK PL PT PY QA RO RS RU RW SA SD SE SN SY TD TG TH TJ TM TN TR TW TZ UA UG US UY UZ VE VN YE ZA ZM ZW'.split(
    ' ',
  )

const SPEAKS: Readonly<Record<string, string>> = {
  IR: 'fa',
  AF: 'fa',
  TJ: 'fa',
  RU: 'ru',
  BY: 'ru',
  KZ: 'ru',
  KG: 'ru',
  CN: 'zh',
  TW: 'zh',
  MM: 'my',
  AE: 'ar',
  EG: 'ar',
  IQ: 'ar',
  JO: 'ar',
  LB: 'ar',
  LY: 'ar',
  MA: 'ar',
  OM: 'ar',
  QA: 'ar',
  SA: 'ar',
  SD: 'ar',
  SY: 'ar',
  YE: 'ar',
  DZ: 'ar',
  TN: 'ar',
  VE: 'es',
  CU: 'es',
  NI: 'es',
  AR: 'es',
  MX: 'es',
  CO: 'es',
  PE: 'es',
  CL: 'es',
  FR: 'fr',
  SN: 'fr',
  ML: 'fr',
  TD: 'fr',
  CI: 'fr',
}

const KINDS: readonly EventKind[] = ['blackout', 'throttling', 'blocking']

/** The largest has some thousand people a day, the smallest a handful. */
export function demoCountries(count: number, chance: Chance): readonly DemoCountry[] {
  const codes = [...CODES]
  return Array.from({ length: Math.min(count, CODES.length) }, (_, rank) => {
    const [code = ''] = codes.splice(Math.floor(chance() * codes.length), 1)
    const isCensored = chance() < 0.4
    const direct = isCensored ? 0.3 + 0.3 * chance() : 0.7 + 0.2 * chance()
    return {
      code,
      language: SPEAKS[code] ?? 'en',
      people: Math.round(24_000 / (rank + 1) ** 1.05) + 3,
      growth: -0.1 + 0.9 * chance(),
      ways: [direct * 0.8, (1 - direct) * 0.7, direct * 0.2, (1 - direct) * 0.3],
      works: isCensored ? [0.55, 0.9, 0.5, 0.82] : [0.97, 0.96, 0.95, 0.94],
      verdicts: isCensored ? [0.35, 0.45, 0.14, 0.03, 0.03] : [0.94, 0.03, 0.01, 0, 0.02],
    }
  })
}

/** About one a month, most in the countries where many are served; the last one goes on. */
export function demoEvents(countries: readonly DemoCountry[], from: string, until: string, chance: Chance): readonly DemoEvent[] {
  const dayCount = daysBetween(from, until)
  const count = Math.max(2, Math.round(dayCount / 30))
  return Array.from({ length: count }, (_, index) => {
    const country = countries[Math.floor(chance() ** 2 * Math.min(30, countries.length))] as DemoCountry
    const kind = KINDS[index % KINDS.length] as EventKind
    const isLast = index === count - 1
    const begin = addDays(from, isLast ? dayCount - 4 : Math.floor(((index + 0.2 + 0.6 * chance()) / count) * dayCount))
    const length = 2 + Math.floor(chance() * 14)
    return {
      country: country.code,
      kind,
      from: begin,
      until: isLast ? '9999-12-31' : addDays(begin, length),
      demand: kind === 'blackout' ? 0.12 : kind === 'throttling' ? 0.8 : 1.9,
      ways: kind === 'blocking' ? [0.04, 0.62, 0.03, 0.31] : [0.1, 0.4, 0.15, 0.35],
      verdicts:
        kind === 'blackout'
          ? [0.03, 0.1, 0.1, 0.6, 0.17]
          : kind === 'throttling'
            ? [0.05, 0.2, 0.7, 0.03, 0.02]
            : [0.04, 0.85, 0.08, 0.01, 0.02],
    }
  })
}
