// An authority's test of real relays: whether what they let in also gets out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Descriptor, Endpoint, Invite } from '#protocol'
import { examine, openSiteOf } from '../../../relay/directory/examine.ts'
import { changeSettings } from '../../../relay/set-command.ts'
import { type Relay, World } from '../../e2e/world.ts'
import { drawInvite } from '../../protocol/directory/network.ts'

const nowS = (): number => Math.floor(Date.now() / 1_000)

describe('a relay that lets its guests in', () => {
  const world = new World()
  let site: Endpoint
  let open: Relay
  let closed: Relay

  beforeAll(async () => {
    // The site of the authority; by the other invites guests get to it, and to nothing.
    const own = await world.relay()
    site = own.invite.endpoints[0] as Endpoint
    open = await world.relay()
    const dir = await world.init()
    changeSettings({ dir, ports: '25' })
    closed = await world.relay(dir)
  }, 60_000)
  afterAll(() => world.close(), 30_000)

  const tested = async ({ invite }: Pick<Relay, 'invite'>, own: Endpoint | undefined): Promise<readonly [string, boolean]> => {
    const { fault, weight } = await examine(descriptorOf(invite), nowS(), () => true, own)
    return [fault, weight > 0]
  }

  test('passes where what it carries arrives at our site, and fails where nothing does', async () => {
    expect([await tested(open, site), await tested(closed, site)]).toEqual([
      ['', true],
      ['no-exit', false],
    ])
  })

  test('fails where somebody else answers in our place', async () => {
    const impostor = { ...(closed.invite.endpoints[0] as Endpoint), pin: site.pin }
    expect(await tested(open, impostor)).toEqual(['no-exit', false])
  })

  test('passes where our site answers nobody, or relays need not reach it', async () => {
    expect(await tested(closed, { ...site, address: '127.0.0.1:1' })).toEqual(['', true])
    expect(await tested(closed, undefined)).toEqual(['', true])
  })
})

test('a relay need reach an authority only where that is at a public address', () => {
  const at = (address: string): Invite => drawInvite('authority', address)
  expect(['8.8.8.8:443', '127.0.0.1:443', '[fd00::1]:443', '203.0.113.5:443'].map((one) => openSiteOf(at(one))?.address)).toEqual([
    '8.8.8.8:443',
    undefined,
    undefined,
    undefined,
  ])
})

function descriptorOf(invite: Invite): Descriptor {
  const more = { isLeaving: false, version: [0, 1, 0] as const, capacityBytesPerS: 1_000_000, contact: '' }
  return { ...more, issuedS: nowS() - 60, expiresS: nowS() + 86_400, invite }
}
