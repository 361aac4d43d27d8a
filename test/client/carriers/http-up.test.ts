// What an http carrier makes of the answers to its POSTs: all but the relay's own, whole and in time, ends it.
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BodyMark, concatBytes, encodeBodyHeader, encodeBodyMark } from '#protocol'
import type { HttpAnswer } from '../../../client/engine/carriers/http-flows.ts'
import { HttpUp } from '../../../client/engine/carriers/http-up.ts'
import { httpLimits } from '../../../client/engine/limits.ts'

const END = encodeBodyMark(BodyMark.end)
const MESSAGE = Buffer.alloc(60_000, 'up')

interface Asked {
  readonly bytes: number
  readonly body: PassThrough
  /** Lets the answer come; its body is written to `body`. */
  answer(status?: number, contentType?: string): void
  fail(): void
}

let up: HttpUp
let asked: Asked[]
let said: string[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  asked = []
  said = []
  up = new HttpUp(httpLimits, {
    ask: (_sequence, { length }, done) => {
      const body = new PassThrough()
      const answer = (status = 200, contentType = 'application/octet-stream'): void =>
        done({ status, contentType, date: undefined, body } satisfies HttpAnswer)
      asked.push({ bytes: length, body, answer, fail: () => done(undefined) })
    },
    onRoom: () => said.push('room'),
    onBytes: () => undefined,
    onDelivered: () => said.push('delivered'),
    onBroken: () => {
      said.push('broken')
      up.destroy()
    },
  })
})

afterEach(() => {
  up.destroy()
  vi.useRealTimers()
})

/** Until what was written has been read. */
async function until(claim: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !claim(); turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(claim()).toBe(true)
}

/** The first POST, under way. */
async function post(): Promise<Asked> {
  up.sendMessage(MESSAGE)
  await until(() => asked.length === 1)
  return asked[0] as Asked
}

test.each([
  ['503', (one: Asked) => one.answer(503, 'text/html')],
  ['413', (one: Asked) => one.answer(413, 'text/html')],
  ['a page in its place', (one: Asked) => one.answer(200, 'text/html')],
  ['none', (one: Asked) => one.fail()],
  [
    'a reset behind the head',
    (one: Asked) => {
      one.answer()
      one.body.destroy()
    },
  ],
  [
    'an end without its mark',
    (one: Asked) => {
      one.answer()
      one.body.end()
    },
  ],
  [
    'a message',
    (one: Asked) => {
      one.answer()
      one.body.end(concatBytes(encodeBodyHeader(1), Buffer.from('x'), END))
    },
  ],
])('to a POST, an answer that is %s ends the carrier', async (_name, answer) => {
  answer(await post())
  await until(() => said.length > 0)
  expect(said).toEqual(['broken'])
})

test.each([
  ['has not come', () => undefined],
  ['says nothing behind its head', (one: Asked) => one.answer()],
])('an answer that %s is late after a while', async (_name, answer) => {
  answer(await post())
  expect(up.isLate(performance.now())).toBe(false)
  vi.advanceTimersByTime(httpLimits.answerMs + 1)
  expect(up.isLate(performance.now())).toBe(true)
})

describe('where the relay reads nothing', () => {
  test('a few POSTs are under way, and there is no room for more than one that waits', async () => {
    let sentBytes = 0
    for (let turn = 0; turn < 100; turn++) {
      for (; up.hasRoom; sentBytes += MESSAGE.length) up.sendMessage(MESSAGE)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(asked.length).toBe(httpLimits.upMax)
    expect(sentBytes).toBeLessThan((httpLimits.upMax + 1) * (httpLimits.upBytesMin + MESSAGE.length))
    expect(said).not.toContain('broken')
  })
})

describe('while a POST is under way', () => {
  const PART = Buffer.alloc(10_000, 'up')
  const PART_BYTES = PART.length + 2
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  let first: Asked
  beforeEach(async () => {
    first = await post()
  })

  test('what fills a part of a body waits a moment for more', async () => {
    up.sendMessage(PART)
    await turn()
    up.sendMessage(PART)
    await turn()
    expect(asked.length).toBe(1)
    vi.advanceTimersByTime(httpLimits.upGatherMs)
    expect(asked.map(({ bytes }) => bytes).slice(1)).toEqual([2 * PART_BYTES + END.length])
  })

  test('a short message goes at once', async () => {
    up.sendMessage(Buffer.alloc(100))
    await until(() => asked.length === 2)
  })

  test('a full body goes at once, and what is left of it waits', async () => {
    for (let sent = 0; sent < 4; sent++) up.sendMessage(PART)
    await until(() => asked.length === 2)
    expect(asked[1]?.bytes).toBe(3 * PART_BYTES + END.length)
    vi.advanceTimersByTime(httpLimits.upGatherMs)
    expect(asked[2]?.bytes).toBe(PART_BYTES + END.length)
  })

  test('what waits goes once nothing else is under way, and once', async () => {
    up.sendMessage(PART)
    await turn()
    first.answer()
    first.body.end(END)
    await until(() => asked.length === 2)
    vi.advanceTimersByTime(httpLimits.upGatherMs)
    await turn()
    expect(asked.length).toBe(2)
  })

  test('what waits is not held back by the end of the carrier', async () => {
    up.sendMessage(PART)
    await turn()
    up.close()
    expect(asked.map(({ bytes }) => bytes).slice(1)).toEqual([PART_BYTES + END.length])
  })
})
