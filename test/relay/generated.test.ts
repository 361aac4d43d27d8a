// Generated cover sites: each is whole, and no two have in common what ordinary sites do not have in common too.
import { inflateSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { generateSite, type SiteFile } from '../../relay/cover/generated.ts'

const SITES = 50
const NOW_MS = Date.UTC(2026, 10, 20)
const DAY_MS = 86_400_000

const domainOf = (n: number): string => `${['blue', 'old', 'north', 'quiet', 'late'][n % 5]}-${['mill', 'barn', 'quay'][n % 3]}${n}.example`

let sites: SiteFile[][]
beforeAll(() => {
  sites = Array.from({ length: SITES }, (_, n) => generateSite(seedOf(n), domainOf(n), NOW_MS))
})

describe('a generated site', () => {
  test('has four to eight pages and what every visitor asks for', () => {
    for (const site of sites) {
      const pages = site.filter(({ path }) => path.endsWith('.html') && path !== '404.html')
      expect(pages.length).toBeGreaterThanOrEqual(4)
      expect(pages.length).toBeLessThanOrEqual(8)
      const paths = site.map(({ path }) => path)
      for (const path of ['index.html', '404.html', 'favicon.ico', 'robots.txt', 'sitemap.xml']) expect(paths).toContain(path)
      expect(paths.filter((path) => path.endsWith('.css')).length).toBe(1)
      expect(new Set(paths).size).toBe(paths.length)
    }
  })

  test('links to nothing that it does not have', () => {
    for (const site of sites) {
      const paths = new Set(site.map(({ path }) => path))
      for (const { path, content } of site.filter((file) => file.path.endsWith('.html'))) {
        for (const target of String(content).matchAll(/(?:href|src)="([^"]+)"/g)) {
          const { pathname, host } = new URL(target[1] as string, `https://here/${path}`)
          expect(host).toBe('here')
          expect(paths, `${path} → ${target[1]}`).toContain(pathname === '/' ? 'index.html' : pathname.slice(1))
        }
      }
    }
  })

  test('finds its way from the page for what is not there, however deep that was', () => {
    for (const site of sites) {
      const targets = [...textOf(site, '404.html').matchAll(/(?:href|src)="([^"]+)"/g)].map((target) => target[1] as string)
      expect(targets.filter((target) => !target.startsWith('/'))).toEqual([])
    }
  })

  test('has well-formed pages with a title, a heading and text', () => {
    for (const site of sites) {
      for (const { path, content } of site.filter((file) => file.path.endsWith('.html'))) {
        const html = String(content)
        expect(unclosed(html), path).toEqual([])
        expect(html).toMatch(/<title>[^<]+<\/title>/)
        expect(html).toMatch(/<p[ >]/)
        expect(html).not.toMatch(/undefined|NaN|\[object|[{}]|\[\w+\||\^/)
      }
    }
  })

  test('has a style sheet whose braces match and that knows the classes in use', () => {
    for (const site of sites) {
      const css = String(site.find(({ path }) => path.endsWith('.css'))?.content)
      expect(css).not.toMatch(/undefined|NaN|;\s*;/)
      expect(css.split('{').length).toBe(css.split('}').length)
      const classes = new Set([...css.matchAll(/\.([a-z_][\w-]*)(?=[^{}]*\{)/gi)].map((found) => found[1]))
      const html = site.filter(({ path }) => path.endsWith('.html')).map(({ content }) => String(content))
      const used = new Set(html.flatMap((text) => [...text.matchAll(/class="([^"]+)"/g)].map((found) => found[1])))
      expect([...used].filter((name) => classes.has(name)).length).toBeGreaterThan(used.size / 3)
    }
  })

  test('has pictures that are what their names say', () => {
    for (const { path, content } of sites.flat()) {
      if (path.endsWith('.svg')) expect(String(content)).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/)
      if (path.endsWith('.png')) expectPng(content as Uint8Array)
      if (path.endsWith('.ico')) expectPng((content as Uint8Array).subarray(22))
    }
    expect(sites.flat().some(({ path }) => path.endsWith('.png'))).toBe(true)
  })

  test('was not made on one day, nor in the future', () => {
    for (const site of sites) {
      const days = new Set(site.map(({ changedMs }) => Math.floor(changedMs / DAY_MS)))
      expect(days.size).toBeGreaterThan(1)
      for (const { changedMs } of site) expect(changedMs).toBeLessThan(NOW_MS)
    }
  })

  test('lists its pages, under its own name, in its sitemap', () => {
    for (const [n, site] of sites.entries()) {
      const places = [...textOf(site, 'sitemap.xml').matchAll(/<loc>([^<]+)<\/loc>/g)].map((found) => new URL(found[1] as string))
      expect(new Set(places.map(({ host }) => host))).toEqual(new Set([domainOf(n)]))
      const pages = site.filter(({ path }) => path.endsWith('.html') && path !== '404.html')
      expect(places.map(({ pathname }) => (pathname === '/' ? 'index.html' : pathname.slice(1)))).toEqual(pages.map(({ path }) => path))
    }
  })

  test('is the same for the same seed', () => {
    expect(generateSite(seedOf(3), domainOf(3), NOW_MS)).toEqual(sites[3])
  })
})

describe('fifty generated sites', () => {
  test('share no page, style sheet or picture', () => {
    const shared = countSites((site) =>
      site.filter(({ path }) => !/robots\.txt$/.test(path)).map(({ content }) => Buffer.from(content).toString('latin1')),
    )
    expect([...shared.values()].filter((count) => count > 1)).toEqual([])
  })

  test('share no class name, file name or folder that would give them away', () => {
    const names = countSites((site) => [
      ...htmlOf(site)
        .matchAll(/class="([^"]+)"/g)
        .map((found) => `.${found[1]}`),
      ...site
        .flatMap(({ path }) => path.split('/'))
        .filter((name) => !/^(index\.html|404\.html|favicon\.ico|robots\.txt|sitemap\.xml)$/.test(name)),
    ])
    expect(moreThan(names, SITES * 0.45)).toEqual([])
  })

  // Every run of eight tokens that most sites have must be one that half the web has.
  test('share no run of markup but the web’s own', () => {
    const runs = countSites((site) => runsOf(htmlOf(site), 8))
    expect(moreThan(runs, SITES * 0.6).filter((run) => !isEverywhere(run))).toEqual([])
  })

  test('share no run of style', () => {
    const runs = countSites((site) => runsOf(String(site.find(({ path }) => path.endsWith('.css'))?.content), 10))
    expect(moreThan(runs, SITES * 0.6)).toEqual([])
  })

  test('share no sentence', () => {
    const sentences = countSites((site) =>
      [...htmlOf(site).matchAll(/>([^<]{25,})</g)].flatMap((found) => (found[1] as string).split(/(?<=[.?!]) /)),
    )
    expect(moreThan(sentences, SITES * 0.1)).toEqual([])
  })
})

/** Elements, links and the words of the head that the HTML standard itself fixes; no class, no text, no other attribute. */
function isEverywhere(run: string): boolean {
  const ordinary =
    /^([<>=/".,;-]|head|body|html|meta|charset|utf-8|UTF-8|title|link|rel|stylesheet|href|name|viewport|description|content|width|device-width|initial-scale|1|a|p|ul|li|div|h1|h2|nav|footer|header|figure|figcaption|img|src|alt|class|css|!|doctype|DOCTYPE|lang|en|table|thead|tbody|tr|th|td|span)$/
  return run.split(' ').every((token) => ordinary.test(token))
}

function countSites(of: (site: SiteFile[]) => Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const site of sites) for (const item of new Set(of(site))) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

function moreThan(counts: ReadonlyMap<string, number>, limit: number): string[] {
  return [...counts].filter(([, count]) => count > limit).map(([item, count]) => `${item} (${count})`.replace(/ \(\d+\)$/, ''))
}

function runsOf(text: string, length: number): string[] {
  const tokens = text.match(/[\w-]+|[^\s\w]/g) ?? []
  return tokens.slice(0, Math.max(0, tokens.length - length)).map((_, n) => tokens.slice(n, n + length).join(' '))
}

function htmlOf(site: SiteFile[]): string {
  return site
    .filter(({ path }) => path.endsWith('.html'))
    .map(({ content }) => String(content))
    .join('\n')
}

function textOf(site: SiteFile[], path: string): string {
  return String(site.find((file) => file.path === path)?.content)
}

/** Tags that were opened and not closed in their order. */
function unclosed(html: string): string[] {
  const open: string[] = []
  for (const [, slash, tag = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (['meta', 'link', 'img', 'hr', 'br'].includes(tag)) continue
    if (slash === '') open.push(tag)
    else if (open.pop() !== tag) return [...open, tag]
  }
  return open
}

/** Reads the chunks of a PNG with a colour table and inflates its rows. */
function expectPng(bytes: Uint8Array): void {
  const png = Buffer.from(bytes)
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const at = png.indexOf('IDAT')
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))
  expect(rows.length).toBe((width + 1) * height)
  expect(png.subarray(-8, -4).toString('latin1')).toBe('IEND')
}

function seedOf(n: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => (n * 37 + i * 101) & 0xff)
}
