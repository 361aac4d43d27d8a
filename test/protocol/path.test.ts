// How much a lane keeps under way on a link in virtual time: one that keeps a rate, and repeats what is lost a round trip later, so that everything behind it
// waits, as TCP does.
import { expect, test } from 'vitest'
import { Acks } from '../../protocol/acks.ts'
import { Flight } from '../../protocol/flight.ts'
import { Lane } from '../../protocol/lane.ts'
import { ACK_DELAY_MS } from '../../protocol/limits.ts'
import { sealedBytes } from '../../protocol/record.ts'
import { Dice } from '../sim/dice.ts'

const PACKET_BYTES = 1_400
const STEP_MS = 1

interface LinkShape {
  readonly bytesPerMs: number
  readonly rttMs: number
  /** Of packets, each time that one is sent. */
  readonly loss: number
}

interface Flow {
  /** Of the link's rate, after the first two seconds. */
  readonly goodput: number
  /** Mean wait in the link's queue, after the first two seconds. */
  readonly queueMs: number
  /** What a click and its answer would take then, as a median. */
  readonly clickMs: number
}

/** A download of so long, with nothing else to send. */
function flow({ bytesPerMs, rttMs, loss }: LinkShape, seconds: number, seed: number): Flow {
  const dice = new Dice(seed)
  const flight = new Flight()
  const lane = new Lane(0, 0, Number.POSITIVE_INFINITY, () => ACK_DELAY_MS)
  const acks = new Acks(() => ACK_DELAY_MS)
  const coming: { atMs: number; bytes: number }[] = []
  const answers: { atMs: number; next: number }[] = []
  const fromMs = 2_000
  let number = 0
  let received = 0
  let counted = 0
  let linkFreeMs = 0
  let releasedMs = 0
  let queuedMs = 0
  const clicks: number[] = []
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += STEP_MS) {
    while ((answers[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const { next } = answers.shift() as { next: number }
      lane.heard(nowMs)
      flight.acknowledge(next, undefined, [lane], number, nowMs)
    }
    while (lane.hasRoom && flight.hasRoom) {
      const record = {
        ...{ number: number++, header: new Uint8Array(5), body: new Uint8Array(lane.recordBytesMax - 100), tag: new Uint8Array(16) },
        holds: 2,
      }
      flight.add(record, true, lane, nowMs)
      const bytes = sealedBytes(record)
      linkFreeMs = Math.max(linkFreeMs, nowMs) + bytes / bytesPerMs
      let repeats = 0
      for (let packet = 0; packet < bytes; packet += PACKET_BYTES) {
        let lost = 0
        while (dice.chance(loss)) lost++
        repeats = Math.max(repeats, lost)
      }
      releasedMs = Math.max(releasedMs, linkFreeMs + rttMs / 2 + repeats * rttMs)
      coming.push({ atMs: releasedMs, bytes })
    }
    while ((coming[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const { bytes } = coming.shift() as { bytes: number }
      received++
      if (nowMs >= fromMs) counted += bytes
      acks.received(bytes, true, nowMs)
      if (!acks.isDue(nowMs)) continue
      acks.sent(nowMs)
      answers.push({ atMs: nowMs + rttMs / 2, next: received })
    }
    if (acks.isDue(nowMs)) {
      acks.sent(nowMs)
      answers.push({ atMs: nowMs + rttMs / 2, next: received })
    }
    if (nowMs < fromMs) continue
    queuedMs += Math.max(0, linkFreeMs - nowMs)
    clicks.push(Math.max(nowMs + rttMs / 2, linkFreeMs + rttMs / 2, releasedMs) - nowMs + rttMs / 2)
  }
  const [clickMs] = clicks.sort((a, b) => a - b).slice(clicks.length / 2) as [number]
  return { goodput: counted / ((seconds * 1_000 - fromMs) * bytesPerMs), queueMs: queuedMs / clicks.length, clickMs }
}

/** 16 Mbit/s and 1 Mbit/s. */
const HOME = { bytesPerMs: 2_000, rttMs: 80 }
const SLOW = { bytesPerMs: 125, rttMs: 150 }
const FAR = { bytesPerMs: 14_000, rttMs: 100 }

test('a path without losses is full, and a click waits little behind its own download', () => {
  const { goodput, queueMs } = flow({ ...FAR, loss: 0 }, 12, 1)
  expect(goodput).toBeGreaterThan(0.97)
  expect(queueMs).toBeLessThan(0.35 * FAR.rttMs)
})

test.for([1, 2, 3])(
  'a path that loses a packet in a hundred is nearly full: what comes late and at once is made up for (seed %i)',
  (seed) => {
    expect(flow({ ...FAR, loss: 0.01 }, 25, seed).goodput).toBeGreaterThan(0.88)
  },
)

test.for([1, 2, 3])('a path that loses three of a hundred carries most of its rate (seed %i)', (seed) => {
  expect(flow({ ...FAR, loss: 0.03 }, 25, seed).goodput).toBeGreaterThan(0.75)
})

test('beside a download on a home line a click waits less than another round trip', () => {
  const { goodput, clickMs } = flow({ ...HOME, loss: 0 }, 12, 1)
  expect(goodput).toBeGreaterThan(0.97)
  expect(clickMs).toBeLessThan(1.8 * HOME.rttMs)
})

test.for([1, 2, 3])('where a packet is lost now and then, nothing more is put under way, which would only wait (seed %i)', (seed) => {
  const { goodput, clickMs } = flow({ ...HOME, loss: 0.000_2 }, 25, seed)
  expect(goodput).toBeGreaterThan(0.95)
  expect(clickMs).toBeLessThan(2 * HOME.rttMs)
})

test('on a slow line what is under way is no more than it carries soon', () => {
  const { goodput, clickMs } = flow({ ...SLOW, loss: 0 }, 25, 1)
  expect(goodput).toBeGreaterThan(0.97)
  expect(clickMs).toBeLessThan(2.5 * SLOW.rttMs)
})
