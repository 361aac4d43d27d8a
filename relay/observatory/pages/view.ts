// What every page is given: the numbers, what was asked, the language, and how to write an address.
import type { Almanac } from '../almanac.ts'
import type { Figure } from '../charts/figure.ts'
import type { LiveTraffic } from '../demo/live.ts'
import type { Asked } from '../figures/asked.ts'
import { figureOf } from '../figures/figures.ts'
import type { Language } from '../words/languages.ts'
import type { Voice } from '../words/voice.ts'

export interface View {
  readonly almanac: Almanac
  readonly asked: Asked
  readonly voice: Voice
  /** The page's own path, to come back to in another language. */
  readonly path: string
  /** The query without the language. */
  readonly query: string
  /** The language was chosen, not guessed: links keep it. */
  readonly isLanguageChosen: boolean
  /** Of the site as others reach it, without a slash at the end: for feeds, embeds and permalinks. */
  readonly origin: string
  /** The day on which the page is read: how old its numbers are depends on it, and nothing else does. */
  readonly today: string
  /** What the app of a demonstration tells; undefined wherever numbers are anybody's. */
  readonly live: LiveTraffic | undefined
  /** A file by itself: it links to nothing. */
  readonly isAlone: boolean
  readonly site: SiteFacts
}

/** What the program that serves the pages knows of itself. */
export interface SiteFacts {
  readonly styleFile: string
  readonly scriptFile: string
  readonly commit: string
  /** Ed25519, base64url; undefined where no reports are signed. */
  readonly reportKey: string | undefined
  /** What a PNG speaks to a reader of this language. */
  readonly paintedFor: (language: Language) => Language
  /** By month (YYYY-MM), the newest first, and by language. */
  readonly reports: readonly { readonly month: string; readonly language: Language; readonly hasPdf: boolean }[]
}

/** An address on this site, in the language of the page. */
export function linkTo(view: View, path: string, query = ''): string {
  const parameters = new URLSearchParams(query)
  if (view.isLanguageChosen) parameters.set('lang', view.voice.language)
  const text = parameters.toString()
  return text === '' ? path : `${path}?${text}`
}

export function figureFor(view: View, name: string, asked: Partial<Asked> = {}): Figure {
  const figure = figureOf(name, view.almanac, view.voice, { ...view.asked, ...asked })
  if (figure === undefined) throw new Error(`there is no figure ${name}`)
  return figure
}

/** A file of a figure: `svg`, `png`, `csv` or `json`; or its page, or the page to embed. */
export function figureLink(view: View, figure: Figure, kind: 'svg' | 'png' | 'csv' | 'json' | 'page' | 'embed'): string {
  const path = kind === 'embed' ? `/embed/${figure.name}` : kind === 'page' ? `/figures/${figure.name}` : `/figures/${figure.name}.${kind}`
  const parameters = new URLSearchParams(figure.query)
  parameters.set('lang', view.voice.language)
  return `${path}?${parameters}`
}
