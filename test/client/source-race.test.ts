// Asking sources over a network that takes some endpoints and swallows others, with the relay's own side of the handshake.
import { beforeEach, describe, expect, test } from 'vitest'
import {
  type Carrier,
  consumeHandshake,
  decodeBase64url,
  deriveAdmissionKeys,
  EnvelopeKind,
  type Invite,
  type KeyPair,
  openEnvelope,
} from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { Clock } from '../../client/engine/clock.ts'
import { directoryLimits } from '../../client/engine/limits.ts'
import { DialError, type DialRequest, type Platform } from '../../client/engine/platform.ts'
import { raceSources } from '../../client/engine/source-race.ts'
import { drawInvite } from '../protocol/directory/network.ts'
import { endpoint } from './control/places.ts'

const NOW_S = 1_800_000_000
const LIMITS = { ...directoryLimits, staggerMs: 5, wayMs: 400, raceMs: 2_000 }
const NEVER = new AbortController().signal

interface Source {
  readonly invite: Invite
  readonly keyPair: KeyPair
}

function source(name: string, ...hosts: readonly string[]): Source {
  const keyPair = nodeCrypto.x25519KeyPair(nodeRandom(32))
  const endpoints = hosts.map((host) => endpoint(host, { isEdge: host.startsWith('edge') }))
  return { keyPair, invite: { ...drawInvite(name), relayKey: keyPair.publicKey, endpoints } }
}

/** Packets to these hosts vanish. */
const swallowed = new Set<string>()
/** In the order in which they were dialled: host and kind of carrier. */
let dialled: string[] = []
beforeEach(() => {
  swallowed.clear()
  dialled = []
})

function platformTo(...sources: readonly Source[]): Platform {
  return {
    random: nodeRandom,
    nowS: () => NOW_S,
    network: () => new Uint8Array(),
    probe: () => Promise.reject(new Error('nothing is probed')),
    dial: (request) => {
      const [host = ''] = request.endpoint.address.split(':')
      dialled.push(`${host} ${request.carrier}`)
      if (!swallowed.has(host)) return Promise.resolve(answering(request, sources))
      return new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new DialError('timeout'))))
    },
  }
}

/** A carrier by which whoever the cookie is for says the first message, and nothing else. */
function answering({ cookie, events }: DialRequest, sources: readonly Source[]): Carrier {
  const envelope = decodeBase64url(cookie.slice(cookie.indexOf('=') + 1)) as Uint8Array
  const start = (): void => {
    for (const { invite, keyPair } of sources) {
      const admission = deriveAdmissionKeys(nodeCrypto, invite.psk, keyPair.publicKey)
      const opened = openEnvelope(nodeCrypto, admission, [EnvelopeKind.handshake], envelope)
      if (opened === undefined) continue
      const { psk } = invite
      events.onMessage(consumeHandshake(nodeCrypto, nodeRandom, { keyPair, psk, admission }, opened.message, NOW_S).reply)
    }
  }
  const nothing = (): void => undefined
  return { start, send: nothing, sendMessage: nothing, hasRoom: true, receivedBytes: 0, close: nothing }
}

const race = (sources: readonly Source[], ask: () => Promise<boolean>, limits = LIMITS): Promise<boolean> =>
  raceSources(
    { platform: platformTo(...sources), crypto: nodeCrypto, clock: new Clock(() => NOW_S, 0), signal: NEVER, limits },
    sources.map(({ invite }) => invite),
    ask,
  )
const answered = (): Promise<boolean> => Promise.resolve(true)

describe('a race among sources', () => {
  test('is won by the edge of a source whose own address is blocked, each time', async () => {
    swallowed.add('192.0.2.1')
    const only = source('authority', '192.0.2.1', 'edge-a.example')
    for (let n = 0; n < 12; n++) expect(await race([only], answered)).toBe(true)
  })

  test('tries every source once before any twice, and of each every endpoint once before any twice', async () => {
    const sources = [source('one', '192.0.2.1', 'edge-a.example'), source('two', '192.0.2.2', 'edge-b.example')]
    for (const host of ['192.0.2.1', '192.0.2.2', 'edge-a.example', 'edge-b.example']) swallowed.add(host)
    expect(await race(sources, answered)).toBe(false)
    const hosts = dialled.map((one) => one.split(' ')[0] ?? '')
    const sourceOf = (host: string): string => (['192.0.2.1', 'edge-a.example'].includes(host) ? 'one' : 'two')
    expect(new Set(hosts.slice(0, 2).map(sourceOf)).size).toBe(2)
    expect(new Set(hosts.slice(0, 4)).size).toBe(4)
    expect(new Set(dialled).size).toBe(8)
  })

  test('tries no more ways than its limit', async () => {
    swallowed.add('192.0.2.1').add('edge-a.example')
    expect(await race([source('one', '192.0.2.1', 'edge-a.example')], answered, { ...LIMITS, waysMax: 3 })).toBe(false)
    expect(dialled.length).toBe(3)
  })

  test('goes on where one did not have what was asked for', async () => {
    let asked = 0
    expect(await race([source('one', '192.0.2.1', 'edge-a.example')], () => Promise.resolve(++asked === 4))).toBe(true)
  })

  test('waits for nobody who is slow once another has won', async () => {
    const [slow, fast] = [new Promise<boolean>(() => undefined), answered()]
    let asked = 0
    expect(await race([source('one', '192.0.2.1', 'edge-a.example')], () => (asked++ === 0 ? slow : fast))).toBe(true)
  })
})
