// Records, frames, targets and WebSocket messages.
import { isIPv6 } from 'node:net'
import { type Cipher, Cipher as ciphers, parseTarget, Reader, Writer } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { decodeFrames, type SessionFrames, type StreamFrames } from '../../../protocol/frame.ts'
import { RECORD_BYTES_MAX } from '../../../protocol/limits.ts'
import { RecordOpener, RecordSealer } from '../../../protocol/record.ts'
import { decodeTarget, encodeTarget, TARGET_BYTES_MAX } from '../../../protocol/target.ts'
import { encodeClose, encodeMessageHeader, encodePong, WebSocketReader } from '../../../protocol/websocket.ts'
import { Dice } from '../../sim/dice.ts'
import { bytesOf, type FuzzTarget, must, outcome, textOf } from '../target.ts'

const SECRET = new Uint8Array(32).fill(9)
const CIPHER: Cipher = ciphers.aes256gcm

function seal(count: number): Uint8Array[] {
  const sealer = new RecordSealer(nodeCrypto, CIPHER, SECRET)
  return Array.from({ length: count }, (_, i) => {
    const { header, body, tag } = sealer.seal(bytesOf(`record ${i}`))
    return Buffer.concat([header, body, tag])
  })
}

const SEALED = seal(3)

export const record: FuzzTarget = {
  name: 'record',
  seeds: SEALED,
  words: [],
  run(input) {
    const opener = new RecordOpener(nodeCrypto, CIPHER, SECRET)
    const [first] = SEALED as [Uint8Array]
    const opened = outcome(['bad-record', 'record-gap'], () => opener.open(input))
    const at = SEALED.findIndex((one) => Buffer.compare(input, one) === 0)
    must(('value' in opened && opened.value?.number === at) === at >= 0, 'only what was sealed is opened')
    must((opener.take() !== undefined) === (at === 0), 'only the record whose turn it is comes out')
    must((opener.open(first) !== undefined) === (at !== 0), 'what is refused harms nothing')
    must(at === 0 || opener.take() !== undefined, 'a record comes out when its turn has come')
    return 'code' in opened ? opened.message : `opened ${at}`
  },
}

const NAME = Buffer.concat([Uint8Array.of(1, 11), bytesOf('example.com'), Uint8Array.of(1, 187)])
const IPV4 = Uint8Array.of(4, 192, 0, 2, 1, 0, 80)
const IPV6 = Uint8Array.of(6, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 53)
/** One of each frame. */
export const FRAMES: readonly Uint8Array[] = [
  Uint8Array.of(1, 0),
  Uint8Array.of(2),
  Buffer.concat([Uint8Array.of(3, 1, 0), NAME]),
  Buffer.concat([Uint8Array.of(3, 2, 2), IPV4]),
  Uint8Array.of(4, 1),
  Uint8Array.of(5, 1, 3, 65, 66, 67),
  Uint8Array.of(6, 1),
  Uint8Array.of(7, 1, 3),
  Uint8Array.of(8, 1, 0x80, 8, 0, 0),
  Buffer.concat([Uint8Array.of(9, 2), IPV6, Uint8Array.of(2, 1, 2)]),
  Uint8Array.of(10, 9),
  Uint8Array.of(11, 0, 2, 1, 0x80),
  Uint8Array.of(12, 0, 0, 0, 0),
  Buffer.concat([Uint8Array.of(13, 0, 0, 30, 0, 30), new Uint8Array(30).fill(7)]),
  Uint8Array.of(0, 0, 0),
]

export const frames: FuzzTarget = {
  name: 'frames',
  seeds: [...FRAMES, Buffer.concat(FRAMES)],
  words: FRAMES,
  run(input) {
    let calls = ''
    let bytes = 0
    const note = (name: string, length = 0): void => {
      calls += name
      bytes += length
    }
    const sink: SessionFrames & StreamFrames = {
      onAck: (_, ahead) => note('a', ahead?.length),
      onPing: () => note('p'),
      onOpen: () => note('o'),
      onOpened: () => note('O'),
      onData: (_, data) => note('d', data.length),
      onFin: () => note('f'),
      onReset: () => note('r'),
      onWindow: () => note('w'),
      onDatagram: (_, __, data) => note('D', data.length),
      onGoaway: () => note('g'),
      onRetire: () => note('R'),
      onPart: ({ bytes }) => note('P', bytes.length),
    }
    const decoded = outcome(['bad-frame', 'bad-target'], () => decodeFrames(input, sink, sink))
    must(calls.length + bytes <= input.length, 'frames give no more than they are')
    return 'code' in decoded ? decoded.message : calls.slice(0, 3)
  },
}

export const targetBytes: FuzzTarget = {
  name: 'target-bytes',
  seeds: [NAME, IPV4, IPV6],
  words: ['example.com', 'EXAMPLE.COM', 'a.', '..', '-', '_', '127.0.0.1', '0x7f', '::1', '\u00ef\u00bb\u00bf', '\u00c3\u00a4'].map(
    bytesOf,
  ),
  run(input) {
    const reader = new Reader(input, 'bad-frame')
    const decoded = outcome(['bad-frame', 'bad-target'], () => decodeTarget(reader))
    if ('code' in decoded) return decoded.message
    const again = new Writer(new Uint8Array(TARGET_BYTES_MAX))
    encodeTarget(again, decoded.value)
    must(Buffer.compare(again.done(), input.subarray(0, reader.offset)) === 0, 'a target has one encoding')
    return decoded.value.host.includes(':') ? 'IPv6' : 'other'
  },
}

/** `host port`; what Node calls an IPv6 address, without a zone, is one. */
export const targetText: FuzzTarget = {
  name: 'target-text',
  seeds: [
    'example.com 443',
    'WWW.Example.com. 80',
    '192.0.2.1 1',
    '2001:db8::1 53',
    '::ffff:192.0.2.1 65535',
    '1:2:3:4:5:6:7:8 9',
    '_dns.x 53',
  ].map(bytesOf),
  words: [
    ':',
    '::',
    '.',
    '0',
    '255',
    '256',
    'ffff',
    'fFfF',
    '1.2.3.4',
    '0x',
    '%eth0',
    'a',
    '-',
    '_',
    ' ',
    '\0',
    '\n',
    'xn--',
    '65536',
    '1e3',
  ].map(bytesOf),
  run(input) {
    const text = textOf(input)
    const at = text.lastIndexOf(' ')
    const [host, port] = [text.slice(0, Math.max(0, at)), Number(text.slice(at + 1))]
    const parsed = outcome(['bad-target'], () => parseTarget(host, port))
    if (host.includes(':') && Number.isInteger(port) && port >= 1 && port <= 65535) {
      must('value' in parsed === (isIPv6(host) && !host.includes('%')), 'an IPv6 address is what Node calls one')
    }
    if ('code' in parsed) return parsed.message
    const { value } = parsed
    must(parseTarget(value.host, value.port).host === value.host, 'what was parsed parses to itself')
    if (host.includes(':')) must(new URL(`http://[${host}]/`).hostname === `[${value.host}]`, 'an IPv6 address has one text')
    must(/^[a-z0-9._:-]+$/.test(value.host), 'a host holds nothing that could mean something elsewhere')
    return value.host.includes(':') ? 'IPv6' : /^[\d.]+$/.test(value.host) ? 'IPv4' : 'name'
  },
}

const MESSAGES = [0, 1, 125, 126, 65_535].map((length) => Buffer.concat([encodeMessageHeader(length, false), new Uint8Array(length)]))

/** The first byte seeds the cuts: in one piece and in many, the same comes out. */
export const webSocket: FuzzTarget = {
  name: 'websocket',
  seeds: [...MESSAGES, ...[true, false].map((isMasked) => Buffer.concat([encodePong(bytesOf('x'), isMasked), encodeClose(isMasked)]))].map(
    (bytes) => Buffer.concat([Uint8Array.of(0), bytes]),
  ),
  words: [
    ...MESSAGES.slice(0, 4),
    Uint8Array.of(2, 1, 0),
    Uint8Array.of(0, 1, 0),
    Uint8Array.of(0x80, 1, 0),
    Uint8Array.of(0x89, 2, 1, 2),
    Uint8Array.of(0x82, 127, 0, 0, 0, 0),
  ],
  run(input) {
    const isMasked = (input[0] ?? 0) % 2 === 1
    const bytes = input.subarray(1)
    const whole = readWebSocket(isMasked, bytes, [bytes.length])
    const dice = new Dice(input[0] ?? 0)
    const cuts = Array.from({ length: 64 }, () => dice.skewed(1, 20_000))
    const split = readWebSocket(isMasked, bytes, cuts)
    must(whole === split, 'any split of the input gives the same messages')
    return whole.replace(/\d+/g, '').slice(0, 80)
  },
}

/** What came out, in words. */
function readWebSocket(isMasked: boolean, bytes: Uint8Array, pieces: readonly number[]): string {
  const came: string[] = []
  let sum = 0
  const reader = new WebSocketReader(isMasked, {
    onMessage(message) {
      must(message.length <= RECORD_BYTES_MAX, 'a message is no larger than a record')
      for (const byte of message) sum = (sum * 31 + byte) >>> 0
      came.push(`message ${message.length}`)
    },
    onPing: (payload) => void came.push(`ping ${payload.length}`),
    onClose: () => void came.push('close'),
  })
  const read = outcome(['bad-websocket'], () => {
    for (let offset = 0, i = 0; offset < bytes.length; i++) {
      const piece = bytes.slice(offset, offset + (pieces[i % pieces.length] as number))
      offset += piece.length
      reader.take(piece)
    }
  })
  reader.close()
  return [...came, sum, 'code' in read ? read.message : 'ok'].join(' ')
}
