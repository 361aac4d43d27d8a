// Where a relay's policy may lead those whom it serves.
import { once } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { type Endpoint, encodeInvite, type Invite, type Policy } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { hostOf } from '../../client/engine/control/way.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { Policies } from '../../client/engine/policies.ts'
import { endpoint } from './control/places.ts'
import { leadTo } from './lead-to.ts'

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

/** A relay's endpoints, and those of another that its policy names. */
function placesBy(own: string, added: readonly string[]): readonly (readonly Endpoint[])[] {
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
  return policies.places.relays.map(({ endpoints }) => endpoints)
}

function hostsBy(own: string, added: readonly string[]): readonly string[][] {
  return placesBy(own, added).map((endpoints) => endpoints.map(({ address }) => hostOf(address)))
}

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

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

// Whoever signs a policy may have a domain, and let it lead to the router of whoever is served.
test('a name that a policy adds is dialled on the internet only, one of an invite wherever it leads', async () => {
  let heard = 0
  const server = createServer((socket) => {
    heard++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  leadTo('127.0.0.1')
  const platform = new NodePlatform()
  const dial = async (one: Endpoint | undefined): Promise<string> => {
    const place = { ...(one as Endpoint), address: `${hostOf((one as Endpoint).address)}:${port}` }
    const { signal } = new AbortController()
    const told: Parameters<NodePlatform['dial']>[0] = {
      ...{ endpoint: place, carrier: 'websocket', cookie: 'a=b', requestCookie: () => 'a=b', signal },
      events: { onMessage: () => undefined, onRoom: () => undefined, onClosed: () => undefined },
    }
    return platform.dial(told).then(
      () => 'dialled',
      (error: { readonly step: string }) => error.step,
    )
  }
  const [[own, added] = [], [other] = []] = placesBy('relay.example', ['edge-a.example'])
  expect([await dial(added), await dial(other), heard]).toEqual(['dns', 'dns', 0])
  expect([await dial(own), heard]).toEqual(['tls', 1])
  server.close()
})
