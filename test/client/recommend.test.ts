// Asking for a friend's invite, where nothing should be asked, or nobody can be: a sentence, in time, and nothing left behind.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeInvite, encodeNetworkInvite, type Invite, type NetworkInvite } from '#protocol'
import { type RecommendFlags, recommend } from '../../client/engine/recommend.ts'
import { createFolderStore, FRESH_STATE } from '../../client/engine/state.ts'
import { drawInvite } from '../protocol/directory/network.ts'
import { seededRandom } from '../protocol/fixtures.ts'

const base = mkdtempSync(join(tmpdir(), 'culvert-recommend-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const random = seededRandom('recommend')
/** Nobody listens there, and the system says so at once. */
const DOOR = drawInvite('door', '127.0.0.1:1')
const NETWORK: NetworkInvite = {
  networkId: random(32),
  authorityKey: random(32),
  secret: random(16),
  untilS: 4_000_000_000,
  doors: [DOOR],
}

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(base, 'person-'))
})

/** As if this person had been handed these. */
function remember(relays: readonly Invite[], authorityKey: Uint8Array = NETWORK.authorityKey): void {
  const directory = { networkId: NETWORK.networkId, bundle: new Uint8Array() }
  createFolderStore(dir).save({
    ...FRESH_STATE,
    directory,
    membership: { authorityKey, member: random(16), relays, isInside: true, askAtS: 4_000_000_000 },
  })
}

const ask = (more: Partial<RecommendFlags> = {}): Promise<void> =>
  recommend({ invite: encodeNetworkInvite(NETWORK), dir, ...more }, { connectMs: 300 })

describe('whoever can’t be given an invite is told so before anything is asked', () => {
  test('with the invite of one relay', async () => {
    await expect(ask({ invite: encodeInvite(DOOR) })).rejects.toThrow('This is the invite of one relay')
  })

  test('with a folder that has not connected, that another network handed relays to, or that is not there', async () => {
    await expect(ask()).rejects.toThrow('Nobody has connected with this invite')
    remember([DOOR], random(32))
    await expect(ask()).rejects.toThrow('Nobody has connected with this invite')
    const nowhere = join(dir, 'nowhere')
    await expect(ask({ dir: nowhere })).rejects.toThrow('culvert connect')
    expect(existsSync(nowhere)).toBe(false)
  })

  test('for a picture that is there already, can’t be written, or would not fit a QR code', async () => {
    remember([DOOR])
    const taken = join(dir, 'taken.png')
    writeFileSync(taken, 'somebody’s')
    await expect(ask({ qr: taken })).rejects.toThrow('is there already')
    await expect(ask({ qr: join(dir, 'no', 'folder.png') })).rejects.toThrow('can’t be written (ENOENT)')
    const long = { ...DOOR, endpoints: Array.from({ length: 8 }, () => ({ ...DOOR.endpoints[0], path: `/${'a'.repeat(200)}` })) } as Invite
    const invite = encodeNetworkInvite({ ...NETWORK, doors: [long, long] })
    await expect(ask({ invite, qr: join(dir, 'long.png') })).rejects.toThrow('too long for a QR code')
    expect([existsSync(taken), existsSync(join(dir, 'long.png'))]).toEqual([true, false])
  })
})

test('where no relay can be reached, that is said within the limit, and no empty picture is left', async () => {
  remember([DOOR])
  const qr = join(dir, 'friend.png')
  await expect(ask({ qr })).rejects.toThrow('None of your relays could be reached within 0.3 seconds')
  expect(existsSync(qr)).toBe(false)
})
