// What an address asks for: every parameter is known, given once, bounded and of the right form, or the answer is a page that says what is wrong.
import type { Almanac } from './almanac.ts'
import { type Asked, defaultAsked, MEASURES, type Measure, usualFrom } from './figures/asked.ts'
import { isTerritory } from './figures/territories.ts'
import { WORLD } from './published.ts'
import { siteLimits } from './site-limits.ts'
import { daysBetween, isDay } from './spans.ts'
import type { Key } from './words/en.ts'
import { isLanguage, LANGUAGES, type Language } from './words/languages.ts'

/** Something an address asks for that can't be; said in the reader's language. */
export class AskedError extends Error {
  readonly status: 400 | 404 | 405 | 503
  readonly key: Key
  /** Numbers are written as the reader writes them. */
  readonly values: Readonly<Record<string, string | number>>

  constructor(key: Key, values: Readonly<Record<string, string | number>> = {}, status: 400 | 404 | 405 | 503 = 400) {
    super(key)
    this.key = key
    this.values = values
    this.status = status
  }
}

const PARAMETERS = ['country', 'other', 'from', 'to', 'event', 'measure'] as const
type Parameter = (typeof PARAMETERS)[number]

/** The language comes apart, since what is wrong with the rest is said in it. undefined: none was asked for. */
export function languageAsked(query: URLSearchParams): Language | undefined {
  const [language, second] = query.getAll('lang')
  if (language === undefined) return undefined
  if (second !== undefined) throw new AskedError('error_repeated', { name: 'lang' })
  if (!isLanguage(language)) throw new AskedError('error_choice', { name: 'lang', list: LANGUAGES.join(', ') })
  return language
}

/** Throws AskedError. `also`: further names that this address takes. */
export function readAsked(query: URLSearchParams, almanac: Almanac, today: string, also: readonly string[] = []): Asked {
  for (const name of new Set(query.keys())) {
    if (name !== 'lang' && !also.includes(name) && !PARAMETERS.some((known) => known === name))
      throw new AskedError('error_unknown', { name: name.slice(0, 40) })
    if (query.getAll(name).length > 1) throw new AskedError('error_repeated', { name: name.slice(0, 40) })
  }
  const get = (name: Parameter): string | undefined => query.get(name) ?? undefined
  const usual = defaultAsked(almanac, siteLimits.daysShown, today)
  const to = day('to', get('to')) ?? usual.to
  const from = day('from', get('from')) ?? usualFrom(almanac, siteLimits.daysShown, to)
  if (from > to) throw new AskedError('error_order')
  if (daysBetween(from, to) >= siteLimits.daysMax) throw new AskedError('error_long', { days: siteLimits.daysMax })
  const id = get('event')
  const event = almanac.records.events.find((one) => one.id === id)
  if (id !== undefined && event === undefined) throw new AskedError('error_event')
  return {
    ...usual,
    from,
    to,
    event,
    country: place('country', get('country')) ?? usual.country,
    other: place('other', get('other')) ?? usual.other,
    measure: measure(get('measure')) ?? usual.measure,
  }
}

function day(name: Parameter, text: string | undefined): string | undefined {
  // An empty field of a form asks for nothing.
  if (text === undefined || text === '') return undefined
  if (!isDay(text) || text < '2000-01-01' || text > '2100-12-31') throw new AskedError('error_day', { name })
  return text
}

export function place(name: Parameter, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  if (text !== WORLD && !isTerritory(text)) throw new AskedError('error_country', { name })
  return text
}

function measure(text: string | undefined): Measure | undefined {
  if (text === undefined || text === '') return undefined
  const found = MEASURES.find((one) => one === text)
  if (found === undefined) throw new AskedError('error_choice', { name: 'measure', list: MEASURES.join(', ') })
  return found
}
