// The pages as people meet them, in a genuine Chromium: axe finds nothing, nothing is fetched from elsewhere, all is there without a script, and on paper.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addDays } from '../../relay/observatory/spans.ts'
import { LANGUAGES } from '../../relay/observatory/words/languages.ts'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { pagePaths, SiteWorld } from './site-world.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PHONE = { width: 360, height: 740 }

/** Pairs of words of one chart that share a place. */
const OVERLAPS = `[...document.querySelectorAll('svg.chart')].flatMap((chart) => {
  const words = [...chart.querySelectorAll('text.label, text.value, text.tick')].map((word) => ({ text: word.textContent, box: word.getBoundingClientRect() }))
  const isOver = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4
  return words.flatMap((one, index) => words.slice(index + 1).filter(({ box }) => isOver(one.box, box)).map(({ text }) => one.text + ' | ' + text))
})`

/** What axe says of a page: rules that it breaks, each with the first place. */
interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

describe.runIf(needs('chromium'))('in Chromium', () => {
  let world: SiteWorld
  let browser: Browser
  beforeAll(async () => {
    world = await SiteWorld.open(SiteWorld.small())
    browser = await chromium.launch({
      executablePath: findProgram('chromium') as string,
      args: ['--no-sandbox', '--disable-background-networking'],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  async function withPage<T>(options: BrowserContextOptions, use: (page: Page) => Promise<T>): Promise<T> {
    const context = await browser.newContext(options)
    try {
      return await use(await context.newPage())
    } finally {
      await context.close()
    }
  }

  async function complaintsOf(path: string, options: BrowserContextOptions = {}): Promise<readonly string[]> {
    // axe is put into the page by this test; visitors' browsers are under the policy, which the next test holds.
    return withPage({ ...options, bypassCSP: true }, async (page) => {
      await page.goto(`${world.origin}${path}`)
      await page.evaluate('for (const details of document.querySelectorAll("main details")) details.open = true')
      await page.evaluate(AXE)
      const found: string[] = []
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        const { violations } = (await page.evaluate('axe.run()')) as AxeResult
        for (const { id, nodes } of violations)
          found.push(`${path} (${colorScheme}): ${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`)
      }
      return found
    })
  }

  test('axe finds nothing on any page, in the light or the dark', async () => {
    for (const path of pagePaths(world)) expect(await complaintsOf(path)).toEqual([])
  })

  test('nor on a phone, or in scripts from right to left and others', async () => {
    expect(await complaintsOf('/?lang=fa', { viewport: PHONE })).toEqual([])
    expect(await complaintsOf('/costs?lang=my')).toEqual([])
    expect(await complaintsOf('/ways?lang=zh', { viewport: PHONE })).toEqual([])
  })

  test('a page asks nobody but its own site, and breaks none of its own policy', async () => {
    await withPage({}, async (page) => {
      const asked: string[] = []
      const said: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      page.on('console', (message) => said.push(message.text()))
      page.on('pageerror', (error) => said.push(error.message))
      for (const path of ['/', '/countries/IR', '/embed/people']) await page.goto(`${world.origin}${path}`, { waitUntil: 'networkidle' })
      expect(asked.filter((url) => !url.startsWith(world.origin))).toEqual([])
      expect(said).toEqual([])
    })
  })

  test('without a script a page says all that it says with one', async () => {
    const textOf = (javaScriptEnabled: boolean): Promise<string> =>
      withPage({ javaScriptEnabled }, async (page) => {
        await page.goto(`${world.origin}/countries/IR`)
        return (await page.locator('main').textContent()) ?? ''
      })
    expect((await textOf(false)).replace(/\s+/g, ' ')).toBe((await textOf(true)).replace(/\s+/g, ' '))
  })

  test('with one, the numbers of a day are said where the pointer is', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${world.origin}/figures/people?country=IR`)
      await page
        .locator('svg.chart')
        .first()
        .hover({ position: { x: 300, y: 100 } })
      expect(await page.locator('.reading').first().textContent()).toMatch(/2026.*Low [\d,]+.*Estimate [\d,]+.*High [\d,]+/)
    })
  })

  test('on a phone nothing is wider than the screen', async () => {
    await withPage({ viewport: PHONE, isMobile: true }, async (page) => {
      for (const path of pagePaths(world)) {
        await page.goto(`${world.origin}${path}`)
        expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, PHONE.width])
      }
    })
  })

  test('nor do a name and its value lie over each other in a chart', async () => {
    const [event] = world.site.almanac().records.events
    await withPage({ viewport: PHONE, isMobile: true }, async (page) => {
      for (const path of [`/shutdowns/${event?.id}?lang=en`, `/shutdowns/${event?.id}?lang=fa`, '/countries/IR?lang=ru']) {
        await page.goto(`${world.origin}${path}`)
        expect([path, await page.evaluate(OVERLAPS)]).toEqual([path, []])
      }
    })
  })

  test('on a phone no two days or months below a chart share a place, in any language and over any stretch of days', async () => {
    await withPage({ viewport: PHONE, isMobile: true }, async (page) => {
      for (const language of LANGUAGES) {
        for (const days of [60, 100, 280, 330, 800]) {
          const from = addDays('2026-11-20', -days)
          const path = `/figures/people?from=${from}&to=2026-11-20&lang=${language}`
          await page.goto(`${world.origin}${path}`)
          expect([path, await page.evaluate(OVERLAPS)]).toEqual([path, []])
        }
        await page.goto(`${world.origin}/costs?lang=${language}`)
        expect([language, await page.evaluate(OVERLAPS)]).toEqual([language, []])
        expect(await page.locator('#cost-months text.tick:visible').count()).toBeGreaterThan(3)
      }
    })
  })

  test('the legend of the map can be read on a phone, in every language', async () => {
    await withPage({ viewport: { width: 344, height: 200 } }, async (page) => {
      for (const language of LANGUAGES) {
        await page.goto(`${world.origin}/figures/map.svg?bare=1&lang=${language}`)
        const words = await page.locator('text').evaluateAll((all) =>
          all.map((word) => {
            const { left, right, top, height } = word.getBoundingClientRect()
            return { text: word.textContent, left, right, top, height }
          }),
        )
        expect(words.length).toBeGreaterThan(3)
        const bad = words.filter(
          (one, index) =>
            one.height < 9 || one.right > 344 || (words[index + 1]?.top === one.top && (words[index + 1]?.left ?? 0) < one.right + 4),
        )
        expect([language, bad]).toEqual([language, []])
      }
    })
  })

  test('a page can be printed, without what only a screen has', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${world.origin}/`)
      expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-')
      await page.emulateMedia({ media: 'print' })
      for (const part of ['nav', '.onward', '.more']) expect([part, await page.locator(part).first().isVisible()]).toEqual([part, false])
      expect(await page.locator('.synthetic').isVisible()).toBe(true)
    })
  })
})
