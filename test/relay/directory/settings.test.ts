// What an authority's operator enters by hand, where it is more than a directory can hold: refused when it is entered, and not by meetings that come to nothing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type CountryPolicy, LOG_LEAVES_MAX } from '#protocol'
import { describeLogEnd } from '../../../relay/directory/log-end.ts'
import { AUTHORITY_FILE, type AuthoritySettings, defaultSettings, loadSettings, saveSettings } from '../../../relay/directory/settings.ts'
import { drawInvite, hold, makeNetwork, SETTINGS } from '../../protocol/directory/network.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-settings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Policies of so many countries, with hosts of so many letters. */
function policies(count: number, letters: number): readonly CountryPolicy[] {
  const [policy] = SETTINGS.policies as [CountryPolicy]
  const foreign = Array.from({ length: 16 }, (_, n) => `${'a.'.repeat(letters / 2)}${n}.example:443`)
  const name = (n: number): string => String.fromCharCode(65 + Math.floor(n / 26), 65 + (n % 26))
  return Array.from({ length: count }, (_, n) => ({ ...policy, country: name(n), canaries: { domestic: [], foreign, udp: [] } }))
}

function settingsOf({ decided, ...more }: Partial<Omit<AuthoritySettings, 'decided'>> & { decided?: object }): AuthoritySettings {
  const settings = defaultSettings('authority-0', [])
  return { ...settings, ...more, decided: { ...settings.decided, ...decided } }
}

const [peer] = [drawInvite('peer')]
test.each([
  ['policies of 65 countries', { decided: { policies: policies(65, 2) } }, '“policies” holds more than 64'],
  ['policies of 64 countries with long names', { decided: { policies: policies(64, 120) } }, 'bytes, and a directory has room for'],
  ['two policies of a country', { decided: { policies: [...policies(1, 2), ...policies(1, 4)] } }, '“policies” names a country twice'],
  ['an authority twice', { peers: [peer, peer] }, '“peers” names an authority twice'],
  ['more handers than there may be', { handers: Array.from({ length: 17 }, (_, n) => `a${n}`) }, '“handers” holds more than 16'],
  [
    'a relay too many that is revoked',
    { decided: { revoked: Array.from({ length: 1_025 }, (_, n) => Uint8Array.of(n >> 8, n & 255, ...new Uint8Array(30))) } },
    '“revoked” holds more than 1024',
  ],
])('%s are refused by the command that would write them, and where they were written by hand', (_what, more, words) => {
  saveSettings(settingsOf({}), folder)
  const file = join(folder, AUTHORITY_FILE)
  const before = readFileSync(file, 'utf8')
  const settings = settingsOf(more)
  expect(() => saveSettings(settings, folder)).toThrow(words)
  expect(readFileSync(file, 'utf8')).toBe(before)
  writeFileSync(file, byHand(settings))
  expect(() => loadSettings(folder)).toThrow(words)
})

function byHand({ handers, peers, decided: { policies: all, revoked } }: AuthoritySettings): string {
  saveSettings(settingsOf({ decided: { policies: policies(1, 2) }, peers: [peer] }), folder)
  const fields = JSON.parse(readFileSync(join(folder, AUTHORITY_FILE), 'utf8'))
  const [policy] = fields.policies
  fields.policies = all.map(({ country, canaries: { foreign } }) => ({ ...policy, country, foreign }))
  fields.peers = peers.flatMap(() => fields.peers)
  return JSON.stringify({ ...fields, handers, revoked: revoked.map((one) => Buffer.from(one).toString('base64url')) })
}

test('whatever may be entered is agreed on by authorities that enter the same', () => {
  const settings = settingsOf({ decided: { policies: policies(64, 100) } })
  expect(() => saveSettings(settings, folder)).not.toThrow()
  expect(loadSettings(folder).decided.policies).toHaveLength(64)
  const network = makeNetwork('settings', 2, 2)
  const held = hold(network, network.authorities, [], { settings: { ...SETTINGS, policies: settings.decided.policies } })
  expect(held?.consensus.policies).toHaveLength(64)
})

test('that the log fills up is said from a year before on, by the pace of its meetings', () => {
  const sixHours = { periodS: 21_600 }
  expect([1, LOG_LEAVES_MAX - 1_461].map((number) => describeLogEnd(number, sixHours))).toEqual(['', ''])
  expect(describeLogEnd(LOG_LEAVES_MAX - 1_460, sixHours)).toContain('room for 1460 more directories, which is 365 days')
  expect(describeLogEnd(1, { periodS: 600 })).toContain('170 days')
  expect(describeLogEnd(LOG_LEAVES_MAX, sixHours)).toContain('room for 0 more')
})
