// Every language says everything. That a key is missing does not even compile; these claims are of what types can't see.
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LANGUAGES, type Language } from '../../../client/contract/settings.ts'
import type { Reason } from '../../../client/contract/status.ts'
import type { Forms } from '../../../client/words/catalog.ts'
import type { Key } from '../../../client/words/en.ts'
import { chooseLanguage, loadTexts, loadWords, Words } from '../../../client/words/words.ts'

const en = await loadTexts('en')
const KEYS = Object.keys(en) as Key[]
const others = LANGUAGES.filter((language) => language !== 'en')

function catalogOf(language: Language): Promise<Readonly<Record<Key, string | Forms>>> {
  return loadTexts(language)
}

function textsOf(entry: string | Forms): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry)
}

function bracesOf(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g))].sort()
}

describe.each(others)('the catalog of %s', (language) => {
  test('has every key, no other, and no empty text', async () => {
    const catalog = await catalogOf(language)
    expect(Object.keys(catalog).sort()).toEqual([...KEYS].sort())
    expect(KEYS.filter((key) => textsOf(catalog[key]).some((text) => text.trim() === ''))).toEqual([])
  })

  test('fills in the same as English does', async () => {
    const catalog = await catalogOf(language)
    const other = (key: Key): string => {
      const entry: string | Forms = en[key]
      return typeof entry === 'string' ? entry : entry.other
    }
    const wrong = KEYS.filter((key) => {
      const entry = catalog[key]
      return String(bracesOf(typeof entry === 'string' ? entry : entry.other)) !== String(bracesOf(other(key)))
    })
    expect(wrong).toEqual([])
  })

  test('has each form that its rule for numbers asks for', async () => {
    const catalog = await catalogOf(language)
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    const lacking = KEYS.flatMap((key) => {
      const entry = catalog[key]
      return typeof entry === 'string'
        ? []
        : categories.filter((category) => entry[category] === undefined).map((category) => `${key} ${category}`)
    })
    expect(lacking).toEqual([])
  })

  test('is translated: hardly a text stands there in English', async () => {
    const catalog = await catalogOf(language)
    const same = KEYS.filter((key) => typeof en[key] === 'string' && catalog[key] === en[key])
    expect(same.filter((key) => !SAME_EVERYWHERE.has(key))).toEqual([])
  })
})

// A mark alone at the start of a line is read as a slip, and a long text is read less.
test('in French no line can break before a mark that stands apart from its word', async () => {
  const words = await loadWords('fr')
  expect(KEYS.map((key) => words.say(key)).filter((text) => / [;:!?»]|« /.test(text))).toEqual([])
  expect(words.say('inviteAsk')).toBe('Pas encore d’invitation\u00a0?')
})

// They are sent before there is a way that nobody reads.
test.each(LANGUAGES)('the words to ask a friend for an invite say in %s neither which app it is nor what for', async (language) => {
  const { inviteAskWords, connect, stateConnected, relay } = await loadTexts(language)
  const telling = ['Culvert', 'كالفرت', 'کالورت', 'VPN', 'proxy', 'http', connect, stateConnected, relay.replace(/\s*\{number\}\s*/, '')]
  expect(telling.filter((word) => inviteAskWords.toLowerCase().includes(word.toLowerCase()))).toEqual([])
  expect(inviteAskWords.length).toBeLessThan(160)
})

/** Names that are the same in several languages. */
const SAME_EVERYWHERE: ReadonlySet<Key> = new Set<Key>([
  ...([
    'portSocks',
    'portHttp',
    'placeEdge',
    'wayWebsocket',
    'doctorUdp',
    'perSecond',
    'ofEdge',
    'no',
    'placeDirect',
    'placeDirectNumber',
  ] as const),
  ...(['protection', 'version', 'notifications'] as const),
])

/** A reason that is missing here does not compile. */
const REASONS: Readonly<Record<Reason, true>> = {
  offline: true,
  unreachable: true,
  refused: true,
  reset: true,
  timeout: true,
  'wrong-certificate': true,
  'not-admitted': true,
  'wrong-clock': true,
  'expired-certificate': true,
  'wrong-answer': true,
  upstream: true,
  fronting: true,
  'carrier-closed': true,
  silent: true,
  protocol: true,
  draining: true,
  'invite-unknown': true,
  'invite-expired': true,
  'invite-used-up': true,
  'no-relay-free': true,
  'no-door': true,
}

test('every key is said by some screen', () => {
  const files = globSync('client/ui/**/*.{ts,tsx}')
    .map((path) => readFileSync(path, 'utf8'))
    .join('')
  const ofCodes = /^(?:reason|verdict|evidence|fault|notice|switch|step|missing|advice|update|gap|shared)_/
  expect(KEYS.filter((key) => !files.includes(`'${key}'`) && !ofCodes.test(key))).toEqual([])
})

test('every reason why there is no line has words', () => {
  const codes = Object.keys(REASONS).map((reason) => `reason_${reason.replaceAll('-', '_')}`)
  expect(codes.filter((key) => !(key in en))).toEqual([])
})

describe('words', () => {
  test('are chosen by what the system speaks, and English where it is none of ours', () => {
    expect(chooseLanguage('system', 'fa-IR')).toBe('fa')
    expect(chooseLanguage('system', 'zh-Hans-CN')).toBe('zh')
    expect(chooseLanguage('system', 'de-DE')).toBe('en')
    expect(chooseLanguage('system', '')).toBe('en')
    expect(chooseLanguage('tr', 'fa-IR')).toBe('tr')
  })

  test('choose the form by the count, and fill in what they are given', async () => {
    const words = await loadWords('ru')
    expect([1, 2, 5].map((count) => words.say('inviteAdded', { count }))).toEqual([
      'Добавлено 1 приглашение.',
      'Добавлено 2 приглашения.',
      'Добавлено 5 приглашений.',
    ])
    expect((await loadWords('en')).say('doctorAnswers', { asked: '3', answered: '{asked}' })).toBe('{asked} of 3 answer')
  })

  // Chromium's own data has no Burmese, and would say “12 minutes” in the middle of it.
  test('are Burmese to the last unit and digit where Intl speaks none', async () => {
    const words = new Words('my', await loadTexts('my'), false)
    const said = [
      words.duration(720_000),
      words.days(3),
      words.ms(240),
      words.ms(2_400),
      ...[12, 1_500, 16_000_000, 2e9, 3e12].map((count) => words.bytes(count)),
      words.time(1_750_000_000_000),
      ...['IR', 'MM', 'RU', 'TR', 'CN'].map((code) => words.country(code)),
      ...[5_000, 125_000, 9_000_000].map((ms) => words.inTime(ms)),
      words.list(['က', 'ခ']),
    ]
    expect(said.filter((text) => /[a-z0-9]/i.test(text))).toEqual([])
  })

  test('say in the forms of each language how long a wait is', async () => {
    const minutes = async (language: Language): Promise<string[]> => {
      const words = await loadWords(language)
      return [2, 3, 5, 21].map((count) => words.inTime(count * 60_000))
    }
    expect(await minutes('ru')).toEqual(['через 2 минуты', 'через 3 минуты', 'через 5 минут', 'через 21 минуту'])
    expect(await minutes('ar')).toEqual(['خلال دقيقتين', 'خلال 3 دقائق', 'خلال 5 دقائق', 'خلال 21 دقيقة'])
    const burmese = new Words('my', await loadTexts('my'), false)
    expect([30_000, 125_000].map((ms) => burmese.inTime(ms))).toEqual(['၃၀ စက္ကန့်အကြာ', '၂ မိနစ်အကြာ'])
    for (const language of LANGUAGES) expect(new Set(await minutes(language)).size).toBe(4)
  })

  test.each(['fa', 'my'] as const)('in %s put no Latin unit beside digits of their own', async (language) => {
    const words = await loadWords(language)
    expect([12, 1_500, 16_000_000, 2e9].map((count) => words.bytes(count)).join()).not.toMatch(/[a-z]/i)
  })

  test('say amounts and times in the largest unit that fits', async () => {
    const words = await loadWords('en')
    expect([0, 999, 1_500, 16_000, 2_300_000, 184_000_000_000].map((count) => words.bytes(count))).toEqual([
      ...['0 byte', '999 byte', '1.5 kB', '16 kB', '2.3 MB', '184 GB'],
    ])
    expect([1_500, 45_000, 720_000, 10_800_000, 400_000_000].map((ms) => words.duration(ms))).toEqual([
      ...['1.5 seconds', '45 seconds', '12 minutes', '3 hours', '5 days'],
    ])
    expect([-3_000, 0, 900, 4_100, 119_500, 125_000, 3_600_000, 9_000_000].map((ms) => words.inTime(ms))).toEqual([
      ...['in 1 second', 'in 1 second', 'in 1 second', 'in 5 seconds'],
      ...['in 120 seconds', 'in 2 minutes', 'in 60 minutes', 'in 3 hours'],
    ])
    expect([-3, 200, 1_500].map((ms) => words.age(ms))).toEqual(['0 seconds', '0 seconds', '1 second'])
  })
})
