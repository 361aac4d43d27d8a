// The languages that people can read the observatory in: those of the app.
export const LANGUAGES = ['en', 'fa', 'ar', 'ru', 'zh', 'my', 'tr', 'es', 'fr'] as const
export type Language = (typeof LANGUAGES)[number]

interface Traits {
  /** As its speakers call it. */
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  /** BCP 47, with the calendar that the days of the figures are in. */
  readonly locale: string
  /** To draw with first, as Debian's `fonts-noto` names it. Where it lacks a letter, another that has it is taken. */
  readonly font: string
  /** What PNG speaks instead: resvg 2.6 draws one letter over another where one is several glyphs side by side. SVG has the language's own. */
  readonly paintedAs?: Language
}

export const TRAITS: Readonly<Record<Language, Traits>> = {
  en: { name: 'English', direction: 'ltr', locale: 'en', font: 'Noto Sans' },
  fa: { name: 'فارسی', direction: 'rtl', locale: 'fa-u-ca-gregory', font: 'Noto Sans' },
  ar: { name: 'العربية', direction: 'rtl', locale: 'ar-u-ca-gregory', font: 'Noto Sans' },
  ru: { name: 'Русский', direction: 'ltr', locale: 'ru', font: 'Noto Sans' },
  zh: { name: '简体中文', direction: 'ltr', locale: 'zh-Hans', font: 'Noto Sans CJK SC' },
  my: { name: 'မြန်မာ', direction: 'ltr', locale: 'my', font: 'Noto Sans Myanmar', paintedAs: 'en' },
  tr: { name: 'Türkçe', direction: 'ltr', locale: 'tr', font: 'Noto Sans' },
  es: { name: 'Español', direction: 'ltr', locale: 'es', font: 'Noto Sans' },
  fr: { name: 'Français', direction: 'ltr', locale: 'fr', font: 'Noto Sans' },
}

export function isLanguage(text: string): text is Language {
  return LANGUAGES.some((language) => language === text)
}

/** The first of the languages that a browser asks for, in its order of preference (RFC 9110 §12.5.4), that there is. */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';')
      const weight = parameters.map((one) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(one)?.[1]).find((one) => one !== undefined)
      return { language: tag.split('-')[0]?.toLowerCase() ?? '', weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
  return wanted.map(({ language }) => language).find(isLanguage) ?? 'en'
}
