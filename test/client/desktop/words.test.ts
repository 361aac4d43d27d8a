// What the app says outside its window: each word in each language, and no more on the screen than the person wants seen there.
import { describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../../client/contract/settings.ts'
import { noticeWords, WORD_COUNT, WORD_COUNTS, wordsOf } from '../../../client/desktop/words.ts'

const CODES = ['connected', 'lost', 'reconnected', 'update-ready', 'still-running', 'recovered-from-crash', 'kill-switch-on'] as const

describe.each(LANGUAGES)('in %s', (language) => {
  const words = wordsOf(language, 'en-US')

  test('every word is there, and none is empty', () => {
    expect(WORD_COUNTS[language]).toBe(WORD_COUNT)
    expect(Object.entries(words).filter(([, text]) => text.trim() === '')).toEqual([])
  })

  test('words are this language’s own, but for the name', () => {
    const english = wordsOf('en', 'en-US')
    const borrowed = Object.entries(words).filter(([key, text]) => language !== 'en' && text === english[key as keyof typeof english])
    expect(borrowed).toEqual([])
  })

  test('a notification says what happened, and by whom', () => {
    const said = CODES.map((code) => noticeWords(code, 'all', words))
    expect(said).toEqual(CODES.map((code) => ({ title: 'Culvert', body: words[code] })))
    expect(new Set(said.map((one) => one?.body)).size).toBe(CODES.length)
  })

  test('a discreet one is the same whatever happened, and names neither the app nor what it is for', () => {
    const said = CODES.map((code) => noticeWords(code, 'discreet', words))
    expect(new Set(said.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(said[0]).toEqual({ title: words.discreet, body: '' })
    for (const telling of ['Culvert', words.connect, words.stateConnected, 'VPN', 'proxy']) expect(words.discreet).not.toContain(telling)
  })
})

test('who wants no notification gets none', () => {
  for (const code of CODES) expect(noticeWords(code, 'none', wordsOf('en', 'en-US'))).toBeUndefined()
})

test('the system’s language is spoken where it is one of ours, else English', () => {
  expect(wordsOf('system', 'fa-IR')).toEqual(wordsOf('fa', ''))
  expect(wordsOf('system', 'ZH_CN')).toEqual(wordsOf('zh', ''))
  expect(wordsOf('system', 'de-DE')).toEqual(wordsOf('en', ''))
  expect(wordsOf('tr', 'fa-IR')).toEqual(wordsOf('tr', ''))
})
