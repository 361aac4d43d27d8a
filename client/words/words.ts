// Says a key in one language, with numbers, amounts, times and plural forms by that language's own rules (Intl). Catalogs other than English are loaded when
// they are needed.
import { directionOf, LANGUAGES, type Language, type Settings } from '../contract/settings.ts'
import type { Forms } from './catalog.ts'
import { type CodeCatalog, en as codes } from './codes/en.ts'
import { type Catalog, en, type Key } from './en.ts'

export type Params = Readonly<Record<string, string | number>>

/** Each in itself, for the list to choose from. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  fa: 'فارسی',
  ar: 'العربية',
  ru: 'Русский',
  zh: '简体中文',
  my: 'မြန်မာ',
  tr: 'Türkçe',
  es: 'Español',
  fr: 'Français',
}

/** Their digits stand beside no Latin letters, as the short forms of units of bytes are here. */
const WHOLE_UNITS: ReadonlySet<Language> = new Set(['fa', 'my'])
/** Simplified: which zh alone does not say. */
const TAGS: Readonly<Partial<Record<Language, string>>> = { zh: 'zh-Hans' }

/** French sets these apart by a space, at which no line is to break. */
const FRENCH_SPACES = / (?=[;:!?»])|(?<=«) /g
/** They write no space between sentences. */
const UNSPACED: ReadonlySet<Language> = new Set(['zh'])

/** What the screens say by themselves, and what stands for codes. */
type Texts = Catalog & CodeCatalog

const TEXTS: Readonly<Record<Language, () => Promise<Texts>>> = {
  en: async () => ({ ...en, ...codes }),
  fa: async () => ({ ...(await import('./fa.ts')).fa, ...(await import('./codes/fa.ts')).fa }),
  ar: async () => ({ ...(await import('./ar.ts')).ar, ...(await import('./codes/ar.ts')).ar }),
  ru: async () => ({ ...(await import('./ru.ts')).ru, ...(await import('./codes/ru.ts')).ru }),
  zh: async () => ({ ...(await import('./zh.ts')).zh, ...(await import('./codes/zh.ts')).zh }),
  my: async () => ({ ...(await import('./my.ts')).my, ...(await import('./codes/my.ts')).my }),
  tr: async () => ({ ...(await import('./tr.ts')).tr, ...(await import('./codes/tr.ts')).tr }),
  es: async () => ({ ...(await import('./es.ts')).es, ...(await import('./codes/es.ts')).es }),
  fr: async () => ({ ...(await import('./fr.ts')).fr, ...(await import('./codes/fr.ts')).fr }),
}

/** `systemLanguage`: such as `fa-IR`. */
export function chooseLanguage(setting: Settings['language'], systemLanguage: string): Language {
  if (setting !== 'system') return setting
  const wanted = systemLanguage.slice(0, 2).toLowerCase()
  return LANGUAGES.find((one) => one === wanted) ?? 'en'
}

export function loadTexts(language: Language): Promise<Texts> {
  return TEXTS[language]()
}

export async function loadWords(language: Language): Promise<Words> {
  return new Words(language, await loadTexts(language))
}

/** For browsers whose own data lacks a language, as Chromium's lacks Burmese: they would say times, lists and countries in English. `{n}` is the number. */
interface OwnWords {
  /** Of Unicode's numbering systems. */
  readonly digits: string
  readonly units: Readonly<Record<string, string>>
  readonly inTime: string
  readonly between: string
  /** By ISO 3166 code, as CLDR has them. */
  readonly countries: Readonly<Record<string, string>>
}
const OWN_WORDS: Readonly<Partial<Record<Language, OwnWords>>> = {
  my: {
    digits: 'mymr',
    units: {
      millisecond: '{n} မီလီစက္ကန့်',
      second: '{n} စက္ကန့်',
      minute: '{n} မိနစ်',
      hour: '{n} နာရီ',
      day: '{n} ရက်',
      byte: '{n} ဘိုက်',
      kilobyte: '{n} ကီလိုဘိုက်',
      megabyte: '{n} မီဂါဘိုက်',
      gigabyte: '{n} ဂစ်ဂါဘိုက်',
      terabyte: '{n} တယ်ရာဘိုက်',
    },
    inTime: '{time}အကြာ',
    between: '၊ ',
    countries: {
      ...{ AE: 'ယူအေအီး', AZ: 'အဇာဘိုင်ဂျန်', BD: 'ဘင်္ဂလားဒေ့ရှ်', BY: 'ဘီလာရုစ်', CN: 'တရုတ်', CU: 'ကျူးဘား', EG: 'အီဂျစ်' },
      ...{ ET: 'အီသီယိုးပီးယား', ID: 'အင်ဒိုနီးရှား', IN: 'အိန္ဒိယ', IQ: 'အီရတ်', IR: 'အီရန်', KZ: 'ကာဇက်စတန်', MM: 'မြန်မာ' },
      ...{ OM: 'အိုမန်', PK: 'ပါကစ္စတန်', RU: 'ရုရှား', SA: 'ဆော်ဒီအာရေးဘီးယား', SY: 'ဆီးရီးယား', TH: 'ထိုင်း', TR: 'တူရကီ' },
      ...{ TM: 'တာ့ခ်မင်နစ္စတန်', UG: 'ယူဂန်းဒါး', UZ: 'ဥဇဘက်ကစ္စတန်', VE: 'ဗင်နီဇွဲလား', VN: 'ဗီယက်နမ်' },
    },
  },
}

const S = 1_000
const MINUTE = 60 * S
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

export class Words {
  readonly language: Language
  readonly direction: 'ltr' | 'rtl'
  /** For `lang`. */
  readonly tag: string
  /** For Intl. */
  readonly #locale: string
  readonly #catalog: Texts
  readonly #plural: Intl.PluralRules
  readonly #formats = new Map<string, Intl.NumberFormat>()
  readonly #own: OwnWords | undefined

  /** `isKnown`: whether Intl speaks the language here. */
  constructor(language: Language, catalog: Texts, isKnown: boolean = Intl.NumberFormat.supportedLocalesOf(language).length > 0) {
    this.#own = isKnown ? undefined : OWN_WORDS[language]
    this.language = language
    this.tag = TAGS[language] ?? language
    this.#locale = this.#own === undefined ? this.tag : `en-u-nu-${this.#own.digits}`
    this.direction = directionOf(language)
    this.#catalog = catalog
    this.#plural = new Intl.PluralRules(this.#locale)
  }

  /** `count` chooses the form where there are several. */
  say(key: Key, params: Params = {}): string {
    const entry: string | Forms = this.#catalog[key]
    const text = typeof entry === 'string' ? entry : (entry[this.#plural.select(Number(params['count'] ?? 0))] ?? entry.other)
    const held = this.language === 'fr' ? text.replace(FRENCH_SPACES, '\u00a0') : text
    return held.replace(/\{(\w+)\}/g, (_, name: string) => this.#fill(params[name]))
  }

  /** What stands between two sentences. */
  get gap(): string {
    return UNSPACED.has(this.language) ? '' : ' '
  }

  number(value: number, maximumFractionDigits = 0): string {
    return this.#format({ maximumFractionDigits }).format(value)
  }

  bytes(count: number): string {
    const power = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)))
    const value = count / 1000 ** power
    const unitDisplay = WHOLE_UNITS.has(this.language) ? 'long' : 'short'
    return this.#unit(value, BYTE_UNITS[power] as string, unitDisplay, value < 10 && power > 0 ? 1 : 0)
  }

  /** Such as “12 minutes”: the largest unit alone. */
  duration(ms: number): string {
    const size = Math.abs(ms)
    if (size < 2 * MINUTE) return this.#unit(size / S, 'second', 'long', size < 10 * S && size % S !== 0 ? 1 : 0)
    if (size < 2 * HOUR) return this.#unit(size / MINUTE, 'minute', 'long', 0)
    return size < 2 * DAY ? this.#unit(size / HOUR, 'hour', 'long', 0) : this.days(size / DAY)
  }

  /** How long something lasts that is still going on: no part of a second, which is over before it is read. */
  age(ms: number): string {
    return this.duration(Math.floor(Math.max(0, ms) / S) * S)
  }

  days(count: number): string {
    return this.#unit(count, 'day', 'long', 0)
  }

  ms(count: number): string {
    return count < S ? this.#unit(count, 'millisecond', 'short', 0) : this.#unit(count / S, 'second', 'short', 1)
  }

  /** Such as “in 5 seconds” or “in 2 minutes”; what is due is due within a second. */
  inTime(ms: number): string {
    const [sizeMs, unit] =
      ms < 2 * MINUTE ? ([S, 'second'] as const) : ms < 2 * HOUR ? ([MINUTE, 'minute'] as const) : ([HOUR, 'hour'] as const)
    const count = Math.max(1, unit === 'second' ? Math.ceil(ms / sizeMs) : Math.round(ms / sizeMs))
    if (this.#own !== undefined) return this.#own.inTime.replace('{time}', this.#unit(count, unit, 'long', 0))
    return new Intl.RelativeTimeFormat(this.#locale, { numeric: 'always' }).format(count, unit)
  }

  time(atMs: number): string {
    const hours = this.#own === undefined ? {} : ({ hourCycle: 'h23' } as const)
    return new Intl.DateTimeFormat(this.#locale, { hour: 'numeric', minute: '2-digit', second: '2-digit', ...hours }).format(atMs)
  }

  /** “A, B and C”. */
  list(items: readonly string[]): string {
    if (this.#own !== undefined) return items.join(this.#own.between)
    return new Intl.ListFormat(this.#locale, { type: 'conjunction' }).format(items)
  }

  country(code: string): string {
    return this.#own?.countries[code] ?? new Intl.DisplayNames(this.#locale, { type: 'region' }).of(code) ?? code
  }

  #fill(value: string | number | undefined): string {
    return typeof value === 'number' ? this.number(value) : (value ?? '')
  }

  #unit(value: number, unit: string, unitDisplay: 'short' | 'long', maximumFractionDigits: number): string {
    const own = this.#own?.units[unit]
    if (own !== undefined) return own.replace('{n}', this.number(value, maximumFractionDigits))
    return this.#format({ style: 'unit', unit, unitDisplay, maximumFractionDigits }).format(value)
  }

  #format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const name = JSON.stringify(options)
    const known = this.#formats.get(name) ?? new Intl.NumberFormat(this.#locale, options)
    this.#formats.set(name, known)
    return known
  }
}
