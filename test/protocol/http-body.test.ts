import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyMark, BodyReader, concatBytes, encodeBodyHeader, encodeBodyMark } from '#protocol'
import type { HttpBodyCase, HttpRequestCase } from '../vectors/make/http.ts'
import { fromHex, toHex } from './fixtures.ts'

const CASES = JSON.parse(readFileSync('test/vectors/http.json', 'utf8')).cases as readonly (HttpBodyCase | HttpRequestCase)[]
const FILLER = encodeBodyMark(BodyMark.filler)
const END = encodeBodyMark(BodyMark.end)
const CLOSE = encodeBodyMark(BodyMark.close)

function item(message: Uint8Array): Uint8Array {
  return concatBytes(encodeBodyHeader(message.length), message)
}

/** What a reader hands out of a body that comes in these pieces. */
function read(...pieces: readonly Uint8Array[]): { messages: Uint8Array[]; isBody: boolean; last: BodyMark | undefined } {
  const messages: Uint8Array[] = []
  const reader = new BodyReader({ onMessage: (message) => messages.push(message.slice()) })
  const isBody = pieces.every((piece) => reader.take(piece))
  return { messages, isBody, last: reader.last }
}

describe('a body', () => {
  test('gives the same messages however it is cut', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(messages, fc.array(fc.nat(3_000), { maxLength: 12 }), (sent, cuts) => {
        const body = concatBytes(...sent.flatMap((message) => [item(message), FILLER]), END)
        const offsets = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length]
        const pieces = offsets.slice(1).map((end, i) => body.subarray(offsets[i], end))
        const { messages: got, isBody, last } = read(...pieces)
        expect([got.length, isBody, last]).toEqual([sent.length, true, BodyMark.end])
        got.forEach((message, i) => void expect(message).toEqual(sent[i]))
      }),
    )
  })

  test('byte by byte, holds the largest message and hands it out once', () => {
    const largest = new Uint8Array(65_535).fill(7)
    const { messages, last } = read(...Array.from(concatBytes(item(largest), END), (byte) => Uint8Array.of(byte)))
    expect(messages.map((message) => Buffer.compare(message, largest))).toEqual([0])
    expect(last).toBe(BodyMark.end)
  })

  test('says how it ended', () => {
    expect(read(END).last).toBe(BodyMark.end)
    expect(read(item(Uint8Array.of(1)), CLOSE).last).toBe(BodyMark.close)
  })

  test('that is cut anywhere has no end, and gives no half message', () => {
    const body = concatBytes(item(Uint8Array.of(1, 2, 3)), FILLER, item(Uint8Array.of(4)), END)
    for (let length = 0; length < body.length; length++) {
      const { messages, isBody, last } = read(body.subarray(0, length))
      expect([isBody, last]).toEqual([true, undefined])
      expect(messages.map((message) => message.length)).toEqual(length < 5 ? [] : length < 11 ? [3] : [3, 1])
    }
  })

  test('that goes on behind its end is none', () => {
    expect(read(concatBytes(END, FILLER)).isBody).toBe(false)
    expect(read(END, Uint8Array.of(0)).isBody).toBe(false)
    expect(read(CLOSE, item(Uint8Array.of(1))).messages).toEqual([])
  })

  test('with a mark that nobody knows is none', () => {
    for (let mark = 3; mark < 256; mark++) expect(read(Uint8Array.of(0, 0, mark), END).isBody).toBe(false)
  })

  test('hands out nothing more once it was stopped, in the middle of what came', () => {
    const messages: number[] = []
    const reader: BodyReader = new BodyReader({
      onMessage: (message) => {
        messages.push(message.length)
        reader.stop()
      },
    })
    expect(reader.take(concatBytes(item(Uint8Array.of(1)), item(Uint8Array.of(1, 2)), Uint8Array.of(0, 0, 9)))).toBe(true)
    expect(messages).toEqual([1])
  })
})

describe('the vectors', () => {
  test.each(CASES.filter((one) => one.reader === 'body'))('$expect: $name', ({ bytes, expect: expected, messages }) => {
    const all = fromHex(bytes)
    for (const pieces of [[all], Array.from(all, (byte) => Uint8Array.of(byte))]) {
      const { messages: got, isBody, last } = read(...pieces)
      const ended = last === BodyMark.close ? 'close' : last === BodyMark.end ? 'end' : 'incomplete'
      expect([isBody ? ended : 'bad-body', got.map(toHex)]).toEqual([expected, messages])
    }
  })
})
