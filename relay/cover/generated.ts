// Makes a small ordinary web site for a relay that has none: another kind, text, face and pictures for every seed.
//
// 1. a kind writes the pages (generate/kinds/)   2. a face is drawn: names, layout, colours (generate/face.ts)
// 3. markup and style sheet in that face          4. pictures, favicon, robots.txt, sitemap
import { Dice } from './generate/dice.ts'
import { drawFace, type Face } from './generate/face.ts'
import { writeBlog } from './generate/kinds/blog.ts'
import { writeClub } from './generate/kinds/club.ts'
import { writeDocs } from './generate/kinds/docs.ts'
import { writePhotographer } from './generate/kinds/photographer.ts'
import { writeRestaurant } from './generate/kinds/restaurant.ts'
import { writeWorkshop } from './generate/kinds/workshop.ts'
import { drawHead, NOT_FOUND, renderPage } from './generate/markup.ts'
import { drawFavicon, drawLandscape, drawShapes } from './generate/pictures.ts'
import { type Page, type Picture, prose, type Site, slug, type Writer } from './generate/site.ts'
import { renderStyle } from './generate/style.ts'
import { lines, words } from './generate/words.ts'

const NOT_FOUND_WORDS = lines(`
  [Sorry,|Alas,|Hm:] [there is|we have|I have] [no|not any] [page|file|thing] [here|of that name|at this address|under that name].
  [This|The|That] [page|address|link] [is gone|has moved|was never here|does not exist|leads nowhere|is out of date].
  [Nothing|Not a thing] [is|was|can be] [here|found|found here].`)
const NOT_FOUND_ADVICE = lines(`
  [Try|Go to|Return to|Have a look at] the [front|first|home|main] page[| instead| or the menu].
  [Perhaps|Maybe] the [menu|navigation|list of pages] [helps|knows more|has it].
  [It|What you want] may [have moved|be called something else now|be on another page].
  [Check|Have you checked] the [address|spelling][.|?]`)

export interface SiteFile {
  /** From the site's root, with / between folders. */
  readonly path: string
  readonly content: string | Uint8Array
  /** When its author last changed it; a site whose files all have one age looks made. */
  readonly changedMs: number
}

const KINDS = {
  blog: writeBlog,
  club: writeClub,
  docs: writeDocs,
  photographer: writePhotographer,
  restaurant: writeRestaurant,
  workshop: writeWorkshop,
}
const DAY_MS = 86_400_000
/** No page tells of anything newer, but for what is to come. */
const NEWEST_DAYS_MIN = 3

/** seed: at least 12 random bytes. The same seed, domain and time give the same site. */
export function generateSite(seed: Uint8Array, domain: string, nowMs: number): SiteFile[] {
  const dice = new Dice(seed)
  const pictures = new Map<string, Picture>()
  const face = drawFace(dice, domain.split('.')[0] ?? '', '{owner}', new Date(nowMs).getUTCFullYear())
  const kind = dice.pick(Object.keys(KINDS) as (keyof typeof KINDS)[])
  const pictureType = kind === 'photographer' || dice.chance(0.25) ? 'png' : 'svg'
  const site = KINDS[kind](writerFor(dice, domain, nowMs, pictures, face, pictureType))
  if (new Set(site.pages.map((page) => page.path)).size < site.pages.length)
    return generateSite(
      seed.map((byte) => byte + 1),
      domain,
      nowMs,
    )
  const signed: Face = {
    ...face,
    footer: face.footer.map((text) => (text.includes('{owner}') ? text.replace('{owner}', site.name) : text)),
  }
  return filesOf(site, signed, pictures, domain, nowMs, dice)
}

function filesOf(site: Site, face: Face, pictures: ReadonlyMap<string, Picture>, domain: string, nowMs: number, dice: Dice): SiteFile[] {
  const favicon = dice.pick([undefined, 'favicon.ico', `${face.pictureFolder}icon.ico`])
  const head = drawHead(face, favicon, dice)
  const usesCode = site.pages.some((page) => page.blocks.some((block) => block.kind === 'code'))
  const bornMs = nowMs - dice.between(40, 700) * DAY_MS
  const uploadedMs = nowMs - dice.between(DAY_MS, NEWEST_DAYS_MIN * DAY_MS)
  const aged = (path: string, content: string | Uint8Array): SiteFile => {
    // Pages say dates of their own, so all are as new as the newest of these; the rest is older.
    const changedMs = path.endsWith('.html')
      ? uploadedMs + dice.between(0, 4_000)
      : Math.floor(bornMs + dice.fraction() * (uploadedMs - bornMs))
    return { path, content, changedMs }
  }
  const pages = site.pages.map((page) => aged(page.path, renderPage(site, page, face, head, dice)))
  const notFound: Page = {
    path: NOT_FOUND,
    title: dice.say('[Page|File|] [not found|missing|unknown][| (404)]'),
    label: undefined,
    summary: site.tagline,
    blocks: [prose(`${dice.say(dice.pick(NOT_FOUND_WORDS))} ${dice.say(dice.pick(NOT_FOUND_ADVICE))}`)],
  }
  return [
    ...pages,
    aged(NOT_FOUND, renderPage({ ...site, banner: undefined }, notFound, face, head, dice)),
    aged(face.styleFile, renderStyle(face, usesCode, dice)),
    ...[...pictures.keys()].map((file) =>
      aged(
        file,
        file.endsWith('.png')
          ? drawLandscape(dice, face.palette, dice.between(480, 720), dice.between(300, 480))
          : drawShapes(dice, face.palette),
      ),
    ),
    aged('favicon.ico', drawFavicon(dice, face.palette)),
    ...(favicon !== undefined && favicon !== 'favicon.ico' ? [aged(favicon, drawFavicon(dice, face.palette))] : []),
    aged('robots.txt', robots(domain, dice)),
    aged('sitemap.xml', sitemap(domain, pages, dice)),
  ]
}

function writerFor(dice: Dice, domain: string, nowMs: number, pictures: Map<string, Picture>, face: Face, type: string): Writer {
  const people = Array.from({ length: 6 }, () => `${dice.pick(words.given)} ${dice.pick(words.family)}`)
  const dateStyle = dice.pick<Intl.DateTimeFormatOptions>([
    { dateStyle: 'long' },
    { dateStyle: 'medium' },
    { day: 'numeric', month: 'long', year: 'numeric' },
    { month: 'long', year: 'numeric' },
    { day: '2-digit', month: '2-digit', year: 'numeric' },
  ])
  const format = new Intl.DateTimeFormat(dice.pick(['en-GB', 'en-US', 'en-IE']), { ...dateStyle, timeZone: 'UTC' })
  const newestDays = dice.between(NEWEST_DAYS_MIN, 60)
  const stepDays = dice.between(9, 70)
  const camera = `${dice.pick(['img', 'IMG_', 'p', 'dsc', 'DSC_', 'scan-'])}`
  const firstShot = dice.between(12, 4200)
  const numbered = dice.pick<((n: number) => string) | undefined>([
    undefined,
    (n) => `${camera}${firstShot + n * 3}`,
    (n) => String(n + 1).padStart(2, '0'),
  ])
  return {
    dice,
    people,
    town: dice.pick(words.towns),
    domainName: dice.chance(0.6) ? nameFrom(domain) : undefined,
    year: new Date(nowMs).getUTCFullYear(),
    date: (n) => format.format(nowMs - (newestDays + n * stepDays) * DAY_MS),
    picture: (alt) => {
      const name = numbered?.(pictures.size) ?? (slug(alt) || 'picture')
      const taken = (file: string): boolean => pictures.has(file)
      const file = `${face.pictureFolder}${name}${taken(`${face.pictureFolder}${name}.${type}`) ? `-${pictures.size}` : ''}.${type}`
      const picture = { file, alt }
      pictures.set(file, picture)
      return picture
    },
  }
}

/** A site's name from its domain, where that reads as words: red-kettle.example.org is Red Kettle. */
function nameFrom(domain: string): string | undefined {
  const labels = domain.split('.')
  const label = labels.find((part) => part !== 'www') ?? ''
  const reads =
    labels.length > 1 &&
    label !== labels.at(-1) &&
    /^[a-z]+(-[a-z]+){0,3}$/.test(label) &&
    /[aeiouy]/.test(label) &&
    label.length >= 4 &&
    label.length <= 28
  return reads
    ? label
        .split('-')
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(' ')
    : undefined
}

function robots(domain: string, dice: Dice): string {
  const lines = ['User-agent: *', dice.pick(['Disallow:', 'Allow: /', 'Disallow: /cgi-bin/', 'Disallow: /private/', 'Disallow: /tmp/'])]
  return `${[...lines, ...(dice.chance(0.7) ? [...(dice.chance(0.5) ? [''] : []), `Sitemap: https://${domain}/sitemap.xml`] : [])].join('\n')}\n`
}

function sitemap(domain: string, pages: readonly SiteFile[], dice: Dice): string {
  const dated = dice.chance(0.6)
  const indent = dice.pick(['', '  ', '\t'])
  const urls = pages.map(({ path, changedMs }) => {
    const day = new Date(changedMs).toISOString().slice(0, 10)
    return `${indent}<url><loc>https://${domain}/${path === 'index.html' ? '' : path}</loc>${dated ? `<lastmod>${day}</lastmod>` : ''}</url>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join('\n')}\n</urlset>\n`
}
