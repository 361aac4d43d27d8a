// What the signed directory tells a relay of itself.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commitmentOf, encodeRoll, revocationOf, type Settings, type Version } from '#protocol'
import { keepStanding, type Learned, standingIn } from '../../relay/status/learn-standing.ts'
import { parseStanding, STANDING_FILE } from '../../relay/status/standing.ts'
import { drawInvite, hold, makeNetwork, NOW_S, SETTINGS } from '../protocol/directory/network.ts'

const network = makeNetwork('standing', 3, 2)
const invite = drawInvite('relay')
const VERSION: Version = [1, 2, 3]

function standing(isGood: boolean, more: Partial<Settings> = {}): Learned {
  const verdicts = [{ commitment: commitmentOf(invite), weight: isGood ? 5 : 0 }]
  const held = hold(network, network.authorities, [], { verdicts, settings: { ...SETTINGS, ...more } })
  if (held === undefined) throw new Error('they did not agree')
  return standingIn(held.consensus, encodeRoll(held.roll), invite, VERSION)
}

describe('a relay', () => {
  test('learns whether it is listed, and why it is not', () => {
    const versionLeast = '0.1.0'
    const day = new Date((NOW_S - 600) * 1_000).toISOString().slice(0, 10)
    expect(standing(true)).toEqual({ day, state: 'listed', versionLeast })
    expect(standing(false)).toMatchObject({ state: 'unlisted', because: expect.stringContaining('tests') })
    expect(standing(false, { relayMin: [1, 2, 4] })).toMatchObject({
      because: expect.stringContaining('older than 1.2.4'),
      versionLeast: '1.2.4',
    })
    expect(standing(true, { revoked: [revocationOf(invite)] })).toMatchObject({ because: expect.stringContaining('not to be used') })
  })

  test('is listed while it is only warned that it is too old', () => {
    expect(standing(true, { relayMin: [2, 0, 0] })).toMatchObject({ state: 'listed', versionLeast: '2.0.0' })
  })

  test('keeps what it learned where its page reads it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'culvert-standing-'))
    keepStanding(folder, standing(false))
    const kept = parseStanding(readFileSync(join(folder, STANDING_FILE), 'utf8'), NOW_S * 1_000)
    expect(kept).toMatchObject({ ...standing(false), versionNewest: undefined, countries: [] })
    rmSync(folder, { recursive: true })
  })
})
