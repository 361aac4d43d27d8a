// What an operator says of shutdowns by hand, in the folder of an authority that need not run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { Book } from '../../../relay/directory/book.ts'
import { type ShutdownOptions, sayShutdown } from '../../../relay/directory/handing-commands.ts'
import { defaultSettings, saveSettings } from '../../../relay/directory/settings.ts'
import type { Shutdown } from '../../../relay/directory/shutdowns.ts'

const base = mkdtempSync(join(tmpdir(), 'culvert-handing-commands-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
/** Noon. */
const NOW_S = Date.UTC(2027, 2, 1, 12) / 1_000 + 0.5
const DAY_S = 86_400
const MIDNIGHT_S = Date.UTC(2027, 2, 1) / 1_000

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(base, 'authority-'))
  saveSettings(defaultSettings('a', ['a']), dir)
})

const say = (more: Partial<ShutdownOptions>): Promise<string> => sayShutdown({ dir, country: 'ir', over: false, ...more }, NOW_S)

async function known(): Promise<readonly Shutdown[]> {
  const book = await Book.open(join(dir, 'directory.db'))
  const found = await book.shutdowns.during({ fromS: 0, untilS: Number.MAX_SAFE_INTEGER })
  await book.close()
  return found
}

describe('a shutdown', () => {
  test('is from now, or from a day, to the end of its last day', async () => {
    expect(await say({ until: '2027-03-01' })).toContain('From the next epoch until 2027-03-01, those in IR')
    expect(await known()).toEqual([{ country: 'IR', fromS: Math.floor(NOW_S), untilS: MIDNIGHT_S + DAY_S }])
    expect(await say({ from: '2027-03-05', until: '2027-03-08', country: 'BY' })).toContain('From 2027-03-05 until 2027-03-08')
    expect(await known()).toContainEqual({ country: 'BY', fromS: MIDNIGHT_S + 4 * DAY_S, untilS: MIDNIGHT_S + 8 * DAY_S })
  })

  test('that is said anew replaces what was said before', async () => {
    await say({ until: '2027-03-04' })
    await say({ from: '2027-03-02', until: '2027-03-02' })
    expect(await known()).toEqual([{ country: 'IR', fromS: MIDNIGHT_S + DAY_S, untilS: MIDNIGHT_S + 2 * DAY_S }])
  })

  test('is over when one says so, once', async () => {
    await say({ until: '2027-03-04' })
    expect(await say({ over: true })).toContain('kept back for IR again')
    expect(await known()).toEqual([])
    await expect(say({ over: true })).rejects.toThrow('No shutdown of IR is known here.')
  })

  test.each<[string, Partial<ShutdownOptions>, RegExp]>([
    ['no end', {}, /--until/],
    ['an end that is no day', { until: 'tomorrow' }, /--until must be a day such as 2027-03-01, but is “tomorrow”/],
    ['a day that no month has', { until: '2027-02-30' }, /--until must be a day/],
    ['a beginning that is no day', { from: '5', until: '2027-03-04' }, /--from must be a day/],
    ['an end in the past', { until: '2027-02-28' }, /over already/],
    ['an end before its beginning', { from: '2027-03-06', until: '2027-03-05' }, /before --from/],
    ['more than a season', { until: '2027-06-30' }, /90 days at most/],
    ['days, and that it is over', { until: '2027-03-04', over: true }, /--over goes with no days/],
    ['no country', { until: '2027-03-04', country: '' }, /two letters/],
    ['a country that there is not', { until: '2027-03-04', country: 'UK' }, /no country has the letters “UK”/],
    ['a country of three letters', { until: '2027-03-04', country: 'IRN' }, /two letters such as IR, but is “IRN”/],
    ['a folder that has no authority', { until: '2027-03-04', dir: '/nonexistent' }, /There is no authority/],
  ])('of %s is refused with a sentence, and nothing changes', async (_, more, words) => {
    await expect(say(more)).rejects.toThrow(words)
    expect(await known()).toEqual([])
  })
})
