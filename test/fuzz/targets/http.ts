// Bodies of an http carrier's requests and answers, and the messages that say whose a request is.
import { BodyMark, BodyReader, concatBytes, consumeRequest, encodeBodyHeader, encodeBodyMark, utf8 } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { type FuzzTarget, must } from '../target.ts'

const MESSAGE = utf8('a sealed record')
const END = encodeBodyMark(BodyMark.end)

export const httpBody: FuzzTarget = {
  name: 'http-body',
  seeds: [
    concatBytes(encodeBodyHeader(MESSAGE.length), MESSAGE, END),
    concatBytes(encodeBodyMark(BodyMark.filler), encodeBodyHeader(1), Uint8Array.of(1), encodeBodyMark(BodyMark.close)),
    concatBytes(encodeBodyHeader(65_535), MESSAGE),
  ],
  words: [END],
  run(input) {
    const whole = read([input])
    const step = 1 + Math.floor(input.length / 50)
    const pieces = Array.from({ length: Math.ceil(input.length / step) }, (_, i) => input.subarray(i * step, (i + 1) * step))
    must(whole === read(pieces), 'however a body is cut, it reads the same')
    return whole
  },
}

function read(pieces: readonly Uint8Array[]): string {
  let count = 0
  let messageBytes = 0
  const reader = new BodyReader({
    onMessage: (message) => {
      must(message.length > 0, 'no message is empty')
      count++
      messageBytes += message.length
    },
  })
  const isBody = pieces.every((piece) => reader.take(piece))
  reader.stop()
  return `${isBody} ${count} messages of ${messageBytes}, ${reader.last}`
}

const KEY = new Uint8Array(32).fill(5)
const ASKED = concatBytes(new Uint8Array(8).fill(1), Uint8Array.of(0, 0, 0, 9))
const REQUEST = concatBytes(ASKED, nodeCrypto.hmacSha256(KEY, ASKED).subarray(0, 16))

export const httpRequest: FuzzTarget = {
  name: 'http-request',
  seeds: [REQUEST],
  words: [],
  run(input) {
    const asked = consumeRequest(nodeCrypto, input, () => KEY)
    must((asked !== undefined) === (Buffer.compare(input, REQUEST) === 0), 'only what the carrier’s client made is taken')
    return asked === undefined ? 'refused' : `taken ${asked.sequence}`
  },
}
