// Goal: nothing that a network answers leads its members about in the networks that they sit in. Method: a real authority hands out a relay that says it is
// there as well, by addresses and names, and signs a directory with such sources; what a client would dial, or does, is looked at. Only the network is made up.
import { afterEach, expect, test } from 'vitest'
import { encodeBundle, type Invite, type NetworkInvite } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { Clock } from '../../client/engine/clock.ts'
import { DirectoryBook } from '../../client/engine/control/directory.ts'
import { hostOf, type Place } from '../../client/engine/control/way.ts'
import { startCore } from '../../client/engine/core.ts'
import { Directories } from '../../client/engine/directories.ts'
import { directoryLimits } from '../../client/engine/limits.ts'
import { Membership } from '../../client/engine/membership.ts'
import { DialError, type DialRequest } from '../../client/engine/platform.ts'
import { decodeState, type EngineState, encodeState, FRESH_STATE } from '../../client/engine/state.ts'
import { drawInvite } from '../protocol/directory/network.ts'
import { Desk, secretOf } from '../relay/directory/desk.ts'
import { endpoint } from './control/places.ts'
import { MemoryRelay, NOW_S } from './memory-relay.ts'

const HOSTS = ['198.51.100.4', '192.168.1.1', 'router.lan', '127.0.0.1', 'relay-a.example']
/** What is left of them, each marked to be dialled on the internet only. */
const HELD = ['198.51.100.4 true', 'relay-a.example true']
const HOME = endpoint('192.168.1.9', { carriers: ['websocket'] })
const HOUR_S = 3_600

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function at(hosts: readonly string[]): Invite['endpoints'] {
  return hosts.map((host) => endpoint(host, { carriers: ['websocket'] }))
}

function seenAs(places: readonly Place[]): readonly string[] {
  return places.map(({ address, isPublic = false }) => `${hostOf(address)} ${isPublic}`)
}

/** An authority that has listed such relays, and that doors lead to. */
class Network {
  readonly desk: Desk
  readonly door: MemoryRelay
  readonly dialled: Place[] = []

  private constructor(desk: Desk) {
    this.desk = desk
    const { dialled } = this
    this.door = new (class extends MemoryRelay {
      override dial(request: DialRequest): ReturnType<MemoryRelay['dial']> {
        const isDoor = [HOME.address, this.invite.endpoints[0]?.address].includes(request.endpoint.address)
        if (isDoor && this.refusals.length === 0) return super.dial(request)
        dialled.push(request.endpoint)
        return Promise.reject(new DialError('refused'))
      }
    })(desk.distributor.documents)
    closers.push(
      () => this.door.close(),
      () => desk.book.close(),
    )
  }

  static async make(): Promise<Network> {
    const desk = await Desk.open(':memory:')
    desk.draw = (n) => ({ ...drawInvite(`relay ${n}`), endpoints: at(HOSTS) })
    desk.sources = [{ ...drawInvite('an authority'), relayKey: desk.keys.publicKey, endpoints: at(HOSTS) }]
    await desk.list(8)
    await desk.invite(secretOf(7), 9)
    return new Network(desk)
  }

  invite(door: Invite = this.door.invite): NetworkInvite {
    const { networkId } = this.desk.consensus
    return { networkId, authorityKey: this.desk.keys.publicKey, secret: secretOf(7), untilS: NOW_S + HOUR_S, doors: [door] }
  }

  get book(): DirectoryBook {
    const { bundle } = this.desk.shown as NonNullable<Desk['shown']>
    const { networkId } = this.desk.consensus
    return new DirectoryBook(nodeCrypto, { networkId, bundle: encodeBundle(bundle) })
  }

  get inHome(): Invite {
    return { ...this.door.invite, endpoints: [HOME] }
  }

  get shared(): { readonly platform: MemoryRelay; readonly crypto: typeof nodeCrypto; readonly clock: Clock } {
    return { platform: this.door, crypto: nodeCrypto, clock: new Clock(() => NOW_S, 0) }
  }
}

/** What a member would dial, and what it keeps. */
function join(
  network: Network,
  invite: NetworkInvite,
  state: EngineState,
): Promise<{ readonly places: readonly string[]; readonly kept: EngineState }> {
  return new Promise((resolve) => {
    const seen = (kept: EngineState): void => {
      if ((kept.membership?.relays.length ?? 0) > 0)
        setImmediate(() => resolve({ kept, places: core.policies.places.relays.flatMap(({ endpoints }) => seenAs(endpoints)) }))
    }
    const { platform, crypto } = network.shared
    const core = startCore({
      ...{ platform, crypto, invites: [], network: invite, store: { load: () => state, save: seen } },
      ...{ onStatus: () => undefined, onFinding: () => undefined },
    })
    closers.unshift(() => core.stop())
  })
}

test('a relay that a network hands out is dialled on the internet only, now and at the next start', async () => {
  const network = await Network.make()
  const { places, kept } = await join(network, network.invite(), FRESH_STATE)
  expect(places).toEqual(HELD)
  const again = await join(network, network.invite(), decodeState(JSON.parse(JSON.stringify(encodeState(kept)))))
  expect(again.places).toEqual(HELD)
})

test('where the network’s own doors stand elsewhere, as where it is tried, so may its relays', async () => {
  const network = await Network.make()
  const { places, kept } = await join(network, network.invite(network.inHome), FRESH_STATE)
  expect(places).toEqual(HOSTS.map((host) => `${host} false`))
  const again = await join(network, network.invite(network.inHome), decodeState(JSON.parse(JSON.stringify(encodeState(kept)))))
  expect(again.places).toEqual(places)
})

test('an authority that a directory names is asked on the internet only, by members for relays', async () => {
  const network = await Network.make()
  network.door.refusals.push(new DialError('refused'))
  await new Promise<void>((resolve) => {
    const membership = new Membership({
      ...{ ...network.shared, invite: network.invite(), saved: undefined, book: network.book, country: '' },
      ...{ seenOf: () => undefined, drive: () => undefined, onNews: resolve },
    })
    closers.unshift(() => membership.stop())
    membership.start()
  })
  expect(
    seenAs(network.dialled)
      .filter((one) => !one.startsWith('192.0.2.1 '))
      .sort(),
  ).toEqual(HELD)
}, 15_000)

test.each([
  ['on the internet', false],
  ['at home', true],
])('and for a younger directory, where the relays of one’s own are %s', async (_, isInside) => {
  const network = await Network.make()
  const clock = new Clock(() => NOW_S + 30 * HOUR_S, 0)
  await new Promise<void>((resolve) => {
    let count = 0
    const drive = {
      open: () => {
        // It is asked for the directory and for its roll, and once more when all others were asked.
        if (++count > 2) resolve()
        return undefined
      },
    }
    const limits = { ...directoryLimits, staggerMs: 1, staleMsMin: 1, staleMsMax: 2 }
    const directories = new Directories({ ...network.shared, clock, book: network.book, isInside, limits, onNews: () => undefined })
    closers.unshift(() => directories.stop())
    directories.onSession(drive as never)
  })
  const all = isInside ? HOSTS.map((host) => `${host} false`).sort() : HELD
  expect([...new Set(seenAs(network.dialled))].sort()).toEqual(all)
})
