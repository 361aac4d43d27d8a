// What bounds a session between two that behave: credit for streams, and the queue of datagrams.
import { describe, expect, test } from 'vitest'
import { DATAGRAM_BYTES_MAX, ResetCode } from '#protocol'
import {
  PIECE_BYTES,
  SESSION_WINDOW_GROWTH_BYTES,
  STREAM_QUEUE_BYTES_MAX,
  STREAM_WINDOW_BYTES,
  STREAM_WINDOW_BYTES_MAX,
} from '../../protocol/limits.ts'
import { Pair, pattern, type Recorder, TARGET } from './pair.ts'

describe('credit', () => {
  test('a reader that stops holds one window, whatever is written', () => {
    const pair = new Pair()
    pair.relay.consumes = false
    const { near, far } = pair.openStream()
    let accepted = 0
    while (near.stream.write(pattern(32_768))) accepted += 32_768
    pair.settle()
    expect(far.receivedBytes).toBeLessThanOrEqual(STREAM_WINDOW_BYTES)
    expect(pair.relay.session.unconsumedBytes).toBe(far.receivedBytes)
    for (let i = 0; i < 40; i++) {
      near.stream.write(pattern(32_768))
      pair.settle()
      expect(far.receivedBytes).toBeLessThanOrEqual(STREAM_WINDOW_BYTES)
    }
    expect(far.receivedBytes).toBe(STREAM_WINDOW_BYTES)
    expect(accepted).toBeLessThanOrEqual(STREAM_WINDOW_BYTES)
  })

  test('a reader that stops does not stop its neighbour', () => {
    const pair = new Pair()
    pair.relay.consumes = false
    const stopped = pair.openStream()
    pair.relay.consumes = true
    const flowing = pair.openStream()
    stopped.near.stream.write(pattern(1_000_000))
    flowing.near.stream.write(pattern(1_000_000))
    pair.settle()
    expect([stopped.far.receivedBytes, flowing.far.receivedBytes]).toEqual([STREAM_WINDOW_BYTES, 1_000_000])
  })

  test('writing says when to pause, and onRoom when to go on', () => {
    const pair = new Pair()
    pair.relay.consumes = false
    const { near, far } = pair.openStream()
    while (near.stream.write(pattern(32_768))) pair.settle()
    expect(near.events).toEqual([])
    far.consumes = true
    far.stream.consumed(far.receivedBytes)
    pair.settle()
    expect(near.events).toEqual(['room'])
  })

  // A chunk takes more memory than a byte does: a destination that drips must not fill it by its queue.
  test('writing byte by byte, to who takes nothing, says to pause long before a queue is full of them', () => {
    const pair = new Pair()
    const { near } = pair.openStream()
    const written = countUntil(() => !near.stream.write(pattern(1)), 10_000)
    expect(written).toBeLessThanOrEqual(STREAM_QUEUE_BYTES_MAX / PIECE_BYTES)
    expect([pair.client.session.queuedBytes > written * PIECE_BYTES, near.events]).toEqual([true, []])
    pair.settle()
    expect([near.events, pair.client.session.queuedBytes]).toEqual([['room'], 0])
  })

  test('windows grow for who reads fast, to their bound for a stream and in all for a session, and shrink with its end', () => {
    const pair = new Pair()
    const ends = Array.from({ length: 6 }, () => pair.openStream())
    const chunk = pattern(262_144)
    for (let round = 0; round < 60; round++) {
      for (const { near } of ends) near.stream.write(chunk.slice())
      pair.settle()
      const windows = ends.map(({ far }) => far.stream.windowBytes)
      expect(Math.max(...windows)).toBeLessThanOrEqual(STREAM_WINDOW_BYTES_MAX)
      expect(windows.reduce((sum, bytes) => sum + bytes - STREAM_WINDOW_BYTES, 0)).toBeLessThanOrEqual(SESSION_WINDOW_GROWTH_BYTES)
    }
    expect(Math.max(...ends.map(({ far }) => far.stream.windowBytes))).toBeGreaterThan(STREAM_WINDOW_BYTES)
    for (const { near } of ends) near.stream.reset(ResetCode.cancelled)
    pair.settle()
    expect(pair.relay.session.streamCount).toBe(0)
  })

  test('a window does not grow for who reads slowly', () => {
    const pair = new Pair()
    pair.relay.consumes = false
    const { near, far } = pair.openStream()
    for (let i = 0; i < 20; i++) {
      near.stream.write(pattern(131_072))
      pair.settle()
      pair.pass(1_000)
      far.stream.consumed(far.stream.unconsumedBytes)
      pair.settle()
    }
    expect(far.stream.windowBytes).toBe(STREAM_WINDOW_BYTES)
  })
})

describe('datagrams', () => {
  const FROM = { host: '192.0.2.1', port: 53 }

  test('they go both ways in order, each with its own target, and open their stream', () => {
    const pair = new Pair()
    const near = pair.client.open({ datagrams: true })
    pair.client.session.sendDatagram(near.stream, TARGET, pattern(3))
    pair.client.session.sendDatagram(near.stream, FROM, pattern(0))
    pair.settle()
    const far = pair.relay.opened[0] as Recorder
    expect(far.events).toEqual(['datagram example.com:443 3', 'datagram 192.0.2.1:53 0'])
    pair.relay.session.sendDatagram(far.stream, FROM, pattern(9))
    pair.settle()
    expect(near.events).toEqual(['datagram 192.0.2.1:53 9'])
  })

  test('the largest passes, whatever else waits; a larger one is dropped', () => {
    const pair = new Pair()
    const near = pair.client.open({ datagrams: true })
    const target = { host: `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`, port: 443 }
    pair.client.session.sendDatagram(near.stream, target, pattern(DATAGRAM_BYTES_MAX))
    pair.client.session.sendDatagram(near.stream, target, pattern(DATAGRAM_BYTES_MAX + 1))
    pair.settle()
    expect(pair.relay.opened[0]?.events).toEqual([`datagram ${target.host}:443 ${DATAGRAM_BYTES_MAX}`])
  })

  test('what nobody takes is dropped, the oldest first', () => {
    const pair = new Pair()
    const { near, far } = pair.openStream({ datagrams: true })
    for (let i = 0; i < 400; i++) pair.client.session.sendDatagram(near.stream, TARGET, pattern(i))
    pair.settle()
    expect(far.events.length).toBe(256)
    expect(far.events.at(-1)).toBe('datagram example.com:443 399')
  })
})

/** How often `done` was asked until it said so. */
function countUntil(done: () => boolean, max: number): number {
  let count = 1
  while (!done() && count < max) count++
  return count
}
