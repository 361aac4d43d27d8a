// A page of a generated site as HTML, in its author's manner.
import type { Dice } from './dice.ts'
import type { Face, Role } from './face.ts'
import { type Attribute, type Element, el, type Node, writeDocument } from './html.ts'
import type { Block, Page, Picture, Site } from './site.ts'

/** Shown for what is not there. */
export const NOT_FOUND = '404.html'

/** What the head of every page of one site says. */
export interface Head {
  /** Between a page's title and the site's. */
  readonly separator: string
  readonly elements: readonly HeadElement[]
}

type HeadElement = { readonly tag: 'title' } | { readonly tag: 'meta' | 'link'; readonly attributes: readonly Attribute[] }

/** Attribute values that differ from page to page begin with this. */
const FILLED = '^'

export function drawHead(face: Face, favicon: string | undefined, dice: Dice): Head {
  const viewport = dice.pick([
    'width=device-width, initial-scale=1',
    'width=device-width,initial-scale=1',
    'width=device-width, initial-scale=1.0',
    'width=device-width',
  ])
  const meta = (name: string, content: string): HeadElement => ({
    tag: 'meta',
    attributes: swapped([
      ['name', name],
      ['content', content],
    ]),
  })
  const link = (rel: string, file: string): HeadElement => ({
    tag: 'link',
    attributes: swapped([
      ['rel', rel],
      ['href', FILLED + file],
    ]),
  })
  const reversed = dice.chance(0.15)
  const swapped = (attributes: Attribute[]): Attribute[] => (reversed ? attributes.reverse() : attributes)
  const charset: HeadElement = { tag: 'meta', attributes: [['charset', dice.pick(['utf-8', 'UTF-8'])]] }
  const rest = [
    meta('viewport', viewport),
    link('stylesheet', face.styleFile),
    ...(dice.chance(0.8) ? [meta('description', `${FILLED}summary`)] : []),
    ...(favicon === undefined ? [] : [link(dice.pick(['icon', 'shortcut icon']), favicon)]),
    ...(dice.chance(0.3) ? [meta('theme-color', face.palette.accent)] : []),
  ]
  const elements = [{ tag: 'title' } as const, ...dice.shuffle(rest)]
  const place = dice.chance(0.7) ? 0 : dice.between(1, 2)
  return { separator: dice.pick([' - ', ' – ', ' | ', ' · ', ': ', ' / ']), elements: elements.toSpliced(place, 0, charset) }
}

export function renderPage(site: Site, page: Page, face: Face, head: Head, dice: Dice): string {
  // The page for what is not there is shown at any depth.
  const up = page.path === NOT_FOUND ? '/' : (face.root ?? '../'.repeat(page.path.split('/').length - 1))
  const title = page.path === 'index.html' ? site.name : page.title + head.separator + site.name
  const filled = ([name, value]: Attribute): Attribute => {
    if (!value.startsWith(FILLED)) return [name, value]
    return [name, name === 'content' ? page.summary : up + value.slice(FILLED.length)]
  }
  const elements = head.elements.map((one) => (one.tag === 'title' ? el('title', [], [title]) : el(one.tag, one.attributes.map(filled))))
  const html = el('html', [['lang', face.lang]], [el('head', [], elements), el('body', [], bodyOf(site, page, face, up, dice))])
  return writeDocument(html, face)
}

function bodyOf(site: Site, page: Page, face: Face, up: string, dice: Dice): Node[] {
  const brandTag = page.path === 'index.html' && face.layout !== 'side' ? 'h1' : 'p'
  const brand = el(brandTag, cls(face, 'brand'), [el('a', [['href', homeHref(face, up)]], [site.name])])
  const tagline = el('p', cls(face, 'tagline'), [site.tagline])
  const nav = navigation(site, page, face, up)
  const header = el('header', cls(face, 'header'), [
    brand,
    ...(face.layout !== 'top' || page.path === 'index.html' ? [tagline] : []),
    ...(face.navBelow ? [] : [nav]),
  ])
  const banner = page.path === 'index.html' && site.banner ? [figure(site.banner, face, up, 'banner', dice)] : []
  const title = page.path === 'index.html' ? [] : [el('h1', [], [page.title])]
  const main = el(face.mainTag, cls(face, 'main'), [...banner, ...title, ...sections(page.blocks, face, up, dice)])
  const footer = el(
    'footer',
    cls(face, 'footer'),
    face.footer.map((text) => el(face.footerTag, [], [text])),
  )
  const parts = [header, ...(face.navBelow ? [nav] : []), main, footer]
  return face.classes.page === undefined ? parts : [el('div', cls(face, 'page'), parts)]
}

function homeHref(face: Face, up: string): string {
  return up + face.homeFile || './'
}

function navigation(site: Site, page: Page, face: Face, up: string): Element {
  const anchors = site.pages.flatMap(({ label, path }) => {
    const here = path === page.path && face.here ? [face.here] : []
    return label === undefined ? [] : [el('a', [['href', path === 'index.html' ? homeHref(face, up) : up + path], ...here], [label])]
  })
  return el(
    'nav',
    cls(face, 'nav'),
    face.navList
      ? [
          el(
            'ul',
            [],
            anchors.map((anchor) => el('li', [], [anchor])),
          ),
        ]
      : anchors,
  )
}

/** A heading and what follows it, together, when this author groups. */
function sections(blocks: readonly Block[], face: Face, up: string, dice: Dice): Node[] {
  const nodes: Node[] = []
  let group: Node[] = []
  const close = (): void => {
    if (group.length > 0) nodes.push(...(face.sectionTag ? [el(face.sectionTag, [], group)] : group))
    group = []
  }
  for (const block of blocks) {
    if (block.kind === 'heading') close()
    group.push(...rendered(block, face, up, dice))
  }
  close()
  return nodes
}

function rendered(block: Block, face: Face, up: string, dice: Dice): Node[] {
  switch (block.kind) {
    case 'heading':
      return [el('h2', [], [block.text])]
    case 'prose':
      return [el('p', [], [block.text])]
    case 'list':
      return [
        el(
          'ul',
          [],
          block.items.map((item) => el('li', [], [item])),
        ),
      ]
    case 'quote':
      return [el('blockquote', cls(face, 'quote'), [el('p', [], [block.text]), el('cite', [], [block.by])])]
    case 'gallery':
      return [
        el(
          'div',
          cls(face, 'gallery'),
          block.pictures.map((picture) => figure(picture, face, up, 'figure', dice)),
        ),
      ]
    case 'code':
      return [el('pre', [], [el('code', [], [block.text])])]
    case 'table':
      return [table(block, face)]
    case 'links':
      return [
        el(
          'ul',
          cls(face, 'links'),
          block.items.map(({ href, title, note }) =>
            el('li', [], [el('a', [['href', up + href]], [title]), ' ', el('span', cls(face, 'note'), [note])]),
          ),
        ),
      ]
  }
}

function figure(picture: Picture, face: Face, up: string, role: Role, dice: Dice): Element {
  const image = el(
    'img',
    dice.chance(0.5)
      ? [
          ['src', up + picture.file],
          ['alt', picture.alt],
        ]
      : [
          ['alt', picture.alt],
          ['src', up + picture.file],
        ],
  )
  const caption = role === 'banner' ? [] : [el('figcaption', [], [picture.alt])]
  return el('figure', cls(face, role), [image, ...caption])
}

function table(block: Extract<Block, { kind: 'table' }>, face: Face): Element {
  const rows = block.rows.map((row) =>
    el(
      'tr',
      [],
      row.map((cell) => el('td', [], [cell])),
    ),
  )
  const head =
    block.head.length === 0
      ? []
      : [
          el(
            'thead',
            [],
            [
              el(
                'tr',
                [],
                block.head.map((cell) => el('th', [], [cell])),
              ),
            ],
          ),
        ]
  return el('table', cls(face, 'table'), [...head, el('tbody', [], rows)])
}

function cls(face: Face, role: Role): Attribute[] {
  const name = face.classes[role]
  return name === undefined ? [] : [['class', name]]
}
