// The public site over a real store and a real socket: every page, every figure, every language, and what hostile visitors and records do to it.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { siteLimits } from '../../../relay/observatory/site-limits.ts'
import { LANGUAGES } from '../../../relay/observatory/words/languages.ts'
import { pagePaths, SiteWorld } from '../../dashboard/site-world.ts'
import { openSilent } from '../silent.ts'

const PAGE_BYTES_MAX = 100 * 1024
const FIGURES = [
  'people',
  'hours',
  'gigabytes',
  'sessions',
  'compare',
  'demand',
  'economy',
  'countries',
  'map',
  'ways',
  'way-times',
  'verdicts',
  'connect',
  'preparedness',
  'cost-months',
  'left-out',
  'privacy',
]

let world: SiteWorld
beforeAll(async () => {
  world = await SiteWorld.open(SiteWorld.small())
})
afterAll(() => world.close())

describe('pages', () => {
  test('every page is there in every language, under 100 KB, marked as synthetic, with nothing inline that a strict policy forbids', async () => {
    for (const path of pagePaths(world)) {
      // Burmese takes the most bytes, Persian goes from right to left; the first page is looked at in every language.
      for (const language of path === '/' ? LANGUAGES : (['en', 'my', 'fa'] as const)) {
        const { status, text, byteCount, headers } = await world.get(`${path}${path.includes('?') ? '&' : '?'}lang=${language}`)
        expect([path, language, status]).toEqual([path, language, 200])
        expect(byteCount, `${path} in ${language}`).toBeLessThan(PAGE_BYTES_MAX)
        expect(text).toContain('class="synthetic"')
        const wrong = /<style|\sstyle=|\son\w+=|<script(?! src="\/enhance\.js\?v=)|javascript:|\{\w+\}|undefined|NaN|[^.]\.\.[\s<]/.exec(
          text,
        )
        expect(wrong?.[0], `${path} in ${language}`).toBeUndefined()
        expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      }
    }
    expect(world.bugs).toEqual([])
  })

  test('nothing on any page is fetched from elsewhere', async () => {
    for (const path of pagePaths(world)) {
      const { text } = await world.get(path)
      const fetched = [...text.matchAll(/<(?:img|script|link|iframe|source|use)\b[^>]*?(?:src|href)="([^"]*)"/g)].map(
        (match) => match[1] ?? '',
      )
      expect(fetched.filter((address) => !address.startsWith('/'))).toEqual([])
    }
  })

  test('a page asks for a language, else the browser does, else it is English', async () => {
    expect((await world.get('/?lang=fa', { 'Accept-Language': 'ru' })).text).toContain('<html lang="fa" dir="rtl"')
    expect((await world.get('/', { 'Accept-Language': 'xx, tr;q=0.5, ru;q=0.9' })).text).toContain('<html lang="ru"')
    expect((await world.get('/', { 'Accept-Language': '*' })).text).toContain('<html lang="en"')
  })

  test('a comparison that says no countries is of the two with the most people', async () => {
    const { text } = await world.get('/compare?lang=en')
    const chosen = [...text.matchAll(/<option value="(\w+)" selected/g)].map(([, code]) => code)
    expect([chosen.slice(0, 2).includes('001'), new Set(chosen.slice(0, 2)).size]).toEqual([false, 2])
    expect((await world.get('/compare?country=001&other=IR')).text).toContain('<option value="001" selected')
  })

  test('where nothing came for a while, the strip says that the numbers are old', async () => {
    const { text } = await world.get('/')
    const [first = ''] = /<section class="quality">.*?<\/li>/s.exec(text) ?? []
    expect(first).toContain('class="state poor"')
  })

  test('the strip counts the days that are missing, and tells of the last day alone', async () => {
    const holed = await SiteWorld.open(SiteWorld.small())
    const { db } = holed.store
    const last = holed.site.almanac().extent('people', 'day')?.last ?? ''
    await db
      .deleteFrom('published_cells')
      .where('span', '=', 'day')
      .where('start', '>=', '2026-10-01')
      .where('start', '<', '2026-10-22')
      .execute()
    await db.deleteFrom('published_quality').where('name', '=', 'cross-check').where('day', '=', last).execute()
    await holed.site.refresh()
    const { text } = await holed.get('/?lang=en')
    await holed.close()
    const strip = [...text.matchAll(/<li><span class="quiet">(.*?)<\/span> <b>(.*?)<\/b> (?:<span class="state (\w+)">)?/g)].map(
      ([, ...one]) => one,
    )
    expect(strip).toContainEqual(['Days with numbers', '69 of 90', 'poor'])
    expect(strip).toContainEqual(['Relays’ counts over clients’ reports', '–', undefined])
  })

  // A browser of text alone, a reader's view and a copied page know no style sheet.
  test('what stands beside each other is not run together where only the text counts', async () => {
    for (const path of ['/', '/ways']) {
      const { text } = await world.get(path)
      const bare = text
        .replace(/<(?:head|style|script)\b.*?<\/(?:head|style|script)>/gs, '')
        .replace(/<\/?(?:a|b|small|span|text|summary)\b[^>]*>/g, '')
        .replace(/<[^>]*>/g, '\n')
      expect([path, bare.match(/\d[KM%]?(?:High|good|watch|poor|\$)|\d[KM%]\d|CSVJSON|ObservatoryLanguage/g)]).toEqual([path, null])
    }
  })

  test('a store in which nothing is published gives every page, and they say so', async () => {
    const empty = await SiteWorld.open(undefined)
    for (const path of pagePaths(empty)) expect([path, (await empty.get(path)).status]).toEqual([path, 200])
    for (const name of FIGURES) expect([name, (await empty.get(`/figures/${name}.svg`)).status]).toEqual([name, 200])
    expect(empty.bugs).toEqual([])
    expect((await empty.get('/')).text).not.toContain('class="synthetic"')
    await empty.close()
  })

  test('where there is nothing to show yet, words say so, and no frame or table without anything in it', async () => {
    const empty = await SiteWorld.open(undefined)
    for (const path of pagePaths(empty)) {
      const { text } = await empty.get(path)
      const bare = /<tbody><\/tbody>|<svg class="chart"|<img class="map"|<[uo]l[^>]*><\/[uo]l>/.exec(text)
      expect([path, bare?.[0]]).toEqual([path, undefined])
      for (const [figure] of text.matchAll(/<figure class="figure".*?<\/figure>/gs)) expect(figure).toMatch(/<p class="sentence">[^<]/)
    }
    await empty.close()
  })

  test('the fund’s log speaks the reader’s language: of who signed what is made up, and without numbers of another script', async () => {
    const { text } = await world.get('/costs?lang=fa')
    const [, log = ''] = /(<[uo]l class="log"><li><b>.*?<\/[uo]l>)/s.exec(text) ?? []
    expect(log).toContain('آزاد شد')
    expect([log.slice(0, 3), log.includes('north'), log.includes('دادهٔ ساختگی')]).toEqual(['<ul', false, true])
  })

  test('the costs are not longer than a telephone is scrolled, and the rest is in a file', async () => {
    const { text } = await world.get('/costs')
    const [, ledger = ''] = /<table class="ledger">(.*?)<\/table>/s.exec(text) ?? []
    expect(ledger.match(/<tr/g)?.length).toBe(13)
    expect(text).toContain('href="/api/v1/costs"')
  })
})

describe('figures', () => {
  test('every figure can be had as a page, to embed, and as SVG, CSV and JSON, and each says that it is synthetic', async () => {
    for (const name of FIGURES) {
      for (const kind of ['', '.svg', '.svg?bare=1', '.json']) {
        const { status, text } = await world.get(`/figures/${name}${kind}`)
        expect([name, kind, status]).toEqual([name, kind, 200])
        expect(text, name + kind).toMatch(/[Ss]ynthetic/)
      }
      // Of a bookmark, or where a link is shared, there is the title alone.
      for (const path of [`/figures/${name}`, `/embed/${name}`])
        expect((await world.get(`${path}?lang=en`)).text).toContain('<title>Synthetic data. ')
      const { text } = await world.get(`/figures/${name}.csv`)
      expect(text).toMatch(/^[a-zA-Z_0-9, -]+\r\n/)
    }
  })

  test('a file goes on without its page, so each of its rows says that it was made up', async () => {
    for (const name of FIGURES) {
      const [head = '', ...rows] = (await world.get(`/figures/${name}.csv`)).text.trimEnd().split('\r\n')
      expect([name, head.endsWith(',synthetic'), rows.every((row) => row.endsWith(',true'))]).toEqual([name, true, true])
    }
  })

  test('two countries are compared where nobody said which, on the page, in a frame and in a file', async () => {
    const [page, frame, file] = [await world.get('/compare'), await world.get('/embed/compare'), await world.get('/figures/compare.json')]
    const { title } = JSON.parse(file.text) as { title: string }
    expect(title).not.toContain('All countries')
    for (const { text } of [page, frame]) expect(text).toContain(title)
  })

  test('a figure is a PNG too, twice as large as its SVG', async () => {
    const { headers, text } = await world.get('/figures/cost-months.png')
    expect(headers.get('content-type')).toBe('image/png')
    expect(text.slice(1, 4)).toBe('PNG')
  })

  test('a number that is withheld is empty in CSV, null in JSON and a gap in a drawing: never zero', async () => {
    const { country } = withheldDay(world)
    const csv = (await world.get(`/figures/people.csv?country=${country}`)).text
    expect(csv).toMatch(/\d{4}-\d{2}-\d{2},,,,withheld/)
    const json = JSON.parse((await world.get(`/figures/people.json?country=${country}`)).text)
    expect(json.rows.find((row: { state: string }) => row.state === 'withheld')).toMatchObject({ low: null, estimate: null, high: null })
  })

  test('an embedded figure may be framed by anyone, and a page by no one', async () => {
    expect((await world.get('/embed/people')).headers.get('content-security-policy')).toContain('frame-ancestors *')
    expect((await world.get('/')).headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })
})

function withheldDay({ site }: SiteWorld): { readonly country: string } {
  const almanac = site.almanac()
  const last = almanac.extent('people', 'day')?.last ?? ''
  const country = almanac.countries.find((code) => almanac.told('people', 'day', code, 'all', last) === 'withheld')
  if (country === undefined) throw new Error('the made-up years withhold nothing')
  return { country }
}

describe('asking again', () => {
  test('an answer that the asker has is not sent again, plain or compressed', async () => {
    for (const path of ['/', '/figures/people.svg', '/api/v1/events', '/feed.atom']) {
      const first = await world.get(path)
      const tag = first.headers.get('etag') ?? ''
      expect((await world.get(path, { 'If-None-Match': tag })).status).toBe(304)
      expect((await world.get(path, { 'If-None-Match': '"another"' })).status).toBe(200)
    }
  })

  test('what is published meanwhile is shown after the next look', async () => {
    const own = await SiteWorld.open(SiteWorld.small())
    const before = await own.get('/shutdowns')
    await own.store.db.deleteFrom('published_events').execute()
    await own.site.refresh()
    expect((await own.get('/shutdowns')).headers.get('etag')).not.toBe(before.headers.get('etag'))
    await own.close()
  })
})

describe('hostile visitors', () => {
  const WRONG = [
    '/?lang=xx',
    '/?lang=en&lang=fa',
    '/?from=2026-13-45',
    '/?from=2026-02-30',
    '/?from=2026-09-01&to=2026-01-01',
    '/?from=2001-01-01&to=2026-01-01',
    '/?from=99999999-01-01',
    '/countries/IR?from=%3Cscript%3Ealert(1)%3C/script%3E',
    '/compare?country=XX',
    '/compare?country=ir',
    '/compare?measure=__proto__',
    '/?country=001&country=IR',
    "/figures/people.csv?country=IR'%20OR%201=1",
    '/figures/people?constructor=1',
    '/api/v1/cells',
    '/api/v1/cells?metric=people&span=day&from=2001-01-01&to=2026-01-01',
    '/api/v1/cells?metric=people&span=day&slice=%27;drop%20table',
    '/api/v1/events?x=1',
    '/?event=ev-0000000000000000',
  ]
  const NOWHERE = [
    '/nowhere',
    '/figures/__proto__',
    '/figures/constructor.svg',
    '/figures/people.exe',
    '/figures/..%2f..%2fpackage.json',
    '/countries/ZZ',
    '/countries/001',
    '/countries/%3Cscript%3E',
    '/shutdowns/ev-ffffffffffffffff',
    '/shutdowns/..%2f..',
    '/reports/..%2f..%2f..%2fetc%2fpasswd',
    '/reports/culvert-2026-10-en.json%00.html',
    '/reports/culvert-2026-99-en.html',
    '/api/v1/..%2f..%2fpackage.json',
    '/api/v2/cells',
    `/${'a'.repeat(3000)}`,
  ]

  test('what can’t be asked for gets a page that says so, with 400, and nothing of what was sent unescaped', async () => {
    for (const path of WRONG) {
      const { status, text } = await world.get(path)
      expect([path, status]).toEqual([path, 400])
      expect(text).not.toContain('<script>alert')
    }
    expect(world.bugs).toEqual([])
  })

  test('what is not there gets 404, whatever it is called', async () => {
    for (const path of NOWHERE) expect([path, (await world.get(path)).status]).toEqual([path, 404])
    expect(world.bugs).toEqual([])
  })

  test('whoever opens more sockets than there is room for, and says nothing, keeps nobody out', async () => {
    const silent = await openSilent({ port: Number(new URL(world.origin).port) }, siteLimits.socketsMax)
    const gone = once(silent[0] as Socket, 'close')
    expect((await world.get('/icon.svg')).status).toBe(200)
    await gone
    for (const socket of silent) socket.destroy()
  })

  test('a program is told what is wrong as JSON', async () => {
    const { text, headers } = await world.get('/api/v1/cells?metric=people&span=hour')
    expect(headers.get('content-type')).toContain('application/json')
    expect(JSON.parse(text)).toEqual({ version: 1, error: { code: 'choice', message: '“span” must be one of day, week, month.' } })
  })

  test('a network that asks too often waits, and the others do not', async () => {
    const own = await SiteWorld.open(undefined)
    const ask = async (from: string): Promise<number> => (await own.get('/icon.svg', { 'X-Forwarded-For': from })).status
    for (let n = 0; n < siteLimits.requestsMax; n++) await ask(`203.0.113.${n % 250}`)
    expect(await ask('203.0.113.9')).toBe(429)
    expect(await ask('192.0.2.1')).toBe(200)
    await own.close()
  })
})

describe('hostile records', () => {
  const SCRIPT = "<script>alert(1)</script>]]>\"'&\u0000\u0007=cmd|' /C calc'!A0"

  test('what a record holds comes out as text: in pages, in the feed, in drawings', async () => {
    const years = SiteWorld.small()
    const events = years.events.map((event) => ({
      ...event,
      note: SCRIPT,
      signedBy: SCRIPT,
      evidence: [{ kind: 'statement' as const, says: SCRIPT, url: 'javascript:alert(1)', seenAt: event.startedAt, isSample: false }],
    }))
    const costs = years.costs.map((cost) => ({ ...cost, note: SCRIPT, currency: 'USD' }))
    const decisions = years.decisions.map((decision) => ({ ...decision, reason: SCRIPT, signedBy: SCRIPT }))
    const own = await SiteWorld.open({ ...years, events, costs, decisions })
    for (const path of [...pagePaths(own), '/feed.atom', '/figures/demand.svg', '/figures/economy.svg']) {
      const { text, status } = await own.get(path)
      expect([path, status]).toEqual([path, 200])
      const outsideText = text.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '')
      expect(outsideText, path).not.toContain('<script>alert')
      expect(outsideText, path).not.toContain('javascript:')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML can't hold is what is looked for.
      if (path === '/feed.atom') expect(text).not.toMatch(/[\u0000\u0007]/)
    }
    await own.close()
  })
})

describe('the API', () => {
  test('cells come as they were published, with their revision; a withheld one has no numbers', async () => {
    const { text } = await world.get('/api/v1/cells?metric=people&span=month&country=IR&from=2026-06-01&to=2026-12-31')
    const { cells, synthetic } = JSON.parse(text)
    expect(synthetic).toBe(true)
    expect(cells.length).toBeGreaterThan(3)
    expect(cells[0]).toMatchObject({ metric: 'people', country: 'IR', span: 'month', withheld: false, revision: 1, synthetic: true })
  })

  test('every list and the description are there, for any origin', async () => {
    for (const name of ['', 'openapi.json', 'events', 'costs', 'decisions', 'ledger', 'indicators', 'quality', 'countries']) {
      const { status, headers, text } = await world.get(`/api/v1/${name}`)
      expect([name, status, headers.get('access-control-allow-origin')]).toEqual([name, 200, '*'])
      expect(JSON.parse(text)).toBeTruthy()
    }
  })

  test('an address that is there can only be read: other methods are told which ones there are, in the reader’s language', async () => {
    const ask = async (method: string, path: string): Promise<readonly unknown[]> => {
      const response = await fetch(`${world.origin}${path}`, { method, headers: { 'X-Forwarded-For': '198.51.100.7' } })
      return [response.status, response.headers.get('allow'), (await response.text()).length > 0]
    }
    for (const path of [
      '/',
      '/countries/IR?lang=tr',
      '/figures/people.csv',
      '/api/v1/cells?metric=people&span=day',
      '/feed.atom',
      '/style.css',
    ]) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'])
        expect([path, method, await ask(method, path)]).toEqual([path, method, [405, 'GET, HEAD, OPTIONS', true]])
      expect([path, await ask('OPTIONS', path)]).toEqual([path, [204, 'GET, HEAD, OPTIONS', false]])
      expect([path, await ask('HEAD', path)]).toEqual([path, [200, null, false]])
    }
    expect(await ask('POST', '/nothing')).toEqual([404, null, true])
    expect(await (await fetch(`${world.origin}/?lang=tr`, { method: 'POST' })).text()).toContain('yalnızca okunabilir')
  })

  test('how good the numbers were is told of every day that there was', async () => {
    const [said, releasedAt] = [{ day: '2024-02-29', value: 7 }, '2024-03-02T04:00:00Z']
    await world.store.db
      .insertInto('published_quality')
      .values({ ...said, name: 'relays-reporting', released_at: releasedAt, synthetic: 1 })
      .execute()
    await world.site.refresh()
    const { quality } = JSON.parse((await world.get('/api/v1/quality')).text)
    expect(quality[0]).toEqual({ ...said, name: 'relays-reporting', releasedAt, isSynthetic: true })
    expect(quality.length).toBeGreaterThan(1)
  })

  test('a shutdown’s earlier revisions stay readable', async () => {
    const [event] = world.site.almanac().records.events
    const { revisions } = JSON.parse((await world.get(`/api/v1/events/${event?.id}`)).text)
    expect(revisions).toHaveLength(1)
  })
})
