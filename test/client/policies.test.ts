// Where a relay's policy may lead those whom it serves.
import { expect, test } from 'vitest'
import { encodeInvite, type Invite, type Policy } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { Policies } from '../../client/engine/policies.ts'
import { endpoint } from './control/places.ts'

const INSIDE = [
  '127.0.0.1',
  '10.0.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  'printer.local',
  'router.lan',
  'localhost',
  '0x7f.1',
]
const OUTSIDE = ['198.51.100.4', 'edge-a.example']

/** The hosts of a relay's endpoints, and those of another that its policy names. */
function hostsBy(own: string, added: readonly string[]): readonly string[][] {
  const inviteTo = (...hosts: readonly string[]): Invite => ({
    relayKey: nodeCrypto.x25519KeyPair(nodeRandom(32)).publicKey,
    psk: nodeRandom(32),
    policyKey: nodeRandom(32),
    endpoints: hosts.map((host) => endpoint(host)),
  })
  const policy: Policy = {
    ...{ issuedS: 1, expiresS: 2, canaries: { domestic: [], foreign: [], udp: [] }, resolvers: [] },
    ...{ endpoints: added.map((host) => endpoint(host)), relays: [encodeInvite(inviteTo(...added))] },
    rotation: { bytesMin: 1_000_000, bytesMax: 9_000_000, secondsMin: 60, secondsMax: 600 },
  }
  const policies = new Policies(nodeCrypto, [inviteTo(own)], {}, 1)
  policies.take(0, { policy, bytes: new Uint8Array() })
  return policies.places.relays.map(({ endpoints }) => endpoints.map(({ address }) => address.slice(0, address.lastIndexOf(':'))))
}

test.each(INSIDE)('a policy adds places on the internet, and not %s', (inside) => {
  expect(hostsBy('192.0.2.1', [inside, ...OUTSIDE])).toEqual([['192.0.2.1', ...OUTSIDE], OUTSIDE])
  expect(hostsBy('192.0.2.1', [inside])).toEqual([['192.0.2.1']])
})

test('a relay that is in that network itself may lead about there', () => {
  expect(hostsBy('192.168.1.9', ['192.168.1.7', ...OUTSIDE])).toEqual([
    ['192.168.1.9', '192.168.1.7', ...OUTSIDE],
    ['192.168.1.7', ...OUTSIDE],
  ])
})
