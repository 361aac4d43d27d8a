import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BodyMark, concatBytes, decodeSequence, encodeBodyHeader, encodeBodyMark, RequestUse } from '#protocol'
import { type DownEvents, HttpDown } from '../../../client/engine/carriers/http-down.ts'
import type { HttpAnswer } from '../../../client/engine/carriers/http-flows.ts'
import { httpLimits } from '../../../client/engine/limits.ts'

const { poll, stream } = RequestUse
const END = encodeBodyMark(BodyMark.end)
const FILLER = encodeBodyMark(BodyMark.filler)

interface Asked {
  readonly number: number
  readonly use: RequestUse
  readonly body: PassThrough
  /** Lets the answer come; its body is written to `body`. */
  answer(status?: number, contentType?: string): void
  fail(): void
}

let down: HttpDown
let draw: number
let asked: Asked[]
let received: string[]
let ends: string[]
let first: PassThrough
let events: DownEvents

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  asked = []
  received = []
  ends = []
  first = new PassThrough()
  events = {
    ask: (sequence, done) => {
      const which = decodeSequence(sequence)
      if (which === undefined) throw new Error('no such use')
      const body = new PassThrough()
      const answer = (status = 200, contentType = 'application/octet-stream'): void =>
        done({ status, contentType, date: undefined, body } satisfies HttpAnswer)
      asked.push({ ...which, body, answer, fail: () => done(undefined) })
    },
    onMessage: (message) => void received.push(Buffer.from(message).toString()),
    onBytes: () => undefined,
    onClose: () => {
      ends.push('closed')
      down.destroy()
    },
    onBroken: () => {
      ends.push('broken')
      down.destroy()
    },
  }
  draw = 0.5
  down = new HttpDown(httpLimits, () => draw, events)
  down.begin({ status: 200, contentType: 'application/octet-stream', date: undefined, body: first })
})

afterEach(() => {
  down.destroy()
  vi.useRealTimers()
})

function message(text: string): Uint8Array {
  return concatBytes(encodeBodyHeader(text.length), Buffer.from(text))
}

function uses(): (readonly [number, RequestUse])[] {
  return asked.map(({ number, use }) => [number, use] as const)
}

/** Until what was written has been read. */
async function until(claim: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !claim(); turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(claim()).toBe(true)
}

/** The first answer, streamed: the carrier streams from then on, in number 1. */
async function beginStreams(): Promise<Asked> {
  first.write(message('reply'))
  await until(() => received.length === 1)
  vi.advanceTimersByTime(httpLimits.streamsAfterMsMax + 1)
  const next = asked[0] as Asked
  next.answer()
  next.body.write(FILLER)
  first.end(END)
  await until(() => next.body.readableLength === 0)
  return next
}

async function beginPolls(): Promise<Asked> {
  first.end(concatBytes(message('reply'), END))
  await until(() => asked.length === 1)
  return asked[0] as Asked
}

describe('the first answer', () => {
  test.each([0, 1])('is taken for a stream after a drawn time: %i of what it may be', async (part) => {
    draw = part
    first.write(message('reply'))
    await until(() => received.length === 1)
    const ms = part === 0 ? httpLimits.streamsAfterMsMin : httpLimits.streamsAfterMsMax
    vi.advanceTimersByTime(ms - 1)
    expect(uses()).toEqual([])
    vi.advanceTimersByTime(1)
    expect(uses()).toEqual([[1, stream]])
  })

  test('that shows the reply before its end makes it stream', async () => {
    await beginStreams()
    expect(uses()).toEqual([[1, stream]])
  })

  test('whose reply and end come together makes it poll', async () => {
    await beginPolls()
    expect(uses()).toEqual([[1, poll]])
  })

  test('without a reply, or cut short, ends the carrier', async () => {
    first.end(END)
    await until(() => ends.length > 0)
    expect([ends[0], received]).toEqual(['broken', []])
  })

  test('that has broken off before anybody reads it ends the carrier', async () => {
    const gone = new PassThrough()
    await once(gone.destroy(), 'close')
    down.destroy()
    down = new HttpDown(httpLimits, () => 0.5, events)
    down.begin({ status: 200, contentType: 'application/octet-stream', date: undefined, body: gone })
    await until(() => ends.length > 0)
    expect(ends).toEqual(['broken'])
  })

  test('may close the carrier', async () => {
    first.end(concatBytes(message('reply'), encodeBodyMark(BodyMark.close)))
    await until(() => ends.length > 0)
    expect(ends).toEqual(['closed'])
  })
})

describe('streams', () => {
  test('are asked for before the one before ends, in time for an edge that caps requests, and read in their order', async () => {
    const one = await beginStreams()
    vi.advanceTimersByTime(httpLimits.streamMsMax)
    expect(uses()).toEqual([
      [1, stream],
      [2, stream],
    ])
    const two = asked[1] as Asked
    two.answer()
    two.body.write(concatBytes(FILLER, message('b')))
    one.body.end(concatBytes(message('a'), END))
    await until(() => received.length === 3)
    expect(received).toEqual(['reply', 'a', 'b'])
  })

  test('of which nothing comes give way to polls, and what was held back is read first', async () => {
    first.write(message('reply'))
    await until(() => received.length === 1)
    vi.advanceTimersByTime(httpLimits.streamsAfterMsMax + 1)
    first.end(END)
    await until(() => first.readableEnded)
    vi.advanceTimersByTime(httpLimits.streamSilentMs + 1)
    expect(uses()).toEqual([
      [1, stream],
      [2, poll],
    ])
    const [one, two] = asked as [Asked, Asked]
    two.answer()
    two.body.end(concatBytes(message('b'), END))
    one.answer()
    one.body.end(concatBytes(FILLER, message('a'), END))
    await until(() => received.length === 3)
    expect([received, uses()[2]]).toEqual([
      ['reply', 'a', 'b'],
      [3, poll],
    ])
  })

  test('that the relay ends by itself are followed by the next', async () => {
    const one = await beginStreams()
    one.body.end(END)
    await until(() => asked.length === 2)
    expect(uses()[1]).toEqual([2, stream])
  })
})

describe('polls', () => {
  test('whose answer broke off while it waited for its turn end the carrier', async () => {
    const one = await beginPolls()
    one.answer()
    one.body.end(concatBytes(...Array.from({ length: 2 }, () => message('x'.repeat(40_000))), END))
    await until(() => asked.length === 3)
    const [, two, three] = asked as [Asked, Asked, Asked]
    three.answer()
    await once(three.body.destroy(), 'close')
    two.answer()
    two.body.end(END)
    await until(() => ends.length > 0)
    expect(ends).toEqual(['broken'])
  })

  test('follow each other, several at a time while each brings much', async () => {
    const one = await beginPolls()
    one.answer()
    one.body.end(concatBytes(...Array.from({ length: 2 }, () => message('x'.repeat(40_000))), END))
    await until(() => asked.length === 3)
    const two = asked[1] as Asked
    two.answer()
    two.body.end(END)
    await until(() => two.body.readableEnded)
    expect(uses()).toEqual([
      [1, poll],
      [2, poll],
      [3, poll],
    ])
  })
})

test.each([
  ['an answer of another kind', (one: Asked) => one.answer(200, 'text/html')],
  ['an unexpected status', (one: Asked) => one.answer(504)],
  ['no answer', (one: Asked) => one.fail()],
  [
    'a body that is cut between two messages',
    (one: Asked) => {
      one.answer()
      one.body.end(message('a'))
    },
  ],
  [
    'a body that breaks off',
    (one: Asked) => {
      one.answer()
      one.body.on('error', () => undefined).destroy()
    },
  ],
  [
    'a body that goes on behind its end',
    (one: Asked) => {
      one.answer()
      one.body.end(concatBytes(END, message('a')))
    },
  ],
])('%s ends the carrier', async (_name, happen) => {
  happen(await beginPolls())
  await until(() => ends.length > 0)
  expect(ends[0]).toBe('broken')
})

test('a request without an answer is late after a while', async () => {
  await beginPolls()
  expect(down.isLate(performance.now())).toBe(false)
  vi.advanceTimersByTime(httpLimits.answerMs + 1)
  expect(down.isLate(performance.now())).toBe(true)
})
