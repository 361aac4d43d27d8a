// Whoever follows links comes to what they promise: from the first page on, over everything that a page of the site names.
import { Resvg } from '@resvg/resvg-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answered, SiteWorld } from '../../dashboard/site-world.ts'

/** What an address gives, by how its path ends. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\.csv$|^\/api\/v1\/cells$/, 'text/csv'],
  [/\.json$|^\/api\//, 'application/json'],
  [/\.svg$/, 'image/svg+xml'],
  [/\.css$/, 'text/css'],
  [/\.js$/, 'text/javascript'],
  [/\.atom$/, 'application/atom+xml'],
  [/^/, 'text/html'],
]

interface Found {
  readonly on: string
  readonly to: string
}

/** Addresses of this site that a page links to, shows, loads or sends a form to. */
function linksOf(page: string, { text }: Answered): readonly Found[] {
  const here = [...text.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, address = '']) => address.replaceAll('&amp;', '&'))
  return here.filter((address) => /^[/#]/.test(address)).map((to) => ({ on: page, to }))
}

/** Follows every link, each once; what is wrong, with the page that it stood on. */
async function follow(world: SiteWorld): Promise<{ readonly wrong: readonly unknown[]; readonly seen: ReadonlySet<string> }> {
  const wrong: unknown[] = []
  const pages = new Map<string, Answered>()
  const seen = new Set<string>()
  const waiting: Found[] = [{ on: 'the start', to: '/' }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const url = new URL(next.to, world.origin)
    const path = `${url.pathname}${url.search}`
    // Every page is there in every language; here one is followed. To paint takes long, and what is painted is the SVG.
    if ((url.searchParams.get('lang') ?? 'en') !== 'en' || url.pathname.endsWith('.png') || seen.has(path)) continue
    seen.add(path)
    const answer = await world.get(path)
    const type = answer.headers.get('content-type') ?? ''
    const expected = TYPES.find(([pattern]) => pattern.test(url.pathname))?.[1] ?? ''
    const isCells = url.pathname === '/api/v1/cells' && url.searchParams.get('format') !== 'csv'
    if (answer.status !== 200 || !type.startsWith(isCells ? 'application/json' : expected))
      wrong.push({ ...next, status: answer.status, type })
    if (type.startsWith('image/svg+xml') && !isXml(answer.text)) wrong.push({ ...next, xml: answer.text.slice(0, 200) })
    if (!type.startsWith('text/html')) continue
    pages.set(path, answer)
    for (const found of linksOf(path, answer)) {
      const [address = '', part] = found.to.split('#')
      const target = address === '' ? path : address
      const shown = pages.get(target) ?? (part === undefined ? undefined : await world.get(target))
      if (part !== undefined && !shown?.text.includes(`id="${part}"`)) wrong.push({ ...found, lacks: part })
      waiting.push({ on: path, to: target })
    }
  }
  return { wrong, seen }
}

/** Whether programs that read SVG take it; browsers are as strict. */
function isXml(svg: string): boolean {
  try {
    return new Resvg(svg, { font: { loadSystemFonts: false } }).width > 0
  } catch {
    return false
  }
}

describe('every link', () => {
  let world: SiteWorld
  let empty: SiteWorld
  beforeAll(async () => {
    world = await SiteWorld.open(SiteWorld.small())
    empty = await SiteWorld.open(undefined)
  })
  afterAll(async () => {
    await world.close()
    await empty.close()
  })

  test('leads to what it says: a page, a file of its kind, a place on a page that is there', async () => {
    const { wrong, seen } = await follow(world)
    expect(wrong).toEqual([])
    for (const name of ['/api', '/figures/privacy', '/countries/IR', '/feed.atom', '/api/v1/openapi.json'])
      expect([name, [...seen].some((path) => path.split('?')[0] === name)]).toEqual([name, true])
    expect(world.bugs).toEqual([])
  })

  test('does so where nothing is published yet', async () => {
    expect((await follow(empty)).wrong).toEqual([])
    expect(empty.bugs).toEqual([])
  })
})
