// A computer whose clock is wrong gets from its relay what any other gets: the relay's site tells the time (SPEC.md §4.4), and by that is judged what is signed
// for a time; and the person hears of it, whether or not any other site was asked. The relay is real, and in this process.
import { afterEach, describe, expect, test } from 'vitest'
import { encodeInvite, encodePolicy, type Policy } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { Finding } from '../../client/contract/verdict.ts'
import { Clock } from '../../client/engine/clock.ts'
import type { ProbeResult } from '../../client/engine/control/outcome.ts'
import { type Core, startCore } from '../../client/engine/core.ts'
import { type EngineState, FRESH_STATE } from '../../client/engine/state.ts'
import { serveDocuments } from '../../relay/documents.ts'
import { signPolicy } from '../../relay/keys.ts'
import { FakeShell } from './app/fake-shell.ts'
import { start as startApp, stopAll } from './app/running-app.ts'
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
  return stopAll()
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
  expect(again.policies.places.relays[0]?.endpoints).toEqual([...relay.invite.endpoints, { ...ADDED, isPublic: true }])
})

/** One that has no policy, and so nobody else to ask for the time. */
function silent(days: number): SeenRelay {
  const relay = new SeenRelay(() => false)
  relay.aheadS = days * DAY_S
  closers.push(() => relay.close())
  return relay
}

test.each([
  ['a year behind', -365],
  ['three days ahead', 3],
])('whose clock is %s is told so, with nobody asked but the relay', async (_, days) => {
  const relay = silent(days)
  const found = Promise.withResolvers<Finding>()
  const nothing = (): void => undefined
  const core = startCore({
    ...{ platform: relay, crypto: nodeCrypto, invites: [relay.invite], store: { load: () => FRESH_STATE, save: nothing } },
    ...{ onStatus: nothing, onFinding: found.resolve },
  })
  closers.push(() => core.stop())
  expect((await found.promise).evidence).toEqual([{ code: 'wrong-clock', of: 'network', count: 1, ms: -days * DAY_S * 1_000 }])
})

test('whoever sets the clock right is told no longer that it is wrong, with the session as it was, and that is kept', async () => {
  const relay = silent(-3)
  const [wrong, right, kept] = [Promise.withResolvers<Finding>(), Promise.withResolvers<Finding>(), Promise.withResolvers<void>()]
  const core = startCore({
    ...{ platform: relay, crypto: nodeCrypto, invites: [relay.invite], onStatus: () => undefined },
    store: { load: () => FRESH_STATE, save: ({ clockOffsetS }) => relay.aheadS === 0 && Math.abs(clockOffsetS) < 60 && kept.resolve() },
    onFinding: (finding) => (finding.evidence.length > 0 ? wrong : right).resolve(finding),
  })
  closers.push(() => core.stop())
  await wrong.promise
  relay.aheadS = 0
  expect(await right.promise).toEqual({ verdict: 'open', evidence: [] })
  await kept.promise
  expect(relay.asked).toEqual(['session'])
})

test('the app has the relays’ clock once a relay has answered, and no other before', async () => {
  const relay = silent(40)
  const { app, until } = await startApp(new FakeShell(), { platform: relay })
  expect(app.status.clockOffsetS).toBe(undefined)
  await app.executors.addInvite({ text: encodeInvite(relay.invite) })
  await app.executors.connect(undefined)
  expect((await until(({ link }) => link.state === 'connected')).clockOffsetS).toBe(-40 * DAY_S)
})

describe('a clock', () => {
  const clock = (): Clock => new Clock(() => NOW_S, 0)

  test('is this computer’s until a relay has admitted what was sent by it', () => {
    const one = clock()
    expect([one.nowS(), one.isOfRelays]).toEqual([NOW_S, false])
    one.admitted(0)
    expect([one.nowS(), one.isOfRelays]).toEqual([NOW_S, true])
  })

  test('tries what any site says, and takes it for the relays’ time when a relay has admitted it', () => {
    const one = clock()
    expect(one.learn(NOW_S + DAY_S, 0)).toBe(true)
    expect([one.nowS(), one.isOfRelays]).toEqual([NOW_S + DAY_S, false])
    one.admitted(DAY_S)
    expect([one.nowS(), one.isOfRelays]).toEqual([NOW_S + DAY_S, true])
  })

  test('that one way has learned makes another, which was tried by the old time, try again', () => {
    const one = clock()
    one.learn(NOW_S + DAY_S, 0)
    expect([one.learn(NOW_S + DAY_S, 0), one.learn(NOW_S + DAY_S, DAY_S)]).toEqual([true, false])
  })

  /** How far it was off, by how much it jumped against the time that passes, and what is known then. */
  test.each([
    ['set right, to half a minute', DAY_S, DAY_S + 30, true, -30],
    ['set right by going back', -DAY_S, -DAY_S, true, 0],
    ['set back, and wrong', 0, -DAY_S, true, DAY_S],
    ['set a little', 0, -30, false, 0],
    ['ahead after sleep', 0, 8 * 3_600, false, 0],
    ['ahead after sleep, and wrong as before', DAY_S, 8 * 3_600, false, DAY_S],
  ])('that is %s', (_name, offsetS, jumpS, wasSet, knownS) => {
    let computerS = NOW_S
    const one = new Clock(() => computerS, offsetS)
    computerS += jumpS
    expect([one.look(), one.offsetS, one.look()]).toEqual([wasSet, knownS, false])
  })

  test('that was set, and of which a site then tells the time, is judged by that alone', () => {
    let computerS = NOW_S
    const one = new Clock(() => computerS, 0)
    computerS -= DAY_S
    expect([one.learn(NOW_S, 0), one.look(), one.offsetS]).toEqual([true, false, DAY_S])
  })

  test('that a relay has admitted holds against what another site said meanwhile', () => {
    const one = clock()
    one.learn(NOW_S + DAY_S, 0)
    one.admitted(0)
    expect([one.nowS(), one.isOfRelays]).toEqual([NOW_S, true])
  })
})
