// What the app says of its own age: what the authorities of its network have signed, and nothing else.
import { afterEach, expect, test } from 'vitest'
import { encodeNetworkInvite, type Version } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import type { AppStatus } from '../../../client/contract/app-status.ts'
import { AppCore } from '../../../client/engine/app/app.ts'
import { DialError, type Platform } from '../../../client/engine/platform.ts'
import { drawInvite, hold, makeNetwork, NOW_S, SETTINGS } from '../../protocol/directory/network.ts'
import { FakeShell, FULL_CAPABILITIES } from './fake-shell.ts'

const NETWORK = makeNetwork('too old', 1, 1)
const DOOR = drawInvite('a door')

/** Every dial is refused, at once. */
const refusing: Platform = {
  random: nodeRandom,
  nowS: () => NOW_S,
  dial: () => Promise.reject(new DialError('refused', undefined, 'tcp')),
  probe: () => Promise.resolve({ kind: 'portal', found: 'nothing' }),
  network: () => new Uint8Array([1]),
}

const apps: AppCore[] = []
afterEach(() => Promise.all(apps.splice(0).map((app) => app.stop())))

/** The app of version 1.2.3, connecting, with a directory of this least version. */
async function statusWith(clientMin: Version): Promise<{ readonly app: AppCore; readonly status: AppStatus }> {
  const app = new AppCore({
    ...{
      version: '1.2.3',
      system: 'linux',
      shell: new FakeShell(),
      capabilities: FULL_CAPABILITIES,
      platform: refusing,
      goThrough: () => undefined,
      crypto: nodeCrypto,
    },
    onStatus: () => undefined,
  })
  apps.push(app)
  await app.open()
  const { networkId } = NETWORK
  const bundle = hold(NETWORK, NETWORK.authorities, [], { settings: { ...SETTINGS, clientMin } })?.bundle ?? new Uint8Array()
  app.vault.change({ engine: { ...app.vault.state.engine, directory: { networkId, bundle } } })
  const invite = { networkId, authorityKey: DOOR.relayKey, secret: nodeRandom(16), untilS: NOW_S + 9_000, doors: [DOOR] }
  expect(await app.executors.addInvite({ text: encodeNetworkInvite(invite) })).toMatchObject({ ok: true })
  await app.engine.connect()
  return { app, status: app.status }
}

test('a version that the authorities call too old is told so, with the least that will do, also when it is off again', async () => {
  const { app, status } = await statusWith([1, 3, 0])
  expect([status.version, status.leastVersion]).toEqual(['1.2.3', '1.3.0'])
  await app.engine.disconnect()
  expect(app.status.leastVersion).toBe('1.3.0')
  await app.forget()
  expect(app.status.leastVersion).toBeUndefined()
})

test('a version that is as old as it may be is told nothing', async () => {
  expect((await statusWith([1, 2, 3])).status.leastVersion).toBeUndefined()
})
