// A session's carriers, as a network that lets each of them begin and none of them live makes them come and go.
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseTarget, type Stream } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { Clock } from '../../client/engine/clock.ts'
import { type Way, waysOf } from '../../client/engine/control/way.ts'
import { linkLimits } from '../../client/engine/limits.ts'
import { Opening } from '../../client/engine/opening.ts'
import type { Leg, RelaySession } from '../../client/engine/relay-session.ts'
import { CARRIERS_MAX } from '../../protocol/limits.ts'
import { Recorder } from '../protocol/pair.ts'
import { MemoryRelay } from './memory-relay.ts'

const nothing = (): void => undefined

/** A session of one stream on one carrier, and what adds a carrier to it. */
async function begin(): Promise<{ relay: MemoryRelay; near: Recorder; far: Recorder; attach: () => Promise<void> }> {
  const opened: Recorder[] = []
  const relay = new MemoryRelay((stream: Stream) => opened.push(new Recorder(stream)) > 0)
  onTestFinished(() => relay.close())
  const sessionEvents = {
    ...{ onLost: nothing, onDraining: nothing, onEnd: nothing },
    onLate: (session: RelaySession, leg: Leg) => session.drop(leg),
  }
  const life = { bytes: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
  const opening = new Opening({
    ...{ platform: relay, crypto: nodeCrypto, invites: [relay.invite], clock: new Clock(() => relay.nowS(), 0) },
    ...{ lifeOf: () => life, sessionEvents, limits: linkLimits },
  })
  const [way] = waysOf([relay.invite]) as [Way]
  const { signal } = new AbortController()
  const begun = Promise.withResolvers<RelaySession>()
  await opening.begin(way, signal, begun.resolve)
  const session = await begun.promise
  onTestFinished(() => session.drive.stop())
  const near = new Recorder(session.drive.open(parseTarget('document.invalid', 1), {}))
  near.stream.write(new Uint8Array(1))
  await vi.waitFor(() => expect(opened.length).toBe(1))
  return { relay, near, far: opened[0] as Recorder, attach: () => opening.attach(session, way, signal, nothing) }
}

/** Nothing comes through any more, and nobody is told. */
function freeze(relay: MemoryRelay): void {
  for (const end of relay.ends) {
    if (end.other !== undefined) end.other.other = undefined
    end.other = undefined
  }
}

// Each new carrier comes before the one before it is late: by their number alone they would be too many.
test('however many carriers fall silent one after the other, the session lives and no stream loses a byte', async () => {
  const { relay, near, far, attach } = await begin()
  for (let round = 0; round < 3 * CARRIERS_MAX; round++) {
    freeze(relay)
    near.stream.write(new Uint8Array(100))
    far.stream.write(new Uint8Array(100))
    await attach()
  }
  await vi.waitFor(() => expect([near.receivedBytes, far.receivedBytes]).toEqual([2_400, 2_401]), 10_000)
  expect([near.events, far.events]).toEqual([[], []])
})

test('three carriers are dialled at once, as by a race, again and again, and the relay has a place for each', async () => {
  const { near, far, attach } = await begin()
  for (let round = 0; round < CARRIERS_MAX; round++) await Promise.all(Array.from({ length: 3 }, attach))
  far.stream.write(new Uint8Array(100))
  await vi.waitFor(() => expect(near.receivedBytes).toBe(100), 10_000)
  expect([near.events, far.events]).toEqual([[], []])
})
