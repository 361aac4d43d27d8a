// What a generated site says, before any markup: the kinds fill this in, markup.ts and style.ts give it a face.
import type { Dice, Slots } from './dice.ts'
import { words } from './words.ts'

export interface Picture {
  /** Path from the site's root, without leading slash. */
  readonly file: string
  readonly alt: string
}

export interface Link {
  readonly href: string
  readonly title: string
  readonly note: string
}

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'quote'; readonly text: string; readonly by: string }
  | { readonly kind: 'gallery'; readonly pictures: readonly Picture[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'links'; readonly items: readonly Link[] }

export interface Page {
  /** Path from the site's root, without leading slash; the home page is index.html. */
  readonly path: string
  readonly title: string
  /** In the navigation; undefined: reached only by a link. */
  readonly label: string | undefined
  readonly summary: string
  readonly blocks: readonly Block[]
}

export interface Site {
  readonly name: string
  readonly tagline: string
  readonly pages: readonly Page[]
  /** Shown large on the home page. */
  readonly banner: Picture | undefined
}

/** What a kind is given to write with. */
export interface Writer {
  readonly dice: Dice
  /** Names of people and places, fixed for this site. */
  readonly people: readonly string[]
  readonly town: string
  /** From the domain where it reads as words, else undefined. */
  readonly domainName: string | undefined
  readonly year: number
  /** A date in the last two years, newest first for rising n. */
  date(n: number): string
  /** Names a picture file in this site's own folder and style. */
  picture(alt: string): Picture
}

export const heading = (text: string): Block => ({ kind: 'heading', text })
export const prose = (text: string): Block => ({ kind: 'prose', text })

/** The slots that all kinds share. */
export function commonSlots({ dice, people, town, year }: Writer): Slots {
  const [first = '', second = '', third = ''] = people
  return {
    town: [town],
    first: [first],
    second: [second],
    third: [third],
    given: people.map((name) => name.split(' ')[0] as string),
    since: [String(year - dice.between(3, 24))],
    season: words.seasons,
    month: words.months,
    day: words.weekdays,
    weather: words.weather,
    street: [`${dice.pick(words.streets)} ${dice.pick(words.streetKinds)}`],
    number: [String(dice.between(2, 148))],
    few: ['two', 'three', 'four', 'five', 'a handful of', 'half a dozen'],
  }
}

/** `name.html` in the site's own manner of naming. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('’', '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 48)
}
