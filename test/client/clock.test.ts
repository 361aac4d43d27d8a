// A computer whose clock is wrong gets from its relay what any other gets: the relay's site tells the time (SPEC.md §4.4), and by that is judged what is signed
// for a time. The relay is real, and in this process.
import { afterEach, expect, test } from 'vitest'
import { encodePolicy, type Policy } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { ProbeResult } from '../../client/engine/control/outcome.ts'
import { type Core, startCore } from '../../client/engine/core.ts'
import { type EngineState, FRESH_STATE } from '../../client/engine/state.ts'
import { serveDocuments } from '../../relay/documents.ts'
import { signPolicy } from '../../relay/keys.ts'
import { endpoint } from './control/places.ts'
import { MemoryRelay, NOW_S } from './memory-relay.ts'

const DAY_S = 86_400
const ADDED = endpoint('edge-a.example', { isEdge: true })

/** Issued today, for ten days. */
const POLICY: Policy = {
  issuedS: NOW_S,
  expiresS: NOW_S + 10 * DAY_S,
  canaries: { domestic: [], foreign: [], udp: [] },
  resolvers: [],
  endpoints: [ADDED],
  relays: [],
  rotation: { bytesMin: 1_000_000, bytesMax: 9_000_000, secondsMin: 60, secondsMax: 600 },
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** As a computer sees it whose clock is so much ahead. */
class SeenRelay extends MemoryRelay {
  aheadS = 0

  override nowS(): number {
    return NOW_S + this.aheadS
  }

  override probe(): Promise<ProbeResult> {
    return Promise.resolve({ kind: 'portal', found: 'nothing' })
  }
}

test.each([
  ['a year behind', -365],
  ['three days behind', -3],
  ['right', 0],
  ['three days ahead', 3],
  ['a year ahead', 365],
])('a client whose clock is %s learns where else its relay can be reached, now and for its next start', async (_, days) => {
  const relay: SeenRelay = new SeenRelay(serveDocuments(() => encodePolicy(POLICY, (bytes) => signPolicy(relay.keys, bytes))))
  relay.aheadS = days * DAY_S
  const learned = Promise.withResolvers<EngineState>()
  const start = (state: EngineState): Core => {
    const save = (kept: EngineState): void => {
      if (Object.keys(kept.policies).length > 0) learned.resolve(kept)
    }
    const nothing = (): void => undefined
    const core = startCore({
      ...{ platform: relay, crypto: nodeCrypto, invites: [relay.invite], store: { load: () => state, save } },
      ...{ onStatus: nothing, onFinding: nothing },
    })
    closers.push(() => core.stop())
    return core
  }
  closers.push(() => relay.close())
  start(FRESH_STATE)
  const again = start(await learned.promise)
  expect(again.policies.places.relays[0]?.endpoints).toEqual([...relay.invite.endpoints, ADDED])
})
