// Everything that is said in one language: words from its catalog, and numbers, days and names as its readers write them.
import type { Cell, Day, Kind, Range } from '../charts/figure.ts'
import { ar } from './ar.ts'
import { en, type Forms, type Key, type Words } from './en.ts'
import { es } from './es.ts'
import { fa } from './fa.ts'
import { fr } from './fr.ts'
import { LANGUAGES, type Language, TRAITS } from './languages.ts'
import { my } from './my.ts'
import { ru } from './ru.ts'
import { tr } from './tr.ts'
import { zh } from './zh.ts'

export const CATALOGS: Readonly<Record<Language, Words>> = { en, fa, ar, ru, zh, my, tr, es, fr }

export interface Voice {
  readonly language: Language
  readonly direction: 'ltr' | 'rtl'
  /** The words of a key, with `{name}` filled in; `count` chooses the form where there are several. */
  say(key: Key, values?: Readonly<Record<string, string>>, count?: number): string
  /** A value as a reader of this language writes it; a dash where there is none. */
  write(kind: Kind, value: Cell): string
  /** In few characters, for axes and large figures. */
  short(kind: Kind, value: number): string
  range(kind: Kind, range: Range | undefined): string
  /** Such as “3 hours”. */
  lasting(unit: 'day' | 'hour', count: number): string
  day(day: Day): string
  /** ISO 8601, to the minute, UTC. */
  moment(time: string): string
  /** Without the year, for axes. */
  shortDay(day: Day): string
  month(month: string): string
  /** With its year, for axes. */
  shortMonth(month: string): string
  country(code: string): string
  languageName(code: string): string
  list(items: readonly string[]): string
  /** Set apart, in the direction of the language: for drawings, whose texts have none of their own, and beside what is in another script. */
  apart(text: string): string
}

const voices = new Map<Language, Voice>()

export function voiceOf(language: Language): Voice {
  const known = voices.get(language) ?? createVoice(language)
  voices.set(language, known)
  return known
}

function createVoice(language: Language): Voice {
  const { locale, direction } = TRAITS[language]
  const words: Readonly<Record<Key, string | Forms>> = CATALOGS[language]
  const plural = new Intl.PluralRules(locale)
  const formOf = (entry: string | Forms, count: number): string =>
    typeof entry === 'string' ? entry : (entry[plural.select(count)] ?? entry.other)
  const numbers = numberFormats(locale)
  const dates = dateFormats(locale)
  const regions = new Intl.DisplayNames(locale, { type: 'region' })
  const languages = new Intl.DisplayNames(locale, { type: 'language' })
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' })
  const day = (text: Day): string => dates.day.format(Date.parse(text))
  const write = (kind: Kind, value: Cell): string => {
    if (value === undefined) return '–'
    if (typeof value === 'number') return numbers.full[kind].format(scaled(kind, value))
    return kind === 'day' ? day(value) : kind === 'country' ? regionName(regions, value) : value
  }
  const apart = (text: string): string => (direction === 'rtl' ? `\u2067${text}\u2069` : text)
  const short = (kind: Kind, value: number): string => numbers.short[kind].format(scaled(kind, value))
  return {
    language,
    direction,
    say: (key, values = {}, count = 0) =>
      formOf(words[key], count).replace(/\{(\w+)\}(\.?)/g, (_, name: string, stop: string) => stopped(values[name] ?? '', stop)),
    write,
    short,
    range: (kind, range) => {
      if (range === undefined) return '–'
      const [low, high] = [short(kind, range.low), short(kind, range.high)]
      // From right to left, the two ends would be read as one run of figures, in the other direction.
      return low === high ? low : `${apart(low)} – ${apart(high)}`
    },
    lasting: (unit, count) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count),
    day,
    moment: (time) => dates.moment.format(Date.parse(time)),
    shortDay: (text) => dates.short.format(Date.parse(text)),
    month: (month) => dates.month.format(Date.parse(`${month}-01`)),
    shortMonth: (month) => dates.shortMonth.format(Date.parse(`${month}-01`)),
    country: (code) => regionName(regions, code),
    languageName: (code) => UNNAMED[code] ?? languages.of(code.replace('_', '-')) ?? code,
    list: (items) => lists.format(items),
    apart,
  }
}

/** Who signed it; what is made up was signed by nobody. */
export function signerOf({ signedBy, isSynthetic }: { readonly signedBy: string; readonly isSynthetic: boolean }, voice: Voice): string {
  return isSynthetic ? syntheticMark(voice).replace(/[.。။]$/, '') : signedBy
}

/** That it is made up, in few words: for what goes on without its page. */
export function syntheticMark(voice: Voice): string {
  return voice.say('synthetic').split(/(?<=[.。။])/)[0] ?? ''
}

/** A number may end with a full stop of its own (94,3 тыс.). */
function stopped(value: string, stop: string): string {
  return value.endsWith('.') ? value : value + stop
}

/** Bytes are written in gigabytes; all else as it is. */
function scaled(kind: Kind, value: number): number {
  return kind === 'bytes' ? value / 1e9 : value
}

/** Languages of millions that ICU has no name for, in no language (version 78, 2026). */
const UNNAMED: Readonly<Record<string, string>> = { apc: 'Levantine Arabic', fuv: 'Nigerian Fulfulde', skr: 'Saraiki' }

function regionName(regions: Intl.DisplayNames, code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (regions.of(code) ?? code) : code
}

type Formats = Readonly<Record<Kind, Intl.NumberFormat>>

function numberFormats(locale: string): { readonly full: Formats; readonly short: Formats } {
  const of = (options: Intl.NumberFormatOptions): Intl.NumberFormat => new Intl.NumberFormat(locale, options)
  const dollars = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const
  const bytes = { style: 'unit', unit: 'gigabyte', unitDisplay: 'short' } as const
  const compact = { notation: 'compact', maximumSignificantDigits: 3 } as const
  const plain = of({ maximumFractionDigits: 0 })
  const cents = of({ ...dollars, minimumSignificantDigits: 2, maximumSignificantDigits: 3 })
  const decimal = of({ minimumSignificantDigits: 2, maximumSignificantDigits: 3 })
  const share = of({ style: 'percent', maximumFractionDigits: 0 })
  const days = { day: plain, country: plain, text: plain }
  return {
    full: {
      ...days,
      count: plain,
      hours: plain,
      money: of({ ...dollars, maximumFractionDigits: 0 }),
      cost: cents,
      share,
      bytes: of({ ...bytes, maximumFractionDigits: 0 }),
      decimal,
    },
    short: {
      ...days,
      count: of(compact),
      hours: of(compact),
      money: of({ ...dollars, ...compact }),
      cost: cents,
      share,
      bytes: of({ ...bytes, ...compact }),
      decimal,
    },
  }
}

interface DateFormats {
  readonly day: Intl.DateTimeFormat
  readonly moment: Intl.DateTimeFormat
  readonly short: Intl.DateTimeFormat
  readonly month: Intl.DateTimeFormat
  readonly shortMonth: Intl.DateTimeFormat
}

function dateFormats(locale: string): DateFormats {
  const of = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })
  const day = { year: 'numeric', month: 'short', day: 'numeric' } as const
  return {
    day: of(day),
    moment: of({ ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' }),
    short: of({ month: 'short', day: 'numeric' }),
    month: of({ year: 'numeric', month: 'long' }),
    shortMonth: of({ year: 'numeric', month: 'short' }),
  }
}

/** So that a page can offer each language by its own name. */
export const LANGUAGE_NAMES: readonly { readonly language: Language; readonly name: string }[] = LANGUAGES.map((language) => ({
  language,
  name: TRAITS[language].name,
}))
