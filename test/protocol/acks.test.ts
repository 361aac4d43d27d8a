import { expect, test } from 'vitest'
import { Acks } from '../../protocol/acks.ts'
import { ACK_BYTES_MAX, ACK_BYTES_MIN, ACK_DELAY_MS, ACK_INTERVAL_SLOW_MS, ACK_RECORDS } from '../../protocol/limits.ts'

test('nothing is owed before anything came', () => {
  const acks = new Acks(() => ACK_DELAY_MS)
  expect([acks.isOwed, acks.isDue(1e9), acks.deadlineMs]).toEqual([false, false, undefined])
})

test('what asks for an answer gets one in time, counted from the first such record', () => {
  const acks = new Acks(() => ACK_DELAY_MS)
  acks.received(100, true, 10)
  acks.received(100, true, 20)
  expect([acks.isOwed, acks.deadlineMs, acks.isDue(9 + ACK_DELAY_MS), acks.isDue(10 + ACK_DELAY_MS)]).toEqual([
    true,
    10 + ACK_DELAY_MS,
    false,
    true,
  ])
})

test('records of acks alone ask for none, so that two idle sides fall silent; but many of them do', () => {
  const acks = new Acks(() => ACK_DELAY_MS)
  for (let i = 1; i < ACK_RECORDS; i++) acks.received(152, false, i)
  expect([acks.deadlineMs, acks.isDue(1e9)]).toEqual([undefined, false])
  acks.received(152, false, 100)
  expect(acks.isDue(100)).toBe(true)
})

test('a request is due at once, and once', () => {
  const acks = new Acks(() => ACK_DELAY_MS)
  acks.request()
  expect(acks.isDue(0)).toBe(true)
  acks.sent(0)
  expect(acks.isDue(0)).toBe(false)
})

/** The bytes until an ack is due, when one is due every `intervalMs`. */
function steadyBytes(acks: Acks, intervalMs: number, fromMs: number): number {
  let bytes = 0
  for (let round = 0; round < 20; round++) {
    const nowMs = fromMs + round * intervalMs
    bytes = 0
    while (!acks.isDue(nowMs)) {
      acks.received(ACK_BYTES_MIN / 2, false, nowMs)
      bytes += ACK_BYTES_MIN / 2
    }
    acks.sent(nowMs)
  }
  return bytes
}

test('a fast path is acknowledged in larger steps, to a bound; a slow one in small steps again', () => {
  const acks = new Acks(() => ACK_DELAY_MS)
  expect(steadyBytes(acks, 0.1, 1_000)).toBe(ACK_BYTES_MAX)
  expect(steadyBytes(acks, ACK_INTERVAL_SLOW_MS + 1, 2_000)).toBe(ACK_BYTES_MIN)
})

test('each answer waits for a time of its own', () => {
  const draws = [12, 25, 17]
  const acks = new Acks(() => draws.shift() as number)
  const deadlines: (number | undefined)[] = []
  for (const nowMs of [0, 100, 200]) {
    acks.received(100, true, nowMs)
    acks.received(100, true, nowMs + 1)
    deadlines.push(acks.deadlineMs)
    acks.sent(nowMs + 30)
  }
  expect(deadlines).toEqual([12, 125, 217])
})
