// What an admitted request may become, by its method and headers.
import { afterEach, expect, test } from 'vitest'
import { createClientHandshake } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { NO_CAPS } from '../../relay/caps/caps.ts'
import { Toll } from '../../relay/caps/toll.ts'
import type { SiteRequest } from '../../relay/cover/site.ts'
import { Entrance } from '../../relay/entrance.ts'
import { createRelayKeys } from '../../relay/keys.ts'
import { httpLimits, sessionLimits } from '../../relay/limits.ts'
import { Meter } from '../../relay/meter.ts'

const NOW_S = 1_800_000_000
const keys = createRelayKeys()
const meter = new Meter()
const entrance = new Entrance({
  keys,
  memory: { remember: () => true },
  // Nothing is dialled before a session stands.
  dialer: undefined as never,
  documents: () => false,
  meter,
  toll: new Toll(meter, NO_CAPS),
  nowS: () => NOW_S,
  site: () => undefined,
  limits: { session: sessionLimits, http: httpLimits },
})
afterEach(() => entrance.close())

// SPEC.md §2.5: the first request of an `http` carrier is a GET.
test('a session begins by a GET, and by no POST', () => {
  const { publicKey: relayKey, psk } = keys
  const { cookie } = createClientHandshake(nodeCrypto, nodeRandom, { relayKey, psk }, NOW_S)
  const kindBy = (method: string): string | undefined =>
    entrance.admit({ method, httpVersion: '1.1', headers: { cookie } } as SiteRequest)?.kind
  expect([kindBy('GET'), kindBy('POST')]).toEqual(['session', undefined])
})
