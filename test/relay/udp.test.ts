// What comes back to an association from the network, where anybody can send it.
import { type RemoteInfo, Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { parseTarget, type Session, type Target } from '#protocol'
import type { Dialer } from '../../relay/dial/dial.ts'
import { sessionLimits } from '../../relay/limits.ts'
import { Association } from '../../relay/udp.ts'
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

/** An association that has sent one datagram to PEER, and the socket that it did so by. */
async function open(): Promise<Opened> {
  const sent = vi.spyOn(Socket.prototype, 'send')
  const came: Target[] = []
  const session = { sendDatagram: (_stream: unknown, from: Target) => came.push(from) } as unknown as Session
  const dialer = {
    resolveUdp: (_target: Target, done: (result: object) => void) => done({ address: PEER.address, family: 4 }),
    localAddress: () => undefined,
  } as unknown as Dialer
  const association = new Association(session, fakeStream(), dialer, sessionLimits, { permits: () => true, onOver: () => undefined })
  association.onDatagram(parseTarget(PEER.address, PEER.port), new Uint8Array(1))
  const socket = sent.mock.contexts[0] as Socket
  closers.push(() => association.onReset())
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
