// The link with a relay in this process, and what can stand before that: an edge whose origin is busy, a relay that has forgotten, or one that means harm.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createAttached, deriveAttachKeys, parseTarget, ResetCode, type Stream } from '#protocol'
import { type Drive, nodeCrypto } from '#protocol/node'
import type { Status } from '../../client/contract/status.ts'
import { Clock } from '../../client/engine/clock.ts'
import { Control } from '../../client/engine/control/control.ts'
import type { Outcome } from '../../client/engine/control/outcome.ts'
import { linkLimits } from '../../client/engine/limits.ts'
import { Link } from '../../client/engine/link.ts'
import { DialError } from '../../client/engine/platform.ts'
import { RecordSealer } from '../../protocol/record.ts'
import { Recorder } from '../protocol/pair.ts'
import { MemoryRelay } from './memory-relay.ts'

/** What an edge's own error page is to who dials. */
const ERROR_PAGE = new DialError('refused')
const SITE = new DialError('not-admitted')
const LOOK_MS = 20
const NO_FRAME = Uint8Array.of(0xff)

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

class Scene {
  /** The relay's ends of streams, as they were opened. */
  readonly far: Recorder[] = []
  readonly relay: MemoryRelay = new MemoryRelay((stream: Stream) => {
    this.far.push(new Recorder(stream))
    return true
  })
  readonly control: Control
  readonly said: Status[] = []
  readonly link: Link
  readonly #noted: Outcome[] = []

  constructor(limits: Partial<typeof linkLimits> = {}) {
    const { relay } = this
    const invites = [relay.invite]
    this.control = new Control({
      crypto: nodeCrypto,
      random: relay.random,
      saved: undefined,
      network: relay.network(),
      nowMs: performance.now(),
      relays: invites,
      policy: undefined,
    })
    const note = this.control.note.bind(this.control)
    this.control.note = (outcome, nowMs) => {
      this.#noted.push(outcome)
      note(outcome, nowMs)
    }
    this.link = new Link({
      ...{ platform: relay, crypto: nodeCrypto, control: this.control, invites, clock: new Clock(() => relay.nowS(), 0) },
      events: { onStatus: (status) => this.said.push(status), onLearned: () => undefined, onSession: () => undefined },
      limits: { ...linkLimits, lookMs: LOOK_MS, ...limits },
    })
    closers.push(
      () => this.link.stop(),
      () => relay.close(),
    )
  }

  /** That live, as far as control was told. */
  get carriers(): number {
    const count = (...kinds: readonly Outcome['kind'][]): number => this.#noted.filter(({ kind }) => kinds.includes(kind)).length
    return count('dialled') - count('died', 'retired')
  }

  /** The session, once it has a carrier. */
  drive(): Promise<Drive> {
    return vi.waitFor(() => {
      if (this.link.drive === undefined) throw new Error('not yet')
      return this.link.drive
    }, 10_000)
  }

  /** A stream, open at both ends. */
  async open(): Promise<{ readonly near: Recorder; readonly far: Recorder }> {
    const { length } = this.far
    const near = new Recorder((await this.drive()).open(parseTarget('document.invalid', 1), {}))
    near.stream.write(new Uint8Array(1))
    await vi.waitFor(() => expect(this.far.length).toBe(length + 1))
    return { near, far: this.far[length] as Recorder }
  }
}

/** Bytes still come through from the relay's end. */
async function carries({ near, far }: { readonly near: Recorder; readonly far: Recorder }): Promise<void> {
  const before = near.receivedBytes
  far.stream.write(new Uint8Array(100))
  await vi.waitFor(() => expect(near.receivedBytes).toBe(before + 100), 10_000)
}

describe('a session outlives', () => {
  test.each([
    ['an edge’s error page', [ERROR_PAGE]],
    ['some of them', [ERROR_PAGE, ERROR_PAGE, ERROR_PAGE]],
    ['a site that answers as if it knew no session, once', [SITE]],
  ])('%s', async (_, refusals) => {
    const scene = new Scene()
    const both = await scene.open()
    scene.relay.refusals.push(...refusals)
    scene.relay.cut()
    await carries(both)
    expect(both.near.events).toEqual([])
  })
})

test('error pages alone, for long, are no reason to wait for ever: another session is begun, and the first goes on once it can', async () => {
  const scene = new Scene({ errorPagesMs: 0 })
  const both = await scene.open()
  scene.relay.refusals.push(ERROR_PAGE)
  scene.relay.cut()
  await vi.waitFor(() => expect(scene.relay.asked.slice(1)).toContain('session'), 10_000)
  await carries(both)
})

test('of a session that its relay has forgotten the streams are reset as soon as it has said so twice', async () => {
  const scene = new Scene()
  const { near } = await scene.open()
  scene.relay.restart()
  await vi.waitFor(() => expect(near.events).toEqual([`reset ${ResetCode.goingAway}`]), 10_000)
  await carries(await scene.open())
})

describe('a relay that means harm ends its session and nothing else', () => {
  test('where it acknowledges on a further carrier what was never sent', async () => {
    const scene = new Scene()
    let attach = new Uint8Array()
    scene.relay.onBegun = ({ keys }) => (attach = keys.attach.slice())
    scene.relay.onAttach = ({ attach: { counter } }, seal, end) =>
      end.sendMessage(seal(createAttached(nodeCrypto, deriveAttachKeys(nodeCrypto, attach), counter, 1_000_000)))
    const first = await scene.drive()
    scene.relay.cut()
    await vi.waitFor(async () => expect(await scene.drive()).not.toBe(first), 10_000)
  })
})

test('a relay that sends away whoever comes is asked at each look, not as fast as it answers', async () => {
  const scene = new Scene()
  const startedMs = performance.now()
  scene.relay.onBegun = () => scene.relay.drain()
  await vi.waitFor(() => expect(scene.relay.asked.length).toBeGreaterThan(10), 10_000)
  expect(scene.relay.asked.length).toBeLessThanOrEqual(2 + (performance.now() - startedMs) / LOOK_MS)
})

describe('what a session had under way counts as gone when it', () => {
  test('ends since it has nothing more to do', async () => {
    const scene = new Scene()
    const before = await scene.drive()
    // The relay is going to restart: the next session begins, and the first is idle.
    scene.relay.drain()
    await vi.waitFor(async () => expect(await scene.drive()).not.toBe(before), 10_000)
    await vi.waitFor(() => expect(scene.carriers).toBe(1), 10_000)
  })

  test('is ended by a relay that breaks the protocol', async () => {
    const scene = new Scene()
    scene.relay.onBegun = ({ keys }, end) => {
      scene.relay.onBegun = undefined
      const { header, body, tag } = new RecordSealer(nodeCrypto, keys.cipher, keys.down).seal(NO_FRAME)
      end.sendMessage(Buffer.concat([header, body, tag]))
    }
    await vi.waitFor(() => expect(scene.relay.asked.length).toBe(2), 10_000)
    await scene.open()
    expect(scene.carriers).toBe(1)
  })
})
