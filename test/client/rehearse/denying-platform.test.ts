import { describe, expect, test } from 'vitest'
import type { Carrier, CarrierEvents } from '#protocol'
import type { SealedRecord } from '#protocol/node'
import { waysOf } from '../../../client/engine/control/way.ts'
import { DialError, type DialRequest, type Platform } from '../../../client/engine/platform.ts'
import { type Denial, DenyingPlatform } from '../../../client/engine/rehearse/denying-platform.ts'
import { endpoint } from '../control/places.ts'

const MESSAGE = new Uint8Array([1])
const RECORD = {} as SealedRecord

class FakeCarrier implements Carrier {
  readonly sent: unknown[] = []
  isClosed = false
  hasRoom = true
  receivedBytes = 10
  readonly events: CarrierEvents
  constructor(events: CarrierEvents) {
    this.events = events
  }
  start(): void {}
  send(record: unknown): void {
    this.sent.push(record)
  }
  sendMessage(message: unknown): void {
    this.sent.push(message)
  }
  close(): void {
    this.isClosed = true
    this.events.onClosed()
  }
}

class FakePlatform implements Platform {
  readonly dialled: FakeCarrier[] = []
  readonly random = (count: number): Uint8Array => new Uint8Array(count)
  nowS(): number {
    return 0
  }
  network(): Uint8Array {
    return MESSAGE
  }
  async dial({ events }: DialRequest): Promise<Carrier> {
    this.dialled.push(new FakeCarrier(events))
    return this.dialled.at(-1) as FakeCarrier
  }
  async probe(): Promise<never> {
    throw new Error('it was asked')
  }
}

const DIRECT = endpoint('192.0.2.1')
const EDGE = endpoint('edge.example', { isEdge: true })
const direct = (manner: Denial['manner']): Denial => ({ covers: (spot) => !spot.endpoint.isEdge, manner, beside: 'nothing' })

function setUp(): {
  readonly real: FakePlatform
  readonly platform: DenyingPlatform
  readonly told: string[]
  readonly stop: AbortController
  readonly dial: (more?: Partial<DialRequest>) => Promise<Carrier>
} {
  const real = new FakePlatform()
  const told: string[] = []
  const stop = new AbortController()
  const platform = new DenyingPlatform(real, ({ carrier }) => told.push(`by ${carrier}`))
  const events: CarrierEvents = {
    onMessage: () => told.push('message'),
    onRoom: () => told.push('room'),
    onClosed: (wasReset = false) => told.push(wasReset ? 'reset' : 'closed'),
  }
  const request = { endpoint: DIRECT, carrier: 'websocket', cookie: '', requestCookie: () => '', events, signal: stop.signal } as const
  return { real, platform, told, stop, dial: (more) => platform.dial({ ...request, ...more }) }
}

describe('a carrier that lives', () => {
  test('passes everything while it is not denied, and says by what each message came', async () => {
    const { real, platform, told, dial } = setUp()
    const carrier = await dial()
    platform.deny({ ...direct('reset'), covers: ({ endpoint: { isEdge } }) => isEdge })
    carrier.send(RECORD)
    real.dialled[0]?.events.onMessage(MESSAGE)
    real.dialled[0]?.events.onRoom()
    expect(real.dialled[0]?.sent).toEqual([RECORD])
    expect(carrier.receivedBytes).toBe(10)
    carrier.close()
    expect(told).toEqual(['by websocket', 'message', 'room', 'closed'])
  })

  test('is cut on both sides when it is reset', async () => {
    const { real, platform, told, dial } = setUp()
    const carrier = await dial()
    platform.deny(direct('reset'))
    expect(told).toEqual(['reset'])
    expect(real.dialled[0]?.isClosed).toBe(true)
    expect(carrier.hasRoom).toBe(false)
    expect(carrier.receivedBytes).toBe(10)
  })

  test('seems to live when it is silenced: takes what is sent, hands out nothing, and its end does not reach the other side until it is released', async () => {
    const { real, platform, told, dial } = setUp()
    const carrier = await dial()
    platform.deny(direct('silence'))
    const [inner] = real.dialled as [FakeCarrier]
    inner.receivedBytes = 20
    inner.events.onMessage(MESSAGE)
    inner.events.onRoom()
    carrier.send(RECORD)
    carrier.sendMessage(MESSAGE)
    expect([carrier.hasRoom, carrier.receivedBytes, inner.sent, told]).toEqual([true, 10, [], []])
    carrier.close()
    carrier.close()
    expect([told, inner.isClosed]).toEqual([['closed'], false])
    platform.release()
    expect([told, inner.isClosed]).toEqual([['closed'], true])
  })

  test('stays silent when it is allowed again, as a frozen flow does', async () => {
    const { real, platform, told, dial } = setUp()
    await dial()
    platform.deny(direct('silence'))
    platform.deny(undefined)
    real.dialled[0]?.events.onMessage(MESSAGE)
    expect(told).toEqual([])
  })
})

describe('a dial', () => {
  test('is cut when its way is reset: once its name is sent, or once it says what it wants where only that is denied', async () => {
    const { real, platform, dial } = setUp()
    platform.deny(direct('reset'))
    await expect(dial()).rejects.toMatchObject({ reason: 'reset', step: 'tls' })
    platform.deny({ ...direct('reset'), covers: ({ carrier }) => carrier === 'websocket' })
    await expect(dial()).rejects.toMatchObject({ reason: 'reset', step: 'upgrade' })
    expect(real.dialled).toEqual([])
    await dial({ carrier: 'http' })
    await dial({ carrier: 'http', endpoint: EDGE })
    expect(real.dialled).toHaveLength(2)
  })

  test('hangs when its way is silenced, and goes on when that is over', async () => {
    const { real, platform, dial } = setUp()
    platform.deny(direct('silence'))
    const dialled = dial()
    await dial({ endpoint: EDGE })
    expect(real.dialled).toHaveLength(1)
    platform.deny(undefined)
    await dialled
    expect(real.dialled).toHaveLength(2)
  })

  test('that hangs ends when it is given up', async () => {
    const { real, platform, stop, dial } = setUp()
    platform.deny(direct('silence'))
    const dialled = dial()
    stop.abort()
    await expect(dialled).rejects.toBeInstanceOf(DialError)
    await expect(dial()).rejects.toMatchObject({ reason: 'timeout', step: 'tcp' })
    expect(real.dialled).toEqual([])
  })

  test('that succeeds just when its way is reset is cut all the same', async () => {
    const { real, platform, dial } = setUp()
    const dialled = dial()
    platform.deny(direct('reset'))
    await expect(dialled).rejects.toBeInstanceOf(DialError)
    expect(real.dialled.every(({ isClosed }) => isClosed)).toBe(true)
  })
})

describe('a probe', () => {
  const [direct1, , edge1] = waysOf([{ relayKey: MESSAGE, endpoints: [DIRECT, EDGE] }])
  const canary = { kind: 'canary', address: 'a.example:443' } as const

  test.each([
    ['of a way that is denied', { kind: 'way', way: direct1 }, 'nothing', true],
    ['of a way that is not', { kind: 'way', way: edge1 }, 'everything', false],
    ['of a site abroad in a cutoff', { ...canary, side: 'foreign' }, 'abroad', true],
    ['of a site of the country in a cutoff', { ...canary, side: 'domestic' }, 'abroad', false],
    ['of a site of the country in a blackout', { ...canary, side: 'domestic' }, 'everything', true],
    ['of names in a blackout', { kind: 'dns', way: direct1, resolver: undefined }, 'everything', true],
    ['of a site abroad otherwise', { ...canary, side: 'foreign' }, 'nothing', false],
  ] as const)('%s', async (_, probe, beside, isDenied) => {
    const { platform, stop } = setUp()
    platform.deny({ ...direct('silence'), beside })
    const asked = platform.probe(probe as Parameters<Platform['probe']>[0], stop.signal)
    stop.abort()
    if (isDenied) await expect(asked).resolves.toMatchObject({ kind: probe.kind })
    else await expect(asked).rejects.toThrow('it was asked')
  })
})
