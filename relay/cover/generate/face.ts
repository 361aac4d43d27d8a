// The choices of form that hold for a whole site: how its author names, indents, colours and lays out.
import type { Dice } from './dice.ts'
import type { Attribute, Manner } from './html.ts'
import { lines, words } from './words.ts'

export type Role = keyof typeof ROLE_NAMES

export interface Palette {
  readonly paper: string
  readonly ink: string
  readonly soft: string
  readonly accent: string
  /** Four tones for pictures, dark to light. */
  readonly tones: readonly (readonly [number, number, number])[]
}

export interface Face extends Manner {
  /** The class of a role; undefined: this author styles the element itself. */
  readonly classes: Readonly<Record<Role, string | undefined>>
  readonly palette: Palette
  readonly layout: 'top' | 'side' | 'centred'
  readonly navList: boolean
  readonly navBelow: boolean
  /** How the navigation marks the page that it stands on, as an attribute; undefined: not at all. */
  readonly here: Attribute | undefined
  /** What links begin with; undefined: they are relative to their page. */
  readonly root: string | undefined
  /** What links to the home page say. */
  readonly homeFile: string
  readonly footerTag: string
  readonly mainTag: string
  readonly sectionTag: string
  readonly pictureFolder: string
  readonly styleFile: string
  readonly footer: readonly string[]
  readonly lang: string
}

/** What authors call these things; each list is ordinary by itself. */
const ROLE_NAMES = {
  page: ['page', 'wrapper', 'container', 'site', 'wrap', 'outer', 'layout', 'sheet', 'frame'],
  header: ['header', 'masthead', 'top', 'site header', 'head', 'page header', 'banner area', 'title block'],
  brand: ['brand', 'logo', 'site name', 'title', 'home link', 'site title', 'wordmark', 'name'],
  tagline: ['tagline', 'subtitle', 'lead', 'motto', 'intro', 'strapline', 'description', 'sub'],
  nav: ['nav', 'menu', 'navigation', 'main menu', 'links', 'topnav', 'site nav', 'primary'],
  main: ['main', 'content', 'body', 'text', 'page content', 'column', 'primary content', 'inner'],
  banner: ['hero', 'cover', 'banner', 'lead image', 'splash', 'opener', 'wide'],
  gallery: ['gallery', 'pictures', 'images', 'grid', 'photos', 'plates', 'row', 'thumbs'],
  figure: ['figure', 'photo', 'image', 'picture', 'plate', 'item', 'frame', 'tile'],
  table: ['table', 'list table', 'rows', 'facts', 'sheet', 'overview', 'schedule', 'grid table'],
  quote: ['quote', 'pullquote', 'said', 'testimonial', 'aside', 'voice'],
  links: ['list', 'entries', 'index', 'items', 'contents', 'archive', 'cards', 'listing'],
  note: ['note', 'meta', 'small', 'excerpt', 'summary', 'hint', 'details', 'info'],
  footer: ['footer', 'bottom', 'foot', 'site footer', 'colophon', 'page end', 'base'],
} as const

/** Authors leave these without a class as often as not: the element says it already. */
const MAY_GO_BARE: ReadonlySet<string> = new Set(['header', 'nav', 'main', 'footer', 'table', 'quote', 'figure', 'page'])

export function drawFace(dice: Dice, siteWord: string, owner: string, year: number): Face {
  const name = drawNaming(dice, siteWord)
  const bare = dice.fraction() * 0.7
  const roles = Object.keys(ROLE_NAMES) as Role[]
  const used = new Set<string>()
  const classes = Object.fromEntries(
    roles.map((role) => {
      const free = ROLE_NAMES[role].filter((candidate) => !used.has(candidate))
      const words = dice.pick(free)
      used.add(words)
      return [role, MAY_GO_BARE.has(role) && dice.chance(bare) ? undefined : name(words)]
    }),
  ) as Record<Role, string | undefined>
  return {
    classes,
    indent: dice.pick(['  ', '    ', '\t', undefined]),
    voidSlash: dice.pick(['', '', ' /']),
    palette: drawPalette(dice),
    layout: dice.pick(['top', 'side', 'centred']),
    navList: dice.chance(0.6),
    navBelow: dice.chance(0.5),
    here: dice.pick([
      undefined,
      ['aria-current', 'page'],
      ['class', name(dice.pick(['active', 'current', 'here', 'selected', 'on', 'now']))],
    ] as const),
    root: dice.pick([undefined, '/']),
    homeFile: dice.pick(['', 'index.html']),
    footerTag: dice.pick(['p', 'span', 'small', 'div']),
    mainTag: dice.pick(['main', 'main', 'article', 'div']),
    sectionTag: dice.pick(['section', 'div', 'article', '']),
    pictureFolder: dice.pick(['img/', 'images/', 'pictures/', 'assets/', 'media/', 'static/img/', 'files/', 'photos/']),
    styleFile: `${dice.pick(['', 'css/', 'assets/', 'static/', 'styles/', 'theme/'])}${dice.pick(['style', 'main', 'site', 'styles', 'screen', 'base', 'theme', 'default'])}.css`,
    footer: drawFooter(dice, owner, year),
    lang: dice.pick(['en', 'en', 'en-GB', 'en-US']),
  }
}

function drawNaming(dice: Dice, siteWord: string): (words: string) => string {
  const prefix = dice.chance(0.3)
    ? siteWord
        .toLowerCase()
        .replace(/[^a-z]/g, '')
        .slice(0, dice.between(1, 4))
    : ''
  const camel = (text: string): string => text.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase())
  const join = dice.pick<(text: string) => string>([
    (text) => text.replaceAll(' ', '-'),
    (text) => text.replaceAll(' ', '_'),
    camel,
    (text) => text.replaceAll(' ', ''),
  ])
  const separator = dice.pick(['-', '_', '__', '-'])
  return (text) => (prefix ? `${prefix}${separator}${join(text)}` : join(text))
}

const FOOTER_LINES = lines(`
  [All rights|Some rights|No rights] reserved[.|]
  [No|We use no|This site sets no] cookies[.|]
  [Last|Most recently] [changed|updated|edited] [in|:] {month}[| {year}][.|]
  [Please|Do] [ask|write] before [you copy|copying|using] [pictures|anything|the texts][.|]
  [Pictures|Photographs|Words and pictures] [by|from] [the author|ourselves|friends][.|]
  [Back|Up] to [the|] top
  [Thank you|Thanks] for [reading|looking in|the visit][.|]
  [Legal notice|Imprint|Privacy]: [ask us|on request|by post]`)

function drawFooter(dice: Dice, owner: string, year: number): readonly string[] {
  const sign = dice.pick(['©', 'Copyright', '(c)', '© Copyright', ''])
  const years = dice.pick([String(year), `${year - dice.between(1, 9)}–${year}`, ''])
  const line = (): string => dice.say(dice.pick(FOOTER_LINES), { season: words.seasons, month: words.months, year: [String(year)] })
  const notice = dice
    .pick([`${sign} ${years} ${owner}`, `${sign} ${owner} ${years}`, `${owner}, ${years}`])
    .replace(/\s+/g, ' ')
    .replace(/, $/, '')
    .trim()
  return [notice, ...(dice.chance(0.5) ? [line()] : [])]
}

function drawPalette(dice: Dice): Palette {
  const hue = dice.between(0, 359)
  const other = (hue + dice.pick([25, 150, 180, 210, 330])) % 360
  const dark = dice.chance(0.18)
  const warmth = dice.between(4, 34)
  const paper = hsl(hue, warmth, dark ? dice.between(8, 16) : dice.between(94, 100))
  const ink = hsl(hue, dice.between(5, 30), dark ? dice.between(82, 93) : dice.between(10, 25))
  const soft = hsl(hue, warmth, dark ? dice.between(18, 26) : dice.between(82, 92))
  const accent = hsl(other, dice.between(40, 85), dark ? dice.between(60, 74) : dice.between(26, 44))
  const light = dice.between(78, 92)
  const tones = [
    hsl(hue, 35, dice.between(8, 22)),
    hsl(hue, dice.between(20, 60), dice.between(30, 42)),
    hsl(other, dice.between(20, 65), dice.between(50, 66)),
    hsl(other, dice.between(10, 60), light),
  ]
  const text = dice.pick([hex, hex, rgb])
  return { paper: text(paper), ink: text(ink), soft: text(soft), accent: text(accent), tones }
}

type Colour = readonly [number, number, number]

/** hue in degrees, the others in percent; each part of the result 0 to 255. */
function hsl(hue: number, saturation: number, lightness: number): Colour {
  const l = lightness / 100
  const reach = (saturation / 100) * Math.min(l, 1 - l)
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12
    return Math.round(255 * (l - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))))
  }
  return [part(0), part(8), part(4)]
}

export function hex(colour: Colour): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

function rgb(colour: Colour): string {
  return `rgb(${colour.join(', ')})`
}
