import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { parseTarget, ResetCode } from '#protocol'
import type { Drive } from '#protocol/node'
import { Splice } from '#protocol/node'
import { Pair, pattern } from '../pair.ts'

/** A socket that keeps what it is given until the test says that the kernel took it. */
class SlowSocket extends EventEmitter {
  writableLength = 0
  destroyed = false
  readonly callbacks: (() => void)[] = []

  write(bytes: Uint8Array, done: () => void): void {
    this.writableLength += bytes.length
    this.callbacks.push(done)
  }
  readonly read = (): unknown => null
  resume(): void {}
  end(): void {}
  resetAndDestroy(): void {
    this.destroyed = true
  }
}

function joined(): {
  readonly pair: Pair
  readonly socket: SlowSocket
  readonly near: ReturnType<Pair['openStream']>['near']
  readonly far: Pair['relay']
} {
  const pair = new Pair()
  const { near, far } = pair.openStream()
  const socket = new SlowSocket()
  // A splice asks its drive only for writes, and this socket reads nothing.
  new Splice({ write: () => true } as unknown as Drive, far.stream).join(socket as unknown as Socket)
  return { pair, socket, near, far: pair.relay }
}

test('credit goes back when the kernel has taken the bytes, not when they came', () => {
  const { pair, socket, near, far } = joined()
  near.stream.write(pattern(1_000))
  pair.settle()
  expect(far.session.unconsumedBytes).toBe(1_000)
  socket.writableLength = 0
  for (const done of socket.callbacks) done()
  expect(far.session.unconsumedBytes).toBe(0)
})

test('a write that ends after its socket has closed gives nothing back a second time', () => {
  const { pair, socket, near, far } = joined()
  near.stream.write(pattern(1_000))
  socket.emit('end')
  pair.settle()
  socket.destroyed = true
  socket.emit('close', false)
  expect(far.session.unconsumedBytes).toBe(0)
  socket.writableLength = 0
  for (const done of socket.callbacks) done()
  expect(far.session.unconsumedBytes).toBe(0)
})

// Its stream counts no more among those that a session may have: without an end of its own it would be one socket after the other, for ever.
test('a datagram on a stream of bytes ends its socket, too', () => {
  const { pair, socket, near, far } = joined()
  pair.client.session.sendDatagram(near.stream, parseTarget('192.0.2.1', 53), pattern(10))
  pair.settle()
  expect([far.session.streamCount, near.events, socket.destroyed]).toEqual([0, [`reset ${ResetCode.internal}`], true])
})
