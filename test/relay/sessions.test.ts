// The relay's sessions with a dialer of our own, and clients whose carriers are in memory.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { parseTarget, ResetCode, type Stream, type Target } from '#protocol'
import { type Drive, Splice } from '#protocol/node'
import { NO_CAPS } from '../../relay/caps/caps.ts'
import { Toll } from '../../relay/caps/toll.ts'
import { Dialer, type DialResult } from '../../relay/dial/dial.ts'
import type { SocketShare } from '../../relay/dial/sockets.ts'
import { type SessionLimits, sessionLimits } from '../../relay/limits.ts'
import { Meter } from '../../relay/meter.ts'
import { Sessions } from '../../relay/sessions.ts'
import type { Documents } from '../../relay/streams.ts'
import { flipBit } from '../protocol/fixtures.ts'
import { Recorder } from '../protocol/pair.ts'
import { FakeSockets } from './dial/fake-sockets.ts'
import { ORIGIN, SessionClient } from './session-client.ts'
import { wire } from './wire-carrier.ts'

const DIALS_MAX = 2

interface Dial {
  readonly target: Target
  readonly done: (result: DialResult) => void
}

/** Keeps dials until the test decides. */
class HeldDialer {
  readonly dials: Dial[] = []
  readonly cancelled: Target[] = []
  #onDial: (() => void) | undefined

  dialTcp(target: Target, _share: SocketShare, done: (result: DialResult) => void): () => void {
    this.dials.push({ target, done })
    this.#onDial?.()
    return () => this.cancelled.push(target)
  }

  async dialled(count: number): Promise<void> {
    while (this.dials.length < count) {
      await new Promise<void>((resolve) => {
        this.#onDial = resolve
      })
    }
  }
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

function makeSessions(
  limits: Partial<SessionLimits> = {},
  dialer: Pick<Dialer, 'dialTcp'> = new HeldDialer(),
  documents: Documents = () => false,
): Sessions {
  const meter = new Meter()
  const sessions = new Sessions(dialer as unknown as Dialer, documents, (attached) => attached, meter, new Toll(meter, NO_CAPS), {
    ...sessionLimits,
    ...limits,
  })
  closers.push(() => sessions.close())
  return sessions
}

/** Opens streams to ports 1, 2, 3 … and gathers how each ends. */
function open(drive: Drive, count: number): Promise<ResetCode>[] {
  return Array.from({ length: count }, (_, i) => {
    const stream = drive.open(parseTarget('192.0.2.1', i + 1), {})
    const { promise, resolve } = Promise.withResolvers<ResetCode>()
    new Splice(drive, stream, undefined, () => undefined)
    const { handler } = stream
    const onReset = handler.onReset.bind(handler)
    handler.onReset = (code) => {
      onReset(code)
      resolve(code)
    }
    return promise
  })
}

/** A stream that the relay answers itself: both its ends. */
async function openDocument(client: SessionClient, opened: Recorder[]): Promise<{ near: Recorder; far: Recorder }> {
  const near = new Recorder(client.drive.open(parseTarget('document.invalid', 1), {}))
  near.stream.write(new Uint8Array(1))
  const { length } = opened
  await vi.waitFor(() => expect(opened.length).toBe(length + 1))
  return { near, far: opened.at(-1) as Recorder }
}

function withDocuments(limits: Partial<SessionLimits> = {}): { sessions: Sessions; opened: Recorder[] } {
  const opened: Recorder[] = []
  const sessions = makeSessions(limits, new HeldDialer(), (stream) => {
    opened.push(new Recorder(stream))
    return true
  })
  return { sessions, opened }
}

describe('streams beyond the dials that one session may have under way', () => {
  test('wait, and are dialled in their order as others end', async () => {
    const dialer = new HeldDialer()
    const { drive } = await SessionClient.begin(makeSessions({ dialsMax: DIALS_MAX }, dialer))
    const fates = open(drive, 5)
    for (let ended = 0; ended < 5; ended++) {
      await dialer.dialled(Math.min(ended + DIALS_MAX, 5))
      expect(dialer.dials).toHaveLength(Math.min(ended + DIALS_MAX, 5))
      dialer.dials[ended]?.done({ code: ResetCode.refused })
      expect(await fates[ended]).toBe(ResetCode.refused)
    }
    expect(dialer.dials.map(({ target }) => target.port)).toEqual([1, 2, 3, 4, 5])
  })

  test('are never dialled when the session ends before their turn', async () => {
    const dialer = new HeldDialer()
    const sessions = makeSessions({ dialsMax: DIALS_MAX }, dialer)
    const { drive } = await SessionClient.begin(sessions)
    open(drive, 5)
    await dialer.dialled(DIALS_MAX)
    sessions.close()
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(dialer.dials).toHaveLength(DIALS_MAX)
    expect(dialer.cancelled.map(({ port }) => port)).toEqual([1, 2])
  })
})

describe('of the sockets that there may be to destinations', () => {
  const SOCKETS_MAX = 12
  /** Whatever is dialled connects, and then stays as it is. */
  function withSockets(): { sessions: Sessions; sockets: FakeSockets } {
    const sockets = new FakeSockets(() => 'connects')
    const resolver = { lookup: () => expect.unreachable('an address was looked up') }
    const dialer = new Dialer({ allow: ['192.0.2.0/24'], deny: [], resolver, connect: sockets.connect })
    return { sessions: makeSessions({ socketsMax: SOCKETS_MAX }, dialer), sockets }
  }
  const refusedOf = (fates: Promise<ResetCode>[], count: number): Promise<ResetCode[]> => Promise.all(fates.slice(-count))

  test('a session that opens all it can gets half, the rest is reset with overload, and another still gets its own', async () => {
    const { sessions, sockets } = withSockets()
    const [greedy, modest] = [await SessionClient.begin(sessions), await SessionClient.begin(sessions)]
    expect(await refusedOf(open(greedy.drive, 20), 14)).toEqual(Array(14).fill(ResetCode.overload))
    open(modest.drive, 3)
    await vi.waitFor(() => expect(sockets.dialled.length).toBe(9))
    await vi.waitFor(() => expect(sessions.streamCount).toBe(9))
    expect(await refusedOf(open(greedy.drive, 1), 1)).toEqual([ResetCode.overload])
  })

  test('those of a session that ends are free for others', async () => {
    const { sessions, sockets } = withSockets()
    const first = await SessionClient.begin(sessions)
    await refusedOf(open(first.drive, 7), 1)
    sessions.close()
    await vi.waitFor(() => expect(sockets.sockets.every((socket) => socket.closed)).toBe(true))
    const second = await SessionClient.begin(sessions)
    await refusedOf(open(second.drive, 7), 1)
    expect(sockets.dialled.length).toBe(12)
  })
})

describe('a claim', () => {
  test('is given once for a counter, whatever else the attach says', async () => {
    const sessions = makeSessions()
    const client = await SessionClient.begin(sessions)
    expect(sessions.claim(client.attachMessage(0))).toBeUndefined()
    const message = client.attachMessage(1)
    expect(sessions.claim(message)).toBeDefined()
    expect([sessions.claim(message), sessions.claim(client.attachMessage(1, { gone: [0] }))]).toEqual([undefined, undefined])
  })

  test('is not given for anything forged, truncated, or meant for another session, and nothing changes by that', async () => {
    const sessions = makeSessions()
    const [client, other] = [await SessionClient.begin(sessions), await SessionClient.begin(sessions)]
    const message = client.attachMessage(1, { gone: [0] })
    const crossed = new Uint8Array(message)
    crossed.set(other.attachMessage(1).subarray(0, 16))
    const forged = [
      ...Array.from({ length: message.length }, (_, offset) => flipBit(message, offset)),
      ...Array.from({ length: message.length }, (_, length) => message.subarray(0, length)),
      Buffer.concat([message, Uint8Array.of(0)]),
      crossed,
    ]
    expect(forged.map((one) => sessions.claim(one)).filter((claim) => claim !== undefined)).toEqual([])
    expect([sessions.count, sessions.aloneCount, client.ends.get(0)?.isClosed]).toEqual([2, 0, false])
    expect(sessions.claim(message)).toBeDefined()
  })

  test('is given for counters in any order, as far as 64 behind the highest', async () => {
    const sessions = makeSessions()
    const client = await SessionClient.begin(sessions)
    const isGiven = (counter: number): boolean => sessions.claim(client.attachMessage(counter)) !== undefined
    expect([1_000, 937, 936, 935, 0, 999].map(isGiven)).toEqual([true, true, true, false, false, true])
    expect([1_000, 937, 936, 999].map(isGiven)).toEqual([false, false, false, false])
    expect([0xffff_ffff, 1_001].map(isGiven)).toEqual([true, false])
  })

  test('is not given while the session has as many carriers as it may; one that is given up makes room', async () => {
    const sessions = makeSessions({ carriersMax: 3 })
    const client = await SessionClient.begin(sessions)
    for (const counter of [1, 2]) await client.attach(counter)
    expect(sessions.claim(client.attachMessage(3))).toBeUndefined()
    expect(sessions.claim(client.attachMessage(3, { gone: [77] }))).toBeUndefined()
    await client.attach(3, [1])
    expect(client.drive.live).toEqual([0, 2, 3])
  })

  // Where several hosts share a memory, an attach waits for its word between the two.
  test('that others overtook finds no place, and ends nothing', async () => {
    const sessions = makeSessions()
    const client = await SessionClient.begin(sessions)
    const claims = Array.from({ length: 12 }, (_, i) => sessions.claim(client.attachMessage(i + 1)))
    const joined = claims.map(
      (claim) =>
        claim !== undefined &&
        sessions.join(
          claim,
          (events) => {
            const [, far] = wire()
            far.events = events
            return far
          },
          ORIGIN,
        ),
    )
    expect(joined.map((isJoined, i) => isJoined === i < sessionLimits.carriersMax - 1)).not.toContain(false)
    expect(sessions.count).toBe(1)
  })

  test('that comes to nothing, since the session has ended, makes no carrier', async () => {
    const sessions = makeSessions()
    const client = await SessionClient.begin(sessions)
    const claim = sessions.claim(client.attachMessage(1))
    sessions.close()
    expect(claim && sessions.join(claim, () => expect.unreachable('a carrier was made'), ORIGIN)).toBe(false)
  })
})

describe('a session without a carrier', () => {
  test('waits with its streams, and goes on with the next carrier', async () => {
    const { sessions, opened } = withDocuments()
    const client = await SessionClient.begin(sessions)
    const { near, far } = await openDocument(client, opened)
    client.cut(0)
    expect([sessions.count, sessions.aloneCount]).toEqual([1, 1])
    far.stream.write(new Uint8Array(50_000))
    near.stream.write(new Uint8Array(50_000))
    await client.attach(1)
    await vi.waitFor(() => expect([near.receivedBytes, far.receivedBytes]).toEqual([50_000, 50_001]))
    expect([sessions.aloneCount, near.events, far.events]).toEqual([0, [], []])
  })

  test('ends when nobody came back in time, and its streams are reset', async () => {
    const { sessions, opened } = withDocuments({ graceMs: 20, sweepMs: 5 })
    const client = await SessionClient.begin(sessions)
    const { far } = await openDocument(client, opened)
    client.cut(0)
    await vi.waitFor(() => expect(far.events).toEqual([`reset ${ResetCode.goingAway}`]))
    expect(sessions.count).toBe(0)
    await expect(client.attach(1)).rejects.toThrow('no place')
  })

  test('lives on as long as one of its carriers does', async () => {
    const { sessions } = withDocuments({ graceMs: 0, sweepMs: 5 })
    const client = await SessionClient.begin(sessions)
    await client.attach(1)
    client.cut(0)
    const other = await SessionClient.begin(sessions)
    other.cut(0)
    await vi.waitFor(() => expect(sessions.count).toBe(1))
    expect([sessions.aloneCount, client.drive.live]).toEqual([0, [1]])
  })
})

describe('when more is held in all than may be', () => {
  test('the session that was alone for longest ends first, and no more than have to; who holds nothing is left', async () => {
    const { sessions, opened } = withDocuments({ heldBytesMax: 250_000, sweepMs: 5 })
    const clients = [await SessionClient.begin(sessions)]
    clients[0]?.cut(0)
    const far: Recorder[] = []
    for (let i = 0; i < 4; i++) {
      const client = await SessionClient.begin(sessions)
      clients.push(client)
      far.push((await openDocument(client, opened)).far)
    }
    for (const i of [2, 1, 3]) {
      clients[i]?.cut(0)
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const { stream } of far.slice(0, 3)) stream.write(new Uint8Array(100_000))
    await vi.waitFor(() => expect(far[1]?.events).toEqual([`reset ${ResetCode.goingAway}`]))
    expect(far.map(({ events }) => events.length)).toEqual([0, 1, 0, 0])
    expect([sessions.count, sessions.aloneCount]).toEqual([4, 3])
  })
})

test('streams that are over are held as well, until who opened them can be told', async () => {
  const streams: Stream[] = []
  const sessions = makeSessions({ heldBytesMax: 300_000, sweepMs: 5 }, new HeldDialer(), (stream) => streams.push(stream) > 0)
  const client = await SessionClient.begin(sessions)
  open(client.drive, 500)
  await vi.waitFor(() => expect(streams.length).toBe(500))
  client.cut(0)
  for (const stream of streams) stream.reset(ResetCode.overload)
  await vi.waitFor(() => expect(sessions.count).toBe(0))
})

test('the pieces in which bytes came are held as well, until somebody takes these', async () => {
  const { sessions, opened } = withDocuments({ heldBytesMax: 40_000, sweepMs: 5 })
  const client = await SessionClient.begin(sessions)
  const { near, far } = await openDocument(client, opened)
  far.consumes = false
  for (let i = 0; i < 300 && sessions.count > 0; i++) {
    near.stream.write(new Uint8Array(1))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await vi.waitFor(() => expect(sessions.count).toBe(0))
  expect(far.receivedBytes).toBeLessThan(400)
})

describe('of streams that the relay answers itself', () => {
  const DOCUMENTS_MAX = 3

  test('a session has so many at once, and the rest is reset with overload before anything is made for them', async () => {
    const { sessions, opened } = withDocuments({ documentsMax: DOCUMENTS_MAX })
    const client = await SessionClient.begin(sessions)
    const ask = (): Recorder => {
      const near = new Recorder(client.drive.open(parseTarget('document.invalid', 1), {}))
      near.stream.write(new Uint8Array(1))
      return near
    }
    const asked = Array.from({ length: DOCUMENTS_MAX + 2 }, ask)
    await vi.waitFor(() => expect(asked.at(-1)?.events).toEqual([`reset ${ResetCode.overload}`]))
    expect([opened.length, asked.map(({ events }) => events.length)]).toEqual([DOCUMENTS_MAX, [0, 0, 0, 1, 1]])
    opened[0]?.stream.fin()
    asked[0]?.stream.fin()
    await vi.waitFor(() => expect([asked[0]?.events, opened[0]?.events]).toEqual([['fin'], ['fin']]))
    ask()
    await vi.waitFor(() => expect(opened.length).toBe(DOCUMENTS_MAX + 1))
  })

  test('another session has its own', async () => {
    const { sessions, opened } = withDocuments({ documentsMax: 1 })
    for (const client of [await SessionClient.begin(sessions), await SessionClient.begin(sessions)]) await openDocument(client, opened)
    expect(opened.length).toBe(2)
  })
})

describe('draining', () => {
  test('ends at once where a session is alone and has no streams', async () => {
    const sessions = makeSessions({ drainMs: 1e9, sweepMs: 1e9 })
    ;(await SessionClient.begin(sessions)).cut(0)
    await sessions.drain()
    expect([sessions.count, sessions.hasRoom]).toEqual([0, false])
  })

  test('waits for the streams of one that is alone, for as long as it may', async () => {
    const { sessions, opened } = withDocuments({ drainMs: 30, sweepMs: 5 })
    const client = await SessionClient.begin(sessions)
    const { far } = await openDocument(client, opened)
    client.cut(0)
    await sessions.drain()
    expect(far.events).toEqual([`reset ${ResetCode.goingAway}`])
  })

  test('tells a client that is there which streams it was cut off from', async () => {
    const { sessions, opened } = withDocuments({ drainMs: 30, sweepMs: 5 })
    const { near, far } = await openDocument(await SessionClient.begin(sessions), opened)
    await sessions.drain()
    expect([near.events, far.events]).toEqual([[`reset ${ResetCode.goingAway}`], [`reset ${ResetCode.goingAway}`]])
  })

  test('waits no longer for one that acknowledges nothing', async () => {
    const { sessions, opened } = withDocuments({ drainMs: 30, farewellMs: 30, sweepMs: 5 })
    const client = await SessionClient.begin(sessions)
    const { far } = await openDocument(client, opened)
    client.freeze(0)
    await sessions.drain()
    expect([sessions.count, far.events]).toEqual([0, [`reset ${ResetCode.goingAway}`]])
  })

  test('lets a client come back to finish', async () => {
    const { sessions, opened } = withDocuments({ drainMs: 1e9, sweepMs: 5 })
    const client = await SessionClient.begin(sessions)
    const { near, far } = await openDocument(client, opened)
    client.cut(0)
    const drained = sessions.drain()
    await client.attach(1)
    far.stream.fin()
    near.stream.fin()
    await drained
    expect([near.events, far.events]).toEqual([['fin'], ['fin']])
  })
})
