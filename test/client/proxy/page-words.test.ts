import { describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../../client/contract/settings.ts'
import { languageOf, PAGE_WORDS } from '../../../client/engine/proxy/page-words.ts'

describe('the language of the proxy’s own pages', () => {
  test.each([
    ['fa-IR,fa;q=0.9,en-US;q=0.8,en;q=0.7', 'fa'],
    ['en;q=0.5, my;q=0.8', 'my'],
    ['zh-Hans-CN', 'zh'],
    ['de, ru;q=0.1', 'ru'],
    ['AR', 'ar'],
    ['fr;q=0, es;q=0.1', 'es'],
    ['de,ja', 'en'],
    ['*', 'en'],
    ['', 'en'],
    [undefined, 'en'],
    [';;;q=2,,fa;q=x,tr ; q=0.3', 'tr'],
    [`${'x'.repeat(10_000)},fa`, 'en'],
  ])('for %j is %s', (accept, language) => {
    expect(languageOf(accept)).toBe(language)
  })

  test('has each page in its own words, which English shares with none', () => {
    for (const language of LANGUAGES) {
      const pages = Object.entries(PAGE_WORDS[language])
      expect(pages.map(([name]) => name)).toEqual(Object.keys(PAGE_WORDS.en))
      for (const [name, [title, words]] of pages) {
        expect(`${title}${words}`, `${language}: ${name}`).not.toMatch(/[<>&"]|^\s|\s$/)
        if (language !== 'en') expect(words).not.toBe(PAGE_WORDS.en[name as keyof typeof PAGE_WORDS.en][1])
      }
    }
  })
})
