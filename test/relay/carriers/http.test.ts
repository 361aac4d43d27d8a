import { PassThrough, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  BodyMark,
  BodyReader,
  type Carrier,
  type CarrierEvents,
  concatBytes,
  encodeBodyHeader,
  encodeBodyMark,
  encodeSequence,
  RequestUse,
} from '#protocol'
import { HttpCarriers } from '../../../relay/carriers/http.ts'
import type { HttpResponse } from '../../../relay/carriers/http-response.ts'
import type { SiteRequest } from '../../../relay/cover/site.ts'
import { httpLimits } from '../../../relay/limits.ts'

const KEYS = { id: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), key: new Uint8Array(32) }
const { up, poll, stream } = RequestUse

class FakeResponse extends Writable {
  status = 0
  readonly messages: string[] = []
  readonly reader = new BodyReader({ onMessage: (message) => this.messages.push(Buffer.from(message).toString()) })
  isStuck = false
  /** As many writes more, and then it breaks off, as a front does that waits for bytes and finds nobody to give them to. */
  writesLeft = Number.POSITIVE_INFINITY
  readonly #stuck: (() => void)[] = []

  writeHead(status: number): void {
    this.status = status
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.writesLeft-- === 0) return void this.destroy()
    this.reader.take(chunk)
    if (this.isStuck) this.#stuck.push(done)
    else done()
  }

  flow(): void {
    this.isStuck = false
    for (const done of this.#stuck.splice(0)) done()
  }
}

function fakePost(...messages: readonly string[]): PassThrough & SiteRequest {
  const items = messages.flatMap((text) => [encodeBodyHeader(text.length), Buffer.from(text)])
  return new PassThrough().end(concatBytes(...items, encodeBodyMark(BodyMark.end))) as unknown as PassThrough & SiteRequest
}

let carriers: HttpCarriers
let carrier: Carrier
let first: FakeResponse
const received: string[] = []
const counts = { room: 0, closed: 0 }
const events: CarrierEvents = {
  onMessage: (message) => void received.push(Buffer.from(message).toString()),
  onRoom: () => void counts.room++,
  onClosed: () => void counts.closed++,
}

beforeEach(() => {
  vi.useFakeTimers()
  received.length = 0
  Object.assign(counts, { room: 0, closed: 0 })
  carriers = new HttpCarriers()
  first = new FakeResponse()
  carrier = carriers.begin(KEYS, first as unknown as HttpResponse, events)
  carrier.start()
})

afterEach(() => {
  carriers.close()
  vi.useRealTimers()
})

/** Whether the carrier takes the request; what it answers goes to `response`. */
function ask(number: number, use: RequestUse, request: SiteRequest | undefined, response = new FakeResponse()): FakeResponse | undefined {
  const claim = carriers.claim(use === up ? 'POST' : 'GET', KEYS.id, encodeSequence(number, use))
  if (claim === undefined) return undefined
  carriers.serve(claim, request ?? ({} as SiteRequest), response as unknown as HttpResponse)
  return response
}

function say(text: string): void {
  carrier.sendMessage(Buffer.from(text))
  vi.advanceTimersByTime(1)
}

describe('down', () => {
  test('the first answer brings the reply at once, and ends by itself', () => {
    say('reply')
    expect([first.status, first.messages, first.reader.last]).toEqual([200, ['reply'], undefined])
    vi.advanceTimersByTime(httpLimits.firstAnswerMsMax + 1)
    expect(first.reader.last).toBe(BodyMark.end)
  })

  // One time for all of them would tell carriers from other answers, whatever is in them.
  test('the first answer ends at a drawn time', () => {
    const { firstAnswerMsMin, firstAnswerMsMax } = httpLimits
    const answers = Array.from({ length: 12 }, (_, number) => {
      const response = new FakeResponse()
      carriers.begin({ id: new Uint8Array(8).fill(100 + number), key: KEYS.key }, response as unknown as HttpResponse, events)
      return response
    })
    const ended = (ms: number): number => {
      vi.advanceTimersByTime(ms)
      return answers.filter(({ reader }) => reader.last === BodyMark.end).length
    }
    const middleMs = (firstAnswerMsMax - firstAnswerMsMin) / 2
    expect(ended(firstAnswerMsMin - 1)).toBe(0)
    expect([0, 12]).not.toContain(ended(1 + middleMs))
    expect(ended(middleMs + 1)).toBe(12)
  })

  test('a stream takes over when the one before it is asked to end by it', () => {
    const second = ask(1, stream, undefined)
    expect([first.reader.last, second?.status]).toEqual([BodyMark.end, 200])
    say('a')
    const third = ask(2, stream, undefined)
    say('b')
    expect([second?.messages, second?.reader.last, third?.messages]).toEqual([['a'], BodyMark.end, ['b']])
  })

  test('a poll is answered when there is something, with all of it, and the next one waits', () => {
    const polls = [ask(1, poll, undefined), ask(2, poll, undefined)]
    carrier.sendMessage(Buffer.from('a'))
    say('b')
    expect(polls.map((one) => [one?.messages, one?.reader.last])).toEqual([
      [['a', 'b'], BodyMark.end],
      [[], undefined],
    ])
  })

  test('a poll without news is answered after some seconds', () => {
    const response = ask(1, poll, undefined)
    vi.advanceTimersByTime(httpLimits.pollMsMin - 1_000)
    expect(response?.status).toBe(0)
    vi.advanceTimersByTime(httpLimits.pollMsMax - httpLimits.pollMsMin + 2_000)
    expect([response?.messages, response?.reader.last]).toEqual([[], BodyMark.end])
  })

  test('a poll ends a stream that is held back, and nothing is lost', () => {
    const held = ask(1, stream, undefined)
    say('held')
    const response = ask(2, poll, undefined)
    say('polled')
    expect([held?.messages, held?.reader.last, response?.messages]).toEqual([['held'], BodyMark.end, ['polled']])
  })

  test('what nobody asks for yet is kept, until there is no more room', () => {
    ask(1, poll, undefined)
    let count = 0
    for (; carrier.hasRoom; count++) carrier.sendMessage(Buffer.alloc(60_000))
    expect(count * 60_000).toBeLessThan(httpLimits.pollBytesMax + 60_000)
  })

  test('a reader that stops takes the room away, and gives it back', async () => {
    const response = ask(1, stream, undefined) as FakeResponse
    response.isStuck = true
    let count = 0
    for (; carrier.hasRoom; count++) {
      carrier.sendMessage(Buffer.alloc(60_000))
      vi.advanceTimersByTime(1)
    }
    expect(count).toBeLessThan(6)
    response.flow()
    await vi.waitFor(() => expect([counts.room > 0, carrier.hasRoom]).toEqual([true, true]))
  })

  test('a stream that no other follows is asked whether anybody is there: what lies between tells only when it has something to hand on', async () => {
    const response = ask(1, stream, undefined) as FakeResponse
    response.writesLeft = 1
    vi.advanceTimersByTime(httpLimits.streamLateMs - 1)
    expect([counts.closed, carriers.count]).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(3 * httpLimits.sweepMs)
    expect([counts.closed, carriers.count]).toEqual([1, 0])
  })

  test('a stream that no other follows ends, and its client may ask for another', () => {
    const response = ask(1, stream, undefined)
    vi.advanceTimersByTime(httpLimits.streamMs + httpLimits.sweepMs)
    expect([response?.reader.last, counts.closed, ask(2, stream, undefined)?.status]).toEqual([BodyMark.end, 0, 200])
  })

  test('an answer that breaks off ends the carrier', async () => {
    const response = ask(1, stream, undefined) as FakeResponse
    response.destroy()
    await vi.waitFor(() => expect(counts.closed).toBe(1))
    expect([carriers.count, carriers.keyOf(KEYS.id)]).toEqual([0, undefined])
  })
})

describe('up', () => {
  test('bodies are read in the order of their numbers, whatever the order in which they come', async () => {
    const late = ask(1, up, fakePost('c'))
    ask(0, up, fakePost('a', 'b'))
    await vi.waitFor(() => expect(late?.reader.last).toBe(BodyMark.end))
    expect(received).toEqual(['a', 'b', 'c'])
  })

  test('a body that is not whole ends the carrier, and is not answered', async () => {
    const response = ask(0, up, new PassThrough().end(concatBytes(encodeBodyHeader(5), Buffer.from('hel'))) as unknown as SiteRequest)
    await vi.waitFor(() => expect(counts.closed).toBe(1))
    expect([received, response?.status]).toEqual([[], 0])
  })

  test('a number that stays missing ends the carrier', () => {
    ask(1, stream, undefined)
    ask(3, up, fakePost('d'))
    vi.advanceTimersByTime(httpLimits.gapMs + 2_000)
    expect([counts.closed, received]).toEqual([1, []])
  })

  test('the client’s close mark ends it, behind what was sent before, and is answered by the relay’s own', async () => {
    const answer = ask(1, stream, undefined)
    const body = concatBytes(encodeBodyHeader(4), Buffer.from('last'), encodeBodyMark(BodyMark.close))
    ask(0, up, new PassThrough().end(body) as unknown as SiteRequest)
    await vi.waitFor(() => expect(counts.closed).toBe(1))
    expect([received, answer?.reader.last]).toEqual([['last'], BodyMark.close])
  })
})

describe('what the cover answers', () => {
  test('is a number that was used, one that is far ahead, and a method that is not that of the use', () => {
    ask(0, up, fakePost('a'))
    ask(1, stream, undefined)
    expect([ask(0, up, fakePost('a')), ask(1, stream, undefined), ask(0, stream, undefined)]).toEqual([undefined, undefined, undefined])
    expect([ask(6, up, fakePost('z')), ask(9, stream, undefined)]).toEqual([undefined, undefined])
    expect(carriers.claim('POST', KEYS.id, encodeSequence(2, stream))).toBe(undefined)
    expect(carriers.claim('GET', Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1), encodeSequence(2, stream))).toBe(undefined)
    expect(carriers.claim('GET', KEYS.id, 2 * 4 + 3)).toBe(undefined)
    expect(counts.closed).toBe(0)
  })

  test('is what a front asks of a POST that is not awaited; what is awaited it lets come, as often as it asks', () => {
    const question = (number: number): boolean => carriers.claim('GET', KEYS.id, encodeSequence(number, up))?.isQuestion === true
    expect([question(0), question(0), question(6)]).toEqual([true, true, false])
    const claim = carriers.claim('GET', KEYS.id, encodeSequence(0, up))
    const response = new FakeResponse()
    if (claim !== undefined) carriers.serve(claim, {} as SiteRequest, response as unknown as HttpResponse)
    expect([response.status, response.writableEnded, ask(0, up, fakePost('a')) !== undefined]).toEqual([200, true, true])
  })
})

test('a carrier that nobody asks for any more ends by itself', () => {
  vi.advanceTimersByTime(httpLimits.firstAnswerMsMax + httpLimits.idleMs + 2_000)
  expect([counts.closed, carriers.count]).toEqual([1, 0])
})

test('a closed carrier still says what it had said to requests that come, then is forgotten', () => {
  vi.advanceTimersByTime(httpLimits.firstAnswerMsMax + 1)
  say('last')
  carrier.close()
  say('too late')
  const response = ask(1, poll, undefined)
  expect([counts.closed, response?.messages, response?.reader.last]).toEqual([1, ['last'], BodyMark.close])
  vi.advanceTimersByTime(httpLimits.closeMs + 2_000)
  expect(carriers.count).toBe(0)
})

test('of bodies before their turn, no more is held in all than may be: the carrier that holds most ends', () => {
  carriers.close()
  carriers = new HttpCarriers({ ...httpLimits, unreadBytesMax: 150_000 })
  Object.assign(counts, { closed: 0 })
  const other = { id: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1), key: new Uint8Array(32) }
  let isOtherClosed = false
  const quiet: CarrierEvents = { onMessage: () => undefined, onRoom: () => undefined, onClosed: () => (isOtherClosed = true) }
  carriers.begin(KEYS, new FakeResponse() as unknown as HttpResponse, events)
  carriers.begin(other, new FakeResponse() as unknown as HttpResponse, quiet)
  const post = (id: Uint8Array, number: number, bytes: number): void => {
    const claim = carriers.claim('POST', id, encodeSequence(number, up))
    carriers.serve(claim as NonNullable<typeof claim>, fakePost('a'.repeat(bytes)), new FakeResponse() as unknown as HttpResponse)
  }
  post(KEYS.id, 1, 60_000)
  vi.advanceTimersByTime(httpLimits.sweepMs)
  expect([counts.closed, isOtherClosed]).toEqual([0, false])
  post(other.id, 1, 40_000)
  post(KEYS.id, 2, 60_000)
  vi.advanceTimersByTime(httpLimits.sweepMs)
  expect([counts.closed, isOtherClosed]).toEqual([1, false])
})
