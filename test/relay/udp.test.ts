// What comes back to an association from the network, where anybody can send it.
import { type RemoteInfo, Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { parseTarget, type Session, type Target } from '#protocol'
import type { Dialer } from '../../relay/dial/dial.ts'
import { type SocketShare, Sockets } from '../../relay/dial/sockets.ts'
import { sessionLimits } from '../../relay/limits.ts'
import { Association, type Lookups } from '../../relay/udp.ts'
import { ROOMY } from './dial/fake-sockets.ts'
import { fakeStream } from './fake-stream.ts'

/** Documentation's (RFC 5737), but for loopback: where the datagram really goes. */
const PEER = { address: '127.0.0.1', port: 9 } as const

interface Opened {
  readonly socket: Socket
  /** From where those were that came through. */
  readonly came: readonly Target[]
}

const closers: (() => void)[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const close of closers.splice(0)) close()
})

function associate(
  share: SocketShare,
  came: Target[],
  more: { readonly dialer?: Partial<Dialer>; readonly lookups?: Lookups } = {},
): Association {
  const session = { sendDatagram: (_stream: unknown, from: Target) => came.push(from) } as unknown as Session
  const dialer = {
    resolveUdp: (_target: Target, _asker: object, done: (result: object) => void) => done({ address: PEER.address, family: 4 }),
    localAddress: () => undefined,
    ...more.dialer,
  } as unknown as Dialer
  const association = new Association(session, fakeStream(), dialer, share, more.lookups ?? { count: 0 }, sessionLimits, {
    permits: () => true,
    onOver: () => undefined,
  })
  closers.push(() => association.onReset())
  return association
}

/** An association that has sent one datagram to PEER, and the socket that it did so by. */
async function open(share: SocketShare = ROOMY): Promise<Opened> {
  const sent = vi.spyOn(Socket.prototype, 'send')
  const came: Target[] = []
  associate(share, came).onDatagram(parseTarget(PEER.address, PEER.port), new Uint8Array(1))
  const socket = sent.mock.contexts[0] as Socket
  await once(socket, 'listening')
  return { socket, came }
}

function datagramFrom(socket: Socket, address: string, port: number): void {
  socket.emit('message', Buffer.from('?'), { address, family: 'IPv4', port, size: 1 } satisfies RemoteInfo)
}

test('a datagram comes through from whom the association has sent to, and from nobody else', async () => {
  const { socket, came } = await open()
  datagramFrom(socket, '192.0.2.1', PEER.port)
  datagramFrom(socket, PEER.address, PEER.port + 1)
  datagramFrom(socket, PEER.address, PEER.port)
  expect(came).toEqual([{ host: PEER.address, port: PEER.port }])
})

// RFC 768: 0 where no answer is wanted. The kernel hands it on, and whoever can send raw packets to the relay can send that.
test.each(['127.0.0.1', '::1', 'fe80::1%lo'])('a datagram from port 0 of %s is dropped, and ends nothing', async (address) => {
  const { socket, came } = await open()
  expect(() => datagramFrom(socket, address, 0)).not.toThrow()
  expect(came).toEqual([])
})

test('a datagram is lost where its session has no room for a socket, until one of them is closed', async () => {
  const share = new Sockets(1).enter()
  const { socket } = await open(share)
  const sent = vi.spyOn(Socket.prototype, 'send')
  sent.mockClear()
  const other = associate(share, [])
  other.onDatagram(parseTarget(PEER.address, PEER.port), new Uint8Array(1))
  expect(sent).not.toHaveBeenCalled()
  closers.shift()?.()
  await once(socket, 'close')
  other.onDatagram(parseTarget(PEER.address, PEER.port), new Uint8Array(1))
  expect(sent).toHaveBeenCalledOnce()
})

test('a datagram is lost where the system has more to send than it may hold', async () => {
  const queued = vi.spyOn(Socket.prototype, 'getSendQueueSize').mockReturnValue(sessionLimits.datagramQueueBytesMax + 1)
  const sent = vi.spyOn(Socket.prototype, 'send')
  const association = associate(ROOMY, [])
  association.onDatagram(parseTarget(PEER.address, PEER.port), new Uint8Array(1))
  expect(sent).not.toHaveBeenCalled()
  queued.mockReturnValue(0)
  association.onDatagram(parseTarget(PEER.address, PEER.port), new Uint8Array(1))
  expect(sent).toHaveBeenCalledOnce()
})

test('what waits for a name is bounded for all associations of a session together', () => {
  const asked: Target[] = []
  const dialer: Partial<Dialer> = { resolveUdp: (target) => void asked.push(target) }
  const lookups = { count: 0 }
  for (let n = 0; n < sessionLimits.lookupsMax; n++)
    associate(ROOMY, [], { dialer, lookups }).onDatagram(parseTarget(`n${n}.example`, PEER.port), new Uint8Array(1))
  associate(ROOMY, [], { dialer, lookups }).onDatagram(parseTarget('late.example', PEER.port), new Uint8Array(1))
  expect(asked.length).toBe(sessionLimits.lookupsMax)
})
