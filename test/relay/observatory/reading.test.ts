// As readers of other scripts read the pages: numbers in the digits of their language, and nothing that runs in one direction tears what runs in the other.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { voiceOf } from '../../../relay/observatory/words/voice.ts'
import { SiteWorld } from '../../dashboard/site-world.ts'

const PAGES = ['/', '/countries', '/countries/IR', '/ways', '/preparedness', '/costs', '/privacy', '/figures/economy']

let world: SiteWorld
beforeAll(async () => {
  world = await SiteWorld.open(SiteWorld.small())
})
afterAll(() => world.close())

/** The texts of a page's cells, facts and drawings. */
function numbersOf(text: string): readonly string[] {
  return [...text.matchAll(/<(td|dd|text)\b[^>]*>(.*?)<\/\1>/gs)].map(([, , inner = '']) => inner.replace(/<code.*?<\/code>|<[^>]*>/gs, ''))
}

describe('a number', () => {
  test('is written in the digits of its reader, in every table, fact and drawing', async () => {
    const [event] = world.site.almanac().records.events
    for (const path of [...PAGES, `/shutdowns/${event?.id}`]) {
      for (const [language, digits] of [
        ['fa', /[۰-۹]/],
        ['my', /[၀-၉]/],
      ] as const) {
        const numbers = numbersOf((await world.get(`${path}?lang=${language}`)).text)
        expect(numbers.filter((text) => digits.test(text)).length, path).toBeGreaterThan(3)
        // A hash, an address or the name of a method has its own.
        expect([path, language, numbers.filter((text) => /\d/.test(text) && !/[A-Za-z]{3}/.test(text))]).toEqual([path, language, []])
      }
    }
  })

  test('is so in what is wrong with an address', async () => {
    const { text } = await world.get('/?lang=fa&from=2001-01-01&to=2026-01-01')
    expect(text).toContain('۳٬۶۶۰')
  })

  test('of the ledger is a number in files too, and a month is told as a month', async () => {
    const { rows } = JSON.parse((await world.get('/figures/privacy.json')).text)
    expect([typeof rows[0].rho, typeof rows[0].epsilon]).toEqual(['number', 'number'])
    const { text } = await world.get('/privacy?lang=en')
    expect(text).toContain('<td>September 2026</td>')
    expect(text).not.toMatch(/a client’s month<\/th><td>Sep 1/)
  })
})

describe('from right to left', () => {
  test('the ends of a range stand apart, so that the low one comes first and each keeps its unit', () => {
    const range = { low: 0, estimate: 1, high: 217_000_000 }
    for (const language of ['fa', 'ar'] as const) {
      const [low = '', high = ''] = voiceOf(language).range('money', range).split(' – ')
      for (const end of [low, high]) expect(end).toMatch(/^\u2067[^\u2067\u2069]+\u2069$/)
    }
    expect(voiceOf('en').range('money', range)).toBe('$0 – $217M')
  })

  test('what a record says in another language keeps its direction', async () => {
    const [event] = world.site.almanac().records.events
    const { text } = await world.get(`/shutdowns/${event?.id}?lang=fa`)
    expect(text).toContain(`<p dir="auto">${event?.note}</p>`)
    expect(text).toContain('<bdi>')
  })
})

describe('where there is little to tell', () => {
  test('a chart of nothing has no scale', async () => {
    const empty = await SiteWorld.open(undefined)
    const { text } = await empty.get('/figures/people?lang=en')
    expect(text).toContain('nothing is published')
    expect(text).not.toMatch(/<text class="tick" x="0"/)
    expect((await empty.get('/?lang=en')).text).not.toMatch(/1970|of about/)
    await empty.close()
  })

  test('two places of which nothing is told are not said to have had anything', async () => {
    const { text } = await world.get('/compare?country=IR&other=RU&from=2020-01-01&to=2020-01-31&lang=en')
    expect(text).toContain('nothing is published')
    expect(text).not.toContain('on an average day')
  })
})

test('both ends of the days that are shown can be moved at once, to anywhere within what is published', async () => {
  const { text } = await world.get('/countries/IR?from=2026-07-01&to=2026-07-31')
  const bounds = [...text.matchAll(/<input type="date"[^>]*min="([\d-]+)" max="([\d-]+)"/g)].map(([, ...ends]) => ends)
  const { first, last } = world.site.almanac().extent('people', 'day') ?? {}
  expect(bounds).toEqual([
    [first, last],
    [first, last],
  ])
})
