// The times by which authorities go: in the charter, so that no two of them can go by others.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Times } from '#protocol'
import { type CharterOptions, createRoot, signCharter, writeCharter } from '../../../relay/directory/ceremony.ts'
import { installCharter, readCharter } from '../../../relay/directory/folder.ts'
import { defaultSettings, loadSettings, saveSettings } from '../../../relay/directory/settings.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'culvert-charter-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const NOW_S = 1_800_000_000

/** A charter of one authority, signed. */
function make(file: string, more: Partial<CharterOptions> = {}): Uint8Array {
  const [root, out] = [join(dir, 'root.json'), join(dir, file)]
  const key = /charter: (\S+)/.exec(more.after === undefined ? createRoot(root) : '')?.[1]
  const member = more.after === undefined ? `a=${key}` : `a=${Buffer.from(keyOf(more.after)).toString('base64url')}`
  const options = { name: 'net.example', threshold: '1', authority: [member], witness: [], witnessThreshold: '0', out }
  writeCharter({ ...options, ...more }, NOW_S)
  signCharter(root, out)
  return new Uint8Array(readFileSync(out))
}

const keyOf = (file: string): Uint8Array => readCharter(new Uint8Array(readFileSync(file))).charter.authorities[0]?.key as Uint8Array
const timesOf = (bytes: Uint8Array): Times => readCharter(bytes).charter.times

describe('a charter', () => {
  test('has six hours, two minutes and a day, unless its makers say otherwise, and a later one what the one before had', () => {
    expect(timesOf(make('usual.bin'))).toEqual({ periodS: 21_600, phaseS: 120, epochS: 86_400 })
    rmSync(join(dir, 'root.json'))
    const first = make('first.bin', { period: '3600', phase: '60', epoch: '43200' })
    expect(timesOf(first)).toEqual({ periodS: 3_600, phaseS: 60, epochS: 43_200 })
    const second = make('second.bin', { after: join(dir, 'first.bin'), phase: '30' })
    expect(timesOf(second)).toEqual({ periodS: 3_600, phaseS: 30, epochS: 43_200 })
    installCharter(first, dir)
    expect(installCharter(second, dir).charter.number).toBe(2)
  })

  test.each<[string, Partial<CharterOptions>]>([
    ['a period that holds no meeting', { period: '599' }],
    ['a period of more than a day', { period: '86401' }],
    ['phases of no time', { phase: '0' }],
    ['an epoch of more than a week', { epoch: '604801' }],
  ])('of %s is refused with a sentence', (_, times) => {
    expect(() => make('wrong.bin', times)).toThrow(
      'This would be a charter whose meetings don’t fit its period, or whose period or epoch is too long.',
    )
  })

  test('that follows another has its epoch, from which members’ days are counted', () => {
    make('first.bin')
    const after = join(dir, 'first.bin')
    expect(() => make('second.bin', { after, epoch: '43200' })).toThrow('--epoch goes with no later one')
  })
})

test('an authority that has times of its own in its settings is told so, and does not start', () => {
  saveSettings(defaultSettings('a', ['a']), dir)
  const file = join(dir, 'authority.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), phaseSeconds: '60' }))
  expect(() => loadSettings(dir)).toThrow('phaseSeconds')
})
