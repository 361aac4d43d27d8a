import { expect, test } from 'vitest'
import { ResetCode } from '#protocol'
import { SILENCE_MS_MAX } from '../../protocol/limits.ts'
import { Pair, TARGET } from './pair.ts'

test('datagrams of a stream that is over are dropped, and no answer is awaited for what was not sent', () => {
  const pair = new Pair()
  const { near, far } = pair.openStream({ datagrams: true })
  near.stream.reset(ResetCode.cancelled)
  pair.produce()
  pair.relay.session.sendDatagram(far.stream, TARGET, new Uint8Array(100))
  pair.deliver()
  pair.settle()
  expect(pair.relay.session.isSettled).toBe(true)
  expect(pair.relay.session.tick(pair.nowMs + SILENCE_MS_MAX + 1).dead).toEqual([])
})

test('a stream that another resets as the session ends is not told again', () => {
  const pair = new Pair()
  const [first, second] = [pair.openStream().near, pair.openStream().near]
  first.onReset = () => second.stream.reset(ResetCode.cancelled)
  pair.client.session.end(ResetCode.broken)
  expect(second.events).toEqual([])
})
